package lake

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"time"
)

// spareStates are the directories of states that no run would begin with: all but the newest up to
// the published as-of, relative to the lake. What else stands there is left alone. commits are
// newest first.
func (l *Lake) spareStates(commits []*Commit) (spare []string, err error) {
	asOf := ""
	for _, c := range commits {
		if asOf = c.AsOf; asOf != "" && !c.Historical {
			break
		}
	}
	kinds, err := os.ReadDir(l.path(stateDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, readError("vacuum", l.path(stateDir), err)
	}
	for _, kind := range kinds {
		if !kind.IsDir() {
			continue
		}
		entries, err := os.ReadDir(l.path(stateDir, kind.Name()))
		if err != nil {
			return nil, readError("vacuum", l.path(stateDir, kind.Name()), err)
		}
		kept := false
		for _, e := range slices.Backward(entries) { // ReadDir sorts by name: the newest first
			if _, err := time.Parse(time.DateOnly, e.Name()); err != nil || !e.IsDir() {
				continue
			}
			if !kept && e.Name() <= asOf {
				kept = true
				continue
			}
			spare = append(spare, path.Join(stateDir, kind.Name(), e.Name()))
		}
	}
	slices.Sort(spare)
	return spare, nil
}

// removeStates removes them; a power cut may bring some back, which the next vacuum finds.
func (l *Lake) removeStates(spare []string) error {
	for _, rel := range spare {
		dir := l.abs(rel)
		if err := l.disk.do(StepVacuumFile, func() error { return os.RemoveAll(dir) }); err != nil {
			return ioError("vacuum", dir, err)
		}
	}
	return nil
}
