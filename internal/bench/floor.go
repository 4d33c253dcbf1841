package main

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/registry"
)

// floor is a login written by hand, by somebody who counts round trips: read what the user has; read it again and store a sealed challenge; count the attempt,
// read the row, check the answer, write the row and the used challenge down in one durable statement, and end the challenge. For a sent code the address
// is counted as well. That is what single use, expiry and attempts need, and nothing else is here: no policy, no binding to a session, no locks that
// span challenges, no second look after a conflict, no proof for later, no events, and one kind of error.
type floor struct {
	challenges floorRedis
	rows       floorRows
	aead       registry.AEAD
	caller     *caller
}

var _ door = (*floor)(nil)

// question is what a challenge of the floor holds.
type question struct {
	user, kind, code string
	expires          int64
}

func (f *floor) signIn(ctx context.Context, user int, kind string, answer func() []byte) (bool, error) {
	id := userID(user)
	if err := f.rows.kinds(ctx, id); err != nil {
		return false, err
	}
	challenge, err := f.begin(ctx, id, kind)
	if err != nil {
		return false, err
	}
	return f.finish(ctx, id, kind, challenge, answer())
}

func (f *floor) begin(ctx context.Context, user, kind string) (id string, err error) {
	r, err := f.rows.read(ctx, user, kind)
	if err != nil {
		return "", err
	}
	return f.issue(ctx, r)
}

// issue stores a challenge for a factor, and sends its code if it has one.
func (f *floor) issue(ctx context.Context, r floorState) (id string, err error) {
	plain, err := f.aead.Decrypt(r.sealed, []byte(r.user+" "+r.kind))
	if err != nil {
		return "", err
	}
	q := question{user: r.user, kind: r.kind, expires: f.caller.now.Add(5 * time.Minute).Unix()}
	if r.kind == pagerKind {
		if q.code, err = provider.NewCode(6); err != nil {
			return "", err
		}
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw)
	id = base64.RawURLEncoding.EncodeToString(raw)
	sealed, err := f.aead.Encrypt(q.encode(), []byte(id))
	if err != nil {
		return "", err
	}
	if err := f.challenges.create(ctx, id, sealed); err != nil {
		return "", err
	}
	if r.kind == pagerKind {
		if err := f.challenges.spend(ctx, string(plain)); err != nil {
			return "", err
		}
		f.caller.sent = q.code
	}
	return id, nil
}

func (f *floor) finish(ctx context.Context, user, kind, challenge string, response []byte) (bool, error) {
	sealed, err := f.challenges.attempt(ctx, challenge)
	if err != nil {
		return false, err
	}
	plain, err := f.aead.Decrypt(sealed, []byte(challenge))
	if err != nil {
		return false, err
	}
	q, ok := decodeQuestion(plain)
	if !ok || q.user != user || q.kind != kind || f.caller.now.Unix() >= q.expires {
		return false, errors.New("not this challenge")
	}
	r, err := f.rows.read(ctx, user, kind)
	if err != nil {
		return false, err
	}
	data, err := f.aead.Decrypt(r.sealed, []byte(user+" "+kind))
	if err != nil {
		return false, err
	}
	var typed struct{ Code string }
	if err := json.Unmarshal(response, &typed); err != nil {
		return false, err
	}
	if !f.right(q, data, typed.Code) {
		return false, f.rows.fail(ctx, user, kind)
	}
	if r.sealed, err = f.aead.Encrypt(data, []byte(user+" "+kind)); err != nil {
		return false, err
	}
	if err := f.rows.redeem(ctx, r, challenge, q.expires, f.caller.now); err != nil {
		return false, err
	}
	return true, f.challenges.end(ctx, challenge)
}

// right checks an answer, and burns it in data.
func (f *floor) right(q question, data []byte, code string) bool {
	switch q.kind {
	case totpKind:
		return burnStep(data, code, step(f.caller.now))
	case backupKind:
		return burnCode(data, code)
	}
	return subtle.ConstantTimeCompare([]byte(q.code), []byte(code)) == 1
}

// burnStep finds the time step of a code among the three that may be, and remembers the step.
func burnStep(data []byte, code string, now int64) bool {
	secret, last := data[:len(data)-8], data[len(data)-8:]
	found := int64(0)
	mac := newMAC(secret)
	for s := now - 1; s <= now+1; s++ {
		same := subtle.ConstantTimeCompare([]byte(mac.code(s)), []byte(code)) == 1
		if same && found == 0 && s > int64(binary.BigEndian.Uint64(last)) {
			found = s
		}
	}
	binary.BigEndian.PutUint64(last, uint64(max(found, int64(binary.BigEndian.Uint64(last)))))
	return found != 0
}

// burnCode finds a code's digest, and overwrites it.
func burnCode(data []byte, code string) bool {
	sum := digest(code)
	for i := 0; i < len(data); i += len(sum) {
		if entry := data[i : i+len(sum)]; subtle.ConstantTimeCompare(entry, sum) == 1 {
			clear(entry)
			return true
		}
	}
	return false
}
