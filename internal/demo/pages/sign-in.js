// The one script of the demo's own pages: signing in with nothing but a passkey, over the JSON routes that every program can use.
import { abort, autofill, get, signal, support } from '/passkeys.js';

const sentences = {
  passkey_aborted: '',
  passkey_cancelled: 'Nothing happened. You cancelled, or it took too long. Try again, or use your password.',
  passkey_unsupported: "This browser can't use passkeys. Use your password.",
  passkey_wrong_address: "Passkeys don't work on this address. Open the demo by the name localhost.",
  rejected: "We don't know this passkey. It may have been removed. Sign in with your password.",
};

const form = document.querySelector('#passkey');
let challenge;

// A request for options may begin a session, which must not take the place of the one that the password begins: whoever sends it ends the request.
const leaving = new AbortController();
addEventListener('submit', (event) => { if (event.target !== form) leaving.abort(); });

async function post(path, body) {
  const reply = await fetch('/mfa/api/' + path, {
    method: 'POST', headers: { 'Content-Type': 'application/json', Accept: 'application/json' }, body: JSON.stringify(body), signal: leaving.signal,
  });
  const answer = await reply.json();
  if (reply.ok) return answer;
  if (answer.signal) await signal(answer.signal);
  throw Object.assign(new Error(answer.title), { id: answer.code, detail: answer.detail });
}

// A challenge gets old while the page is open, so one is asked for when it is needed.
async function load() {
  challenge = await post('passkey', {});
  return challenge.public;
}

async function answer(response) {
  const state = await post('passkey/answer', { challenge: challenge.id, response });
  if (state.signal) await signal(state.signal);
  location.assign(state.state === 'signed_in' ? form.dataset.next : '/mfa/challenge');
}

function say(error) {
  const text = error ? (sentences[error.id] ?? error.detail ?? "That didn't work. Try again, or use your password.") : '';
  const problem = form.querySelector('.error');
  problem.textContent = text;
  problem.hidden = text === '';
}

// offer puts passkeys into the list under the field for the user's name. Nobody has asked for it, so nothing is said if it is not used.
async function offer() {
  let response;
  try {
    response = await autofill(load);
  } catch {
    return;
  }
  await answer(response).catch(say);
}

const can = await support();
form.hidden = !can.passkeys;
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  say();
  try {
    await answer(await get(await load()));
  } catch (error) {
    say(error);
    if (can.autofill) offer();
  }
});
addEventListener('pagehide', abort);
if (can.autofill) offer();
