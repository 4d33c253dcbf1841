import * as passkeys from '/passkeys.js';

// The sentences of this page, by the module's ids and the server's codes.
const sentences = {
  passkey_cancelled: 'Nothing happened. You cancelled, or it took too long. Try again.',
  passkey_exists: 'This device already has a passkey for your account.',
  passkey_unsupported: "This browser can't use passkeys. Use another method.",
  passkey_wrong_address: "We can't use passkeys on this address.",
  passkey_failed: 'That did not work. Try again.',
  rejected: 'We could not sign you in with this passkey.',
};

const element = (id) => document.getElementById(id);
const say = (text) => {
  element('said').textContent = text;
};

async function post(path, body) {
  const answer = await fetch(path, { method: 'POST', body: JSON.stringify(body) });
  const json = await answer.json();
  if (!answer.ok) throw Object.assign(new Error(json.error), { id: json.error, text: json.text, signal: json.signal });
  return json;
}

async function show(result) {
  say(`${result.signed_in ? 'In' : 'Not in'}: ${result.name}, level ${result.aal} [${result.amr}], keys: ${result.keys}`);
  await tell(result.signal);
}

async function tell(signal) {
  if (signal) element('signalled').textContent += ` told the browser: ${await passkeys.signal(signal)}`;
}

// attempt runs one button's work. The last word on the page is about the last button.
async function attempt(work) {
  say('');
  try {
    const result = await work();
    if (result) await show(result);
  } catch (error) {
    await tell(error.signal);
    if (error.id !== 'passkey_aborted') say(`${error.id}: ${error.text || sentences[error.id] || error}`);
  }
}

async function ceremony(step, run) {
  const challenge = await post('/begin', { step });
  return post('/finish', { step, id: challenge.id, response: await run(challenge.public) });
}

async function autofill() {
  let challenge;
  const response = await passkeys.autofill(async () => {
    challenge = await post('/begin', { step: 'passkey' });
    return challenge.public;
  });
  return post('/finish', { step: 'passkey', id: challenge.id, response });
}

const buttons = {
  password: () => post('/password', { name: element('name').value }),
  passkey: () => ceremony('passkey', passkeys.get),
  second: () => ceremony('second', passkeys.get),
  add: () => ceremony('add', passkeys.create),
  'add-signed-in': () => ceremony('add-signed-in', passkeys.create),
  remove: () => post('/remove', {}),
  leave: async () => void (await post('/leave', {})),
  autofill,
};
for (const [id, work] of Object.entries(buttons)) element(id).addEventListener('click', () => attempt(work));

// For tests that go beyond the buttons.
globalThis.passkeys = passkeys;
say('ready');
