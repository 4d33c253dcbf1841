package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

// floorTables are as narrow as they can be.
const floorTables = `
CREATE TABLE floor_factor (
	user_id text, kind text, sealed bytea NOT NULL, used timestamptz, failures int NOT NULL DEFAULT 0, version bigint NOT NULL DEFAULT 1,
	PRIMARY KEY (user_id, kind)
) WITH (fillfactor = 80);
CREATE TABLE floor_spent (key bytea PRIMARY KEY, expires timestamptz NOT NULL)`

// What the floor asks of PostgreSQL. Writing the row and the used challenge, both or neither, is what makes an answer work once.
const (
	floorKinds  = `SELECT kind, used FROM floor_factor WHERE user_id = $1`
	floorAll    = `SELECT kind, used, sealed, version FROM floor_factor WHERE user_id = $1`
	floorRead   = `SELECT sealed, version FROM floor_factor WHERE user_id = $1 AND kind = $2`
	floorFail   = `UPDATE floor_factor SET failures = failures + 1 WHERE user_id = $1 AND kind = $2`
	floorRedeem = `
WITH spent AS (INSERT INTO floor_spent VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING 1)
UPDATE floor_factor SET sealed = $3, used = $4, failures = 0, version = version + 1
WHERE user_id = $5 AND kind = $6 AND version = $7 AND EXISTS (SELECT FROM spent)`
)

// floorSQL is a connection to PostgreSQL: through database/sql, as the registry's store has it, or without.
type floorSQL interface {
	query(ctx context.Context, statement string, args []any, row func(scan func(...any) error) error) error
	exec(ctx context.Context, statement string, args ...any) (changed int64, err error)
}

var (
	_ floorSQL = standard{}
	_ floorSQL = direct{}
)

// floorRows are the floor's statements over a connection.
type floorRows struct{ floorSQL }

type floorState struct {
	user, kind string
	sealed     []byte
	used       *time.Time
	version    int64
}

// kinds is what a picker shows.
func (s floorRows) kinds(ctx context.Context, user string) error {
	found := 0
	err := s.query(ctx, floorKinds, []any{user}, func(scan func(...any) error) error {
		var kind string
		var used *time.Time
		found++
		return scan(&kind, &used)
	})
	if err == nil && found == 0 {
		err = errNoRow
	}
	return err
}

// all is what a picker shows, and what it takes to begin any of it.
func (s floorRows) all(ctx context.Context, user string) ([]floorState, error) {
	list := make([]floorState, 0, 4)
	err := s.query(ctx, floorAll, []any{user}, func(scan func(...any) error) error {
		r := floorState{user: user}
		err := scan(&r.kind, &r.used, &r.sealed, &r.version)
		list = append(list, r)
		return err
	})
	if err == nil && len(list) == 0 {
		err = errNoRow
	}
	return list, err
}

func (s floorRows) read(ctx context.Context, user, kind string) (floorState, error) {
	r := floorState{user: user, kind: kind}
	err := s.query(ctx, floorRead, []any{user, kind}, func(scan func(...any) error) error { return scan(&r.sealed, &r.version) })
	if err == nil && r.version == 0 {
		err = errNoRow
	}
	return r, err
}

func (s floorRows) redeem(ctx context.Context, r floorState, challenge string, expires int64, now time.Time) error {
	key := sha256.Sum256([]byte(challenge))
	n, err := s.exec(ctx, floorRedeem, key[:], time.Unix(expires, 0), r.sealed, now, r.user, r.kind, r.version)
	if err == nil && n != 1 {
		err = errNoRow
	}
	return err
}

func (s floorRows) fail(ctx context.Context, user, kind string) error {
	_, err := s.exec(ctx, floorFail, user, kind)
	return err
}

var errNoRow = errors.New("there is no such row, or it has changed")

// standard goes through database/sql.
type standard struct{ db *sql.DB }

func (s standard) query(ctx context.Context, statement string, args []any, row func(scan func(...any) error) error) error {
	rows, err := s.db.QueryContext(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }() // Err says what went wrong.
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (s standard) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	res, err := s.db.ExecContext(ctx, statement, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// direct is the driver alone.
type direct struct{ pool *pgxpool.Pool }

func (d direct) query(ctx context.Context, statement string, args []any, row func(scan func(...any) error) error) error {
	rows, err := d.pool.Query(ctx, statement, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func (d direct) exec(ctx context.Context, statement string, args ...any) (int64, error) {
	tag, err := d.pool.Exec(ctx, statement, args...)
	return tag.RowsAffected(), err
}
