package httpapi

import (
	"bytes"
	"encoding/json"
	"io"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"
)

var answerMembers = membersOf(reflect.TypeFor[loginAnswerBody]())

// attack
func TestBodiesOfWhichThereCouldBeTwoOpinionsAreRefused(t *testing.T) {
	t.Parallel()
	const right = `{"challenge":"c","response":{"code":"1"},"trust":true,"label":"x"}`
	var in loginAnswerBody
	if fault := parseStrict([]byte(" "+right+"\n"), answerMembers, &in); fault != "" || in.Challenge != "c" || string(in.Response) != `{"code":"1"}` || !in.Trust || in.Label != "x" {
		t.Fatalf("%s gives %+v, %s", right, in, fault)
	}
	for what, body := range map[string]string{
		"nothing":                 "",
		"no object":               `["c"]`,
		"a string":                `"c"`,
		"null":                    "null",
		"half of it":              `{"challenge":"c","response":{}`,
		"no JSON":                 `{challenge:"c","response":{}}`,
		"a comma too many":        `{"challenge":"c","response":{},}`,
		"a member twice":          `{"challenge":"c","challenge":"d","response":{}}`,
		"a member twice, escaped": `{"challenge":"c","challeng\u0065":"d","response":{}}`,
		"another case":            `{"Challenge":"c","response":{}}`,
		"both cases":              `{"challenge":"c","CHALLENGE":"d","response":{}}`,
		"folded by Unicode":       `{"challenge":"c","re\u017fponse":{}}`,
		"an unknown member":       `{"challenge":"c","response":{},"user":"bob"}`,
		"verified":                `{"challenge":"c","response":{},"verified":true}`,
		"an empty name":           `{"challenge":"c","response":{},"":1}`,
		"a member less":           `{"response":{}}`,
		"a number for a string":   `{"challenge":1,"response":{}}`,
		"an object for a string":  `{"challenge":{},"response":{}}`,
		"a string for a bool":     `{"challenge":"c","response":{},"trust":"true"}`,
		"null for a string":       `{"challenge":null,"response":{}}`,
		"null for a response":     `{"challenge":"c","response":null}`,
		"something behind it":     `{"challenge":"c","response":{}}{}`,
		"a bracket behind it":     `{"challenge":"c","response":{}}]`,
		"twice, deeper":           `{"challenge":"c","response":{"code":"1","code":"2"}}`,
		"twice, in a list":        `{"challenge":"c","response":[{"a":1,"a":2}]}`,
		"no UTF-8":                "{\"challenge\":\"\xff\",\"response\":{}}",
		"half a surrogate":        `{"challenge":"\ud800","response":{}}`,
		"half a surrogate, deep":  `{"challenge":"c","response":{"\udc00":1}}`,
		"too deep":                `{"challenge":"c","response":` + strings.Repeat("[", 40) + strings.Repeat("]", 40) + `}`,
		"a byte order mark":       "\ufeff" + right,
	} {
		in := loginAnswerBody{}
		if fault := parseStrict([]byte(body), answerMembers, &in); fault == "" {
			t.Errorf("%s is read as %+v", what, in)
		} else if strings.Contains(fault, "bob") {
			t.Errorf("%s is repeated in the answer: %s", what, fault)
		}
	}
}

// FuzzBody has another reader of JSON, which is told to be strict, agree with every body that is read.
func FuzzBody(f *testing.F) {
	for _, s := range []string{
		`{"challenge":"c","response":{"code":"1"}}`, `{"challenge":"c","response":[1,{"a":null}],"trust":false}`, `{"challenge":"\ud83d\ude00","response":1e9}`,
		`{"challenge":"c","response":{},"response":1}`, `{"Challenge":"c","response":{}}`, `{"challenge":"c","response":{}} x`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in loginAnswerBody
		if parseStrict(body, answerMembers, &in) != "" {
			return
		}
		if !json.Valid(body) || !utf8.Valid(body) {
			t.Fatalf("%q is no JSON", body)
		}
		d := json.NewDecoder(bytes.NewReader(body))
		d.DisallowUnknownFields()
		var again loginAnswerBody
		if err := d.Decode(&again); err != nil || !reflect.DeepEqual(in, again) {
			t.Fatalf("%q is %+v to one reader and %+v to another: %v", body, in, again, err)
		}
		if _, err := d.Token(); err != io.EOF {
			t.Fatalf("%q: something follows", body)
		}
		var raw map[string]json.RawMessage
		if err := json.Unmarshal(body, &raw); err != nil {
			t.Fatal(err)
		}
		for name := range raw {
			if _, known := answerMembers[name]; !known {
				t.Fatalf("%q has %q", body, name)
			}
		}
		if bytes.Count(body, []byte(`"challenge"`)) == 1 && string(raw["challenge"]) == "null" {
			t.Fatalf("%q has a challenge that is null", body)
		}
	})
}
