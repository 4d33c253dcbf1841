package terminal_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/cofactor-mfa/cofactor/provider/email"
	"github.com/cofactor-mfa/cofactor/provider/sentcode/terminal"
	"github.com/cofactor-mfa/cofactor/provider/sms"
)

var _ email.Sender = (*terminal.Sender[email.Message])(nil)

func Example() {
	mail, err := terminal.New[email.Message](terminal.Config{Out: os.Stdout, Development: true})
	if err != nil {
		fmt.Println(err)
		return
	}
	// Give it to email.New, which sends:
	err = mail.Send(context.Background(), email.Message{
		To: "alice@example.com", Subject: "Your Acme sign-in code", Text: "Your Acme sign-in code is:\n\n012345\n",
	})
	fmt.Println(err)
	// Output:
	//   │ To: alice@example.com
	//   │ Subject: Your Acme sign-in code
	//   │
	//   │ Your Acme sign-in code is:
	//   │
	//   │ 012345
	//
	// <nil>
}

// Codes on a terminal are for development, and that has to be said.
func TestProductionIsRefused(t *testing.T) {
	t.Parallel()
	if _, err := terminal.New[email.Message](terminal.Config{Out: io.Discard}); err == nil || !strings.Contains(err.Error(), "Development") {
		t.Errorf("codes are printed although nobody said that this is development: %v", err)
	}
	if _, err := terminal.New[sms.Message](terminal.Config{}); err == nil || !strings.Contains(err.Error(), "Config.Out") || !strings.Contains(err.Error(), "Development") {
		t.Errorf("both faults are to be told at once: %v", err)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no terminal") }

func TestErrors(t *testing.T) {
	t.Parallel()
	s, err := terminal.New[email.Message](terminal.Config{Out: broken{}, Development: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Send(t.Context(), email.Message{}); err == nil {
		t.Error("a message that nobody sees is sent")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Send(ctx, email.Message{}); !errors.Is(err, context.Canceled) {
		t.Errorf("after its context has ended: %v", err)
	}
}

func TestMessagesAreNotMixed(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	s, err := terminal.New[sms.Message](terminal.Config{Out: &out, Development: true})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if err := s.Send(t.Context(), sms.Message{To: "+447700900123", Text: "one\ntwo"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if want := strings.Repeat("\n  │ To: +447700900123\n  │\n  │ one\n  │ two\n\n", 20); out.String() != want {
		t.Errorf("printed are %q", out.String())
	}
}
