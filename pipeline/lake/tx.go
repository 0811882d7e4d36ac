package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// Tx stages the files of one run and publishes them, in one commit or several (bronze
// first, then silver, gold and ops). Part and Add are safe for concurrent use; nothing
// else may run beside Publish and Close.
type Tx struct {
	lake *Lake
	lock *Lock
	run  string
	dir  string

	mu sync.Mutex
	// staged are the files added and not yet linked: final path to part.
	staged map[string]string
	added  map[string]File
	parts  int
	broken error // an fsync that failed: nothing of this Tx may be published any more
}

// Begin starts the changes of a run: it first recovers what a dead run left (see
// Recover), then makes _lake/tmp/<run>. What recovery did is in the report.
func (l *Lake) Begin(ctx context.Context, lock *Lock, run string) (*Tx, RecoverReport, error) {
	if !runName.MatchString(run) {
		return nil, RecoverReport{}, fmt.Errorf("begin: bad run id %q", run)
	}
	report, err := l.recoverLocked(ctx, lock)
	if err != nil {
		return nil, report, err
	}
	dir := l.path(tmpDir, run)
	err = l.disk.do(StepMakeStaging, func() error { return makeDirs(l.root, dir) })
	if err != nil {
		return nil, report, ioError("begin", dir, err)
	}
	if err := l.probeLinks(dir); err != nil {
		return nil, report, errors.Join(err, os.RemoveAll(dir))
	}
	t := &Tx{lake: l, lock: lock, run: run, dir: dir, staged: map[string]string{}, added: map[string]File{}}
	return t, report, nil
}

// probeLinks refuses a file system without hard links before any work is done on it: a
// lake may have been copied to one.
func (l *Lake) probeLinks(dir string) error {
	return ioError("begin", dir, l.disk.do(StepProbeLink, func() error {
		probe := filepath.Join(dir, "probe.part")
		f, err := os.Create(probe)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
		if err := os.Link(probe, probe+".part"); err != nil {
			return linkError("begin", probe, err)
		}
		return errors.Join(os.Remove(probe), os.Remove(probe+".part"))
	}))
}

// Run is the run id.
func (t *Tx) Run() string { return t.run }

// Part is the path of a new staging file on the lake's file system. name is a hint
// for people; every call gives another path. The caller writes the file.
func (t *Tx) Part(name string) string {
	t.mu.Lock()
	t.parts++
	number := t.parts
	t.mu.Unlock()
	clean := strings.Map(func(r rune) rune {
		if r < 128 && fileName.MatchString("a"+string(r)) {
			return r
		}
		return '_'
	}, name)
	return filepath.Join(t.dir, fmt.Sprintf("%04d-%s.part", number, clean))
}

// FileOptions say how a staged file is named in its table.
type FileOptions struct {
	// BaseName is the name without .parquet; it must be unique in the table for ever.
	// "" = content-addressed: <table>[_<partition>]-<first 16 hex digits of xxh3>, so
	// that the same content is the same file.
	BaseName string
	// Partition labels the file, e.g. 2026-11 or the target table of a state set.
	Partition string
	// Facts are kept with the file (File.Facts); JSON without blanks.
	Facts json.RawMessage
}

// Add makes a written part durable, measures it (size, checksum, rows and bounds from
// the Parquet footer) and gives it its final name, which it gets when a Publish lists
// the returned File. It never touches what readers see.
func (t *Tx) Add(table, part string, o FileOptions) (File, error) {
	if !tableName.MatchString(table) {
		return File{}, fmt.Errorf("add: %q is not a table name of the lake", table)
	}
	if o.Partition != "" && !fileName.MatchString(o.Partition) {
		return File{}, fmt.Errorf("add to %s: bad partition %q", table, o.Partition)
	}
	err := t.lake.disk.do(StepSyncPart, func() error { return syncFile(part) })
	if err != nil {
		return File{}, t.fail(ioError("add to "+table, part, err))
	}
	foot, err := readFooter(part)
	if err != nil {
		return File{}, ioError("add to "+table, part, err)
	}
	size, sum, err := hashFile(part)
	if err != nil {
		return File{}, ioError("add to "+table, part, err)
	}
	base := o.BaseName
	if base == "" {
		base = filepath.Base(table)
		if o.Partition != "" {
			base += "_" + o.Partition
		}
		base += "-" + sum[:16]
	}
	if !fileName.MatchString(base) {
		return File{}, fmt.Errorf("add to %s: bad file name %q", table, base)
	}
	f := File{Path: table + "/" + base + ".parquet", Partition: o.Partition, Bytes: size,
		Rows: foot.rows, XXH3: sum, Min: foot.min, Max: foot.max, Facts: o.Facts}
	t.mu.Lock()
	defer t.mu.Unlock()
	if old, ok := t.added[f.Path]; ok && old.XXH3 != sum {
		return File{}, fmt.Errorf("add to %s: two files named %s", table, base)
	}
	t.staged[f.Path], t.added[f.Path] = part, f
	return f, nil
}

// fail remembers a failed fsync. An fsync error is told once: the next try may succeed
// although something was lost, so there is no next try in this Tx.
func (t *Tx) fail(err error) error {
	if errors.Is(err, ErrNotDurable) {
		t.mu.Lock()
		t.broken = err
		t.mu.Unlock()
	}
	return err
}

// syncFile makes a part durable and read-only, so that no later writer of this path
// can change what commits describe.
func syncFile(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = f.Chmod(0o444)
	if err == nil {
		err = syncOrAbandon(f)
	}
	return errors.Join(err, f.Close())
}

// Close ends the run's changes: files that were linked for a commit that did not
// happen are removed, and the staging directory. If the head cannot be read back,
// nothing is removed.
func (t *Tx) Close() error {
	var report RecoverReport
	err := t.lake.sweepRun(t.run, &report)
	if err != nil {
		return fmt.Errorf("clean up after run %s: %w", t.run, err)
	}
	return nil
}
