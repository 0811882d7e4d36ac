package lake

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// remove deletes what the plan names: data files first and durably, then the manifests
// that name them. So whatever cuts it off, the next vacuum still finds the rest.
func (p *vacuumPlan) remove(ctx context.Context, l *Lake) error {
	if err := l.removeStates(p.report.States); err != nil {
		return err
	}
	var dirs []string
	for _, path := range p.report.Paths {
		if err := ctx.Err(); err != nil {
			return err
		}
		file := l.abs(path)
		if err := l.disk.do(StepVacuumFile, func() error { return os.Remove(file) }); err != nil {
			return ioError("vacuum", file, err)
		}
		if dir := filepath.Dir(file); !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	for _, dir := range dirs {
		if err := l.disk.do(StepSyncVacuum, func() error { return syncDir(dir) }); err != nil {
			return ioError("vacuum", dir, err)
		}
	}
	for _, sha := range p.documents {
		file := l.documentPath(sha)
		if err := l.disk.do(StepVacuumManifest, func() error { return os.Remove(file) }); err != nil {
			return ioError("vacuum", file, err)
		}
	}
	if len(p.documents) == 0 {
		return nil
	}
	dir := l.path(manifestsDir)
	return ioError("vacuum", dir, l.disk.do(StepSyncVacuum, func() error { return syncDir(dir) }))
}

func (l *Lake) documentPath(sha string) string { return l.path(manifestsDir, sha+".json") }

func isGone(err error) bool { return errors.Is(err, fs.ErrNotExist) }
