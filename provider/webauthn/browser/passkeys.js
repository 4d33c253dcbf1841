// Passkeys for any page: JSON in, JSON out, no dependencies. passkeys.d.ts says what each function promises.

// PasskeyError carries the id of a sentence. The page has the sentences, in the language of its user.
export class PasskeyError extends Error {
  constructor(id, cause) {
    super(id, { cause });
    this.name = 'PasskeyError';
    this.id = id;
  }
}

// A cancelled ceremony, one that took too long and one for which there was no passkey are deliberately the same error in browsers, and so
// the same sentence here. What a caller aborted needs no sentence at all.
const ids = {
  AbortError: 'passkey_aborted',
  NotAllowedError: 'passkey_cancelled',
  InvalidStateError: 'passkey_exists',
  SecurityError: 'passkey_wrong_address',
  NotSupportedError: 'passkey_unsupported',
  ConstraintError: 'passkey_unsupported',
};

const idOf = (error, creating) => {
  const id = Object.hasOwn(ids, error?.name) ? ids[error.name] : 'passkey_failed';
  return id === 'passkey_exists' && !creating ? 'passkey_failed' : id;
};

const Public = () => globalThis.PublicKeyCredential;

// A browser allows one ceremony at a time, so the page has one AbortController: each ceremony ends the one before it, and begins when that one
// has let go. That is how a button works while the list of passkeys is open under the field for the user's name. Extensions that stand in for
// the browser may never let go: they are waited for no longer than this, in milliseconds.
const patience = 1000;
let current = { controller: new AbortController(), over: Promise.resolve() };

export function abort() {
  current.controller.abort();
}

async function alone(start, creating) {
  abort();
  const before = current.over;
  const controller = new AbortController();
  const { signal } = controller;
  const result = (async () => {
    await before;
    signal.throwIfAborted();
    if (!Public() || !navigator.credentials) throw new PasskeyError('passkey_unsupported');
    const made = start(signal, controller);
    const ignored = new Promise((_, reject) => signal.addEventListener('abort', () => setTimeout(reject, patience, signal.reason)));
    return toJSON(await Promise.race([made, ignored]));
  })();
  current = { controller, over: result.then(() => {}, () => {}) };
  try {
    return await result;
  } catch (error) {
    if (error instanceof PasskeyError) throw error;
    // Some browsers reject an aborted ceremony as if it were cancelled.
    throw new PasskeyError(signal.aborted ? ids.AbortError : idOf(error, creating), error);
  }
}

export function create(options) {
  return alone((signal) => navigator.credentials.create({ publicKey: creationOptions(options), signal }), true);
}

export function get(options) {
  return alone((signal) => navigator.credentials.get({ publicKey: requestOptions(options), signal }));
}

// A challenge lives for minutes and the page for hours, while browsers ignore the timeout of a conditional ceremony. So autofill asks for
// new options whenever the old ones are about to expire, until a passkey is chosen or another ceremony begins.
export async function autofill(load) {
  for (;;) {
    let stale; // the controller that was aborted for its age
    try {
      return await alone(async (signal, controller) => {
        if (!(await support()).autofill) throw new PasskeyError('passkey_unsupported');
        const aborted = new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        const publicKey = requestOptions(await Promise.race([load(), aborted]));
        if (publicKey.timeout) {
          setTimeout(() => {
            stale = controller;
            controller.abort();
          }, publicKey.timeout * 0.9);
        }
        return navigator.credentials.get({ publicKey, signal, mediation: 'conditional' });
      });
    } catch (error) {
      if (stale !== current.controller) throw error;
    }
  }
}

// support never fails: what a browser does not know it does not have.
export async function support() {
  const api = Public();
  if (!api || !navigator.credentials) return { passkeys: false, platform: false, autofill: false, signals: false };
  const asked = async (method) => {
    try {
      return await api[method]();
    } catch {
      return false;
    }
  };
  const known = (await asked('getClientCapabilities')) || {};
  return {
    passkeys: true,
    platform: known.userVerifyingPlatformAuthenticator ?? (await asked('isUserVerifyingPlatformAuthenticatorAvailable')),
    autofill: known.conditionalGet ?? (await asked('isConditionalMediationAvailable')),
    signals: typeof api.signalUnknownCredential === 'function',
  };
}

// Which signal an object is can be seen from its members.
const signals = {
  credentialId: 'signalUnknownCredential',
  allAcceptedCredentialIds: 'signalAllAcceptedCredentials',
  displayName: 'signalCurrentUserDetails',
};

export async function signal(payload) {
  if (!payload || typeof payload !== 'object') return false;
  if (!payload.rpId) {
    const told = [];
    for (const part of Object.values(payload)) told.push(await signal(part));
    return told.length > 0 && told.every(Boolean);
  }
  const member = Object.keys(signals).find((name) => Object.hasOwn(payload, name));
  try {
    await Public()[signals[member]](payload);
    return true;
  } catch {
    return false;
  }
}

// Down here: what browsers before 2025 lack, and what some password managers break.

const bytes = (text) => {
  const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
};

const text = (buffer) => {
  let binary = '';
  for (const b of new Uint8Array(buffer)) binary += String.fromCharCode(b);
  return btoa(binary).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
};

const listed = (credentials) => credentials?.map((c) => ({ ...c, id: bytes(c.id) })) ?? [];

function creationOptions(options) {
  const json = options.publicKey ?? options;
  if (Public().parseCreationOptionsFromJSON) return Public().parseCreationOptionsFromJSON(json);
  return {
    ...json,
    challenge: bytes(json.challenge),
    user: { ...json.user, id: bytes(json.user.id) },
    excludeCredentials: listed(json.excludeCredentials),
  };
}

function requestOptions(options) {
  const json = options.publicKey ?? options;
  if (Public().parseRequestOptionsFromJSON) return Public().parseRequestOptionsFromJSON(json);
  return { ...json, challenge: bytes(json.challenge), allowCredentials: listed(json.allowCredentials) };
}

function toJSON(credential) {
  if (!credential) throw new DOMException('no credential', 'NotAllowedError');
  try {
    const json = credential.toJSON();
    if (json?.response) return json;
  } catch {
    // Extensions that stand in for the browser return objects whose toJSON throws.
  }
  const from = credential.response;
  const response = { clientDataJSON: text(from.clientDataJSON) };
  for (const name of ['attestationObject', 'authenticatorData', 'signature', 'userHandle']) {
    if (from[name]) response[name] = text(from[name]);
  }
  if (from.getTransports) response.transports = from.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment ?? undefined,
    clientExtensionResults: credential.getClientExtensionResults(),
    response,
  };
}
