package demo

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/cofactor-mfa/cofactor/provider"
)

// password is everybody's. A real site would keep a slow hash of each, and slow down those who guess.
const password = "demo"

// people are those who can sign in. Their ids are not their names, because a name may change hands and a factor must not go with it.
func people() []provider.User {
	return []provider.User{
		{ID: "u-7f3a", Name: "alice", DisplayName: "Alice"},
		{ID: "u-c94e", Name: "bob", DisplayName: "Bob"},
	}
}

// person checks a name and a password. Whatever is wrong with them, it takes as long.
func person(name, typed string) (provider.User, bool) {
	var found provider.User
	known := 0
	for _, u := range people() {
		if same(name, u.Name) == 1 {
			found, known = u, 1
		}
	}
	if known&same(typed, password) != 1 {
		return provider.User{}, false
	}
	return found, true
}

// same compares digests, because a comparison in constant time is so for equal lengths only.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// personWith is the person behind an id.
func personWith(id string) (provider.User, bool) {
	for _, u := range people() {
		if u.ID == id {
			return u, true
		}
	}
	return provider.User{Name: "nobody"}, false
}
