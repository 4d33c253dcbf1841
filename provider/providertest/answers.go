package providertest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/cofactor-mfa/cofactor/provider"
)

func junk(s *suite) error {
	const huge = 64<<10 + 1
	answers := []string{
		"", " ", "null", "true", "0", "1", `""`, `"code"`, "[]", "{}", "[{}]", `{"code"`, `{"":""}`, "\x00", "\xff\xfe\xfd", "<xml/>", "code=1",
		`{"code":""}`, `{"code":null}`, `{"code":" "}`, `{"code":"-"}`, `{"code":0}`, `{"code":true}`, `{"code":[]}`, `{"code":{}}`, `{"code":["1"]}`,
		`{"code":"\u0000"}`, `{"code":"\ud800"}`, "{\"code\":\"\xff\"}", `{"code":"` + strings.Repeat("1", huge) + `"}`,
		strings.Repeat("[", huge), strings.Repeat(" ", huge), strings.Repeat("\x00", huge), `{"saved":false}`,
	}
	return s.each(func(_ *person, c ceremony) error {
		for _, a := range answers {
			if err := c.refuses(fmt.Sprintf("the answer %.30q (%d bytes)", a, len(a)), provider.Answer{Private: c.right.Private, Response: json.RawMessage(a)}); err != nil {
				return err
			}
		}
		return c.refuses("no answer", provider.Answer{Private: c.right.Private})
	})
}

func oneSpelling(s *suite) error {
	return s.each(func(_ *person, c ceremony) error {
		for what, response := range resemblances(c.right.Response) {
			if err := c.refuses(what, provider.Answer{Private: c.right.Private, Response: json.RawMessage(response)}); err != nil {
				return err
			}
		}
		if err := c.verify(context.Background(), c.right); err != nil {
			return fmt.Errorf("after wrong answers to a %s the right one was refused: %w", c.of, err)
		}
		return nil
	})
}

// resemblances are answers that a lenient reader takes for the right one. What has one member, such as a typed code, is taken apart further.
func resemblances(right json.RawMessage) map[string]string {
	r := string(right)
	like := map[string]string{
		"the right answer and more behind it": r + `{}`, "the right answer twice": r + r, "the right answer and NUL": r + "\x00",
		"the right answer in a list": "[" + r + "]", "the right answer cut short": r[:max(0, len(r)-1)],
	}
	if quoted, err := json.Marshal(r); err == nil {
		like["the right answer as a text"] = string(quoted)
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(right, &members) != nil || len(members) != 1 {
		return like
	}
	for key, value := range members {
		object := func(k string, v json.RawMessage) string { return fmt.Sprintf(`{%q:%s}`, k, v) }
		twice := func(a, b json.RawMessage) string { return fmt.Sprintf(`{%q:%s,%q:%s}`, key, a, key, b) }
		like["the key in upper case"] = object(strings.ToUpper(key), value)
		like["the key with a space"] = object(key+" ", value)
		like["the value under two keys of one name"] = twice(value, value)
		like["null and then the value under one name"] = twice(json.RawMessage("null"), value)
		like["the value and then null under one name"] = twice(value, json.RawMessage("null"))
		like["64 KiB of white space before it"] = strings.Repeat(" ", 64<<10) + r
		like["another member"] = fmt.Sprintf(`{%q:%s,"x":1}`, key, value)
		like["the value in a list"] = object(key, json.RawMessage("["+string(value)+"]"))
		var code string
		if json.Unmarshal(value, &code) != nil || code == "" {
			continue
		}
		for what, c := range codesLike(code) {
			if quoted, err := json.Marshal(c); err == nil {
				like[what] = object(key, quoted)
			}
		}
	}
	return like
}

// codesLike are codes that are not the code.
func codesLike(code string) map[string]string {
	wide := strings.Map(func(c rune) rune {
		if '!' <= c && c <= '~' {
			return c + 0xff01 - '!'
		}
		return c
	}, code)
	return map[string]string{
		"a code cut short":            code[:len(code)-1],
		"a code without its begin":    code[1:],
		"a code and a digit more":     code + "0",
		"a digit and the code":        "0" + code,
		"the code twice":              code + code,
		"the code and a line feed":    code + "\n",
		"the code and NUL":            code + "\x00",
		"the code and a wide space":   code + "\u3000",
		"the code and an empty space": code + "\u200b",
		"the code in wide characters": wide,
		"the code from right to left": "\u202e" + code,
	}
}

func wrongAnswers(s *suite) error {
	return s.each(func(_ *person, c ceremony) error {
		other, ok, err := s.stranger(c)
		if err != nil || !ok {
			return err
		}
		wrong := provider.Answer{Private: c.right.Private, Response: other.right.Response}
		if err := c.refuses("another user's answer", wrong); err != nil {
			return err
		}
		said := fmt.Sprintf("%+v", c.verify(context.Background(), wrong))
		for _, quoted := range append(texts(wrong.Response), string(wrong.Response)) {
			if len(quoted) > 4 && strings.Contains(said, quoted) {
				return fmt.Errorf("the error of a %s quotes the answer: %.100s", c.of, said)
			}
		}
		return nil
	})
}

func ownChallenge(s *suite) error {
	return s.each(func(x *person, c ceremony) error {
		private := c.right.Private
		if len(private) == 0 {
			return nil // The kind asks for the same every time; then its answers have to be burnt.
		}
		with := func(what string, private []byte) error {
			return c.denies(what, provider.Answer{Private: private, Response: c.right.Response})
		}
		flipped := bytes.Clone(private)
		for i := range flipped {
			flipped[i] ^= 0x55
		}
		for what, p := range map[string][]byte{
			"no Private": nil, "an empty Private": {}, "half of its Private": private[:len(private)/2], "all but the last byte of its Private": private[:len(private)-1],
			"its Private and a byte more": append(bytes.Clone(private), 0), "a Private of other bytes": flipped,
		} {
			if err := with(what, p); err != nil {
				return err
			}
		}
		other, ok, err := s.stranger(c)
		if err != nil || !ok {
			return err
		}
		return with("the Private of another user", other.right.Private)
	})
}
