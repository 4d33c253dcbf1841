package cli

import "io"

// Table prints a table with the columns of rows.
func Table(w io.Writer, rows [][]string) { (&page{w: w}).table(rows) }

// WriteNew, Change and their like are what writes files.
var (
	WriteNew      = writeNew
	Change        = change
	OnThisMachine = onThisMachine
)
