package lake

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"
)

// RecoverReport says what recovery did. The zero value means: there was nothing to do.
type RecoverReport struct {
	Runs    []string `json:"runs,omitempty"`    // dead runs whose staging was removed
	Removed []string `json:"removed,omitempty"` // files that they had linked and no commit names, relative to the lake
	ProjectionReport
}

// Clean says that recovery found nothing to do.
func (r RecoverReport) Clean() bool {
	return len(r.Runs) == 0 && len(r.Removed) == 0 && r.ProjectionReport.clean()
}

// Recover brings the lake back in order after a crash: it removes the staging of dead
// runs and the files they linked without a commit, and rolls the projections forward
// to the head. It takes the lock; *LockedError means that a run is at work. If the
// commit chain cannot be read, it removes nothing.
func (l *Lake) Recover(ctx context.Context) (report RecoverReport, err error) {
	lock, err := l.Lock("recover")
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	return l.recoverLocked(ctx, lock)
}

func (l *Lake) recoverLocked(ctx context.Context, lock *Lock) (RecoverReport, error) {
	var report RecoverReport
	if lock == nil || lock.file == nil {
		return report, errors.New("recover: the lock is not held")
	}
	head, err := l.Head()
	if err != nil {
		return report, err
	}
	dir := l.path(tmpDir)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return report, ioError("recover", dir, err)
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return report, err
		}
		if err := l.sweepRun(e.Name(), &report); err != nil {
			return report, err
		}
		if e.IsDir() && e.Name() != projectionDir && e.Name() != deltaStage {
			report.Runs = append(report.Runs, e.Name())
		}
	}
	report.ProjectionReport, err = l.project(ctx, head)
	return report, err
}

// sweepRun removes what a run linked without a commit, then its staging directory. It
// first makes the commits durable that it sees: what it decides by must not vanish.
func (l *Lake) sweepRun(run string, report *RecoverReport) error {
	dir := l.path(tmpDir, run)
	raw, err := os.ReadFile(filepath.Join(dir, "intent.json"))
	switch {
	case err == nil:
		var in intent
		if err := json.Unmarshal(raw, &in); err != nil {
			return corrupt("recover", filepath.Join(dir, "intent.json"), "%w", err)
		}
		if err := l.removeUnreferenced(in, report); err != nil {
			return err
		}
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		// Nothing was about to be linked.
	default:
		return ioError("recover", dir, err)
	}
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return ioError("recover", dir, l.disk.do(StepRemoveStaging, func() error { return os.RemoveAll(dir) }))
}

func (l *Lake) removeUnreferenced(in intent, report *RecoverReport) error {
	if err := syncDir(l.path(commitsDir)); err != nil {
		return ioError("recover", l.path(commitsDir), err)
	}
	refs, err := l.references()
	if err != nil {
		return err
	}
	var strays []string
	for _, f := range in.Files {
		if tableName.MatchString(path.Dir(f)) && path.Ext(f) == ".parquet" && !refs.files[f] {
			strays = append(strays, f)
		}
	}
	for _, sha := range in.Documents {
		if filepath.Base(sha) == sha && !refs.documents[sha] {
			strays = append(strays, manifestsDir+"/"+sha+".json")
		}
	}
	var dirs []string
	for _, rel := range strays {
		file := l.abs(rel)
		if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err := l.disk.do(StepRemoveStray, func() error { return os.Remove(file) }); err != nil {
			return ioError("recover", file, err)
		}
		report.Removed = append(report.Removed, rel)
		if dir := filepath.Dir(file); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		if err := l.disk.do(StepSyncStray, func() error { return syncDir(dir) }); err != nil {
			return ioError("recover", dir, err)
		}
	}
	return nil
}

// references are the files and documents that any commit of the chain names.
type references struct {
	files     map[string]bool
	documents map[string]bool
}

// references reads the whole chain. It fails rather than leave out a commit, because
// what is not referenced may be removed.
func (l *Lake) references() (references, error) {
	refs := references{files: map[string]bool{}, documents: map[string]bool{}}
	var head *Commit
	for c, err := range l.Log() {
		if err != nil {
			return refs, err
		}
		if head == nil {
			head = c
		}
		for table, sha := range c.allTables() {
			if refs.documents[sha] {
				continue
			}
			m, err := l.readManifest(table, sha)
			if err != nil && (head.Keeps(c.Version) || !isGone(err)) {
				return refs, err
			}
			refs.documents[sha] = true
			if m == nil {
				continue
			}
			for _, f := range m.Files {
				refs.files[f.Path] = true
			}
		}
		for _, w := range c.Watermarks {
			for _, sha := range w.Segments {
				refs.documents[sha] = true
			}
		}
	}
	return refs, nil
}

// allTables yields current and historical tables with their manifests.
func (c *Commit) allTables() func(yield func(table, sha string) bool) {
	return func(yield func(table, sha string) bool) {
		for _, tables := range []map[string]string{c.Tables, c.HistoricalTables} {
			for table, sha := range tables {
				if !yield(table, sha) {
					return
				}
			}
		}
	}
}
