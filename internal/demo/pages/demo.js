// What the pages of the demo need a script for: passkeys. Everything else works without one.
import { abort, autofill, create, get, signal, support } from '/passkeys.js';

const sentences = {
  passkey_aborted: '',
  passkey_cancelled: 'Nothing happened. You cancelled, or it took too long. Try again, or use another method.',
  passkey_exists: 'You already have a passkey on this device.',
  passkey_unsupported: "This browser can't use passkeys. Use another method.",
  passkey_wrong_address: "Passkeys don't work on this address. Open the demo by the name localhost.",
};

function say(form, text) {
  const problem = form.querySelector('.error');
  problem.textContent = text;
  problem.hidden = text === '';
}

// post sends what the browser made of the options as an answer like any other.
function post(form, response) {
  form.elements.response.value = JSON.stringify(response);
  form.submit();
}

function onSubmit(form, ceremony, otherwise = () => {}) {
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    say(form, '');
    try {
      post(form, await ceremony());
    } catch (error) {
      say(form, sentences[error.id] ?? "That didn't work. Try again, or use another method.");
      otherwise();
    }
  });
}

// The sign-in page asks for options when it needs them: for the list under the field of the user's name, and for the button.
async function signIn(form) {
  const load = async () => {
    const reply = await fetch(form.dataset.load, { method: 'POST' });
    if (!reply.ok) throw new Error(reply.statusText);
    const challenge = await reply.json();
    form.elements.challenge.value = challenge.challenge;
    return challenge.public;
  };
  const can = await support();
  const offer = () => {
    if (can.autofill) autofill(load).then((response) => post(form, response), () => {}); // Nobody has asked for it, so nothing is said.
  };
  onSubmit(form, async () => get(await load()), offer);
  form.hidden = !can.passkeys;
  offer();
}

for (const form of document.querySelectorAll('form[data-options]')) {
  const options = JSON.parse(form.dataset.options);
  onSubmit(form, () => (form.dataset.passkey === 'create' ? create(options) : get(options)));
}
for (const form of document.querySelectorAll('form[data-load]')) signIn(form);
if (document.body.dataset.signal) signal(JSON.parse(document.body.dataset.signal));
addEventListener('pagehide', abort);
