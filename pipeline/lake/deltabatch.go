package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// deltaBatch gathers files that are to appear in logs, of all tables together: to make
// many files durable at once takes hardly longer than one.
type deltaBatch struct {
	lake   *Lake
	tables map[string]bool
	files  []deltaFile // in the order in which they are to appear
}

type deltaFile struct {
	final string
	raw   []byte
	at    time.Time
}

func newDeltaBatch(l *Lake) *deltaBatch { return &deltaBatch{lake: l, tables: map[string]bool{}} }

func (b *deltaBatch) add(table, name string, raw []byte, at time.Time) {
	b.tables[table] = true
	b.files = append(b.files, deltaFile{filepath.Join(b.lake.deltaDir(table), name), raw, at})
}

// link publishes the files: bytes durable first, then each name whole or not at all.
func (b *deltaBatch) link() error {
	if len(b.files) == 0 {
		return nil
	}
	l, stage := b.lake, b.lake.path(tmpDir, deltaStage)
	part := func(i int) string { return filepath.Join(stage, fmt.Sprintf("%06d.part", i)) }
	err := l.disk.do(StepWriteDelta, func() error {
		if err := errors.Join(os.RemoveAll(stage), os.Mkdir(stage, 0o755)); err != nil {
			return err
		}
		return b.write(part)
	})
	if err != nil {
		return ioError("write delta log", stage, err)
	}
	dirs, err := b.makeDirs()
	if err != nil {
		return err
	}
	for i, f := range b.files {
		err := l.disk.do(StepLinkDelta, func() error {
			_, err := linkSame(part(i), f.final, sameBytes(f.final, f.raw))
			return err
		})
		if err != nil {
			return ioError("write delta log", f.final, err)
		}
	}
	err = l.disk.do(StepSyncDelta, func() error {
		return errors.Join(syncDirs(dirs), os.RemoveAll(stage))
	})
	return ioError("write delta log", stage, err)
}

// write makes the parts. Their time is that of the lake's version: Delta readers go by it
// when they are asked for a state as of a time.
func (b *deltaBatch) write(part func(int) string) error {
	raws := map[string][]byte{}
	for i, f := range b.files {
		raws[part(i)] = f.raw
	}
	if err := writeAll(raws); err != nil {
		return err
	}
	for i, f := range b.files {
		if err := os.Chtimes(part(i), f.at, f.at); err != nil {
			return err
		}
	}
	return nil
}

// makeDirs makes missing log directories and says which directories must be synced.
func (b *deltaBatch) makeDirs() (map[string]bool, error) {
	dirs := map[string]bool{}
	for _, table := range slices.Sorted(maps.Keys(b.tables)) {
		dir := b.lake.deltaDir(table)
		dirs[dir] = true
		if _, err := os.Stat(dir); err == nil {
			continue
		}
		dirs[filepath.Dir(dir)] = true
		err := b.lake.disk.do(StepMakeDelta, func() error {
			if err := os.Mkdir(dir, 0o755); !errors.Is(err, fs.ErrExist) {
				return err
			}
			return nil
		})
		if err != nil {
			return nil, ioError("write delta log", dir, err)
		}
	}
	return dirs, nil
}

// replaceInLog puts a file in the place of another, whole or not at all.
func (l *Lake) replaceInLog(final string, raw []byte) error {
	stage := l.path(tmpDir, deltaStage)
	part := filepath.Join(stage, filepath.Base(final)+".part")
	err := l.disk.do(StepPointDelta, func() error {
		if err := errors.Join(os.RemoveAll(stage), os.Mkdir(stage, 0o755), writeSynced(part, raw)); err != nil {
			return err
		}
		return errors.Join(os.Rename(part, final), syncDir(filepath.Dir(final)), os.RemoveAll(stage))
	})
	return ioError("write delta log", final, err)
}
