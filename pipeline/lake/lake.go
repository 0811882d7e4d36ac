// Package lake owns the data root: the commit log, manifests, snapshots, the
// publishing of new states, recovery, verification and the projections that
// ordinary tools read (releases/, current, customer360.duckdb).
//
// It must not know what the tables mean, how they are built or where they come
// from: it is given finished Parquet files and publishes them, all or none.
// docs/lake-format.md describes the stored bytes.
package lake

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/customer360/pipeline/pipeline/lake/delta"
)

// LayoutVersion is the version of the stored format that this package writes and
// the newest that it reads.
const LayoutVersion = 1

// KeepReleases is how many releases stay on disk; older ones are pruned, never the
// one that current points to.
const KeepReleases = 10

// Directories and files below the root. Only current, releases and the table
// directories are meant for other tools.
const (
	metaDir      = "_lake"
	formatFile   = metaDir + "/format.json"
	lockFile     = metaDir + "/lock"
	commitsDir   = metaDir + "/commits"
	manifestsDir = metaDir + "/manifests"
	tmpDir       = metaDir + "/tmp"
	runsDir      = metaDir + "/runs"
	resumeDir    = metaDir + "/resume"
	stateDir     = metaDir + "/state"
	releasesDir  = "releases"
	currentLink  = "current"
)

// Layers in the order in which they are built; the first is not projected into releases.
const (
	layerBronze = "bronze"
	layerSilver = "silver"
	layerGold   = "gold"
	layerOps    = "ops"
)

var projectedLayers = []string{layerSilver, layerGold, layerOps}

// Options are what a lake needs from outside.
type Options struct {
	// Now is the clock; required by Create and Lock, not used by readers.
	Now func() time.Time
	// Step is called with "before <step>" and "after <step>" around every I/O step
	// that changes the lake (see Steps). An error it returns is treated as the
	// failure of that step. Nil in production.
	Step func(at string) error
}

// Lake is an open data root. It is safe for concurrent readers; writing needs a Lock.
type Lake struct {
	root    string
	id      string
	created time.Time
	now     func() time.Time
	disk    disk
	keep    int   // releases that stay
	every   int64 // versions of a Delta log from one checkpoint to the next
}

// Format is _lake/format.json.
type Format struct {
	LakeID        string    `json:"lake_id"`
	LayoutVersion int       `json:"layout_version"`
	CreatedAt     time.Time `json:"created_at"`
}

// Open opens the lake at root for reading or writing; it changes nothing on disk.
// It returns ErrNoLake if there is none, ErrNewerFormat if a newer program wrote it.
func Open(root string, o Options) (*Lake, error) {
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("open lake: %w", err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	raw, err := os.ReadFile(filepath.Join(abs, formatFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &Error{Op: "open lake", Path: abs, Kind: ErrNoLake,
			Advice: "run `pipeline run` to create it, or name the right directory with --lake"}
	}
	if err != nil {
		return nil, readError("open lake", abs, err)
	}
	var f Format
	if err := json.Unmarshal(raw, &f); err != nil || f.LayoutVersion < 1 || f.LakeID == "" {
		return nil, &Error{Op: "open lake", Path: filepath.Join(abs, formatFile), Kind: ErrCorrupt, Err: err,
			Advice: "restore this file from a backup; the tables are not touched"}
	}
	if f.LayoutVersion > LayoutVersion {
		return nil, &Error{Op: "open lake", Path: abs, Kind: ErrNewerFormat,
			Err:    fmt.Errorf("its layout version is %d, this program knows up to %d", f.LayoutVersion, LayoutVersion),
			Advice: "use the newer pipeline program that wrote it"}
	}
	return &Lake{root: abs, id: f.LakeID, created: f.CreatedAt, now: o.Now, disk: disk{step: o.Step}, keep: KeepReleases, every: delta.CheckpointEvery}, nil
}

// Create makes an empty lake at root unless there is one, then opens it.
func Create(root string, o Options) (*Lake, error) {
	l, err := Open(root, o)
	if !errors.Is(err, ErrNoLake) {
		return l, err
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, fmt.Errorf("create lake: %w", err)
	}
	if names, _ := os.ReadDir(filepath.Join(abs, commitsDir)); len(names) > 0 {
		return nil, &Error{Op: "create lake", Path: filepath.Join(abs, formatFile), Kind: ErrCorrupt,
			Err:    errors.New("missing, although the lake has commits"),
			Advice: "restore this file from a backup; nothing was changed"}
	}
	for _, dir := range []string{commitsDir, manifestsDir, tmpDir, runsDir, resumeDir, releasesDir} {
		if err := os.MkdirAll(filepath.Join(abs, dir), 0o755); err != nil {
			return nil, ioError("create lake", abs, err)
		}
	}
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		return nil, fmt.Errorf("create lake: %w", err)
	}
	raw, err := json.MarshalIndent(Format{hex.EncodeToString(id), LayoutVersion, o.Now().UTC()}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("create lake: %w", err)
	}
	if err := createFormat(abs, append(raw, '\n')); err != nil {
		return nil, err
	}
	return Open(root, o)
}

// createFormat links format.json into place, so that it is whole or absent, and so
// that a lake on a file system without hard links is refused before any work.
func createFormat(root string, raw []byte) error {
	part := filepath.Join(root, tmpDir, fmt.Sprintf("format-%d.part", os.Getpid()))
	defer os.Remove(part)
	if err := writeSynced(part, raw); err != nil {
		return ioError("create lake", root, err)
	}
	if err := os.Link(part, filepath.Join(root, formatFile)); err != nil && !errors.Is(err, fs.ErrExist) {
		return linkError("create lake", root, err)
	}
	for _, dir := range []string{metaDir, "."} {
		if err := syncDir(filepath.Join(root, dir)); err != nil {
			return ioError("create lake", root, err)
		}
	}
	return nil
}

// Root is the absolute path of the lake, symbolic links resolved.
func (l *Lake) Root() string { return l.root }

// ID is the lake's identity; it stays when the lake is moved or copied.
func (l *Lake) ID() string { return l.id }

// RunDir is _lake/runs/<run>: what a run leaves for `runs`, `rejects` and `check`,
// whether it published or failed. It may not exist.
func (l *Lake) RunDir(run string) string { return l.path(runsDir, run) }

// ResumeDir is _lake/resume/<source>/<object>: unfinished extraction that survives
// runs. It may not exist.
func (l *Lake) ResumeDir(source, object string) string { return l.path(resumeDir, source, object) }

// ResumeRoot is the directory that holds those of all sources.
func (l *Lake) ResumeRoot() string { return l.path(resumeDir) }

// StateDir is _lake/state/<name>: what builds leave for later ones to be quicker, a directory for
// each as-of. Nothing hangs on it. It may not exist.
func (l *Lake) StateDir(name string) string { return l.path(stateDir, name) }

// Runs lists the runs that have a directory, oldest first.
func (l *Lake) Runs() ([]string, error) {
	entries, err := os.ReadDir(l.path(runsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, readError("list runs", l.path(runsDir), err)
	}
	var runs []string
	for _, e := range entries {
		if e.IsDir() && runName.MatchString(e.Name()) {
			runs = append(runs, e.Name())
		}
	}
	return runs, nil
}

// WriteRunFile durably writes (or replaces) a file in RunDir(run): whole or not at all.
func (l *Lake) WriteRunFile(run, name string, data []byte) error {
	if !runName.MatchString(run) || filepath.Base(name) != name {
		return fmt.Errorf("write run file: bad name %q/%q", run, name)
	}
	dir := l.RunDir(run)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return ioError("write run file", dir, err)
	}
	final := filepath.Join(dir, name)
	return ioError("write run file", final, l.disk.do(StepWriteRunFile, func() error {
		return errors.Join(replaceSynced(final, data), syncDir(l.path(runsDir)))
	}))
}

func (l *Lake) path(parts ...string) string {
	return filepath.Join(append([]string{l.root}, parts...)...)
}

// abs turns a manifest's relative slash path into a path of this machine.
func (l *Lake) abs(rel string) string { return filepath.Join(l.root, filepath.FromSlash(rel)) }

var (
	runName   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	tableName = regexp.MustCompile(`^(bronze/[a-z0-9][a-z0-9_.-]*/[a-z0-9][a-z0-9_.-]*|(silver|gold|ops)/[a-z][a-z0-9_]*)$`)
	fileName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.=-]*$`)
)
