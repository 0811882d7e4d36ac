package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/customer360/pipeline/pipeline/lake/delta"
)

// Names of unfinished things below releases/: never a number, so never a release.
const (
	buildingPrefix = ".building-"
	removingPrefix = ".removing-"
)

// ProjectionReport says what was done to bring releases/ and current to the head.
type ProjectionReport struct {
	Release  int64   `json:"release"`          // the release that current points to now; 0 = nothing to show yet
	Built    bool    `json:"built"`            // releases/<Release> was made or repaired
	Switched bool    `json:"switched"`         // current was replaced
	Pruned   []int64 `json:"pruned,omitempty"` // old releases that were removed
	// Delta are the tables whose Delta logs were brought up to the head.
	Delta []string `json:"delta,omitempty"`
}

func (r ProjectionReport) clean() bool {
	return !r.Built && !r.Switched && len(r.Pruned) == 0 && len(r.Delta) == 0
}

func sameProjection(a, b map[string]string) bool { return maps.Equal(projected(a), projected(b)) }

func hasProjection(tables map[string]string) bool { return len(projected(tables)) > 0 }

func projected(tables map[string]string) map[string]string {
	out := map[string]string{}
	for table, sha := range tables {
		if slices.Contains(projectedLayers, layerOf(table)) {
			out[table] = sha
		}
	}
	return out
}

// project makes releases/<head.Release> and lets current point to it. It may be cut
// off anywhere and repeated. It needs the lock.
func (l *Lake) project(ctx context.Context, head *Commit) (ProjectionReport, error) {
	var report ProjectionReport
	if err := l.removeUnfinished(); err != nil {
		return report, ioError("project", l.path(releasesDir), err)
	}
	if head == nil || head.Release == 0 {
		return report, nil
	}
	v := head.Release
	report.Release = v
	links, err := l.releaseLinks(head)
	if err != nil {
		return report, err
	}
	if !l.releaseHolds(v, links) {
		report.Built = true
		if err := l.buildRelease(v, links); err != nil {
			return report, err
		}
	}
	if !l.catalogHolds(v) {
		report.Built = true
		if err := l.writeCatalog(ctx, v); err != nil {
			return report, err
		}
	}
	if l.currentRelease() != v {
		report.Switched = true
		if err := l.switchCurrent(v); err != nil {
			return report, err
		}
	}
	if report.Pruned, err = l.prune(v); err != nil {
		return report, err
	}
	// Last: whatever is wrong with a log, the release is there.
	report.Delta, err = l.projectDelta(ctx, head)
	return report, err
}

// releaseLinks maps paths in the release (slashes, relative to it) to files of the lake.
func (l *Lake) releaseLinks(c *Commit) (map[string]File, error) {
	links := map[string]File{}
	for table, sha := range projected(c.Tables) {
		m, err := l.readManifest(table, sha)
		if err != nil {
			return nil, err
		}
		for _, f := range m.Files {
			if m.Storage == StorageSingle {
				links[table+".parquet"] = f
			} else {
				links[f.Path] = f
			}
		}
	}
	return links, nil
}

func (l *Lake) releaseDir(v int64) string { return l.path(releasesDir, strconv.FormatInt(v, 10)) }

// releaseHolds says whether the release has exactly the linked files. A copy of the
// lake may hold copies instead of links: equal size will do here, verify compares bytes.
func (l *Lake) releaseHolds(v int64, links map[string]File) bool {
	found, err := parquetBelow(l.releaseDir(v))
	if err != nil || len(found) != len(links) {
		return false
	}
	for rel, size := range found {
		if f, ok := links[rel]; !ok || size != f.Bytes {
			return false
		}
	}
	return true
}

// parquetBelow lists *.parquet below a directory: relative slash path to size.
func parquetBelow(root string) (map[string]int64, error) {
	found := map[string]int64{}
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err == nil && e.IsDir() && e.Name() == delta.LogDir {
			return fs.SkipDir // its checkpoints are Parquet, too
		}
		if err != nil || e.IsDir() || filepath.Ext(p) != ".parquet" {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, p)
		found[filepath.ToSlash(rel)] = info.Size()
		return err
	})
	return found, err
}

func (l *Lake) buildRelease(v int64, links map[string]File) error {
	building := l.path(releasesDir, buildingPrefix+strconv.FormatInt(v, 10))
	dirs := []string{building}
	for _, layer := range projectedLayers {
		dirs = append(dirs, filepath.Join(building, layer))
	}
	for rel := range links {
		if dir := filepath.Join(building, filepath.FromSlash(path.Dir(rel))); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	slices.Sort(dirs)
	err := l.disk.do(StepMakeRelease, func() error {
		for _, dir := range dirs {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return ioError("make release", building, err)
	}
	for _, rel := range slices.Sorted(maps.Keys(links)) {
		target := filepath.Join(building, filepath.FromSlash(rel))
		err := l.disk.do(StepLinkRelease, func() error { return os.Link(l.abs(links[rel].Path), target) })
		if err != nil {
			return linkError("make release", target, err)
		}
	}
	err = l.disk.do(StepSyncRelease, func() error {
		for _, dir := range dirs {
			if err := syncDir(dir); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return ioError("make release", building, err)
	}
	final := l.releaseDir(v)
	if err := l.hideRelease(v); err != nil { // an incomplete one of this number
		return err
	}
	err = l.disk.do(StepRenameRelease, func() error {
		return errors.Join(os.Rename(building, final), syncDir(l.path(releasesDir)))
	})
	if err == nil {
		err = l.removeUnfinished()
	}
	return ioError("make release", final, err)
}

// currentRelease is the version that current points to; 0 if it is missing or foreign.
func (l *Lake) currentRelease() int64 {
	target, err := os.Readlink(l.path(currentLink))
	if err != nil {
		return 0
	}
	v, err := strconv.ParseInt(strings.TrimPrefix(target, releasesDir+"/"), 10, 64)
	if err != nil || target != fmt.Sprintf("%s/%d", releasesDir, v) {
		return 0
	}
	return v
}

func (l *Lake) switchCurrent(v int64) error {
	link := l.path(currentLink)
	temp := l.path(tmpDir, "current.part")
	if info, err := os.Lstat(link); err == nil && info.Mode()&fs.ModeSymlink == 0 {
		return &Error{Op: "switch", Path: link, Err: errors.New("it is not the symbolic link that a lake has there"),
			Advice: "move it away; `pipeline lake recover` makes the link again"}
	}
	err := l.disk.do(StepMakeCurrent, func() error {
		if err := os.Remove(temp); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return os.Symlink(fmt.Sprintf("%s/%d", releasesDir, v), temp)
	})
	if err == nil {
		err = l.disk.do(StepRenameCurrent, func() error {
			return errors.Join(os.Rename(temp, link), syncDir(l.root))
		})
	}
	return ioError("switch", link, err)
}

// releases lists the releases on disk, newest first.
func (l *Lake) releases() ([]int64, error) {
	entries, err := os.ReadDir(l.path(releasesDir))
	if err != nil {
		return nil, err
	}
	var out []int64
	for _, e := range entries {
		if v, err := strconv.ParseInt(e.Name(), 10, 64); err == nil && v > 0 && e.IsDir() {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	slices.Reverse(out)
	return out, nil
}

// prune removes all but the newest releases. It renames one away before removing it,
// so that a reader finds a release whole or not at all.
func (l *Lake) prune(current int64) ([]int64, error) {
	all, err := l.releases()
	if err != nil {
		return nil, ioError("prune", l.path(releasesDir), err)
	}
	var pruned []int64
	for i, v := range all {
		if i < l.keep || v == current {
			continue
		}
		if err := l.hideRelease(v); err != nil {
			return pruned, err
		}
		pruned = append(pruned, v)
	}
	if len(pruned) > 0 {
		err = l.removeUnfinished()
	}
	return pruned, ioError("prune", l.path(releasesDir), err)
}

func (l *Lake) hideRelease(v int64) error {
	dir := l.releaseDir(v)
	if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	hidden := l.path(releasesDir, removingPrefix+strconv.FormatInt(v, 10))
	return ioError("hide release", dir, l.disk.do(StepHideRelease, func() error {
		if err := os.RemoveAll(hidden); err != nil {
			return err
		}
		return os.Rename(dir, hidden)
	}))
}

// removeUnfinished removes releases that were being built or removed.
func (l *Lake) removeUnfinished() error {
	entries, err := os.ReadDir(l.path(releasesDir))
	if errors.Is(err, fs.ErrNotExist) {
		return os.MkdirAll(l.path(releasesDir), 0o755)
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), buildingPrefix) && !strings.HasPrefix(e.Name(), removingPrefix) {
			continue
		}
		dir := l.path(releasesDir, e.Name())
		if err := l.disk.do(StepRemoveRelease, func() error { return os.RemoveAll(dir) }); err != nil {
			return err
		}
	}
	return nil
}
