package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// Problem codes of a VerifyReport.
const (
	ProblemCommit     = "commit"     // a commit is missing, damaged or not made on its parent
	ProblemManifest   = "manifest"   // a manifest or list of loaded files is missing or damaged
	ProblemMissing    = "missing"    // a data file is missing
	ProblemSize       = "size"       // a data file has another size
	ProblemChecksum   = "checksum"   // a data file has other bytes
	ProblemRows       = "rows"       // a data file's footer does not say the manifest's rows
	ProblemStray      = "stray"      // a *.parquet in a table directory that no version names
	ProblemLeftover   = "leftover"   // a dead run left something to recover
	ProblemProjection = "projection" // releases, current or customer360.duckdb are not those of the head
	ProblemDelta      = "delta"      // the Delta log of a table is not that of the head
)

// Problem is one thing that does not hold.
type Problem struct {
	Code    string `json:"code"`
	Path    string `json:"path,omitempty"` // relative to the lake
	Table   string `json:"table,omitempty"`
	Version int64  `json:"version,omitempty"` // newest version that is affected
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// VerifyReport is what was looked at and what does not hold.
type VerifyReport struct {
	Quick     bool      `json:"quick"`
	Head      int64     `json:"head"`
	Commits   int       `json:"commits"`
	Manifests int       `json:"manifests"`
	Files     int       `json:"files"`
	DeltaLogs int       `json:"delta_logs,omitempty"`
	Bytes     int64     `json:"bytes"` // of the files whose checksums were computed
	Problems  []Problem `json:"problems"`
	Notes     []string  `json:"notes,omitempty"` // not wrong: a run at work, expired versions
}

// OK says that no problem was found.
func (r VerifyReport) OK() bool { return len(r.Problems) == 0 }

// Hints that several problems share.
const (
	hintRestore = "restore this file from a backup"
	hintMend    = "`pipeline run --full-refresh` puts files of silver and gold right that the newest version names; restore others from a backup"
	hintRecover = "run `pipeline lake recover`"
)

// Verify checks the lake without changing it and without the lock; a run may be at
// work. Quick: the head, its parent and every file that it names, by size. Full: the
// whole chain, the checksums and footers of all files of all kept versions, files
// that no version names, and that releases and views are those of the head. The error
// is only for a check that could not be made; what does not hold is in the report.
func (l *Lake) Verify(ctx context.Context, quick bool) (VerifyReport, error) {
	for {
		v, err := l.verify(ctx, quick)
		if err != nil || v.report.OK() || !v.busy {
			return v.report, err
		}
		// A vacuum may have taken what the head named that was looked at.
		if head, err := l.Head(); err != nil || v.head == nil || head.KeepFrom <= v.head.KeepFrom {
			return v.report, nil //nolint:nilerr // a head that cannot be read is in the report
		}
	}
}

func (l *Lake) verify(ctx context.Context, quick bool) (*verifier, error) {
	v := &verifier{lake: l, ctx: ctx, report: VerifyReport{Quick: quick, Problems: []Problem{}},
		manifests: map[string]*Manifest{}, files: map[string]File{}, expired: map[string]File{}}
	// A running publish makes things in this order: intent, files, commit, projections.
	// Looking at them in that order, the head last, takes no finished step for damage.
	_, v.busy = l.Holder()
	if !quick {
		if err := v.listTableDirs(); err != nil {
			return v, err
		}
	}
	if err := v.readIntents(); err != nil {
		return v, err
	}
	if err := v.chain(); err != nil || v.head == nil {
		return v, err
	}
	if err := v.checkFiles(); err != nil {
		return v, err
	}
	v.checkStrays()
	err := v.checkProjection()
	if err == nil {
		err = v.checkDelta()
	}
	return v, err
}

type verifier struct {
	lake      *Lake
	ctx       context.Context
	report    VerifyReport
	busy      bool // a run holds the lock
	head      *Commit
	manifests map[string]*Manifest // by sha256; nil = damaged, reported already
	files     map[string]File      // of the checked versions that are kept, by path
	expired   map[string]File      // that only expired versions name: they may be gone
	onDisk    []string
	intended  map[string]string // path to the run that was about to link it
	damaged   bool              // the references are not complete
}

func (v *verifier) problem(p Problem) { v.report.Problems = append(v.report.Problems, p) }

// damage turns an error of reading into a problem; an error of the machine stays one.
func (v *verifier) damage(code, table string, version int64, err error) error {
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrNotFound) {
		return err
	}
	v.damaged = true
	v.problem(Problem{Code: code, Path: v.relative(e.Path), Table: table, Version: version, Message: err.Error(), Hint: hintRestore})
	return nil
}

func (v *verifier) relative(p string) string {
	if rel, err := filepath.Rel(v.lake.root, p); err == nil && filepath.IsAbs(p) {
		return filepath.ToSlash(rel)
	}
	return p
}

func (v *verifier) checkFiles() error {
	paths := make([]string, 0, len(v.files))
	for p := range v.files {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if err := v.checkFile(v.files[p]); err != nil {
			return err
		}
	}
	return nil
}

func (v *verifier) checkFile(f File) error {
	v.report.Files++
	bad := func(code, format string, args ...any) {
		v.problem(Problem{Code: code, Path: f.Path, Table: filepath.ToSlash(filepath.Dir(f.Path)), Message: fmt.Sprintf(format, args...), Hint: hintMend})
	}
	path := v.lake.abs(f.Path)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		bad(ProblemMissing, "the file is missing")
		return nil
	}
	if err != nil {
		return readError("verify", path, err)
	}
	if info.Size() != f.Bytes {
		bad(ProblemSize, "the file has %d bytes, not %d", info.Size(), f.Bytes)
		return nil
	}
	if v.report.Quick {
		return nil
	}
	size, sum, err := hashFile(path)
	if err != nil {
		return readError("verify", path, err)
	}
	v.report.Bytes += size
	if sum != f.XXH3 {
		bad(ProblemChecksum, "the file's xxh3 is %s, not %s", sum, f.XXH3)
		return nil
	}
	foot, err := readFooter(path)
	if err != nil {
		bad(ProblemRows, "the file's footer cannot be read: %v", err)
	} else if foot.rows != f.Rows {
		bad(ProblemRows, "the file's footer says %d rows, not %d", foot.rows, f.Rows)
	}
	return nil
}

func (v *verifier) listTableDirs() error {
	for _, layer := range append([]string{layerBronze}, projectedLayers...) {
		found, err := parquetBelow(v.lake.path(layer))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return readError("verify", v.lake.path(layer), err)
		}
		for rel := range found {
			v.onDisk = append(v.onDisk, layer+"/"+rel)
		}
	}
	slices.Sort(v.onDisk)
	return nil
}

// readIntents finds unfinished publishes: of the run at work, or of dead ones.
func (v *verifier) readIntents() error {
	v.intended = map[string]string{}
	dir := v.lake.path(tmpDir)
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return readError("verify", dir, err)
	}
	for _, e := range entries {
		if v.busy {
			v.report.Notes = append(v.report.Notes, fmt.Sprintf("%s/%s belongs to a run at work", tmpDir, e.Name()))
		} else {
			v.problem(Problem{Code: ProblemLeftover, Path: tmpDir + "/" + e.Name(), Message: "a run was cut off and left this",
				Hint: hintRecover + "; the next run does it too"})
		}
		var in intent
		raw, err := os.ReadFile(filepath.Join(dir, e.Name(), "intent.json"))
		if err == nil && json.Unmarshal(raw, &in) == nil {
			for _, f := range in.Files {
				v.intended[f] = e.Name()
			}
		}
	}
	return nil
}

func (v *verifier) checkStrays() {
	if v.report.Quick {
		return
	}
	if v.damaged {
		v.report.Notes = append(v.report.Notes, "files that no version names were not looked for, because commits or manifests are damaged")
		return
	}
	for _, p := range v.onDisk {
		if _, ok := v.files[p]; ok {
			continue
		}
		if _, ok := v.expired[p]; ok {
			continue
		}
		run, intended := v.intended[p]
		switch {
		case intended && v.busy:
			v.report.Notes = append(v.report.Notes, p+" is being published by a run at work")
		case intended:
			v.problem(Problem{Code: ProblemStray, Path: p, Message: "run " + run + " was cut off before it published this file", Hint: hintRecover})
		default:
			v.problem(Problem{Code: ProblemStray, Path: p, Message: "no version names this file",
				Hint: "it was not written by a pipeline run; move it out of the table's directory"})
		}
	}
}
