package silver

import (
	"fmt"
	"slices"
)

// Counts account for the bronze rows of one input:
// Bronze = Superseded + NotYetKnown + SoftDeleted + Rejected + Silver.
type Counts struct {
	Source, Object, Mapping string
	Bronze                  int64 // claimed by the mapping's filter
	Filtered                int64 // not claimed
	Superseded              int64
	NotYetKnown             int64
	SoftDeleted             int64
	Rejected                int64
	Silver                  int64
	RejectedValues          int64
	Rounded                 int64
	Unmapped                int64 // values outside a value table that were kept
	FxMissing               int64
	Reconstructed           int64
	UnreadableStamps        int64 // modification stamps that do not parse: version order rests on the file
	DroppedLoaded           int64 // not yet known only because nothing but the load time says when they were
}

// add counts n versions, or rows of exchange rates, of a status; what has another one than
// these goes to silver.
func (c *Counts) add(status string, n int64) {
	switch status {
	case statusSuperseded:
		c.Superseded += n
	case statusNotYetKnown:
		c.NotYetKnown += n
	case statusSoftDeleted:
		c.SoftDeleted += n
	case statusRejected:
		c.Rejected += n
	case statusNoQuote:
		c.Filtered += n
	default:
		c.Silver += n
	}
}

// addParsed adds what became of cleaned rows.
func (c *Counts) addParsed(more Counts) {
	c.Silver += more.Silver
	c.Rejected += more.Rejected
	c.RejectedValues += more.RejectedValues
	c.Rounded += more.Rounded
	c.Unmapped += more.Unmapped
}

// CheckResult is the outcome of one check.
type CheckResult struct {
	ID, Table, Column, Dimension string
	Severity                     string // error | warning
	Failing, Total               int64
	Samples                      []string
	About                        string
	SQL                          string
}

// BuildResult is a built table.
type BuildResult struct {
	Parts          []Part // one, or of a partitioned table one for each span that was written
	Kept           []Part // parts of the earlier build that stay as they are
	RejectedRows   Part
	RejectedValues Part
	Counts         []Counts
	Checks         []CheckResult
	Warnings       []string
	Notes          []string // worth knowing, not wrong: columns an export lacks, rows a filter leaves out
	Drift          []Drift
}

// Rows is how many rows the table has.
func (r BuildResult) Rows() (n int64) {
	for _, p := range slices.Concat(r.Parts, r.Kept) {
		n += p.Rows
	}
	return n
}

// Paths are the files that were written.
func (r BuildResult) Paths() []string {
	out := make([]string, len(r.Parts))
	for i, p := range r.Parts {
		out[i] = p.Path
	}
	return out
}

// Drift is a source column that a mapping reads and bronze lacks.
type Drift struct {
	Source, Object, Column, Nearest string
}

// ConservationError says that rows got lost or doubled: nothing may be published.
type ConservationError struct {
	Table string
	Problem
}

// Problem is a pair of numbers that should be equal.
type Problem struct {
	What      string
	Want, Got int64
}

func (e *ConservationError) Error() string {
	return fmt.Sprintf("silver %s: %s: want %d, got %d", e.Table, e.What, e.Want, e.Got)
}

// RequiredColumnError says that bronze lacks a column that a mapping requires.
type RequiredColumnError struct {
	Table, File, Source, Object, Column, Nearest string
}

func (e *RequiredColumnError) Error() string {
	msg := fmt.Sprintf("mapping %s: source %s, object %s has no column %q, which is required", e.File, e.Source, e.Object, e.Column)
	if e.Nearest != "" {
		msg += fmt.Sprintf("; the nearest is %q", e.Nearest)
	}
	return msg
}
