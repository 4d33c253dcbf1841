package backup

import "github.com/cofactor-mfa/cofactor/provider"

var _ provider.Unprompted = (*Provider)(nil)

// Decoy makes a set whose codes nobody is shown.
func (p *Provider) Decoy() ([]byte, error) {
	o, err := newOffer(p.count)
	if err != nil {
		return nil, err
	}
	return o.set().encode(), nil
}
