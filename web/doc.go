// Package web is the pages that people sign in with: server-rendered HTML that needs no script, except where a passkey does.
//
//	pages, err := web.New(web.Config{API: api, Product: "Acme", Support: "https://acme.example/help"})
//	mux.Handle("/mfa/", pages)
//
// There is a page that asks for the second step, with a picker of methods; one for each method that is set up; backup codes; the settings, "Sign-in
// security"; the confirmation of something that matters; and a page for everything that can go wrong. A GET changes nothing on any of them: it begins,
// sends and uses up nothing, so mail scanners, reloads and the back button do no harm.
//
// # What is kept where
//
// The host's session holds what httpapi.Session has, and nothing else. What one tab has under way - which challenge it shows, what is to be done when it is
// answered - is in a cookie of its own, under a random name that the address of the page carries. So several tabs go on side by side, and no address has a
// secret in it. The cookie is authenticated under the session's Binding: nobody but the server can make one, and it is worth nothing in another session.
//
// # Looks
//
// Theme has twelve colours and measures. Any page can be replaced by a template of the same name; docs/reference/html-pages-and-data.md says what each gets.
package web
