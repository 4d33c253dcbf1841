package policy

import "math/bits"

// Set is a set of places in a list, such as [Facts.Factors]: the first 128 of them. Its zero value is empty.
type Set [2]uint64

const maxSet = 128

// first is the set of the first n places.
func first(n int) (s Set) {
	for i := range n {
		s.Add(i)
	}
	return s
}

// Add puts a place in. One beyond the 128th is left out, which allows less and never more.
func (s *Set) Add(i int) {
	if i >= 0 && i < maxSet {
		s[i/64] |= 1 << (i % 64)
	}
}

func (s *Set) drop(i int) {
	if i >= 0 && i < maxSet {
		s[i/64] &^= 1 << (i % 64)
	}
}

// Has says whether a place is in the set.
func (s Set) Has(i int) bool { return i >= 0 && i < maxSet && s[i/64]&(1<<(i%64)) != 0 }

// Len is how many places are in the set.
func (s Set) Len() int { return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) }

// Or is what is in either set.
func (s Set) Or(t Set) Set { return Set{s[0] | t[0], s[1] | t[1]} }
