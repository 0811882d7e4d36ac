package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

// Pin keeps a version whole for as long as it stands in the head's commit.
type Pin struct {
	Version int64     `json:"version"`
	Why     string    `json:"why,omitempty"`
	At      time.Time `json:"pinned_at"`
}

// pinned says whether this commit pins a version.
func (c *Commit) pinned(version int64) bool {
	return slices.ContainsFunc(c.Pins, func(p Pin) bool { return p.Version == version })
}

// Keeps says whether, by this commit, all files of a version stay.
func (c *Commit) Keeps(version int64) bool { return version >= c.KeepFrom || c.pinned(version) }

// PinReport is what Pin and Unpin did.
type PinReport struct {
	Pinned   int64 `json:"pinned,omitempty"`   // the version that Pin was about
	Unpinned int64 `json:"unpinned,omitempty"` // the version that Unpin was about
	Version  int64 `json:"version,omitempty"`  // the new version that says so; 0 = it was so before
	Pins     []Pin `json:"pins"`               // all pinned versions now
}

// Pin keeps a version (see View for at) from vacuum. A version that has expired can be
// pinned as long as all its files are there. Pinned again, it gets the new reason, if any.
func (l *Lake) Pin(ctx context.Context, run, at, why string) (report PinReport, err error) {
	err = l.change(ctx, run, func(tx *Tx, head *Commit) error {
		c, err := l.Resolve(at)
		if err != nil {
			return err
		}
		report = PinReport{Pinned: c.Version, Pins: slices.Clone(head.Pins)}
		i := slices.IndexFunc(report.Pins, func(p Pin) bool { return p.Version == c.Version })
		switch {
		case i < 0:
			if err := l.whole(c); err != nil {
				return err
			}
			report.Pins = append(report.Pins, Pin{Version: c.Version, Why: why, At: l.now().UTC()})
			slices.SortFunc(report.Pins, func(a, b Pin) int { return cmp.Compare(a.Version, b.Version) })
		case why == "" || why == report.Pins[i].Why:
			return nil
		default:
			report.Pins[i].Why = why
		}
		report.Version, err = publishOnly(ctx, tx, Publish{Operation: "pin", Pins: &report.Pins})
		return err
	})
	return report, err
}

// Unpin gives a version back to vacuum.
func (l *Lake) Unpin(ctx context.Context, run, at string) (report PinReport, err error) {
	err = l.change(ctx, run, func(tx *Tx, head *Commit) error {
		c, err := l.Resolve(at)
		if err != nil {
			return err
		}
		if !head.pinned(c.Version) {
			return &Error{Op: "unpin", Path: fmt.Sprint(c.Version), Kind: ErrNotFound, Err: errors.New("this version is not pinned"),
				Advice: "`pipeline lake pins` lists the pinned versions"}
		}
		left := slices.DeleteFunc(slices.Clone(head.Pins), func(p Pin) bool { return p.Version == c.Version })
		report = PinReport{Unpinned: c.Version, Pins: left}
		report.Version, err = publishOnly(ctx, tx, Publish{Operation: "unpin", Pins: &left})
		return err
	})
	return report, err
}

// whole checks that all manifests, lists of loaded files and data files of a version are there.
func (l *Lake) whole(c *Commit) error {
	expired := func(err error) error {
		return &Error{Op: "pin version", Path: fmt.Sprint(c.Version), Kind: ErrExpired, Err: err,
			Advice: "`pipeline lake log` lists the versions that are kept"}
	}
	for table, sha := range c.allTables() {
		m, err := l.readManifest(table, sha)
		if err != nil {
			return expired(err)
		}
		for _, f := range m.Files {
			if info, err := os.Stat(l.abs(f.Path)); err != nil || info.Size() != f.Bytes {
				return expired(errors.Join(fmt.Errorf("%s is not as it was", f.Path), err))
			}
		}
	}
	if _, err := l.Watermarks(c); err != nil {
		return expired(err)
	}
	return nil
}
