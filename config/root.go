package config

import (
	"time"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

// deployment is what the whole deployment has in common: the keys that a tenant cannot have.
type deployment struct {
	Version       int        `yaml:"version" doc:"The version of this format." required:"true" enum:"1" sample:"1"`
	Mode          string     `yaml:"mode" doc:"What the program is for. In production nothing starts that is for development." default:"production" enum:"production,development"`
	AllowInsecure []string   `yaml:"allow_insecure" doc:"What may be insecure, each named. Some of it needs mode: development." enum:"memory_stores,ephemeral_keys,terminal_sender,http_origin,any_country,plaintext_smtp,plaintext_redis,plaintext_database,literal_secrets"`
	Keys          keys       `yaml:"keys" doc:"What everything is sealed under. All replicas have the same."`
	Challenges    challenges `yaml:"challenges" doc:"Where challenges, locks and limits are kept."`
	Factors       factors    `yaml:"factors" doc:"Where accounts and their factors are kept."`
	Events        events     `yaml:"events" doc:"The events of changes, for readers that must not miss one."`
	settings
	Tenants map[string]settings `yaml:"tenants" doc:"Settings of single tenants: the same keys from base_url on, which go over those of everybody."`
}

// settings are what a tenant may have of its own.
type settings struct {
	BaseURL     string    `yaml:"base_url" doc:"Where the pages are, as browsers see it: scheme, host and the path that they are served under." required:"true" sample:"https://acme.example/mfa"`
	ProductName string    `yaml:"product_name" doc:"What users call the service, on pages and in messages." required:"true" sample:"Acme"`
	SupportURL  string    `yaml:"support_url" doc:"Where users get help who cannot sign in: an https or mailto address." sample:"https://acme.example/help"`
	Locale      string    `yaml:"locale" doc:"The language of users whose own there is not." default:"en"`
	Words       Path      `yaml:"words" doc:"A folder of LANGUAGE.yaml, whose texts take the place of the built-in ones, or add a language." fallback:"the built-in texts alone"`
	Web         pages     `yaml:"web" doc:"The pages and the API."`
	Policy      rule      `yaml:"policy" doc:"What a login needs." required:"true" sample:"standard"`
	Limits      limits    `yaml:"limits" doc:"How often and how long."`
	Budgets     budgets   `yaml:"budgets" doc:"What is locked after too much of it, and for how long: a budget that is empty is shut for its window, emptied again for twice as long, up to max."`
	Notices     notices   `yaml:"notices" doc:"What users are told of their accounts."`
	Providers   instances `yaml:"providers" doc:"The kinds of factors, by name. What is here is on." required:"true"`

	catalogue *catalogue.Catalogue
	unknown   bool // base_url has a mistake
}

// The names of what may be insecure. The first group is for development only; the second is for networks that are safe without it.
const (
	memoryStores   = "memory_stores"
	ephemeralKeys  = "ephemeral_keys"
	terminalSender = "terminal_sender"
	httpOrigin     = "http_origin"
	anyCountry     = "any_country"
	plaintextSMTP  = "plaintext_smtp"

	plaintextRedis    = "plaintext_redis"
	plaintextDatabase = "plaintext_database"
	literalSecrets    = "literal_secrets"
)

var developmentOnly = []string{memoryStores, ephemeralKeys, terminalSender, httpOrigin, anyCountry, plaintextSMTP}

type keys struct {
	Keyset Secret `yaml:"keyset" doc:"The Tink keyset that seals factors and challenges, as cofactor keys new makes one." fallback:"none, unless allow_insecure names ephemeral_keys" sample:"{file: /run/secrets/cofactor-keyset.json}"`
	Pepper Secret `yaml:"pepper" doc:"What the digests of addresses are keyed with: at least 32 random bytes in base64. Needed if messages are sent." fallback:"none, unless allow_insecure names ephemeral_keys" sample:"{file: /run/secrets/cofactor-pepper}"`
}

type events struct {
	Queues []string `yaml:"queues" doc:"The readers of events: each gets every one, in a queue of its own, and must read it." default:"[events]"`
}

type limits struct {
	Attempts      int            `yaml:"attempts" doc:"How often one challenge may be tried." default:"5" min:"1" max:"10"`
	ChallengeTTL  time.Duration  `yaml:"challenge_ttl" doc:"How long a user may need to answer, for kinds that do not say." default:"5m" min:"1m" max:"10m"`
	MaxPerKind    int            `yaml:"max_per_kind" doc:"How many factors of one kind a user may attach." default:"10" min:"1" max:"100"`
	MaxFactors    int            `yaml:"max_factors" doc:"How many factors a user may attach in all." default:"20" min:"1" max:"100"`
	MaxOfKind     map[string]int `yaml:"max_of_kind" doc:"The same for single kinds, by name." example:"{totp: 3}" min:"1" max:"100"`
	FinishTimeout time.Duration  `yaml:"finish_timeout" doc:"How long checking an answer may take, with everything." default:"10s" min:"1s" max:"1m"`
}

type budget struct {
	Limit  int           `yaml:"limit" doc:"How many there are." min:"1" max:"1000000" required:"true"`
	Window time.Duration `yaml:"window" doc:"How long it is shut when they are spent." min:"1s" max:"30d" required:"true"`
	Max    time.Duration `yaml:"max" doc:"The longest that it is shut; not taken from for as long, it is new." min:"1s" max:"30d" required:"true"`
}

type budgets struct {
	Failures   budget            `yaml:"failures" doc:"Of a user: wrong answers, of every kind and in every session." default:"{limit: 10, window: 15m, max: 1d}"`
	Begin      budget            `yaml:"begin" doc:"Of a user: challenges begun without a right answer." default:"{limit: 100, window: 10m, max: 1h}"`
	Send       budget            `yaml:"send" doc:"Of a user: messages." default:"{limit: 10, window: 1h, max: 1d}"`
	Wait       budget            `yaml:"wait" doc:"Of a user: the time between two messages of one kind." default:"{limit: 1, window: 30s, max: 1h}"`
	Notice     budget            `yaml:"notice" doc:"Of a user: notices of one kind." default:"{limit: 30, window: 1h, max: 1d}"`
	Guessing   budget            `yaml:"guessing" doc:"Of a tenant: wrong answers until a signal is raised. It locks nobody." default:"{limit: 1000, window: 10m, max: 10m}"`
	Attempts   *budget           `yaml:"attempts" doc:"Of a tenant: answers to kinds that can be guessed, right or wrong. It locks everybody, so there is none unless it is written."`
	Address    budget            `yaml:"address" doc:"Messages to one address." default:"{limit: 5, window: 1h, max: 1d}"`
	Prefix     budget            `yaml:"prefix" doc:"Messages to numbers that differ in the last four digits." default:"{limit: 100, window: 1h, max: 1d}"`
	Country    budget            `yaml:"country" doc:"Messages to one country." default:"{limit: 1000, window: 1h, max: 1d}"`
	Tenant     budget            `yaml:"tenant" doc:"Messages of one tenant." default:"{limit: 10000, window: 1h, max: 1d}"`
	Deployment budget            `yaml:"deployment" doc:"Messages of the whole deployment." default:"{limit: 100000, window: 1h, max: 1d}"`
	Custom     map[string]budget `yaml:"custom" doc:"Budgets that your own providers' deliveries name."`
}

type notices struct {
	Retry time.Duration `yaml:"retry" doc:"How often those are tried again that could not be delivered." default:"1m" min:"10s" max:"1h"`
}
