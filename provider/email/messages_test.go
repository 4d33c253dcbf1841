package email_test

import (
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the pseudo-locale and the golden messages again")

// Between braces stand fields and the names of blocks.
var words = regexp.MustCompile(`\{\{.*?\}\}|[^{]+`)

// pseudo makes the pseudo-locale: English that looks foreign and is a third longer, so that a text that is not translated, or does not fit, can be seen.
func pseudo(english string) string {
	accents := strings.NewReplacer("a", "á", "e", "é", "i", "í", "o", "ó", "u", "ú", "n", "ñ", "c", "ç", "A", "Á", "E", "É", "I", "Í", "O", "Ó", "U", "Ú")
	var b strings.Builder
	for line := range strings.Lines(english) {
		line = strings.TrimSuffix(line, "\n")
		plain := regexp.MustCompile(`\{\{.*?\}\}`).ReplaceAllString(line, "")
		for _, part := range words.FindAllString(line, -1) {
			if strings.HasPrefix(part, "{{") {
				b.WriteString(part)
			} else {
				b.WriteString(accents.Replace(part))
			}
		}
		if n := len(plain) / 3; n > 0 && !strings.HasPrefix(line, "{{") {
			b.WriteString(" " + strings.Repeat("~", n))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// The pseudo-locale is not translated by hand: it says what the English file says.
func TestPseudoLocaleIsThatOfToday(t *testing.T) {
	t.Parallel()
	english, err := os.ReadFile("messages/en.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	want := pseudo(string(english))
	if *update {
		if err := os.WriteFile("messages/en-XA.tmpl", []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile("messages/en-XA.tmpl")
	if err != nil || string(got) != want {
		t.Errorf("messages/en-XA.tmpl is not the pseudo-locale of messages/en.tmpl; go test ./provider/email -run Pseudo -update writes it (%v)", err)
	}
}
