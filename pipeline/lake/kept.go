package lake

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

// StagedFile is a data file of this Tx and where it stands until it is published.
type StagedFile struct {
	File
	Part string
}

// keptName is the file that says which files were kept, and from what they were made. It
// is written last: without it nothing is there.
const keptName = "kept.json"

// kept is the content of a keptName file.
type kept struct {
	Key   string     `json:"key"`
	Files []keptFile `json:"files"`
}

type keptFile struct {
	Table     string          `json:"table"`
	Partition string          `json:"partition"`
	XXH3      string          `json:"xxh3"`
	Facts     json.RawMessage `json:"facts,omitempty"`
}

// Keep durably keeps added files of this run beside the tables, so that a later run can
// take them up if this one dies before it publishes. A piece of work is named by two path
// elements; key stands for all that its files were made from. No files are a result, too.
// Nothing that readers see changes, and nothing is copied: the bytes are those of the parts.
func (t *Tx) Keep(work, piece, key string, files []StagedFile) error {
	dir := t.lake.keptDir(work, piece)
	err := t.lake.disk.do(StepMakeKept, func() error { return errors.Join(os.RemoveAll(dir), makeDirs(t.lake.root, dir)) })
	if err != nil {
		return ioError("keep", dir, err)
	}
	k := kept{Key: key, Files: []keptFile{}}
	for i, f := range files {
		err := t.lake.disk.do(StepKeepPart, func() error { return os.Link(f.Part, keptPart(dir, i)) })
		if err != nil {
			return linkError("keep", f.Part, err)
		}
		k.Files = append(k.Files, keptFile{Table: filepath.ToSlash(filepath.Dir(f.Path)), Partition: f.Partition, XXH3: f.XXH3, Facts: f.Facts})
	}
	raw, err := json.Marshal(k)
	if err != nil {
		return err
	}
	final := filepath.Join(dir, keptName)
	return ioError("keep", final, t.lake.disk.do(StepWriteKept, func() error { return replaceSynced(final, raw) }))
}

// TakeUp adds the files that an earlier run kept to this one. found is false where that
// piece was not kept, was made from something else, or is no longer what it was: then it
// has to be done again.
func (t *Tx) TakeUp(work, piece, key string) (files []StagedFile, found bool, err error) {
	dir := t.lake.keptDir(work, piece)
	raw, err := os.ReadFile(filepath.Join(dir, keptName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, readError("take up", dir, err)
	}
	var k kept
	if json.Unmarshal(raw, &k) != nil || k.Key != key {
		return nil, false, nil //nolint:nilerr // of another work, or torn: whoever asks builds it anew
	}
	for i, f := range k.Files {
		part := t.Part(filepath.Base(f.Table))
		if err := os.Link(keptPart(dir, i), part); errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil
		} else if err != nil {
			return nil, false, ioError("take up", part, err)
		}
		added, err := t.Add(f.Table, part, FileOptions{Partition: f.Partition, Facts: f.Facts})
		if err != nil || added.XXH3 != f.XXH3 {
			return nil, false, nil //nolint:nilerr // damaged: whoever asks builds it anew
		}
		files = append(files, StagedFile{File: added, Part: part})
	}
	return files, true, nil
}

// ForgetKept removes what was kept of a piece of work: it is published, or of no use.
func (l *Lake) ForgetKept(work string) error {
	dir := l.path(resumeDir, "_"+work)
	return ioError("forget", dir, l.disk.do(StepForgetKept, func() error { return os.RemoveAll(dir) }))
}

// keptDir is beside unfinished extraction; no source has a name that begins with "_".
func (l *Lake) keptDir(work, piece string) string { return l.path(resumeDir, "_"+work, piece) }

func keptPart(dir string, i int) string { return filepath.Join(dir, strconv.Itoa(i)+".part") }
