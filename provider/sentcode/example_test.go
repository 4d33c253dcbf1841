package sentcode_test

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/sentcode"
)

// Chat is a channel of its own, complete: codes in a company's chat. Copy it for a messenger, or for a voice that reads digits out.
type Chat func(ctx context.Context, name, text string) error

var chatName = regexp.MustCompile(`^[a-z][a-z0-9]{1,30}$`)

func (Chat) Info() provider.Info {
	return provider.Info{Kind: "chat", Class: provider.Possession, Channel: "chat"}
}

func (Chat) Address(req provider.SetupRequest) (string, error) {
	var in struct{ Name string }
	if json.Unmarshal(req.Input, &in) != nil || !chatName.MatchString(in.Name) {
		return "", provider.Invalid("A chat name has 2 to 31 letters and digits.")
	}
	return in.Name, nil
}

func (Chat) Label() string { return "Chat" }

func (Chat) Hint(name string) string { return name[:1] + "•••" }

func (Chat) Uses(name string) []provider.Use { return []provider.Use{{Budget: "address", Of: name}} }

func (c Chat) SendCode(ctx context.Context, m sentcode.Code) error {
	return c(ctx, m.To, m.Digits+" is your code. Never tell it to anybody.")
}

func (c Chat) SendNotice(ctx context.Context, m sentcode.Notice) error {
	return c(ctx, m.To, "Your sign-in methods have changed ("+m.Op+").")
}

var _ sentcode.Channel = Chat(nil)

func Example() {
	ctx, now := context.Background(), time.Date(2030, time.March, 3, 9, 0, 0, 0, time.UTC)
	var code string
	chat := Chat(func(_ context.Context, name, text string) error {
		code = text[:6]
		fmt.Println("to", name+":", "······"+text[6:])
		return nil
	})
	p, err := sentcode.New(sentcode.Config{Channel: chat})
	if err != nil {
		fmt.Println(err)
		return
	}

	// The registry does this: it asks for a prompt, sends what the prompt wants sent, and has the answer checked.
	prompt, err := p.SetupHook(ctx, provider.SetupRequest{Input: json.RawMessage(`{"name":"alice"}`), Now: now})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%+v\n", prompt.Public)
	if err := prompt.Deliver.Send(ctx); err != nil {
		fmt.Println(err)
	}
	enrolled, err := p.SetupVerify(ctx, provider.SetupRequest{Now: now}, provider.Answer{
		Private: prompt.Private, Response: json.RawMessage(`{"code":"` + code + `"}`),
	})
	fmt.Println(enrolled.Label, enrolled.Hint, err)
	// Output:
	// {SentTo:a••• Digits:6}
	// to alice: ······ is your code. Never tell it to anybody.
	// Chat a••• <nil>
}
