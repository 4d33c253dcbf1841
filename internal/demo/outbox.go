package demo

import (
	"context"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider/sms"
)

// texts are the text messages of the demo. Nothing is sent: they are in the terminal, whole, as the person would get them.
type texts struct{ terminal *terminal }

var _ sms.Sender = texts{}

// Send prints a message.
func (t texts) Send(_ context.Context, m sms.Message) error {
	t.terminal.message("text message to "+m.To, m.Text)
	return nil
}

// message prints what somebody would get, with a bar beside it so that it is not taken for what the demo says itself.
func (t *terminal) message(heading, text string) {
	var b strings.Builder
	b.WriteString("+-- " + heading + " (demo only: it was not sent)")
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		b.WriteString("\n" + strings.TrimRight("|   "+line, " "))
	}
	t.say(b.String())
}
