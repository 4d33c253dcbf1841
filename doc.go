// Package cofactor adds multi-factor authentication to any Go program.
//
// The module is a set of small packages rather than one large one:
//
//   - provider is the contract of one kind of factor; provider/totp and provider/backup implement it
//   - challenge and factor are the contracts of the two stores, each with a store in memory
//   - policy decides what a login needs
//   - registry runs every provider through the same ceremony; it is the package that programs call
//   - keyset makes the encryption from a Tink keyset
//
// Start with the README, or with `go run ./cmd/cofactor demo`.
package cofactor
