package catalogue

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// check compares a language with English: the same ids, and in each text the same names. What a text of ours names is what the program gives it, and that is what
// the embedded English says; what is a deployment's own, English says as the deployment has it.
func (w *words) check(english, original *words) []error {
	var faults []error
	for _, id := range slices.Sorted(maps.Keys(english.texts)) {
		if t, ok := w.texts[id]; !ok {
			faults = append(faults, fmt.Errorf("catalogue: %s%s: %s is missing; English has it at %s", w.name, extension, id, english.texts[id].at))
		} else if !strings.HasPrefix(id, own) {
			if source, ok := original.texts[id]; ok {
				faults = append(faults, t.like(id, source, w))
			}
		} else {
			faults = append(faults, t.like(id, english.texts[id], w))
		}
	}
	for id, t := range w.texts {
		_, ours := original.texts[id]
		_, theirs := english.texts[id]
		if !ours && (!theirs || !strings.HasPrefix(id, own)) {
			faults = append(faults, t.fault(id, errors.New("is no id; what a deployment adds begins with own. and is in English too")))
		}
	}
	return append(faults, w.checkFormats()...)
}

// like says how a text differs from its English source in what it names.
func (t text) like(id string, source text, w *words) error {
	want := args(source.forms[other])
	for _, form := range slices.Sorted(maps.Keys(t.forms)) {
		if got := args(t.forms[form]); !slices.Equal(got, want) {
			return t.fault(id, fmt.Errorf("names {%s}; English names {%s}", strings.Join(got, "}, {"), strings.Join(want, "}, {")))
		}
	}
	switch {
	case counts(t) != counts(source):
		return t.fault(id, errors.New("must name {n} where English does"))
	case source.plurals && !t.plurals && len(w.forms) > 1:
		return t.fault(id, fmt.Errorf("needs the forms %s", strings.Join(w.forms, ", ")))
	case t.plurals && !counts(source):
		return t.fault(id, errors.New("has plural forms, and English names no {n}"))
	}
	return nil
}

func sorted(faults []error) []error {
	faults = slices.DeleteFunc(faults, func(err error) bool { return err == nil })
	slices.SortStableFunc(faults, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return slices.CompactFunc(faults, func(a, b error) bool { return a.Error() == b.Error() })
}
