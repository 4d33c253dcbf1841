package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx" of database/sql, for the registry's store

	"github.com/cofactor-mfa/cofactor/factor"
)

// site is the database of one number of people.
type site struct {
	name    string
	people  *people
	pool    *pgxpool.Pool // the floor's
	db      *sql.DB       // the registry's
	factors factor.Store
}

// connections is how many each side may open to a database: as many as 16 callers can use, and more than two processors can.
const connections = 24

// openSite makes the database and enrols everybody.
func openSite(ctx context.Context, admin *pgx.Conn, postgresURL string, p *people) (s *site, err error) {
	s = &site{name: fmt.Sprintf("cofactor_bench_%d", p.n), people: p}
	if _, err := admin.Exec(ctx, "CREATE DATABASE "+s.name); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(context.WithoutCancel(ctx), admin))
		}
	}()
	at, err := url.Parse(postgresURL)
	if err != nil {
		return nil, err
	}
	at.Path = "/" + s.name
	config, err := pgxpool.ParseConfig(at.String())
	if err != nil {
		return nil, err
	}
	config.MaxConns = connections
	if s.pool, err = pgxpool.NewWithConfig(ctx, config); err != nil {
		return nil, err
	}
	if s.db, err = sql.Open("pgx", at.String()); err != nil {
		return nil, err
	}
	s.db.SetMaxOpenConns(connections)
	s.db.SetMaxIdleConns(connections)
	if s.factors, err = factorStore(ctx, s.db); err != nil {
		return nil, err
	}
	if _, err := s.pool.Exec(ctx, floorTables); err != nil {
		return nil, err
	}
	return s, s.enrol(ctx)
}

func (s *site) close(ctx context.Context, admin *pgx.Conn) error {
	if s.pool != nil {
		s.pool.Close()
	}
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	_, dropped := admin.Exec(ctx, "DROP DATABASE IF EXISTS "+s.name+" WITH (FORCE)")
	return errors.Join(err, dropped)
}
