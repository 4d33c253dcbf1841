// What the pages do better with a script. Without it everything works but passkeys; what needs it is hidden until it is here.
const all = (selector, within = document) => within.querySelectorAll(selector);
const reveal = (element) => { element.hidden = false; };

// Times are shown in the reader's own time zone.
for (const time of all('time[data-time]')) {
  const style = { clock: { timeStyle: 'short' }, date: { dateStyle: 'long' }, both: { dateStyle: 'long', timeStyle: 'short' } }[time.dataset.time];
  try {
    const { lang } = document.documentElement;
    const own = navigator.languages.find((l) => l.split('-')[0] === lang.split('-')[0]); // British English is English
    time.textContent = new Intl.DateTimeFormat(own ?? lang, { ...style, numberingSystem: 'latn' }).format(new Date(time.dateTime));
  } catch { /* the text that is there will do */ }
}

// Copy and print.
for (const button of all('[data-copy]')) {
  if (!navigator.clipboard) continue;
  reveal(button);
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.parentElement.querySelector('[role=status]').textContent = button.dataset.copied;
  });
}
for (const button of all('[data-print]')) {
  reveal(button);
  button.addEventListener('click', () => print());
}

// A form is sent once, however often its button is pressed.
let sent = false;
const send = (form) => { sent = true; form.submit(); };
addEventListener('submit', (event) => {
  if (event.defaultPrevented) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = sent = true;
});
addEventListener('pageshow', (event) => {
  if (event.persisted) for (const form of all('form[data-sent]')) delete form.dataset.sent;
});

// Whoever leaves new backup codes behind is asked once.
if (document.querySelector('[data-leave]')) {
  addEventListener('beforeunload', (event) => {
    if (!sent && navigator.userActivation?.hasBeenActive) event.preventDefault();
  });
}

// The wait for another message is counted down; only its end is said aloud.
for (const button of all('[data-wait]')) {
  const line = button.form.querySelector('[data-countdown]');
  const until = Date.now() + 1000 * button.dataset.wait;
  const template = line.textContent;
  const tick = setInterval(() => {
    const left = Math.ceil((until - Date.now()) / 1000);
    if (left > 0) {
      line.textContent = template.replace(/\d+/, left);
      return;
    }
    clearInterval(tick);
    line.setAttribute('role', 'status');
    line.textContent = button.dataset.ready;
  }, 1000);
}

// A code that comes by text message, where the browser can read it.
const field = document.querySelector('[data-otp]');
if (field && 'OTPCredential' in window) {
  const ends = new AbortController();
  addEventListener('submit', () => ends.abort());
  navigator.credentials.get({ otp: { transport: ['sms'] }, signal: ends.signal }).then((message) => {
    if (!message) return;
    field.value = message.code;
    field.form.requestSubmit();
  }, () => {});
}

// Passkeys. The ceremony starts with a click, and what the browser makes of the options is posted like any other answer.
for (const form of all('[data-passkey]')) passkey(form);

async function passkey(form) {
  const words = form.dataset;
  const [button, problem] = [form.querySelector('[data-script]'), form.querySelector('[role=alert]')];
  const { abort, autofill, create, get, support } = await import(words.module);
  const can = await support();
  if (!can.passkeys) {
    for (const note of all('[data-unsupported]', form)) reveal(note);
    return;
  }
  reveal(form);
  reveal(button);
  addEventListener('pagehide', abort);
  // A request for options may begin a session. Whoever sends another form meanwhile, such as the one with the password, must not find that session in place of theirs.
  let asking = new AbortController();
  addEventListener('submit', (event) => { if (event.target !== form) asking.abort(); });
  const load = async () => {
    if (!words.load) return JSON.parse(words.options);
    asking = new AbortController();
    const reply = await fetch(words.load, {
      method: 'POST', headers: { Accept: 'application/json' }, body: new URLSearchParams(new FormData(form)), signal: asking.signal,
    });
    const answer = await reply.json();
    if (!reply.ok) throw answer;
    form.elements.c.value = answer.c;
    return answer.public;
  };
  const post = (response) => {
    form.elements.response.value = JSON.stringify(response);
    send(form);
  };
  // Under the field for the user's name, passkeys are offered without anybody asking; so nothing is said if that comes to nothing.
  const offer = () => {
    if (can.autofill && document.querySelector('input[autocomplete$="webauthn"]')) autofill(load).then(post, () => {});
  };
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    problem.hidden = true;
    button.setAttribute('aria-disabled', true);
    try {
      post(await (words.passkey === 'create' ? create : get)(await load()));
    } catch (error) {
      problem.lastElementChild.textContent = error.error ?? words[error.id] ?? words.passkey_failed;
      reveal(problem);
      button.removeAttribute('aria-disabled');
      offer();
    }
  });
  offer();
}

// What the browser's passkey manager should know after a change.
if (document.body.dataset.signal) {
  import(document.body.dataset.passkeys).then(({ signal }) => signal(JSON.parse(document.body.dataset.signal)));
}
