package main

const (
	signInPage = `<!doctype html><html lang="en"><title>Sign in</title><form method="post">
<p><label>Name <input name="user" autocomplete="username" required></label>
<p><label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<p><button>Sign in</button></form>`

	homePage = `<!doctype html><html lang="en"><title>Acme</title><p>You are signed in.
<p><a href="/payroll">Payroll</a> <a href="/mfa/">Sign-in security</a>
<form method="post" action="/sign-out"><button>Sign out</button></form>`

	payroll = `<!doctype html><html lang="en"><title>Payroll</title><p>Everybody earns the same.`
)
