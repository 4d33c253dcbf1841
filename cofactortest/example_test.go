package cofactortest_test

import (
	"encoding/json"
	"fmt"
	"log"

	"github.com/cofactor-mfa/cofactor/cofactortest"
)

func ExampleAuthenticator() {
	phone := cofactortest.NewAuthenticator("https://login.example.com")

	// The options are what the registry's Challenge.Public is in JSON.
	created, err := phone.Create([]byte(`{"challenge":"b1ZUUmZ5TnQ0QUFBQUFBQQ","rp":{"id":"example.com"},"user":{"id":"dS00NzEx","name":"alice"},
		"pubKeyCredParams":[{"type":"public-key","alg":-7}],"authenticatorSelection":{"residentKey":"required"}}`))
	if err != nil {
		log.Fatal(err)
	}
	used, err := phone.Get([]byte(`{"challenge":"UVFRUVFRUVFRUVFRUVFRUQ","rpId":"example.com"}`))
	if err != nil {
		log.Fatal(err)
	}

	// Both are what the page would post, and the registry's Response takes.
	var registration, login struct {
		ID, Type string
		Response struct{ UserHandle string }
	}
	for response, into := range map[*[]byte]any{&created: &registration, &used: &login} {
		if err := json.Unmarshal(*response, into); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(registration.Type, login.ID == registration.ID, login.Response.UserHandle)
	fmt.Println("keys:", len(phone.Credentials()), "uses:", phone.Credentials()[0].Counter-1)
	// Output:
	// public-key true dS00NzEx
	// keys: 1 uses: 1
}
