// Types of passkeys.js. Everything that goes in and comes out is JSON: options are the `public` member of a challenge, and what create, get
// and autofill resolve to is its `response`.

/** The `public` member of a challenge for a new passkey; the options may also lie in a member publicKey. */
export type CreationOptions = PublicKeyCredentialCreationOptionsJSON | { publicKey: PublicKeyCredentialCreationOptionsJSON };

/** The `public` member of a challenge for a sign-in. */
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON | { publicKey: PublicKeyCredentialRequestOptionsJSON };

/**
 * The id of a sentence that the page has.
 *
 * - `passkey_cancelled`: nothing happened. The user cancelled, it took too long, or there was no passkey: browsers do not tell which.
 * - `passkey_exists`: this device has a passkey for the account already. Only from create.
 * - `passkey_unsupported`: this browser, or this device, cannot do it.
 * - `passkey_wrong_address`: the page's address is not one that the passkeys belong to.
 * - `passkey_aborted`: another ceremony began, or abort was called. Show nothing.
 * - `passkey_failed`: anything else; cause has the browser's error.
 */
export type SentenceId =
  | 'passkey_cancelled'
  | 'passkey_exists'
  | 'passkey_unsupported'
  | 'passkey_wrong_address'
  | 'passkey_aborted'
  | 'passkey_failed';

/** What every ceremony rejects with. */
export class PasskeyError extends Error {
  constructor(id: SentenceId, cause?: unknown);
  readonly id: SentenceId;
}

/** Makes a passkey. Call it from a click. It ends any other ceremony of the page. */
export function create(options: CreationOptions): Promise<RegistrationResponseJSON>;

/** Signs in with a passkey. Call it from a click. It ends any other ceremony of the page. */
export function get(options: RequestOptions): Promise<AuthenticationResponseJSON>;

/**
 * Offers passkeys under the input whose autocomplete ends in `webauthn`: `autocomplete="username webauthn"`. Call it when the page opens. load
 * returns the options of a new challenge, without allowCredentials; it is called again whenever the last one's timeout is nearly over, so the
 * response answers the challenge that load returned last. Rejects with `passkey_aborted` when create or get take over; call it again after them.
 */
export function autofill(load: () => RequestOptions | Promise<RequestOptions>): Promise<AuthenticationResponseJSON>;

/** Ends the ceremony of the page, if there is one. */
export function abort(): void;

/** What this browser can do. Never rejects. */
export function support(): Promise<{
  /** There are passkeys at all. */
  passkeys: boolean;
  /** The device itself can hold them, behind a finger, a face or a PIN. */
  platform: boolean;
  /** They can be offered under an input. */
  autofill: boolean;
  /** The browser takes signals. */
  signals: boolean;
}>;

/** What the server has to tell the user's password manager: the arguments of the WebAuthn Signal API. */
export type Signal =
  | { rpId: string; credentialId: string }
  | { rpId: string; userId: string; allAcceptedCredentialIds: string[] }
  | { rpId: string; userId: string; name: string; displayName: string };

/**
 * Passes a signal, or each of several that lie in an array or in the members of an object, to the browser. Never rejects: false means that
 * not everything was taken, so say to the user: "Also delete it in your password manager."
 */
export function signal(payload: Signal | Signal[] | Record<string, Signal | null> | null | undefined): Promise<boolean>;
