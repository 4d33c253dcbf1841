package factortest

import (
	"context"
	"fmt"

	"github.com/cofactor-mfa/cofactor/factor"
)

// reseal is about an ability that a store need not have.
func reseal() []rule {
	return []rule{
		{"reseal", "Reseal writes the data of the factors that are as they were read, and of no other; nothing else of them changes but their version.", func(t *trial) {
			r, ok := t.s.(factor.Resealer)
			if !ok {
				return
			}
			alice, bob := t.enrol("", "alice", "f1", "f2"), t.enrol("acme", "alice", "f1")
			_, err := t.s.Fail(t.Context(), "", "alice", "f2", noon)
			t.is(err, nil)
			fs := append(append([]factor.Factor(nil), alice.Factors...), bob.Factors...)
			for i := range fs {
				fs[i].Data, fs[i].Label, fs[i].Failures, fs[i].Disabled, fs[i].LastUsed = fmt.Appendf(nil, "new %d\x00", i), "other", 9, true, noon
			}
			gone := attached("", "alice", "gone")
			gone.Version = 1
			n, err := r.Reseal(t.Context(), append(fs, gone))
			t.is(err, nil)
			t.same("what was written", n, 2) // f2 has failed meanwhile
			got := t.load("alice")
			want := alice
			want.Factors[0].Data, want.Factors[0].Version = []byte("new 0\x00"), 2
			want.Factors[1].Failures, want.Factors[1].Version = 4, 2
			t.same("the snapshot", got, want)
			n, err = r.Reseal(t.Context(), fs)
			t.is(err, nil)
			t.same("what was written the second time", n, 0)
			n, err = r.Reseal(t.Context(), nil)
			t.is(err, nil)
			t.same("what was written of nothing", n, 0)
			if _, err = r.Reseal(t.Context(), make([]factor.Factor, factor.MaxReseal+1)); err == nil {
				t.broken("more than the limit were taken")
			}
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err = r.Reseal(ctx, got.Factors); err == nil {
				t.broken("a caller who has hung up is served")
			}
		}},
		{"many to reseal", "Reseal takes 500 factors at once.", func(t *trial) {
			r, ok := t.s.(factor.Resealer)
			if !ok {
				return
			}
			var ids []string
			for i := range factor.MaxReseal {
				ids = append(ids, fmt.Sprint(i))
			}
			s := t.enrol("", "alice", ids...)
			for i := range s.Factors {
				s.Factors[i].Data = []byte(s.Factors[i].ID)
			}
			n, err := r.Reseal(t.Context(), s.Factors)
			t.is(err, nil)
			t.same("what was written", n, factor.MaxReseal)
			for _, f := range t.load("alice").Factors {
				t.same("the data of "+f.ID, string(f.Data), f.ID)
			}
		}},
	}
}
