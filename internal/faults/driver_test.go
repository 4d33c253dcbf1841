package faults_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
)

// mortal is a database driver that steps before each statement, so that a program can die between any two of a transaction.
type mortal struct {
	inner driver.Driver
	dsn   string
	end   *end
}

// watch opens a database once more, through the driver that steps.
func (e *end) watch(db *sql.DB, dsn string) (*sql.DB, error) {
	m := mortal{db.Driver(), dsn, e}
	return sql.OpenDB(m), db.Close()
}

func (m mortal) Connect(context.Context) (driver.Conn, error) {
	conn, err := m.inner.Open(m.dsn)
	if err != nil {
		return nil, err
	}
	all, ok := conn.(fullConn)
	if !ok {
		return nil, fmt.Errorf("%T cannot be watched", conn)
	}
	return mortalConn{all, m.end}, nil
}

func (m mortal) Driver() driver.Driver { return m.inner }

// fullConn is what drivers of today have.
type fullConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
}

type mortalConn struct {
	fullConn
	end *end
}

func (c mortalConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	c.end.step()
	tx, err := c.fullConn.BeginTx(ctx, opts)
	return mortalTx{tx, c.end}, err
}

func (c mortalConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	c.end.step()
	return c.fullConn.ExecContext(ctx, query, args)
}

func (c mortalConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	c.end.step()
	return c.fullConn.QueryContext(ctx, query, args)
}

type mortalTx struct {
	driver.Tx
	end *end
}

func (t mortalTx) Commit() error {
	t.end.step()
	return t.Tx.Commit()
}
