// Package webhook is what requests to other people's servers have in common: how they are signed, and where they may go.
//
// The signature is that of Standard Webhooks, version 1, for which there are libraries in most languages: "v1," and the HMAC-SHA256, in base64, of the id,
// the time in seconds since 1970 and the body, with full stops between them.
package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The headers of a signed request.
const (
	HeaderID        = "Webhook-Id"
	HeaderTime      = "Webhook-Timestamp"
	HeaderSignature = "Webhook-Signature"
)

// MinKey is how many bytes a key has at least.
const MinKey = 32

// MaxSignatures is how many signatures a request may have: one for each key of a sender that changes its key.
const MaxSignatures = 16

// What Verify says of a request that it does not accept.
var (
	ErrSignature = errors.New("webhook: the request is not signed by any of the keys")
	ErrStale     = errors.New("webhook: the request is too old, or of the future")
)

// Sign makes one signature. An id has no full stop.
func Sign(key []byte, id string, at time.Time, body []byte) string {
	return sign(key, id, seconds(at), body)
}

// SetHeader signs a request with each of the keys.
func SetHeader(h http.Header, id string, at time.Time, body []byte, keys ...[]byte) {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = Sign(k, id, at, body)
	}
	h.Set(HeaderID, id)
	h.Set(HeaderTime, seconds(at))
	h.Set(HeaderSignature, strings.Join(list, " "))
}

// Verify returns nil if the header has a signature of the body by one of the keys, made within window of now, before or after. It compares every
// signature with every key's, in constant time. A key that is too short signs nothing, and without any nothing is right.
func Verify(now time.Time, window time.Duration, h http.Header, body []byte, keys ...[]byte) error {
	id, at := h.Get(HeaderID), h.Get(HeaderTime)
	given := strings.SplitN(h.Get(HeaderSignature), " ", MaxSignatures+1)
	if id == "" || strings.Contains(id, ".") || len(given) > MaxSignatures {
		return ErrSignature
	}
	right := false
	for _, key := range keys {
		if len(key) < MinKey {
			continue
		}
		want := []byte(sign(key, id, at, body))
		for _, g := range given {
			right = hmac.Equal(want, []byte(g)) || right
		}
	}
	if !right {
		return ErrSignature
	}
	n, err := strconv.ParseInt(at, 10, 64)
	if err != nil || strconv.FormatInt(n, 10) != at {
		return ErrStale
	}
	if age := now.Sub(time.Unix(n, 0)); age > window || age < -window {
		return ErrStale
	}
	return nil
}

// MayReach says whether a URL is one to send secrets to: https, or http to this machine, with no password in it, and no fragment, which nobody would send.
func MayReach(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	here := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	return u.Scheme == "https" || u.Scheme == "http" && here
}

func seconds(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }

func sign(key []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
