package lake

import (
	"errors"
	"fmt"
	"sort"
	"strconv"
	"strings"
	"time"
)

// View is a state of all tables that a reader asked for.
type View struct {
	*Snapshot
	// Historical: the tables are those of a historical commit, an earlier as-of.
	Historical bool
}

// View opens what `--at` names: "" = head; a version; a run id (its last commit); or
// a moment (see parseMoment): the state that was current then. A historical commit shows
// its own silver, gold and ops if it was named by version or run. It returns ErrNotFound
// if there is none.
func (l *Lake) View(at string) (*View, error) {
	c, err := l.Resolve(at)
	if err != nil {
		return nil, err
	}
	if c != nil && c.Historical && at != "" {
		if _, isTime := parseMoment(at); !isTime {
			s, err := l.HistoricalSnapshot(c)
			return &View{Snapshot: s, Historical: true}, err
		}
	}
	s, err := l.Snapshot(c)
	if at == "" && errors.Is(err, ErrExpired) {
		// Whoever is slow may find the head expired that was current when asked for.
		if head, headErr := l.headVersion(); headErr == nil && head > c.Version {
			return l.View(at)
		}
	}
	return &View{Snapshot: s}, err
}

// Resolve finds the commit that at names; see View. "" on a lake without commits is nil.
func (l *Lake) Resolve(at string) (*Commit, error) {
	at = strings.TrimSpace(at)
	if at == "" {
		return l.Head()
	}
	if v, err := strconv.ParseInt(at, 10, 64); err == nil {
		if head, err := l.headVersion(); err != nil || v < 1 || v > head {
			return nil, errors.Join(notFound(at), err)
		}
		return l.readLinked(v)
	}
	if t, ok := parseMoment(at); ok {
		return l.resolveTime(at, t)
	}
	for c, err := range l.Log() {
		if err != nil {
			return nil, err
		}
		if c.Run == at {
			return c, nil
		}
	}
	return nil, notFound(at)
}

// resolveTime finds the last commit not after t. created_at never falls along the
// chain, so a binary search reads few of them.
func (l *Lake) resolveTime(at string, t time.Time) (*Commit, error) {
	head, err := l.headVersion()
	if err != nil {
		return nil, err
	}
	n := sort.Search(int(head), func(i int) bool {
		if err != nil {
			return true
		}
		var c *Commit
		if c, _, err = l.readCommit(int64(i) + 1); err != nil {
			return true
		}
		return c.CreatedAt.After(t)
	})
	if err != nil {
		return nil, err
	}
	if n == 0 {
		return nil, l.tooEarly(at, head)
	}
	return l.readLinked(int64(n))
}

func notFound(at string) error { return unresolved(at, errors.New("no such version, time or run")) }

// tooEarly is notFound for a moment before the first commit.
func (l *Lake) tooEarly(at string, head int64) error {
	if head == 0 {
		return l.emptyError()
	}
	first, _, err := l.readCommit(1)
	if err != nil {
		return err
	}
	return unresolved(at, fmt.Errorf("no version is that old; the first was made at %s UTC", first.CreatedAt.UTC().Format(time.DateTime)))
}

func unresolved(at string, err error) error {
	return &Error{Op: "resolve", Path: at, Kind: ErrNotFound, Err: err,
		Advice: "`pipeline lake log` lists versions, times and runs; --at takes one of them"}
}

// A moment may say its zone; without one it is UTC. "+02" is how DuckDB prints zones.
var (
	momentLayouts = map[string]time.Duration{time.DateOnly: 24 * time.Hour, "2006-01-02T15:04": time.Minute, "2006-01-02T15:04:05": time.Second}
	momentZones   = []string{"", "Z07:00", "Z07"}
)

// parseMoment reads YYYY-MM-DD[ HH:MM[:SS[.fff]]], with or without a zone, or with a T for
// the space. A moment to the day, minute or second means its last instant: so a commit is
// found by the whole second that `lake log` prints. With a fraction it is exact.
func parseMoment(at string) (time.Time, bool) {
	at = strings.Replace(strings.TrimSpace(at), " ", "T", 1)
	for layout, unit := range momentLayouts {
		for _, zone := range momentZones {
			t, err := time.Parse(layout+zone, at)
			if err != nil {
				continue
			}
			if strings.ContainsAny(at, ".,") { // time.Parse reads a fraction that the layout does not have
				unit = 1
			}
			return t.Add(unit - 1), true
		}
	}
	return time.Time{}, false
}
