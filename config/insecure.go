package config

import (
	"fmt"
	"slices"

	"github.com/cofactor-mfa/cofactor/config/internal/tree"
)

// insecure compares what is insecure with what was allowed.
func (d *decoder) insecure(c *deployment, root *tree.Node) {
	report := &Report{d: d, node: root}
	if c.Mode != "development" {
		for i, name := range c.AllowInsecure {
			if slices.Contains(developmentOnly, name) {
				report.Error(fmt.Sprintf("allow_insecure[%d]", i), name+" is for development, and mode is production", "")
			}
		}
	}
	need := func(used bool, key, what, name string) {
		if used && !slices.Contains(c.AllowInsecure, name) {
			hint := "allow_insecure: [" + name + "] says that it is meant"
			if slices.Contains(developmentOnly, name) {
				hint = "for development: mode: development, and allow_insecure: [" + name + "]"
			}
			report.Error(key, what, hint)
		}
	}
	need(c.Challenges.Store == "memory", "challenges.store", "memory is one process, and forgets locks when it ends", memoryStores)
	need(c.Factors.Store == "memory", "factors.store", "memory is one process, and forgets everybody when it ends", memoryStores)
	need(c.Challenges.Store == "redis" && c.Challenges.Redis.plaintext() && c.Challenges.Redis.remote(), "challenges.redis.url",
		"is not encrypted: codes and locks can be read and changed on their way", plaintextRedis)
	need(c.Factors.Store == "postgres" && c.Factors.Postgres.plaintext(), "factors.postgres.url",
		"may not be encrypted: sslmode must be require, verify-ca or verify-full", plaintextDatabase)
}

// literals reports secrets that are written out, once tenants have been read as well: theirs are no better kept.
func (d *decoder) literals(c *deployment) {
	if slices.Contains(c.AllowInsecure, literalSecrets) {
		return
	}
	level := Error
	if c.Mode == "development" {
		level = Warning
	}
	for _, l := range d.plain {
		d.add(level, l.at, l.path, "a secret is written in the file", "use ${NAME} or {file: /run/secrets/name}")
	}
}
