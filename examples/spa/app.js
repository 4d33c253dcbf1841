// The whole of a second step in the browser. The server says how far the session has come: "anonymous", "pending" or "signed_in".
const $ = (id) => document.getElementById(id);
let challenge; // what is being asked for, if anything is

async function call(method, path, body) {
  const form = body instanceof URLSearchParams;
  const answer = await fetch(path, {
    method,
    headers: { Accept: 'application/json', ...(body && !form && { 'Content-Type': 'application/json' }) },
    body: form || !body ? body : JSON.stringify(body),
  });
  const json = answer.headers.get('Content-Type')?.includes('json');
  const said = await (json ? answer.json() : answer.text());
  if (!answer.ok) throw said; // a problem (RFC 9457): its detail is for the person
  return said;
}
const api = (method, route, body) => call(method, '/mfa/api/' + route, body);

// show asks for what is left, and shows its form.
async function show(session) {
  let form = session.state;
  if (form === 'pending' && session.choices) {
    challenge = await api('POST', 'login', { factor: session.choices[0].factor });
    $('label').textContent = session.choices[0].label;
    form = 'login';
  } else if (form === 'pending') {
    challenge = await api('POST', 'setup', { kind: 'totp' });
    $('qr').src = 'data:image/svg+xml,' + encodeURIComponent(challenge.public.qr);
    $('key').textContent = challenge.public.secret_grouped;
    form = 'setup';
  } else if (form === 'signed_in') {
    $('balance').textContent = await call('GET', '/balance');
  }
  for (const f of document.forms) f.hidden = f.id !== form;
  document.forms[form].elements[0].focus();
}

// does carries out a form, and goes on with the session that comes of it.
function does(form, act) {
  document.forms[form].addEventListener('submit', async (event) => {
    event.preventDefault();
    $('said').textContent = '';
    const fields = new FormData(event.target);
    event.target.reset();
    try {
      await show(await act(fields));
    } catch (problem) {
      $('said').textContent = problem.detail ?? String(problem);
      if (problem.code === 'challenge_gone' || problem.code === 'login_required') await show(await api('GET', 'session'));
    }
  });
}

const answer = (route) => (fields) => api('POST', route, { challenge: challenge.id, response: { code: fields.get('code') } });
does('anonymous', (fields) => call('POST', '/sign-in', new URLSearchParams(fields)));
does('setup', answer('setup/answer'));
does('login', answer('login/answer'));
does('signed_in', () => api('DELETE', 'session'));
await show(await api('GET', 'session'));
