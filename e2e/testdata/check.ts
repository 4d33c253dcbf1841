// What the declarations of the module must accept, and what they must refuse. The type checker runs over this file; nothing else does.
import * as declared from './passkeys.js';
import * as written from './module.js';

// The module has what is declared.
export const module: typeof declared = written;

declare const creation: PublicKeyCredentialCreationOptionsJSON;
declare const request: PublicKeyCredentialRequestOptionsJSON;

export async function accepted(): Promise<string> {
  const made: RegistrationResponseJSON = await declared.create(creation);
  await declared.create({ publicKey: creation });
  const used: AuthenticationResponseJSON = await declared.get({ publicKey: request });
  await declared.autofill(() => request);
  await declared.autofill(async () => ({ publicKey: request }));
  declared.abort();
  const { passkeys, platform, autofill, signals } = await declared.support();
  const told: boolean = await declared.signal({ rpId: 'x', credentialId: 'AAAA' });
  await declared.signal(null);
  await declared.signal({ all_accepted_credentials: { rpId: 'x', userId: 'AAAA', allAcceptedCredentialIds: [] } });
  try {
    return JSON.stringify([made.response.attestationObject, used.response.signature, passkeys, platform, autofill, signals, told]);
  } catch (error) {
    if (!(error instanceof declared.PasskeyError)) throw error;
    switch (error.id) {
      case 'passkey_cancelled':
      case 'passkey_exists':
      case 'passkey_unsupported':
      case 'passkey_wrong_address':
      case 'passkey_aborted':
      case 'passkey_failed':
        return error.id;
    }
    const none: never = error.id;
    return none;
  }
}

export function refused(): void {
  // @ts-expect-error options of a sign-in make no passkey
  void declared.create(request);
  // @ts-expect-error options are not optional
  void declared.get();
  // @ts-expect-error load is a function
  void declared.autofill(request);
  // @ts-expect-error a signal says which site it is about
  void declared.signal({ credentialId: 'AAAA' });
  // @ts-expect-error no such sentence
  void new declared.PasskeyError('passkey_nice');
}
