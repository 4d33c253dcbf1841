package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"text/template"

	"github.com/cofactor-mfa/cofactor/provider/sms"
)

const defaultJSON = `{"to":{{json .To}},"text":{{json .Text}}}`

// body is a message as its gateway wants it: a form, or else one JSON text.
type body struct {
	json *template.Template
	form map[string]*template.Template
}

// probes are what a body is tried with. A template that does not quote its text would let a user's words write the request. // attack: A-135
var probes = []sms.Message{
	{To: "+447911123456", Text: "471102 is your Acme code.\n\n@acme.example #471102"},
	{To: "+15005550006", Text: "\"},{\"to\":\"+1\\n'&=%<>é\u202e\u2028 €"},
}

func newBody(text string, form map[string]string) (b body, err error) {
	if len(form) > 0 {
		if text != "" {
			return b, errors.New("webhook: Config.JSON and Config.Form exclude each other")
		}
		b.form = map[string]*template.Template{}
		for name, value := range form {
			t, fault := parse("Form["+name+"]", value)
			b.form[name], err = t, errors.Join(err, fault)
		}
	} else {
		if text == "" {
			text = defaultJSON
		}
		b.json, err = parse("JSON", text)
	}
	if err != nil {
		return body{}, err
	}
	for _, m := range probes {
		err = errors.Join(err, b.try(m))
	}
	return b, err
}

func parse(name, text string) (*template.Template, error) {
	t, err := template.New(name).Option("missingkey=error").Funcs(template.FuncMap{"json": quote}).Parse(text)
	if err != nil {
		return nil, fmt.Errorf("webhook: Config.%w", err)
	}
	return t, nil
}

// quote is a value in JSON. Characters that mean something in HTML are left alone: the text arrives as it was written.
func quote(v any) (string, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(b.String(), "\n"), err
}

// try says why a body does not carry a message: it does not render, is no JSON, or has lost the number or the text.
func (b body) try(m sms.Message) error {
	content, err := b.render(m)
	if err != nil {
		return fmt.Errorf("webhook: the body does not render: %w", err)
	}
	var values []string
	if b.json == nil {
		form, err := url.ParseQuery(string(content))
		if err != nil {
			return fmt.Errorf("webhook: Config.Form: %w", err)
		}
		for _, v := range form {
			values = append(values, v...)
		}
	} else {
		var parsed any
		if err := json.Unmarshal(content, &parsed); err != nil {
			return errors.New("webhook: Config.JSON is no JSON with every text; write {{json .Text}} instead of \"{{.Text}}\"")
		}
		values = texts(parsed)
	}
	to := func(v string) bool { return strings.TrimPrefix(v, "+") == m.To[1:] } // Some gateways want it without the plus sign.
	if !slices.Contains(values, m.Text) || !slices.ContainsFunc(values, to) {
		return errors.New("webhook: the body must have the number and the text as values, unchanged")
	}
	return nil
}

// texts are all strings in a JSON value; numbers as they are written.
func texts(v any) (found []string) {
	switch v := v.(type) {
	case string:
		found = append(found, v)
	case float64:
		found = append(found, fmt.Sprintf("%.0f", v))
	case []any:
		for _, e := range v {
			found = append(found, texts(e)...)
		}
	case map[string]any:
		for _, e := range v {
			found = append(found, texts(e)...)
		}
	}
	return found
}

// fields are what a body's templates see.
type fields struct {
	To     string // +447911123456
	Number string // 447911123456: some gateways want no plus sign
	Text   string
	// Unicode says that the GSM alphabet does not have all of the text's characters; some gateways have to be told.
	Unicode bool
}

func (b body) render(m sms.Message) ([]byte, error) {
	_, size := sms.Segment(m.Text)
	f := fields{To: m.To, Number: strings.TrimPrefix(m.To, "+"), Text: m.Text, Unicode: size == sms.UnicodeSize}
	var out bytes.Buffer
	if b.json != nil {
		err := b.json.Execute(&out, f)
		return out.Bytes(), err
	}
	form := url.Values{}
	for name, t := range b.form {
		out.Reset()
		if err := t.Execute(&out, f); err != nil {
			return nil, err
		}
		form.Set(name, out.String())
	}
	return []byte(form.Encode()), nil
}

func (b body) contentType() string {
	if b.json != nil {
		return "application/json"
	}
	return "application/x-www-form-urlencoded"
}
