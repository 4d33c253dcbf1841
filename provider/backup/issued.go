package backup

import (
	"context"

	"github.com/cofactor-mfa/cofactor/provider"
)

// KindIssued is the wire name of recovery codes that administrators issue.
const KindIssued = "recovery"

// Issued is the recovery code that an administrator hands to a user who has lost every factor (NIST SP 800-63B-4 section 4.2.1.2): one code, as long as a backup
// code, made by registry.Admin.IssueRecovery, used once and then gone. It is a kind of its own, so that it leaves the user's backup codes alone. Its zero
// value is ready for use.
type Issued struct{}

var (
	_ provider.MultiFactorProvider = Issued{}
	_ provider.Issuer              = Issued{}
)

// Info describes issued codes. They earn no AMR value, as backup codes do not.
func (Issued) Info() provider.Info {
	return provider.Info{Kind: KindIssued, Class: provider.Possession, Role: provider.Recovery}
}

// Issue makes a code, which is in Once as Shown.
func (Issued) Issue(context.Context, provider.SetupRequest) (provider.Enrollment, error) {
	o, err := newOffer(1)
	if err != nil {
		return provider.Enrollment{}, err
	}
	return provider.Enrollment{Data: o.set().encode(), Label: "Recovery code", Once: Shown{Codes: []string{o.codes[0].text()}}}, nil
}

// SetupHook refuses: nobody makes a code for themselves.
func (Issued) SetupHook(context.Context, provider.SetupRequest) (provider.Prompt, error) {
	return provider.Prompt{}, provider.Invalid("Ask an administrator for a recovery code.")
}

// SetupVerify refuses as SetupHook does.
func (Issued) SetupVerify(context.Context, provider.SetupRequest, provider.Answer) (provider.Enrollment, error) {
	return provider.Enrollment{}, provider.Invalid("Ask an administrator for a recovery code.")
}

// LoginHook shows nothing.
func (Issued) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{}, nil
}

// LoginVerify accepts the code, and strikes it out.
func (Issued) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	s, err := struck(req, ans)
	if err != nil {
		return provider.Match{}, err
	}
	return provider.Match{FactorID: req.Factors[0].ID, Data: s.encode()}, nil
}
