package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// RollbackOptions say how far a rollback goes.
type RollbackOptions struct {
	Run           string // id of this change
	CodeVersion   string
	IncludeBronze bool // bronze and watermarks too: what was loaded since is loaded again
	DryRun        bool
}

// RollbackReport says what a rollback changed, or would change.
type RollbackReport struct {
	To      int64    `json:"to"`                // the version whose tables are current again
	From    int64    `json:"from"`              // the head before
	Version int64    `json:"version,omitempty"` // the new version; 0 = none was made
	AsOf    string   `json:"as_of"`
	Changed []string `json:"changed,omitempty"` // tables that are as they were in To
	Dropped []string `json:"dropped,omitempty"` // tables that To does not have
	Bronze  bool     `json:"include_bronze"`
	DryRun  bool     `json:"dry_run"`
}

// Rollback publishes a new version with the silver, gold and ops tables of an earlier one
// (see View for at). Bronze and watermarks stay, so that the next run builds on all that
// was loaded; with IncludeBronze they go back too. Nothing is deleted.
func (l *Lake) Rollback(ctx context.Context, at string, o RollbackOptions) (report RollbackReport, err error) {
	if o.DryRun {
		head, err := l.Head()
		if err == nil && head == nil {
			err = l.emptyError()
		}
		if err != nil {
			return report, err
		}
		_, report, err = l.planRollback(head, at, o)
		return report, err
	}
	err = l.change(ctx, o.Run, func(tx *Tx, head *Commit) error {
		var p Publish
		if p, report, err = l.planRollback(head, at, o); err != nil || len(report.Changed)+len(report.Dropped) == 0 {
			return err
		}
		report.Version, err = publishOnly(ctx, tx, p)
		return err
	})
	return report, err
}

func (l *Lake) planRollback(head *Commit, at string, o RollbackOptions) (Publish, RollbackReport, error) {
	report := RollbackReport{From: head.Version, Bronze: o.IncludeBronze, DryRun: o.DryRun}
	target, released, err := l.rollbackTarget(at)
	if err != nil {
		return Publish{}, report, err
	}
	report.To, report.AsOf = target.Version, released.AsOf
	p := Publish{Operation: "rollback", AsOf: released.AsOf, ConfigHash: released.ConfigHash, CodeVersion: released.CodeVersion,
		Tables: map[string]Manifest{}, Fingerprints: map[string]string{}, restores: true}
	snapshot, err := l.Snapshot(target)
	if err != nil {
		return p, report, err
	}
	current, err := l.Snapshot(head)
	if err != nil {
		return p, report, err
	}
	concerned := func(table string) bool { return o.IncludeBronze || layerOf(table) != layerBronze }
	for _, table := range snapshot.Tables() {
		if !concerned(table) || head.Tables[table] == target.Tables[table] {
			continue
		}
		m, err := snapshot.Manifest(table)
		if err != nil {
			return p, report, err
		}
		if now, err := current.Manifest(table); err != nil || now.sameContent(m) {
			if err != nil {
				return p, report, err
			}
			continue
		}
		p.Tables[table] = *m
		report.Changed = append(report.Changed, table)
	}
	for _, table := range slices.Sorted(maps.Keys(head.Tables)) {
		if concerned(table) && target.Tables[table] == "" {
			p.Drop = append(p.Drop, table)
		}
	}
	report.Dropped = p.Drop
	for key := range head.Fingerprints {
		p.Fingerprints[key] = "" // one that the target does not have goes
	}
	maps.Copy(p.Fingerprints, target.Fingerprints)
	if o.IncludeBronze {
		if _, err := l.Watermarks(target); err != nil {
			return p, report, err
		}
		p.Restore = target
	}
	return p, report, nil
}

// rollbackTarget resolves the version to go back to, and the one that published its tables.
func (l *Lake) rollbackTarget(at string) (target, released *Commit, err error) {
	if at == "" {
		return nil, nil, notFound(at)
	}
	if target, err = l.Resolve(at); err != nil {
		return nil, nil, err
	}
	refuse := func(format string, args ...any) error {
		return &Error{Op: "roll back to version", Path: fmt.Sprint(target.Version), Err: fmt.Errorf(format, args...),
			Advice: "`pipeline lake log` lists the versions; name one that was published"}
	}
	if _, isTime := parseMoment(at); target.Historical && !isTime {
		return nil, nil, refuse("it holds an earlier as-of, which never becomes current")
	}
	if target.Release == 0 {
		return nil, nil, refuse("it has no silver and gold tables: readers would have nothing to read")
	}
	released, err = l.Resolve(fmt.Sprint(target.Release))
	if err == nil && released == nil {
		err = errors.New("the release is gone")
	}
	return target, released, err
}
