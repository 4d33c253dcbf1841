package main

import (
	"errors"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/keyset"
	"github.com/cofactor-mfa/cofactor/policy"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/provider/totp"
	"github.com/cofactor-mfa/cofactor/registry"
)

// newRegistry is for trying out: in production the keyset is a secret, challenges are in Redis, and factors in a database.
func newRegistry() (*registry.Registry, error) {
	keys, err := keyset.Ephemeral()
	apps, also := totp.New(totp.Config{Issuer: "Acme"})
	codes, too := backup.New(backup.Config{})
	if err := errors.Join(err, also, too); err != nil {
		return nil, err
	}
	return registry.New(registry.Config{
		AEAD: keys, Challenges: challenge.NewMemory(), Factors: factor.NewMemory(), Policy: policy.Standard(),
	}, apps, codes)
}
