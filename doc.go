// Package cofactor adds multi-factor authentication to any Go program. Open makes all of it from a file of settings, in one call:
//
//	mfa, err := cofactor.Open(ctx, cofactor.Config{
//		Source: config.Source{Files: []string{"cofactor.yaml"}, Environ: os.Environ()},
//		Host:   httpapi.Sessions{Store: sessions}.Host(), // sessions are yours
//	})
//	mux.Handle("/mfa/", mfa)                        // the pages, and the routes below them
//	mux.Handle("/account", mfa.RequireMFA(account)) // what takes both steps
//	mfa.SignIn(w, r, httpapi.First{...})            // the last line of your password page's handler
//
// The module is a set of small packages rather than one large one, and a program may put them together itself:
//
//   - provider is the contract of one kind of factor; provider/totp and provider/backup implement it
//   - challenge and factor are the contracts of the two stores, each with a store in memory
//   - policy decides what a login needs
//   - registry runs every provider through the same ceremony; it is the package that programs call
//   - keyset makes the encryption from a Tink keyset
//   - httpapi serves a registry as JSON, and has the gates; web is the pages; config reads the settings
//
// Start with the README, or with `go run ./cmd/cofactor demo`.
package cofactor
