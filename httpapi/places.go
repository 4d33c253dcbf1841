package httpapi

import "slices"

// Places are the addresses that a Handler was configured with, its defaults included: for pages that stand beside it.
type Places struct {
	Prefix, Pages, SignIn string
	Origins               []string
}

// Places are where the parts of the site are.
func (h *Handler) Places() Places {
	return Places{h.cfg.Prefix, h.cfg.Pages, h.cfg.SignIn, slices.Clone(h.cfg.Origins)}
}
