package main

import (
	"bytes"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/internal/testenv"
)

// People are copied into the tables, past the store. That must leave the rows that the store would have written.
func TestPeopleAreEnrolledAsTheStoreDoesIt(t *testing.T) {
	url := testenv.Postgres(t)
	admin, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = admin.Close(t.Context()) }()
	d := newInMemory(t, 7)
	if err := d.prepare(t.Context(), cell{}); err != nil {
		t.Fatal(err)
	}
	s, err := openSite(t.Context(), admin, url, d.all)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := s.close(t.Context(), admin); err != nil {
			t.Error(err)
		}
	}()
	for user := range d.all.n {
		want, err := d.factors.Load(t.Context(), "", userID(user))
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.factors.Load(t.Context(), "", userID(user))
		if err != nil {
			t.Fatal(err)
		}
		if plain, same := opened(t, d.all, got), opened(t, d.all, want); !reflect.DeepEqual(plain, same) {
			t.Errorf("person %d: the factors hold %x, want %x", user, plain, same)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("person %d was enrolled as\n%+v, want\n%+v", user, got, want)
		}
	}
}

// opened decrypts the Data of a person's factors, and takes it out: it is sealed anew for each store.
func opened(t *testing.T, p *people, s factor.Snapshot) []byte {
	t.Helper()
	var all [][]byte
	for i, f := range s.Factors {
		plain, err := p.aead.Decrypt(f.Data, rowBinding(f))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, plain)
		s.Factors[i].Data = nil
	}
	return bytes.Join(all, []byte{0})
}
