package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/redis/go-redis/v9"

	"github.com/cofactor-mfa/cofactor/challenge/redisstore"
)

type challenges struct {
	Store string       `yaml:"store" doc:"What keeps them. memory is for development." enum:"redis,memory" default:"redis"`
	Redis redisSection `yaml:"redis" doc:"The Redis, or Valkey, that all replicas share." when:"store=redis"`
}

// redisSection is one server by its URL, or by addresses a Cluster, or with a master their Sentinels.
type redisSection struct {
	URL              URL      `yaml:"url" doc:"One server: rediss://user:password@host:6380/0. Either this or addresses." sample:"\"${REDIS_URL}\""`
	Addresses        []string `yaml:"addresses" doc:"Nodes of a Cluster, or with master the Sentinels: host:port." example:"[\"redis-1.internal:6379\", \"redis-2.internal:6379\"]"`
	Master           string   `yaml:"master" doc:"The name that the Sentinels have for the master."`
	Username         string   `yaml:"username" doc:"The user (ACL), with addresses."`
	Password         Secret   `yaml:"password" doc:"The user's password, with addresses."`
	SentinelUsername string   `yaml:"sentinel_username" doc:"The user of the Sentinels themselves."`
	SentinelPassword Secret   `yaml:"sentinel_password" doc:"That user's password."`
	TLS              bool     `yaml:"tls" doc:"Whether connections to addresses are encrypted. A URL says so by its scheme." default:"true"`
	CA               Path     `yaml:"ca" doc:"A file with the certificates, in PEM, that the servers' are from." fallback:"those of the system"`
	Certificate      Path     `yaml:"certificate" doc:"A file with the certificate, in PEM, that this program shows."`
	CertificateKey   Path     `yaml:"certificate_key" doc:"The file with its key."`
	Prefix           string   `yaml:"prefix" doc:"What every key begins with." default:"mfa:"`
}

// Validate finds what does not go together.
func (s *redisSection) Validate(r *Report) {
	if (s.URL == "") == (len(s.Addresses) == 0) {
		r.Error("", "must have either url or addresses", "url is for one server, addresses are a Cluster's, or with master the Sentinels'")
		return
	}
	if s.URL != "" {
		if _, err := redis.ParseURL(string(s.URL)); err != nil { // Its message quotes the URL.
			r.Error("url", "is not the URL of a Redis server", "rediss://user:password@host:6380/0")
		}
		for key, set := range map[string]bool{"master": s.Master != "", "username": s.Username != "", "password": s.Password != ""} {
			if set {
				r.Error(key, "goes with addresses; a url has it in itself", "")
			}
		}
	}
	for _, a := range s.Addresses {
		if host, port, err := net.SplitHostPort(a); err != nil || host == "" || port == "" {
			r.Error("addresses", "must be host:port, each", "")
			break
		}
	}
	if s.Master == "" && (s.SentinelUsername != "" || s.SentinelPassword != "") {
		r.Error("master", "required key is missing", "sentinel_username and sentinel_password are for Sentinels")
	}
	if (s.Certificate == "") != (s.CertificateKey == "") {
		r.Error("certificate", "certificate and certificate_key go together", "")
	}
	if !s.plaintext() {
		if _, err := s.tls(); err != nil {
			r.Error("", err.Error(), "")
			return
		}
	}
	client, err := s.client() // It does not connect.
	if err != nil {
		return // That has been said.
	}
	_, err = redisstore.New(redisstore.Config{Client: client, Prefix: s.Prefix})
	r.packageFound(s, errors.Join(err, client.Close()))
}

// plaintext says whether anybody on the way can read and change what is said.
func (s *redisSection) plaintext() bool {
	if s.URL != "" {
		options, err := redis.ParseURL(string(s.URL))
		return err == nil && options.TLSConfig == nil
	}
	return !s.TLS
}

// remote says whether there is a way at all: nobody listens within the machine who could not listen at its memory.
func (s *redisSection) remote() bool {
	if s.URL == "" {
		return true // The Sentinels, or the nodes of a Cluster, name the servers that are talked to: these may be anywhere.
	}
	options, err := redis.ParseURL(string(s.URL))
	if err != nil || options.Network == "unix" {
		return false
	}
	host, _, err := net.SplitHostPort(options.Addr)
	return err != nil || !loopback(host)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (s *redisSection) tls() (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.CA != "" {
		pool, err := pool(s.CA)
		if err != nil {
			return nil, err
		}
		c.RootCAs = pool
	}
	if s.Certificate != "" {
		pair, err := tls.LoadX509KeyPair(string(s.Certificate), string(s.CertificateKey))
		if err != nil {
			return nil, errors.New("certificate and certificate_key cannot be read, or do not belong together")
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func pool(path Path) (*x509.CertPool, error) {
	pem, err := os.ReadFile(string(path))
	pool := x509.NewCertPool()
	if err != nil || !pool.AppendCertsFromPEM(pem) {
		return nil, errors.New("ca is not a file that can be read and has certificates in PEM")
	}
	return pool, nil
}

// redisClient is what redisstore needs, and Close.
type redisClient interface {
	redis.UniversalClient
}

// client makes a client. It connects when it is used.
func (s *redisSection) client() (redisClient, error) {
	if s.URL != "" {
		options, err := redis.ParseURL(string(s.URL))
		if err != nil {
			return nil, errors.New("challenges.redis.url is not the URL of a Redis server")
		}
		options.ContextTimeoutEnabled = true
		if options.TLSConfig != nil {
			name := options.TLSConfig.ServerName
			if options.TLSConfig, err = s.tls(); err != nil {
				return nil, err
			}
			options.TLSConfig.ServerName = name
		}
		return redis.NewClient(options), nil
	}
	var secured *tls.Config
	if s.TLS {
		var err error
		if secured, err = s.tls(); err != nil {
			return nil, err
		}
	}
	if s.Master != "" {
		return redis.NewFailoverClient(&redis.FailoverOptions{
			MasterName: s.Master, SentinelAddrs: s.Addresses, Username: s.Username, Password: string(s.Password),
			SentinelUsername: s.SentinelUsername, SentinelPassword: string(s.SentinelPassword), TLSConfig: secured, ContextTimeoutEnabled: true,
		}), nil
	}
	return redis.NewClusterClient(&redis.ClusterOptions{
		Addrs: s.Addresses, Username: s.Username, Password: string(s.Password), TLSConfig: secured, ContextTimeoutEnabled: true,
		ClusterStateReloadInterval: time.Second, // Until then a client does not know that another node is master now.
	}), nil
}

type factors struct {
	Store    string   `yaml:"store" doc:"What keeps them. sqlite is for one host; memory is for development." enum:"postgres,sqlite,memory" default:"postgres"`
	Postgres postgres `yaml:"postgres" doc:"The PostgreSQL that all replicas share." when:"store=postgres"`
	SQLite   sqlite   `yaml:"sqlite" doc:"The file." when:"store=sqlite"`
}

type postgres struct {
	URL         URL `yaml:"url" doc:"postgres://user:password@host:5432/name?sslmode=verify-full." required:"true" sample:"\"${DATABASE_URL}\""`
	Connections int `yaml:"connections" doc:"How many connections a replica has at most." default:"20" min:"1" max:"1000"`
}

// Validate reads the URL as the driver will.
func (s *postgres) Validate(r *Report) {
	u, err := url.Parse(string(s.URL))
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		r.Error("url", "is not the URL of a PostgreSQL database", "postgres://user:password@host:5432/name?sslmode=verify-full")
		return
	}
	if _, err := pgx.ParseConfig(string(s.URL)); err != nil { // Its message quotes the URL.
		r.Error("url", "is not a URL that PostgreSQL understands", "postgres://user:password@host:5432/name?sslmode=verify-full")
	}
}

// plaintext says whether what is said may go over a network in the clear, or to whoever says that it is the server.
func (s *postgres) plaintext() bool {
	c, err := pgx.ParseConfig(string(s.URL))
	if err != nil {
		return false
	}
	remote := func(host string) bool { return !loopback(host) && !strings.HasPrefix(host, "/") }
	plain := remote(c.Host) && c.TLSConfig == nil
	for _, f := range c.Fallbacks {
		plain = plain || remote(f.Host) && f.TLSConfig == nil
	}
	return plain
}

type sqlite struct {
	File Path `yaml:"file" doc:"The database's file." required:"true" example:"/var/lib/acme/factors.db"`
}
