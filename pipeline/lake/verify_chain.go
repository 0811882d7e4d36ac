package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// chain reads the commits, all or head and parent, and the manifests they name.
func (v *verifier) chain() error {
	versions, strange, err := v.lake.versions()
	if err != nil {
		return err
	}
	for _, name := range strange {
		v.problem(Problem{Code: ProblemCommit, Path: commitsDir + "/" + name, Message: "it is not a commit file", Hint: "move it away"})
	}
	if len(versions) == 0 {
		return nil
	}
	v.report.Head = versions[len(versions)-1]
	for i, n := range versions {
		if n != int64(i)+1 {
			v.damaged = true
			v.problem(Problem{Code: ProblemCommit, Path: commitsDir + "/" + commitFile(int64(i)+1), Version: int64(i) + 1,
				Message: fmt.Sprintf("version %d is missing in the chain", i+1), Hint: hintRestore})
			break
		}
	}
	slices.Reverse(versions)
	if v.report.Quick {
		versions = versions[:1]
	}
	var expired []*Commit
	for _, n := range versions {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		c, err := v.commit(n)
		if err != nil {
			return err
		}
		switch {
		case c == nil:
		case v.kept(n):
			if err := v.content(c); err != nil {
				return err
			}
		default:
			expired = append(expired, c)
		}
	}
	// Last: a manifest that a kept version shares must be whole.
	for _, c := range expired {
		if err := v.content(c); err != nil {
			return err
		}
	}
	if len(expired) > 0 {
		v.report.Notes = append(v.report.Notes, fmt.Sprintf("%d versions before %d have expired; what vacuum left of them is not needed", len(expired), v.head.KeepFrom))
	}
	return v.checkPins()
}

// kept says whether all files of a version must be there. Without a head that can be read,
// nothing is known to have expired.
func (v *verifier) kept(version int64) bool { return v.head == nil || v.head.Keeps(version) }

// checkPins: a pinned version is one of the chain.
func (v *verifier) checkPins() error {
	if v.head == nil {
		return nil
	}
	for _, p := range v.head.Pins {
		if p.Version < 1 || p.Version >= v.head.Version {
			v.problem(Problem{Code: ProblemCommit, Path: commitsDir + "/" + commitFile(v.head.Version), Version: p.Version,
				Message: fmt.Sprintf("it pins version %d, which was not there yet", p.Version), Hint: hintRestore})
		}
	}
	return nil
}

// commit checks one commit by itself and against its parent; nil if it cannot be read.
func (v *verifier) commit(version int64) (*Commit, error) {
	c, _, err := v.lake.readCommit(version)
	if err != nil {
		return nil, v.damage(ProblemCommit, "", version, err)
	}
	v.report.Commits++
	if err := v.lake.checkParent(c); err != nil {
		if err := v.damage(ProblemCommit, "", version, err); err != nil {
			return nil, err
		}
	}
	if version == v.report.Head {
		v.head = c
	}
	return c, nil
}

// content checks the manifests and lists of loaded files that a commit names.
func (v *verifier) content(c *Commit) error {
	for table, sha := range c.allTables() {
		if err := v.manifest(c, table, sha); err != nil {
			return err
		}
	}
	for name, ref := range c.Watermarks {
		if err := v.segments(c, name, ref); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) manifest(c *Commit, table, sha string) error {
	if _, done := v.manifests[sha]; done {
		return nil
	}
	m, err := v.lake.readManifest(table, sha)
	v.manifests[sha] = m
	kept := v.kept(c.Version)
	if err != nil {
		if !kept && errors.Is(err, fs.ErrNotExist) {
			return nil // vacuumed
		}
		return v.damage(ProblemManifest, table, c.Version, err)
	}
	v.report.Manifests++
	for _, f := range m.Files {
		if kept {
			v.files[f.Path] = f
		} else {
			v.expired[f.Path] = f
		}
	}
	return nil
}

func (v *verifier) segments(c *Commit, name string, ref WatermarkRef) error {
	if !slices.ContainsFunc(ref.Segments, func(sha string) bool { _, done := v.manifests[sha]; return !done }) {
		return nil
	}
	if _, err := v.lake.Watermarks(&Commit{Watermarks: map[string]WatermarkRef{name: ref}}); err != nil {
		if !v.kept(c.Version) && errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err := v.damage(ProblemManifest, layerBronze+"/"+name, c.Version, err); err != nil {
			return err
		}
	}
	for _, sha := range ref.Segments {
		v.manifests[sha] = nil
		v.report.Manifests++
	}
	return nil
}
