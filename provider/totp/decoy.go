package totp

import "github.com/cofactor-mfa/cofactor/provider"

var _ provider.Unprompted = (*Provider)(nil)

// Decoy makes a key as new apps have them, which nobody is shown.
func (p *Provider) Decoy() ([]byte, error) {
	k, err := p.fresh.withSecret()
	if err != nil {
		return nil, err
	}
	return k.encode(), nil
}
