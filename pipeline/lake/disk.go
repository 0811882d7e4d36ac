package lake

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Step names one kind of I/O that changes the lake. A crash before or after any of
// them leaves the old or the new state of all tables.
type Step string

// The steps in the order in which a run takes them.
const (
	StepMakeStaging   Step = "make-staging"   // _lake/tmp/<run>
	StepSyncPart      Step = "sync-part"      // a data file's bytes
	StepWriteIntent   Step = "write-intent"   // the list of files about to be linked
	StepMakeTableDir  Step = "make-table-dir" // a new table directory and its parents
	StepLinkData      Step = "link-data"      // a data file to its final name
	StepSyncTableDir  Step = "sync-table-dir" // the names in a table directory
	StepWriteManifest Step = "write-manifest" // a manifest's bytes
	StepLinkManifest  Step = "link-manifest"  // a manifest to its final name
	StepSyncManifests Step = "sync-manifests" // the names of manifests
	StepWriteCommit   Step = "write-commit"   // the commit's bytes
	StepLinkCommit    Step = "link-commit"    // THE commit point
	StepSyncCommits   Step = "sync-commits"   // afterwards the commit is acknowledged
	StepClearIntent   Step = "clear-intent"   // the list is no longer needed
	StepMakeRelease   Step = "make-release"   // directories of a release under a temporary name
	StepLinkRelease   Step = "link-release"   // a data file into the release
	StepSyncRelease   Step = "sync-release"   // the names in a release
	StepRenameRelease Step = "rename-release" // the release to its final name
	StepWriteCatalog  Step = "write-catalog"  // customer360.duckdb under a temporary name
	StepNameCatalog   Step = "rename-catalog" // customer360.duckdb into the release
	StepMakeCurrent   Step = "make-current"   // the new symbolic link under a temporary name
	StepRenameCurrent Step = "rename-current" // current to the new release
	StepHideRelease   Step = "hide-release"   // an old release away from readers
	StepRemoveRelease Step = "remove-release" // its hard links
	StepRemoveStray   Step = "remove-stray"   // a file that a dead run linked and no commit names
	StepSyncStray     Step = "sync-stray"     // the directory it was in
	StepRemoveStaging Step = "remove-staging" // _lake/tmp/<run>

	StepVacuumFile     Step = "vacuum-file"     // a data file that only expired versions name
	StepSyncVacuum     Step = "sync-vacuum"     // the directory it was in
	StepVacuumManifest Step = "vacuum-manifest" // a manifest that only expired versions name
	StepMakeKept       Step = "make-kept"       // the directory of kept parts
	StepKeepPart       Step = "keep-part"       // a finished part beside the tables, for a later run
	StepWriteKept      Step = "write-kept"      // the list that makes the kept parts count
	StepForgetKept     Step = "forget-kept"     // kept parts that were published
	StepWriteRunFile   Step = "write-run-file"  // a file that a run leaves to look at
	StepProbeLink      Step = "probe-link"      // whether hard links work here
	StepMendFile       Step = "mend-file"       // the right bytes in the place of damaged ones

	StepWriteDelta  Step = "write-delta"  // the bytes of new files of Delta logs
	StepMakeDelta   Step = "make-delta"   // the directory of a new log
	StepLinkDelta   Step = "link-delta"   // a version or checkpoint into its log
	StepSyncDelta   Step = "sync-delta"   // the names in logs
	StepPointDelta  Step = "point-delta"  // which checkpoint is the newest
	StepTrimDelta   Step = "trim-delta"   // an expired version or checkpoint of a log
	StepForgetDelta Step = "forget-delta" // the log of a layer that has none any more
)

// Steps lists all steps, for tests that fail or stop at each.
func Steps() []Step {
	return []Step{StepMakeStaging, StepSyncPart, StepWriteIntent, StepMakeTableDir, StepLinkData,
		StepSyncTableDir, StepWriteManifest, StepLinkManifest, StepSyncManifests, StepWriteCommit,
		StepLinkCommit, StepSyncCommits, StepClearIntent, StepMakeRelease, StepLinkRelease,
		StepSyncRelease, StepRenameRelease, StepWriteCatalog, StepNameCatalog, StepMakeCurrent,
		StepRenameCurrent, StepHideRelease, StepRemoveRelease, StepRemoveStray, StepSyncStray,
		StepRemoveStaging, StepVacuumFile, StepSyncVacuum, StepVacuumManifest, StepMakeKept, StepKeepPart, StepWriteKept,
		StepForgetKept, StepWriteRunFile, StepProbeLink, StepMendFile,
		StepWriteDelta, StepMakeDelta, StepLinkDelta, StepSyncDelta, StepPointDelta, StepTrimDelta, StepForgetDelta}
}

// disk runs I/O steps with the fault-injection hook around them.
type disk struct {
	step func(at string) error
}

func (d disk) do(s Step, io func() error) error {
	if d.step == nil {
		return io()
	}
	if err := d.step("before " + string(s)); err != nil {
		return err
	}
	if err := io(); err != nil {
		return err
	}
	return d.step("after " + string(s))
}

// writeSynced writes a new file and makes its bytes durable (not yet its name). An
// existing file is unlinked first: it may share its bytes with a published one.
func writeSynced(path string, data []byte) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil {
		err = syncOrAbandon(f)
	}
	return errors.Join(err, f.Close())
}

// replaceSynced puts a file in the place of another: whole or not at all.
func replaceSynced(final string, data []byte) error {
	part := final + ".part"
	if err := writeSynced(part, data); err != nil {
		return err
	}
	if err := os.Rename(part, final); err != nil {
		return err
	}
	return syncDir(filepath.Dir(final))
}

// syncOrAbandon makes a new file's bytes durable. If the kernel cannot, they may be lost
// though a second try would succeed: it tells of the error once. So the file is removed,
// and whoever needs it writes it anew.
func syncOrAbandon(f *os.File) error {
	err := f.Sync()
	if err == nil {
		return nil
	}
	return errors.Join(&syncError{f.Name(), err}, os.Remove(f.Name()))
}

// syncError says that bytes or names were not made durable and must not be relied on.
type syncError struct {
	path string
	err  error
}

func (e *syncError) Error() string { return "fsync " + e.path + ": " + e.err.Error() }
func (e *syncError) Unwrap() error { return e.err }

// linkSame links part to final. A final file with the same bytes is reuse: reused is
// true. One with other bytes is ErrConflict.
func linkSame(part, final string, same func() (bool, error)) (reused bool, err error) {
	err = os.Link(part, final)
	if err == nil {
		return false, nil
	}
	if !errors.Is(err, fs.ErrExist) {
		return false, linkError("link", final, err)
	}
	ok, err := same()
	if err != nil {
		return false, readError("compare", final, err)
	}
	if !ok {
		return false, &Error{Op: "link", Path: final, Kind: ErrConflict,
			Err:    errors.New("a file of this name has other content"),
			Advice: "run `pipeline lake verify`: the existing file is damaged or was put there by something else"}
	}
	return true, nil
}

func sameBytes(path string, want []byte) func() (bool, error) {
	return func() (bool, error) {
		have, err := os.ReadFile(path)
		return err == nil && bytes.Equal(have, want), err
	}
}

// syncDir makes the names in a directory durable.
func syncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return errors.Join(&syncError{dir, err}, f.Close())
	}
	return f.Close()
}

// makeDirs creates dir and its missing parents below root, and makes their names
// durable, those too that a dead run may have made and not synced.
func makeDirs(root, dir string) error {
	var path []string
	for at := dir; at != root; at = filepath.Dir(at) {
		path = append(path, at)
	}
	for i := len(path) - 1; i >= 0; i-- {
		if err := os.Mkdir(path[i], 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
		if err := syncDir(filepath.Dir(path[i])); err != nil {
			return err
		}
	}
	return nil
}
