// Package cofactortest has what the tests of a program need that signs users in with cofactor. Nothing in it takes a network, everything works in a bubble of
// testing/synctest, and what could weaken a program refuses to work outside of tests.
//
//	kit := cofactortest.New(t, cofactortest.Config{}) // a registry in memory, and all that follows
//	alice := registry.Who{User: provider.User{ID: "u-4711", Name: "alice"}, Binding: "of her session"}
//	kit.AddEmail(alice.User, "alice@example.test")
//	login, err := kit.Registry.StartLogin(t.Context(), registry.Start{Who: alice, Primary: []string{"pwd"}, Begin: true})
//	code := kit.Outbox.LastCode("alice@example.test")
//	login, err = kit.Registry.FinishLogin(t.Context(), registry.Finish{
//		Who: alice, Pending: login.Pending, Challenge: login.Challenge.ID, Response: cofactortest.Typed(code),
//	})
//
// Each part is of use by itself. [Clock] is a clock that a test moves. [Outbox] keeps the e-mails and text messages that would have been sent, and knows the
// codes in them. [App] is an authenticator app, [Authenticator] a browser with passkeys, in software, that can be wrong in every way that matters. [Events] keeps
// what a registry tells of. [Browser] is somebody's browser without a window: it keeps cookies, and visits a handler without a network. [Server] is a program
// with a sign-in, for the tests of clients, and [CheckIntegration] walks through a program of yours and looks at the doors that programs leave open.
//
// Nothing here is fit for production: keys lie in memory and nobody is asked for a finger.
package cofactortest
