// Package steward keeps the decisions of data stewards on pairs of accounts in the files
// that a configured source reads into silver.manual_account_link.
//
// It owns how a decision is written and taken back, and where. It never changes a file that
// it did not begin. It knows nothing of linking, gold or the lake.
package steward

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
)

// table is the silver table that decisions go to.
const table = "manual_account_link"

// Decisions that stewards write.
const (
	Same      = "same"
	Different = "different"
)

// Decision is a line of a steward's file.
type Decision struct {
	AccountID, MatchedAccountID string
	Decision                    string
	Reason                      string
	By                          string
	At                          time.Time // when the steward decided
	From                        time.Time // from when it counts
	Deleted                     bool      // takes the decision on the pair back
}

// pair names two accounts whichever way round they are written.
func (d Decision) pair() [2]string {
	return [2]string{min(d.AccountID, d.MatchedAccountID), max(d.AccountID, d.MatchedAccountID)}
}

// Error says why a decision cannot be written.
type Error struct {
	Problem string
	Advice  string
	Err     error
}

func (e *Error) Error() string {
	if e.Err != nil {
		return e.Problem + ": " + e.Err.Error()
	}
	return e.Problem
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what can be done.
func (e *Error) Hint() string { return e.Advice }

// ErrNothingToUndo says that no decision on a pair is in force.
var ErrNothingToUndo = errors.New("no decision is in force")

// Book is the set of files in which decisions stand.
type Book struct {
	source config.Source
	object config.Object
	column map[string]string // source column by what it holds
	zone   *time.Location
}

// Find finds the source that reads decisions: the one called name, or the only one.
func Find(cfg *config.Loaded, name string) (*Book, error) {
	var found []*Book
	var names []string
	for _, s := range cfg.Sources {
		for _, o := range s.Objects {
			for _, m := range cfg.Mappings {
				if m.Set == s.Mapping && strings.EqualFold(m.SourceObject, o.Name) && m.TargetTable == table && s.Type == "csv" && (name == "" || name == s.Name) {
					b := &Book{source: s, object: o, column: columns(m.Mapping), zone: time.UTC}
					found, names = append(found, b), append(names, s.Name)
				}
			}
		}
	}
	switch {
	case len(found) == 0 && name != "":
		return nil, &Error{Problem: fmt.Sprintf("source %q reads no decisions of stewards", name), Advice: "it must be a csv source with an object that feeds silver." + table}
	case len(found) == 0:
		return nil, &Error{Problem: "no source reads decisions of stewards",
			Advice: `add one to pipeline.json: {"name": "steward", "type": "csv", "region": "Group", "mapping": "steward", "path": "steward", "objects": [{"name": "manual_account_link", "files": ["manual_account_link_*.csv"], "optional": true}]}`}
	case len(found) > 1:
		return nil, &Error{Problem: "several sources read decisions of stewards: " + strings.Join(names, ", "), Advice: "name one with --source"}
	}
	b := found[0]
	zone := cmp.Or(b.options().TimeZone, cfg.TimeZone)
	if zone != "" {
		var err error
		if b.zone, err = time.LoadLocation(zone); err != nil {
			return nil, fmt.Errorf("time zone %q: %w", zone, err)
		}
	}
	return b, nil
}

// fields are what a line holds, in the order in which we write them, by the mapping's target
// columns.
var fields = []string{"account_id", "matched_account_id", "decision", "reason", "decided_by", "decided_at", "_is_deleted", "_counts_from"}

// columns finds the source columns of a mapping.
func columns(m config.Mapping) map[string]string {
	out := map[string]string{}
	for _, c := range m.Columns {
		if len(c.SourceColumn) > 0 {
			out[c.TargetColumn] = c.SourceColumn[0]
		}
	}
	return out
}

// options are how the object's files are written.
func (b *Book) options() config.CSV {
	if b.object.CSV != nil {
		return *b.object.CSV
	}
	return b.source.CSV
}

// Decide writes a decision and returns the file.
func (b *Book) Decide(d Decision) (file string, err error) {
	return b.change(d, func(history []Decision) (Decision, error) {
		if len(history) > 0 { // the key of a decision has a direction
			last := history[len(history)-1]
			d.AccountID, d.MatchedAccountID = last.AccountID, last.MatchedAccountID
		}
		return d, nil
	})
}

// Undo takes back the last decision on a pair: the one before counts again, if there was
// one. By, At and From of undo are the steward's who does it.
func (b *Book) Undo(undo Decision) (undone Decision, file string, err error) {
	file, err = b.change(undo, func(history []Decision) (Decision, error) {
		force := inForce(history)
		if len(force) == 0 {
			return Decision{}, &Error{Problem: fmt.Sprintf("accounts %s and %s", undo.AccountID, undo.MatchedAccountID), Err: ErrNothingToUndo,
				Advice: "gold.account_link names the decisions (method = 'manual')"}
		}
		undone = force[len(force)-1]
		line := undone
		line.Deleted, line.By, line.Reason, line.At = true, undo.By, undo.Reason, undo.At
		if len(force) > 1 {
			line = force[len(force)-2]
		}
		line.From = undo.From
		return line, nil
	})
	return undone, file, err
}

// InForce gives the decisions that count, by pair: the smaller account id first.
func (b *Book) InForce() (map[[2]string]Decision, error) {
	all, err := b.read()
	if err != nil {
		return nil, err
	}
	history := map[[2]string][]Decision{}
	for _, d := range all {
		history[d.pair()] = append(history[d.pair()], d)
	}
	force := map[[2]string]Decision{}
	for pair, lines := range history {
		if f := inForce(lines); len(f) > 0 {
			force[pair] = f[len(f)-1]
		}
	}
	return force, nil
}

// inForce walks over the lines on a pair, the oldest first: what counts now comes last,
// before it what would count if that were taken back.
func inForce(history []Decision) (force []Decision) {
	for _, d := range history {
		n := len(force)
		switch {
		case d.Deleted:
			force = force[:max(0, n-1)]
		case n > 0 && again(force[n-1], d):
		case n > 1 && again(force[n-2], d):
			force = force[:n-1]
		default:
			force = append(force, d)
		}
	}
	return force
}

// again tells whether two lines are one decision.
func again(a, b Decision) bool {
	return a.Decision == b.Decision && a.By == b.By && a.At.Equal(b.At)
}

// of picks the lines on a pair.
func of(all []Decision, pair [2]string) []Decision {
	return slices.DeleteFunc(slices.Clone(all), func(d Decision) bool { return d.pair() != pair })
}
