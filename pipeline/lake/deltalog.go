package lake

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"github.com/customer360/pipeline/pipeline/lake/delta"
)

// deltaStage is the staging directory of logs, below tmpDir.
const deltaStage = "delta"

// deltaTables are the tables of a commit that have a Delta log, sorted.
func (c *Commit) deltaTables() []string {
	var out []string
	for table := range c.Tables {
		if slices.Contains(c.Delta, layerOf(table)) {
			out = append(out, table)
		}
	}
	slices.Sort(out)
	return out
}

func (l *Lake) deltaDir(table string) string {
	return filepath.Join(l.abs(table), delta.LogDir)
}

func (l *Lake) deltaOwner(table string) delta.Owner {
	return delta.Owner{Lake: l.id, Table: table, Created: l.created}
}

// deltaLogs are the tables that have a log on disk, whether they should or not. bad are
// those whose log is not as the lake wrote it, as far as that is seen without reading it.
func (l *Lake) deltaLogs() (logs map[string]delta.Listing, bad map[string]error, err error) {
	logs, bad = map[string]delta.Listing{}, map[string]error{}
	for _, layer := range projectedLayers {
		entries, err := os.ReadDir(l.path(layer))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, nil, readError("list delta logs", l.path(layer), err)
		}
		for _, e := range entries {
			table := layer + "/" + e.Name()
			list, err := l.deltaList(table)
			switch {
			case err != nil:
				bad[table] = err
			case list.Tail() >= 0:
				logs[table] = list
			}
		}
	}
	return logs, bad, nil
}

// deltaList lists a table's log, and looks for what another program left there.
func (l *Lake) deltaList(table string) (delta.Listing, error) {
	list, err := delta.List(l.deltaDir(table))
	if err == nil {
		err = list.Inspect(l.every)
	}
	return list, deltaError(table, err)
}

// deltaShows is which state of the lake the newest version of a table's log shows; nil =
// there is no log.
func (l *Lake) deltaShows(table string, list delta.Listing) (*delta.Info, error) {
	if list.Tail() < 0 {
		return nil, nil
	}
	info, err := list.Info(list.Tail(), l.deltaOwner(table))
	if err != nil {
		return nil, deltaError(table, err)
	}
	return &info, nil
}

// deltaChange is what a commit makes of a table, for the table's log.
func (l *Lake) deltaChange(c *Commit, table string) (delta.Change, error) {
	sha := c.Tables[table]
	change := delta.Change{Version: c.Version, Manifest: sha, Run: c.Run, Operation: c.Operation, AsOf: c.AsOf, At: c.CreatedAt}
	if sha == "" {
		return change, nil
	}
	m, err := l.readManifest(table, sha)
	if err != nil {
		return change, err
	}
	change.Fields, err = l.deltaFields(m)
	change.Files = []delta.File{}
	for _, f := range m.Files {
		change.Files = append(change.Files, delta.File{Path: path.Base(f.Path), Partition: f.Partition, Bytes: f.Bytes, Rows: f.Rows})
	}
	change.Measure = func(f delta.File) (delta.Bounds, error) {
		foot, err := readFooter(filepath.Join(l.abs(table), f.Path))
		return delta.Bounds{Min: foot.min, Max: foot.max, Nulls: foot.nulls}, err
	}
	return change, err
}

// deltaCan says whether Delta has a counterpart to every type of a table's columns.
func (l *Lake) deltaCan(c *Commit, table string) (bool, error) {
	m, err := l.readManifest(table, c.Tables[table])
	if err != nil {
		return false, err
	}
	for _, col := range m.Schema {
		if !delta.Portable(col.Type) {
			return false, nil
		}
	}
	return true, nil
}

// deltaFields are the columns of a manifest with the comments that its last file carries.
func (l *Lake) deltaFields(m *Manifest) ([]delta.Field, error) {
	file := l.abs(m.Files[len(m.Files)-1].Path)
	foot, err := readFooter(file)
	if err != nil {
		return nil, readError("read footer", file, err)
	}
	fields := make([]delta.Field, len(m.Schema))
	for i, c := range m.Schema {
		fields[i] = delta.Field{Name: c.Name, Type: c.Type, Comment: foot.comments[c.Name]}
	}
	return fields, nil
}

// writeAll writes parts and makes their bytes durable, some at a time: a disk syncs many
// files in hardly more time than one.
func writeAll(parts map[string][]byte) error {
	return each(parts, func(part string) error { return writeSynced(part, parts[part]) })
}

func syncDirs(dirs map[string]bool) error {
	return each(dirs, syncDir)
}

func each[V any](keys map[string]V, do func(key string) error) error {
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		errs []error
		slot = make(chan struct{}, 16)
	)
	for key := range keys {
		wg.Add(1)
		slot <- struct{}{}
		go func() {
			defer func() { <-slot; wg.Done() }()
			if err := do(key); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, err)
			}
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

// deltaError is readError for a log; what the log's reader says is the better hint.
func deltaError(table string, err error) error {
	var e *delta.LogError
	if err == nil || errors.As(err, &e) {
		return err
	}
	return readError("read delta log of", table, err)
}
