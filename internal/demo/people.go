package demo

import (
	"crypto/sha256"
	"crypto/subtle"

	"github.com/cofactor-mfa/cofactor/provider"
)

// password is everybody's. A real site would keep a slow hash of each, and slow down those who guess.
const password = "demo"

// people are those who can sign in. Their ids are not their names, because a name may change hands and a factor must not go with it.
func people() []person {
	return []person{
		{User: provider.User{ID: "u-7f3a", Name: "alice", DisplayName: "Alice"}},
		{User: provider.User{ID: "u-c94e", Name: "bob", DisplayName: "Bob"}},
		{User: provider.User{ID: "u-52d0", Name: "carol", DisplayName: "Carol"}, Roles: []string{administrator}},
	}
}

// person is somebody with an account.
type person struct {
	provider.User
	Roles []string
}

// administrator is the role of those who look after the others. It takes a second step.
const administrator = "administrator"

// personNamed checks a name and a password. Whatever is wrong with them, it takes as long.
func personNamed(name, typed string) (person, bool) {
	var found person
	known := 0
	for _, u := range people() {
		if same(name, u.Name) == 1 {
			found, known = u, 1
		}
	}
	if known&same(typed, password) != 1 {
		return person{}, false
	}
	return found, true
}

// same compares digests, because a comparison in constant time is so for equal lengths only.
func same(a, b string) int {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:])
}

// personWith is the person behind an id.
func personWith(id string) (person, bool) {
	for _, u := range people() {
		if u.ID == id {
			return u, true
		}
	}
	return person{User: provider.User{Name: "nobody"}}, false
}
