package keyset_test

import (
	"fmt"
	"log"

	"github.com/cofactor-mfa/cofactor/keyset"
)

func Example() {
	secret, err := keyset.Generate(nil) // once; the result belongs in a secret file
	if err != nil {
		log.Fatal(err)
	}
	keys, err := keyset.New(keyset.Config{Keyset: secret})
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := keys.Encrypt([]byte("JBSWY3DPEHPK3PXP"), []byte("alice's row"))
	if err != nil {
		log.Fatal(err)
	}
	plain, err := keys.Decrypt(sealed, []byte("alice's row"))
	fmt.Println(string(plain), err)
	_, err = keys.Decrypt(sealed, []byte("bob's row"))
	fmt.Println(err)
	fmt.Println(secret)
	// Output:
	// JBSWY3DPEHPK3PXP <nil>
	// keyset: altered, or moved from where it belongs
	// [keyset]
}

func ExampleRotate() {
	first, err := keyset.Generate(nil)
	if err != nil {
		log.Fatal(err)
	}
	old, err := keyset.New(keyset.Config{Keyset: first})
	if err != nil {
		log.Fatal(err)
	}
	sealed, err := old.Encrypt([]byte("a factor"), nil)
	if err != nil {
		log.Fatal(err)
	}

	second, err := keyset.Rotate(keyset.Config{Keyset: first})
	if err != nil {
		log.Fatal(err)
	}
	current, err := keyset.New(keyset.Config{Keyset: second})
	if err != nil {
		log.Fatal(err)
	}
	plain, err := current.Decrypt(sealed, nil)
	fmt.Println(string(plain), err)
	id, _ := keyset.SealedBy(sealed)
	fmt.Println("to be sealed again:", id != current.PrimaryID())
	// Output:
	// a factor <nil>
	// to be sealed again: true
}
