package redisstore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge"
	"github.com/cofactor-mfa/cofactor/challenge/challengetest"
	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

const userPassword = "of-the-user-of-Redis"

// rules are those of the page about Redis, word by word: of a single server, and those that a Cluster needs beside.
func rules(t *testing.T) (alone, cluster []string) {
	t.Helper()
	page, err := os.ReadFile("../../docs/how-to/redis.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^ACL SETUSER cofactor (on >password .*)$`).FindSubmatch(page)
	more := regexp.MustCompile("(?m)^A Cluster needs `([^`]+)` as well").FindSubmatch(page)
	if line == nil || more == nil {
		t.Fatal("docs/how-to/redis.md does not say what the user of Redis must be allowed")
	}
	return strings.Fields(strings.Replace(string(line[1]), ">password", ">"+userPassword, 1)), strings.Fields(string(more[1]))
}

func setUser(t *testing.T, admin *redis.Client, rules []string) {
	t.Helper()
	if err := admin.ACLSetUser(context.Background(), "cofactor", append([]string{"reset"}, rules...)...).Err(); err != nil {
		t.Fatalf("%q: %v", rules, err)
	}
}

// certificates makes an authority and a server certificate for loopback, and returns their files and what trusts them.
func certificates(t *testing.T) (ca, cert, key string, roots *x509.CertPool) {
	t.Helper()
	folder := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(folder, name)
		must(t, os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600))
		return path
	}
	template := func(serial int64) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
			BasicConstraintsValid: true, IsCA: serial == 1, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		}
	}
	authority, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	server, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	caDER, err := x509.CreateCertificate(rand.Reader, template(1), template(1), authority.Public(), authority)
	must(t, err)
	certDER, err := x509.CreateCertificate(rand.Reader, template(2), template(1), server.Public(), authority)
	must(t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(server)
	must(t, err)
	parsed, err := x509.ParseCertificate(caDER)
	must(t, err)
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return write("ca.pem", "CERTIFICATE", caDER), write("cert.pem", "CERTIFICATE", certDER), write("key.pem", "PRIVATE KEY", keyDER), roots
}

// encrypted starts a Redis that speaks TLS beside what the test's own connection speaks.
func encrypted(t *testing.T, args ...string) (admin *redis.Client, addr string, roots *x509.CertPool) {
	t.Helper()
	ca, cert, key, roots := certificates(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	port := strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
	must(t, l.Close())
	admin = startRedis(t, append([]string{"--tls-port", port, "--tls-ca-cert-file", ca, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-auth-clients", "no"}, args...)...)
	return admin, "127.0.0.1:" + port, roots
}

func asCofactor(addr string, roots *x509.CertPool) *redis.Options {
	return &redis.Options{
		Addr: addr, Username: "cofactor", Password: userPassword, ContextTimeoutEnabled: true, MaxRetries: -1,
		TLSConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
	}
}

func dial(t *testing.T, o *redis.Options) *redis.Client {
	t.Helper()
	c := redis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// everyCall makes each call of a store that Redis has never heard of, and checks the server; it returns the first error.
func everyCall(t *testing.T, admin *redis.Client, s *redisstore.Store) error {
	t.Helper()
	must(t, admin.ScriptFlush(context.Background()).Err())
	must(t, admin.FlushAll(context.Background()).Err())
	for _, one := range calls(s, challenge.Key{Tag: "t", Hash: "h"}) {
		if err := one.call(); err != nil {
			return err
		}
	}
	return s.Check(context.Background())
}

// The user that the page about Redis makes can do all that a store does, over TLS, and none of its rights is superfluous.
func TestTheRightsOnThePageAreEnoughAndNoneTooMany(t *testing.T) {
	t.Parallel()
	admin, addr, roots := encrypted(t)
	alone, _ := rules(t)
	setUser(t, admin, alone)
	challengetest.Run(t, func(t *testing.T) challenge.Store { return open(t, dial(t, asCofactor(addr, roots))) })

	for _, right := range alone {
		if !strings.HasPrefix(right, "+") && !strings.HasPrefix(right, "~") {
			continue
		}
		setUser(t, admin, slices.DeleteFunc(slices.Clone(alone), func(r string) bool { return r == right }))
		if everyCall(t, admin, open(t, dial(t, asCofactor(addr, roots)))) == nil {
			t.Errorf("a store works without %s, which the page gives its user", right)
		}
	}
	setUser(t, admin, alone)
	c := dial(t, asCofactor(addr, roots))
	for _, command := range [][]any{{"FLUSHALL"}, {"KEYS", "*"}, {"CONFIG", "GET", "*"}, {"GET", "other"}, {"ACL", "LIST"}, {"SCRIPT", "FLUSH"}, {"MONITOR"}, {"EVAL", "return redis.call('get', 'other')", "0"}} {
		if err := c.Do(context.Background(), command...).Err(); err == nil || !strings.Contains(err.Error(), "NOPERM") && !strings.Contains(err.Error(), "can't access") && !strings.Contains(err.Error(), "non-permitted") {
			t.Errorf("the user may %v: %v", command, err)
		}
	}
}

// A Cluster needs what the page says it needs as well.
func TestTheRightsForAClusterAreEnough(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	admin, addr, roots := encrypted(t, "--cluster-enabled", "yes", "--tls-cluster", "yes", "--cluster-announce-ip", "127.0.0.1", "--cluster-config-file", filepath.Join(t.TempDir(), "nodes.conf"))
	must(t, admin.ClusterAddSlotsRange(ctx, 0, 16383).Err())
	for range 100 {
		if admin.Set(ctx, "up", 1, 0).Err() == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	alone, more := rules(t)
	connect := func() *redis.ClusterClient {
		o := asCofactor(addr, roots)
		c := redis.NewClusterClient(&redis.ClusterOptions{
			Addrs: []string{addr}, Username: o.Username, Password: o.Password, TLSConfig: o.TLSConfig, ContextTimeoutEnabled: true, ClusterStateReloadInterval: time.Second, MaxRedirects: -1,
		})
		t.Cleanup(func() { _ = c.Close() })
		return c
	}
	setUser(t, admin, append(slices.Clone(alone), more...))
	if err := everyCall(t, admin, open(t, connect())); err != nil {
		t.Errorf("the rights on the page are not enough: %v", err)
	}
	for _, right := range more {
		setUser(t, admin, append(slices.Clone(alone), slices.DeleteFunc(slices.Clone(more), func(r string) bool { return r == right })...))
		if everyCall(t, admin, open(t, connect())) == nil {
			t.Errorf("a store on a Cluster works without %s, which the page gives its user", right)
		}
	}
}

// Whoever does not trust the server's certificate, or has another password, gets nothing, and no error repeats the password. // attack: A-92
func TestTLSAndPasswordsAreNotOptional(t *testing.T) {
	t.Parallel()
	admin, addr, roots := encrypted(t)
	alone, _ := rules(t)
	setUser(t, admin, alone)
	for what, spoil := range map[string]func(*redis.Options){
		"a certificate of nobody's": func(o *redis.Options) { o.TLSConfig.RootCAs = x509.NewCertPool() },
		"no TLS":                    func(o *redis.Options) { o.TLSConfig = nil },
		"another password":          func(o *redis.Options) { o.Password = "secret of mine" },
		"another user":              func(o *redis.Options) { o.Username = "somebody" },
	} {
		o := asCofactor(addr, roots)
		spoil(o)
		o.DialTimeout, o.ReadTimeout = 2*time.Second, 2*time.Second
		err := open(t, dial(t, o)).Check(context.Background())
		if err == nil {
			t.Errorf("with %s it works", what)
		} else if strings.Contains(err.Error(), o.Password) {
			t.Errorf("with %s the error has the password: %v", what, err)
		}
	}
}
