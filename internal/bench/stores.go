package main

import (
	"context"
	"database/sql"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// stores are what a registry is given.
type stores struct {
	challenges challenge.Store
	factors    factor.Store
}

func challengeStore(client redisClient) (challenge.Store, error) {
	return redisstore.New(redisstore.Config{Client: client})
}

// factorStore makes the tables in an empty database, and the store over them.
func factorStore(ctx context.Context, db *sql.DB) (factor.Store, error) {
	if err := sqlstore.Migrate(ctx, db, sqlstore.PostgreSQL); err != nil {
		return nil, err
	}
	return sqlstore.New(ctx, sqlstore.Config{DB: db, Dialect: sqlstore.PostgreSQL})
}
