package lake

import (
	"context"
	"fmt"
	"maps"
	"os"
	"slices"
	"time"
)

// Defaults of a vacuum.
const (
	DefaultKeepAge     = 30 * 24 * time.Hour
	DefaultKeepCommits = 10
	DefaultGrace       = time.Hour
)

// VacuumOptions say what stays.
type VacuumOptions struct {
	Run         string
	CodeVersion string
	Keep        time.Duration // versions that were current within this time stay
	KeepCommits int           // and at least so many of the newest; 1 or more
	// Grace is how long after its version was marked as expired a file still stays, for
	// readers that opened the version before.
	Grace time.Duration
	Apply bool // otherwise it only tells
}

// VacuumReport says what a vacuum did, or would do.
type VacuumReport struct {
	DryRun   bool     `json:"dry_run"`
	Head     int64    `json:"head"`
	KeepFrom int64    `json:"keep_from"`          // versions below have expired, but for those that follow
	Marked   int64    `json:"marked,omitempty"`   // the new version that says so
	Newly    []int64  `json:"newly_expired"`      // versions that expire now
	Pinned   []int64  `json:"pinned,omitempty"`   // kept because they are pinned
	Released []int64  `json:"released,omitempty"` // kept because releases/<version> serves them
	Delete   Removal  `json:"delete"`             // what was deleted, or would be
	Waiting  Removal  `json:"waiting"`            // what has expired and waits for the grace to pass
	Until    string   `json:"until,omitempty"`    // when the last of it can be deleted
	Paths    []string `json:"paths,omitempty"`    // of Delete, relative to the lake
	States   []string `json:"states,omitempty"`   // directories of what earlier runs left to be quicker; deleted at once
}

// Removal is an amount of files.
type Removal struct {
	Files     int   `json:"files"`
	Bytes     int64 `json:"bytes"`
	Documents int   `json:"documents"` // manifests and lists of loaded files
}

// Vacuum removes the files of versions that nobody needs any more, in two phases: a commit
// first marks them as expired, so that nobody opens them again; a vacuum after the grace
// deletes what only expired versions name. Nothing is found by listing directories: a file
// that no commit names is never touched. Commits stay for ever.
//
// Pinned versions, and those that a release on disk serves, are kept whole.
func (l *Lake) Vacuum(ctx context.Context, o VacuumOptions) (report VacuumReport, err error) {
	if o.KeepCommits < 1 || o.Keep < 0 || o.Grace < 0 {
		return report, fmt.Errorf("vacuum: keep at least one version, and no negative time")
	}
	if !o.Apply {
		p, err := l.planVacuum(o)
		if err != nil {
			return p.report, err
		}
		p.report.DryRun = true
		return p.report, p.sum(l)
	}
	err = l.change(ctx, o.Run, func(tx *Tx, _ *Commit) error {
		p, err := l.planVacuum(o)
		if err != nil {
			return err
		}
		report = p.report
		if len(p.report.Newly) > 0 {
			c, err := tx.Publish(ctx, Publish{Operation: "vacuum", CodeVersion: o.CodeVersion, KeepFrom: p.report.KeepFrom})
			if c != nil {
				report.Marked, report.Head = c.Version, c.Version
			}
			if err != nil {
				return err
			}
			if p, err = l.planVacuum(o); err != nil { // what was only to be marked may now be deleted
				return err
			}
		}
		if err := p.sum(l); err != nil {
			return err
		}
		newly, marked := report.Newly, report.Marked
		report = p.report
		report.Newly, report.Marked = newly, marked
		return p.remove(ctx, l)
	})
	return report, err
}

// vacuumPlan is what would go.
type vacuumPlan struct {
	report    VacuumReport
	files     map[string]File // that only versions name which may be deleted
	documents []string        // the same, of manifests and segments
	waiting   map[string]File // that expired versions name whose grace has not passed
}

func (l *Lake) planVacuum(o VacuumOptions) (*vacuumPlan, error) {
	p := &vacuumPlan{}
	commits, err := l.chain()
	if err != nil {
		return p, err
	}
	if len(commits) == 0 {
		return p, l.emptyError()
	}
	now := l.now().UTC()
	head := commits[0]
	p.report = VacuumReport{Head: head.Version, KeepFrom: max(head.KeepFrom, 1, keepFrom(commits, now.Add(-o.Keep), o.KeepCommits))}
	k, err := l.keeping(commits, now, o.Grace)
	if err != nil {
		return p, err
	}
	if p.report.States, err = l.spareStates(commits); err != nil {
		return p, err
	}
	for _, c := range slices.Backward(commits) {
		switch expired := c.Version < p.report.KeepFrom; {
		case expired && k.pins[c.Version]:
			p.report.Pinned = append(p.report.Pinned, c.Version)
		case expired && k.releases[c.Version]:
			p.report.Released = append(p.report.Released, c.Version)
		case expired && c.Version >= head.KeepFrom:
			p.report.Newly = append(p.report.Newly, c.Version)
		}
	}
	return p, l.planRemoval(p, commits, k, o.Grace)
}

// chain reads all commits, newest first, each checked against its child.
func (l *Lake) chain() (commits []*Commit, err error) {
	for c, err := range l.Log() {
		if err != nil {
			return nil, err
		}
		commits = append(commits, c)
	}
	return commits, nil
}

// keepFrom is the oldest version to keep: one that was still current at cutoff, or that
// belongs to the newest few. commits are newest first; those that change no table, such as
// a vacuum's own, do not count, or every vacuum would expire a version more. What readers see
// now stays in any case: later versions may be historical, or have changed bronze only.
func keepFrom(commits []*Commit, cutoff time.Time, atLeast int) int64 {
	count := 0
	for i, c := range commits {
		if i+1 == len(commits) || c.Historical || !maps.Equal(c.Tables, commits[i+1].Tables) {
			count++
		}
		if count >= atLeast && !c.CreatedAt.After(cutoff) && (commits[0].Release == 0 || c.Version <= commits[0].Release) {
			return c.Version
		}
	}
	return 1
}

// keeping says which versions keep their files.
type keeping struct {
	from     int64          // all from here on
	pins     map[int64]bool // pinned now, or within the grace
	releases map[int64]bool // on disk
	marked   time.Time      // when what waits was marked
}

func (k keeping) keeps(version int64) bool {
	return version >= k.from || k.pins[version] || k.releases[version]
}

// keeping applies the grace: what a commit made expired, or unpinned, within it is kept.
func (l *Lake) keeping(commits []*Commit, now time.Time, grace time.Duration) (keeping, error) {
	k := keeping{pins: map[int64]bool{}, releases: map[int64]bool{}, from: 1}
	for i, c := range commits {
		for _, p := range c.Pins {
			k.pins[p.Version] = true
		}
		if i == 0 || c.KeepFrom == commits[0].KeepFrom {
			k.marked = c.CreatedAt
		}
		if grace == 0 || !c.CreatedAt.After(now.Add(-grace)) {
			k.from = max(1, c.KeepFrom)
			break
		}
	}
	served, err := l.releases()
	if err != nil {
		return k, readError("vacuum", l.path(releasesDir), err)
	}
	for _, v := range append(served, commits[0].Release) {
		k.releases[v] = true
	}
	return k, nil
}

// planRemoval finds what only versions name that k does not keep. A manifest of a kept
// version that cannot be read ends it: what is not known to be free is not free.
func (l *Lake) planRemoval(p *vacuumPlan, commits []*Commit, k keeping, grace time.Duration) error {
	kept, err := l.reach(commits, func(c *Commit) bool { return k.keeps(c.Version) }, false)
	if err != nil {
		return err
	}
	gone, err := l.reach(commits, func(c *Commit) bool { return !k.keeps(c.Version) }, true)
	if err != nil {
		return err
	}
	// Of what is kept, that which waits for no more than the grace.
	expired := func(c *Commit) bool {
		v := c.Version
		return v < p.report.KeepFrom && !commits[0].pinned(v) && !k.releases[v]
	}
	waiting, err := l.reach(commits, func(c *Commit) bool { return k.keeps(c.Version) && expired(c) }, true)
	if err != nil {
		return err
	}
	needed, err := l.reach(commits, func(c *Commit) bool { return !expired(c) }, false)
	if err != nil {
		return err
	}
	p.files, p.waiting = map[string]File{}, map[string]File{}
	for path, f := range gone.files {
		if _, ok := kept.files[path]; !ok {
			p.files[path] = f
		}
	}
	for path, f := range waiting.files {
		if _, ok := needed.files[path]; !ok {
			p.waiting[path] = f
		}
	}
	for sha := range gone.documents {
		if !kept.documents[sha] {
			p.documents = append(p.documents, sha)
		}
	}
	slices.Sort(p.documents)
	if len(p.waiting) > 0 && p.report.KeepFrom == commits[0].KeepFrom {
		p.report.Until = k.marked.Add(grace).UTC().Format(time.RFC3339)
	}
	return nil
}

// reached are the files and documents that some versions name.
type reached struct {
	files     map[string]File
	documents map[string]bool
}

// reach collects what the chosen commits name. lenient passes over manifests that are gone.
func (l *Lake) reach(commits []*Commit, chosen func(*Commit) bool, lenient bool) (reached, error) {
	r := reached{files: map[string]File{}, documents: map[string]bool{}}
	for _, c := range commits {
		if !chosen(c) {
			continue
		}
		for table, sha := range c.allTables() {
			if r.documents[sha] {
				continue
			}
			r.documents[sha] = true
			m, err := l.readManifest(table, sha)
			if lenient && isGone(err) {
				continue
			}
			if err != nil {
				return r, err
			}
			for _, f := range m.Files {
				r.files[f.Path] = f
			}
		}
		for _, w := range c.Watermarks {
			for _, sha := range w.Segments {
				r.documents[sha] = true
			}
		}
	}
	return r, nil
}

// sum counts what is still there of the plan.
func (p *vacuumPlan) sum(l *Lake) error {
	count := func(files map[string]File, into *Removal) ([]string, error) {
		var paths []string
		for path := range files {
			info, err := os.Lstat(l.abs(path))
			if isGone(err) {
				continue
			}
			if err != nil {
				return nil, readError("vacuum", l.abs(path), err)
			}
			into.Files++
			into.Bytes += info.Size()
			paths = append(paths, path)
		}
		slices.Sort(paths)
		return paths, nil
	}
	var err error
	if p.report.Paths, err = count(p.files, &p.report.Delete); err != nil {
		return err
	}
	if _, err = count(p.waiting, &p.report.Waiting); err != nil {
		return err
	}
	var left []string
	for _, sha := range p.documents {
		if _, err := os.Lstat(l.documentPath(sha)); err == nil {
			left = append(left, sha)
		} else if !isGone(err) {
			return readError("vacuum", l.documentPath(sha), err)
		}
	}
	p.documents, p.report.Delete.Documents = left, len(left)
	return nil
}
