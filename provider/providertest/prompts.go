package providertest

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
)

const (
	maxPrivate = 4 << 10
	maxData    = 16 << 10
)

func rightAnswers(s *suite) error {
	for _, now := range []time.Time{start, start.AddDate(-25, 0, 0), start.AddDate(40, 0, 0)} {
		x, err := s.person()
		if err != nil {
			return err
		}
		x.now = now
		f, err := x.enrol()
		if err != nil {
			return fmt.Errorf("in %d: %w", now.Year(), err)
		}
		c, err := x.login(f)
		if err != nil {
			return fmt.Errorf("in %d: %w", now.Year(), err)
		}
		if _, err := x.match(c); err != nil {
			return fmt.Errorf("in %d: %w", now.Year(), err)
		}
	}
	return nil
}

func info(s *suite) error {
	x, err := s.person()
	if err != nil {
		return err
	}
	before := x.Info()
	if err := before.Validate(); err != nil {
		return err
	}
	if _, err := x.enrol(); err != nil {
		return err
	}
	y, err := s.person()
	if err != nil {
		return err
	}
	for _, after := range []provider.Info{x.Info(), y.Info()} {
		if !reflect.DeepEqual(before, after) {
			return fmt.Errorf("first %+v, later %+v", before, after)
		}
	}
	return nil
}

func sizes(s *suite) error {
	err := s.each(func(_ *person, c ceremony) error {
		if len(c.prompt.Private) > maxPrivate {
			return fmt.Errorf("the Private of a %s has %d bytes", c.of, len(c.prompt.Private))
		}
		return nil
	})
	if err != nil {
		return err
	}
	x, f, err := s.enrolled()
	if err != nil {
		return err
	}
	c, err := x.login(f)
	if err != nil {
		return err
	}
	after, err := x.match(c)
	if err != nil {
		return err
	}
	for _, kept := range []struct {
		by   string
		data []byte
	}{{"SetupVerify", f.Data}, {"LoginVerify", after.Data}} {
		if len(kept.data) == 0 || len(kept.data) > maxData {
			return fmt.Errorf("%s returned %d bytes of Data", kept.by, len(kept.data))
		}
	}
	return nil
}

func public(s *suite) error {
	err := s.each(func(_ *person, c ceremony) error {
		for _, text := range texts(c.public) {
			guess, err := json.Marshal(map[string]string{"code": text})
			if err != nil {
				return err
			}
			if err := c.denies("a text that Public shows, as the code", provider.Answer{Private: c.right.Private, Response: guess}); err != nil {
				return err
			}
		}
		return c.denies("Public as the answer", provider.Answer{Private: c.right.Private, Response: c.public})
	})
	if err != nil {
		return err
	}
	x, f, err := s.enrolled()
	if err != nil {
		return err
	}
	c, err := x.login(f)
	if err != nil {
		return err
	}
	for name, spelt := range map[string]string{
		"text": string(f.Data), "hex": hex.EncodeToString(f.Data), "base64": base64.RawStdEncoding.EncodeToString(f.Data),
		"base64url": base64.RawURLEncoding.EncodeToString(f.Data),
	} {
		if bytes.Contains(c.public, []byte(spelt)) {
			return fmt.Errorf("the Public of a login contains the factor's Data as %s", name)
		}
	}
	return nil
}

// texts are all strings and numbers in a JSON value.
func texts(raw json.RawMessage) []string {
	var value any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if dec.Decode(&value) != nil {
		return nil
	}
	var found []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			found = append(found, v)
		case json.Number:
			found = append(found, v.String())
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			for _, e := range v {
				walk(e)
			}
		}
	}
	walk(value)
	return found
}

func deliveries(s *suite) error {
	err := s.each(func(x *person, c ceremony) error {
		again, err := c.again(x.now)
		if err != nil {
			return err
		}
		return sameUses(c, again)
	})
	if err != nil {
		return err
	}
	x, f, err := s.enrolled()
	if err != nil {
		return err
	}
	first, err := x.login(f)
	if err != nil {
		return err
	}
	second, err := x.login(f)
	if err != nil {
		return err
	}
	return sameUses(first.ceremony, second.prompt)
}

// sameUses compares what two messages to one address use up. A limit on what is new each time is none.
func sameUses(c ceremony, other provider.Prompt) error {
	d := c.prompt.Deliver
	if d == nil && other.Deliver == nil {
		return nil
	}
	if d == nil || other.Deliver == nil {
		return fmt.Errorf("one %s sends a message, and the next one does not", c.of)
	}
	for _, use := range d.Uses {
		if use.Budget == "" || use.Of == "" {
			return fmt.Errorf("the message of a %s uses up %+v, which names nothing", c.of, use)
		}
	}
	if !reflect.DeepEqual(other.Deliver.Uses, d.Uses) {
		return fmt.Errorf("one message of a %s uses up %v, and the next one to the same user %v", c.of, d.Uses, other.Deliver.Uses)
	}
	return nil
}

func samePrompt(s *suite) error {
	return s.each(func(x *person, c ceremony) error {
		for range 2 {
			p, err := c.again(x.now.Add(time.Second))
			if err != nil {
				return fmt.Errorf("a %s with Previous: %w", c.of, err)
			}
			if !bytes.Equal(p.Private, c.prompt.Private) {
				return fmt.Errorf("a %s with Previous returned another Private", c.of)
			}
			shown, err := x.shown(c.step, p)
			if err != nil {
				return err
			}
			if !bytes.Equal(shown.public, c.public) {
				return fmt.Errorf("a %s with Previous shows something else", c.of)
			}
			if (p.Deliver == nil) != (c.prompt.Deliver == nil) {
				return fmt.Errorf("a %s with Previous sends, or does not send, unlike the first time", c.of)
			}
			if err := c.verify(context.Background(), provider.Answer{Private: c.right.Private, Response: shown.right.Response}); err != nil {
				return fmt.Errorf("the answer to the repeated prompt of a %s was refused: %w", c.of, err)
			}
		}
		return nil
	})
}

func newSecret(s *suite) error {
	x, f, err := s.enrolled()
	if err != nil {
		return err
	}
	first, err := x.setup(f)
	if err != nil {
		return err
	}
	second, err := x.setup(f)
	if err != nil {
		return err
	}
	if len(first.prompt.Private) > 0 && bytes.Equal(first.prompt.Private, second.prompt.Private) {
		return errors.New("two set-ups have one Private")
	}
	return nil
}
