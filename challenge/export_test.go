package challenge

// Len is how much a Memory holds.
func (m *Memory) Len() (challenges, keys int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.held), len(m.purses)
}
