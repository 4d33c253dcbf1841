// Package config makes registries, with their stores, senders and policy, from one YAML file, other files over it, and the environment. A program
// need not have it: everything in it can be written in Go as well.
//
// Load reads and checks. It reads files and the environment, reports every mistake at its place in one go, and neither connects nor starts anything. What it
// returns has no mistake that can be found without a network; Config.Open connects, asks the stores whether they may be trusted, and makes the registries:
//
//	cfg, err := config.Load(config.Source{Files: []string{"cofactor.yaml"}, Environ: os.Environ()})
//	deployment, err := cfg.Open(ctx, config.Program{Observe: log.Observe})
//	defer deployment.Close(ctx)
//	api, err := httpapi.New(httpapi.Config{Tenants: deployment.Registry, ...})
//
// # Strict
//
// An unknown key is an error, as is a value of another type, one out of range, a variable that is not set: nothing is corrected, skipped or guessed. What
// is insecure does not start in production; for development it is allowed by its name, each thing by its own.
//
// # Secrets
//
// A secret comes from the environment, ${NAME}, or from a file of its own, {file: /run/secrets/name}. It is in no message, no log and no print.
//
// # Your own providers
//
// FactoryFor makes a factory of your type of providers. Its section is decoded as strictly as the built-in ones, and is in the schema, the reference and the
// files that Init writes like theirs.
package config
