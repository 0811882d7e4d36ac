package lake

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Mend puts right what damaged the head's data files, as far as this Tx has built them
// again: a file that is missing, or has other bytes than its manifest says, is replaced by
// the part that was added under its name. It gives the paths of those replaced. It reads
// every file that the Tx has built again.
func (t *Tx) Mend(ctx context.Context) (mended []string, err error) {
	head, err := t.lake.Head()
	if err != nil || head == nil {
		return nil, err
	}
	for table, sha := range head.Tables {
		if !t.built(table) {
			continue
		}
		m, err := t.lake.readManifest(table, sha)
		if err != nil {
			return mended, err
		}
		for _, f := range m.Files {
			part := t.staged[f.Path]
			if part == "" || t.added[f.Path].XXH3 != f.XXH3 || t.lake.intact(f) {
				continue
			}
			if err := ctx.Err(); err != nil {
				return mended, err
			}
			if err := t.replace(f.Path, part); err != nil {
				return mended, ioError("mend", t.lake.abs(f.Path), err)
			}
			mended = append(mended, f.Path)
		}
	}
	slices.Sort(mended)
	return mended, nil
}

// built says whether files of the table were added.
func (t *Tx) built(table string) bool {
	for file := range t.staged {
		if strings.HasPrefix(file, table+"/") {
			return true
		}
	}
	return false
}

// intact compares a file with what its manifest says of it.
func (l *Lake) intact(f File) bool {
	size, sum, err := hashFile(l.abs(f.Path))
	return err == nil && size == f.Bytes && sum == f.XXH3
}

// replace gives the name of a damaged file, and its names in releases, to a part of the
// right content. The name in the table comes last: it tells whether all was done.
func (t *Tx) replace(file, part string) error {
	l := t.lake
	var names []string
	released, err := l.releases()
	if err != nil {
		return err
	}
	for _, v := range released {
		c, err := l.readLinked(v)
		if err != nil {
			return err
		}
		links, err := l.releaseLinks(c)
		if err != nil {
			return err
		}
		for rel, f := range links {
			if name := filepath.Join(l.releaseDir(v), filepath.FromSlash(rel)); f.Path == file {
				names = append(names, name)
			}
		}
	}
	for _, name := range append(names, l.abs(file)) {
		err := l.disk.do(StepMendFile, func() error {
			spare := part + ".mend"
			if err := os.Remove(spare); err != nil && !isGone(err) {
				return err
			}
			if err := os.Link(part, spare); err != nil {
				return err
			}
			if err := os.Rename(spare, name); err != nil {
				return err
			}
			return syncDir(filepath.Dir(name))
		})
		if err != nil {
			return err
		}
	}
	return nil
}
