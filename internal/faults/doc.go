// Package faults holds the tests of what happens when servers break: real Redis and PostgreSQL processes are killed, paused, filled, cut
// off and failed over while two registries work on them, and everything that was answered meanwhile is checked afterwards.
//
// It is all tests. docs/explanation/faults.md says what they prove, and how to repeat a run.
package faults
