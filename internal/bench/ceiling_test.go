package main

import "testing"

// What a login may allocate over stores in memory, with the app that shows the code; behind HTTP with the browser as well. Times are nobody's to promise, but this is the
// same on every machine: whoever goes above it finds out here why, and not in a slower release.
var ceilings = map[string]float64{
	registrySide: 370,
	webSide:      600,
}

func TestALoginAllocatesNoMoreThanItMay(t *testing.T) {
	d := newInMemory(t, 100)
	for side, most := range ceilings {
		if err := d.prepare(t.Context(), cell{}); err != nil {
			t.Fatal(err)
		}
		c := newCaller(d.all, cell{enrolled: 100, callers: 1, kind: totpKind, side: side}, 0)
		var err error
		if c.door, err = d.door(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		n := testing.AllocsPerRun(50, func() {
			if err := c.signIn(t.Context()); err != nil {
				t.Error(err)
			}
		})
		if w, ok := c.door.(*web); ok {
			_ = w.close()
		}
		if d.all.goOn([]*caller{c}); n > most {
			t.Errorf("%s: a login allocates %.0f times, and may %.0f times", side, n, most)
		}
		t.Logf("%s: %.0f allocations", side, n)
	}
}
