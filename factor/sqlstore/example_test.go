package sqlstore_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "modernc.org/sqlite"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/factor/sqlstore"
)

// A file on one host, and a key that can be spent once.
func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "cofactor-")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = os.RemoveAll(folder) }()

	db, err := sql.Open("sqlite", sqlstore.SQLiteDSN(filepath.Join(folder, "factors.db")))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = db.Close() }()
	if err := sqlstore.Migrate(ctx, db, sqlstore.SQLite); err != nil {
		fmt.Println(err)
		return
	}
	store, err := sqlstore.New(ctx, sqlstore.Config{DB: db, Dialect: sqlstore.SQLite})
	if err != nil {
		fmt.Println(err)
		return
	}

	now := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	enrol := factor.Change{
		UserID: "alice", At: now,
		Account: &factor.Account{UserID: "alice", Handle: []byte("32 random bytes"), Epoch: 1},
		Put:     []factor.Factor{{UserID: "alice", ID: "f1", Kind: "totp", Label: "Authenticator app", Data: []byte("sealed"), Created: now}},
	}
	fmt.Println("enrol:", store.Apply(ctx, enrol))

	alice, err := store.Load(ctx, "", "alice")
	fmt.Println("load:", alice.Factors[0].Label, alice.Factors[0].Version, err)

	login := factor.Change{
		UserID: "alice", Epoch: alice.Account.Epoch, Put: alice.Factors, At: now,
		Once: []factor.Once{{Key: [32]byte{1}, Expires: now.Add(time.Hour)}},
	}
	fmt.Println("login:", store.Apply(ctx, login))
	fmt.Println("the same answer again:", errors.Is(store.Apply(ctx, login), factor.ErrSpent))
	// Output:
	// enrol: <nil>
	// load: Authenticator app 1 <nil>
	// login: <nil>
	// the same answer again: true
}
