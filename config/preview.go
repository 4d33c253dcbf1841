package config

import "github.com/cofactor-mfa/cofactor/web"

// Preview is what web.Preview needs, to show a tenant's pages without a deployment.
func (c *Config) Preview(tenant string) web.Config { return c.settings(tenant).pages(nil) }
