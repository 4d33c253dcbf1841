package faults_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/cofactor-mfa/cofactor/factor"
	"github.com/cofactor-mfa/cofactor/registry"
)

// check compares what everybody was told with the sequential models.
func (w *world) check(limit time.Duration) {
	for _, m := range []struct {
		name  string
		model porcupine.Model
		rule  string
	}{
		{onceModel, once(), "a challenge, a login or a proof was accepted twice, or with a wrong answer"},
		{answersModel, answers(), "a code was accepted twice, a wrong one was, or a right one was rejected"},
		{factorsModel, factors(), "the list of factors is not what was attached and removed"},
		{storeCalls, challenges(), "a challenge had other attempts left than it should, or was redeemed twice"},
		{storeCalls, budgets(), "a budget was not what had been taken from it: a lock opened early, a charge came back, an attempt cost nothing"},
	} {
		ops := w.hist.of(m.name)
		result, info := porcupine.CheckOperationsVerbose(m.model, ops, limit)
		switch result {
		case porcupine.Illegal:
			w.broke("%s (%d operations; see %s)", m.rule, len(ops), explain(m.model, ops, info))
		case porcupine.Unknown:
			w.broke("whether %s could not be decided within %v (%d operations; see %s)", m.rule, limit, len(ops), explain(m.model, ops, info))
		}
	}
}

// explain writes down what cannot be explained: the calls about the one thing, in an order that is possible as far as it goes, and then those
// that fit nowhere.
func explain(m porcupine.Model, ops []porcupine.Operation, info porcupine.LinearizationInfo) string {
	f, err := os.CreateTemp("", "cofactor-faults-*.txt")
	if err != nil {
		return err.Error()
	}
	defer func() { _ = f.Close() }()
	print := func(op porcupine.Operation) {
		fmt.Fprintf(f, "%d..%d %+v -> %+v\n", op.Call, op.Return, op.Input, op.Output)
	}
	for i, orders := range info.PartialLinearizationsOperations() {
		part, longest := m.Partition(ops)[i], []porcupine.Operation(nil)
		for _, order := range orders {
			if len(order) > len(longest) {
				longest = order
			}
		}
		if len(longest) == len(part) {
			continue
		}
		fits := map[string]bool{}
		for _, op := range longest {
			fits[fmt.Sprint(op)] = true
			print(op)
		}
		fmt.Fprintln(f, "these do not fit:")
		for _, op := range part {
			if !fits[fmt.Sprint(op)] {
				print(op)
			}
		}
	}
	return f.Name()
}

// audit compares the stores and the events with each other, and with what was answered. Nobody uses the store any more.
func (w *world) audit(ctx context.Context, store factor.Store, users []string) {
	w.auditCharges()
	w.auditEvents(ctx, store, users)
}

// auditCharges: no verdict without a charge, and failures are forgotten for completed logins and nothing else.
func (w *world) auditCharges() {
	t := w.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.wrong > t.charged {
		w.broke("%d wrong answers were looked at, and %d attempts counted: some guesses were free", t.wrong, t.charged)
	}
	if t.refills != w.logins {
		w.broke("failures were forgotten %d times, for %d completed logins", t.refills, w.logins)
	}
}

// auditSpent: what was accepted was accepted once, and stays spent. It must be asked before the keys expire.
func (w *world) auditSpent(ctx context.Context, store factor.Store, user string) {
	snap, err := store.Load(ctx, tenant, user)
	if err != nil {
		w.t.Fatalf("the audit cannot read %s: %v", user, err)
	}
	a, t := snap.Account, w.tally
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, n := range t.once {
		if n > 1 {
			w.broke("a key was spent %d times", n)
		}
		err := store.Apply(ctx, factor.Change{
			Tenant: a.Tenant, UserID: a.UserID, Epoch: a.Epoch, At: w.clock.now(), Once: []factor.Once{{Key: key, Expires: w.clock.now()}},
		})
		if !errors.Is(err, factor.ErrSpent) {
			w.broke("what was accepted is not spent: %v", err)
		}
	}
}

// auditEvents: each factor there is was attached once, each that is gone was removed once, and the outbox tells of no other.
func (w *world) auditEvents(ctx context.Context, store factor.Store, users []string) {
	box, has := store.(factor.Outbox)
	if !has {
		return
	}
	attached, balance := map[string]int{}, map[string]int{}
	for {
		batch, err := box.Next(ctx, time.Now(), factor.Lease{Queue: "events", For: time.Hour, N: 1000})
		if err != nil {
			w.t.Fatalf("the audit cannot read the outbox: %v", err)
		}
		if len(batch) == 0 {
			break
		}
		for _, b := range batch {
			var e registry.Event
			if err := json.Unmarshal(b.Body, &e); err != nil || (e.Result != "ok" && e.Signal == "" && e.Notice == "") {
				w.broke("the outbox has an event that is none: %s (%v)", b.Body, err)
			}
			switch {
			case e.Result != "ok": // a lock that was told, say: it has changed no factor
			case e.Op == "finish_setup":
				attached[e.Factor]++
				if e.Reason != "factor replaced" {
					balance[e.User]++
				}
			case e.Op == "remove":
				balance[e.User]--
			}
		}
	}
	for id, n := range attached {
		if n != 1 {
			w.broke("factor %s was attached %d times", id, n)
		}
	}
	for _, user := range users {
		snap, err := store.Load(ctx, tenant, user)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(snap.Factors) != balance[user] {
			w.broke("%s has %d factors; by the events it should be %d", user, len(snap.Factors), balance[user])
		}
		for _, f := range snap.Factors {
			if attached[f.ID] != 1 {
				w.broke("factor %s is there, and no event says so", f.ID)
			}
		}
	}
}

// report fails the test with the rules that were broken.
func (w *world) report() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.t.Logf("how calls ended: %v", fmt.Sprint(w.codes))
	for _, f := range w.faults {
		w.t.Error(f)
	}
}
