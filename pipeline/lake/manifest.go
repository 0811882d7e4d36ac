package lake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
)

// Column is a column of a table with the field id that it keeps for the table's life.
type Column struct {
	ID   int    `json:"id"`
	Name string `json:"name"`
	Type string `json:"type"`
}

// File is one immutable Parquet file of a table.
type File struct {
	Path      string `json:"path"` // relative to the lake, with slashes
	Partition string `json:"partition,omitempty"`
	Bytes     int64  `json:"bytes"`
	Rows      int64  `json:"rows"`
	XXH3      string `json:"xxh3"` // xxh3-128 of the bytes, 32 hex digits
	// Min and Max are bounds per column, as text: numbers in decimal, dates and
	// timestamps in ISO 8601 (UTC), long strings shortened so that they still bound.
	// A column without known bounds is absent.
	Min map[string]string `json:"min,omitempty"`
	Max map[string]string `json:"max,omitempty"`
	// Facts are what the writer wants to know of the file again, when it decides whether to
	// write it anew. Nobody else reads them; they are no part of the table's content.
	Facts json.RawMessage `json:"facts,omitempty"`
	// Compacted are the files whose rows this one holds; none for a file of a run.
	Compacted []Origin `json:"compacted,omitempty"`
}

// Origin identifies a file as a run wrote it. It outlives compaction, so that a table
// which was only compacted counts as unchanged.
type Origin struct {
	Path      string `json:"path"`
	Partition string `json:"partition,omitempty"`
	XXH3      string `json:"xxh3"`
}

// Origins are the files of runs whose rows this file holds: itself, unless it was compacted.
func (f File) Origins() []Origin {
	if len(f.Compacted) > 0 {
		return f.Compacted
	}
	return []Origin{{Path: f.Path, Partition: f.Partition, XXH3: f.XXH3}}
}

// Storage kinds of a table; a table never changes its kind.
const (
	StorageAppend      = "append"      // bronze: files are added, never replaced
	StorageSingle      = "single"      // always exactly one file
	StoragePartitioned = "partitioned" // one file or more per partition
	StorageState       = "state"       // appended by runs; a set of rows is replaceable as a new version
)

// Manifest is the schema and the whole file list of one table in one state. It is
// stored under the sha256 of its bytes: an unchanged table keeps its manifest.
type Manifest struct {
	Table   string   `json:"table"`
	Storage string   `json:"storage"`
	Schema  []Column `json:"schema"`
	// Dropped are columns the table once had: their ids are never given again.
	// Publish fills it.
	Dropped []Column `json:"dropped,omitempty"`
	Files   []File   `json:"files"`
}

// Rows is the number of rows in all files.
func (m *Manifest) Rows() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Rows
	}
	return n
}

// Bytes is the size of all files.
func (m *Manifest) Bytes() int64 {
	var n int64
	for _, f := range m.Files {
		n += f.Bytes
	}
	return n
}

// sameContent says whether two manifests show readers the same; either may be nil.
func (m *Manifest) sameContent(o *Manifest) bool {
	if m == nil || o == nil {
		return m == o
	}
	same := func(a, b File) bool { return a.Path == b.Path && a.XXH3 == b.XXH3 }
	return slices.Equal(m.Schema, o.Schema) && slices.EqualFunc(m.Files, o.Files, same)
}

// AssignIDs gives field ids to columns (their ID fields are ignored): a name that the
// table has or once had keeps its id, without regard to case; a new one gets the
// next number never used. prev is the table's manifest, or nil.
func AssignIDs(prev *Manifest, columns []Column) []Column {
	known := map[string]int{}
	next := 1
	if prev != nil {
		for _, c := range slices.Concat(prev.Dropped, prev.Schema) {
			known[strings.ToLower(c.Name)] = c.ID
			next = max(next, c.ID+1)
		}
	}
	out := make([]Column, len(columns))
	for i, c := range columns {
		id, ok := known[strings.ToLower(c.Name)]
		if !ok {
			id = next
			next++
			known[strings.ToLower(c.Name)] = id
		}
		out[i] = Column{ID: id, Name: c.Name, Type: c.Type}
	}
	return out
}

// settle checks a new manifest against the table's previous one and fills what
// follows from it: dropped columns, the order of files. restores says that it is one of an
// earlier version, whose columns have the ids, if not the names, that they have now.
func (m Manifest) settle(table string, prev *Manifest, restores bool) (Manifest, error) {
	m.Table = table
	if err := m.checkShape(); err != nil {
		return m, fmt.Errorf("table %s: %w", table, err)
	}
	if prev != nil {
		if prev.Storage != m.Storage && !(cutFreely(prev.Storage) && cutFreely(m.Storage)) {
			return m, fmt.Errorf("table %s: its storage is %s and cannot become %s", table, prev.Storage, m.Storage)
		}
		if err := m.checkIDs(prev); err != nil && !restores {
			return m, fmt.Errorf("table %s: %w", table, err)
		}
		m.Dropped = nil
		for _, c := range slices.Concat(prev.Dropped, prev.Schema) {
			if !slices.ContainsFunc(m.Schema, func(n Column) bool { return n.ID == c.ID }) {
				m.Dropped = append(m.Dropped, c)
			}
		}
		slices.SortFunc(m.Dropped, func(a, b Column) int { return a.ID - b.ID })
	}
	var err error
	if m.Files, err = settleFiles(m.Files); err != nil {
		return m, fmt.Errorf("table %s: %w", table, err)
	}
	if m.Storage == StorageSingle && len(m.Files) != 1 {
		return m, fmt.Errorf("table %s: storage is single but it has %d files", table, len(m.Files))
	}
	return m, nil
}

// cutFreely tells of storages between which a table may change, being written anew as a whole.
func cutFreely(storage string) bool { return storage == StorageSingle || storage == StoragePartitioned }

// checkIDs: a known column keeps its id, a new one has an id never used.
func (m *Manifest) checkIDs(prev *Manifest) error {
	known, last := map[string]int{}, 0
	for _, c := range slices.Concat(prev.Dropped, prev.Schema) {
		known[strings.ToLower(c.Name)] = c.ID
		last = max(last, c.ID)
	}
	for _, c := range m.Schema {
		id, ok := known[strings.ToLower(c.Name)]
		if ok && c.ID != id || !ok && c.ID <= last {
			return fmt.Errorf("column %s has field id %d, which does not follow from the last version; use AssignIDs", c.Name, c.ID)
		}
	}
	return nil
}

func (m *Manifest) checkShape() error {
	switch {
	case !tableName.MatchString(m.Table):
		return errors.New("not a table name of the lake")
	case !slices.Contains([]string{StorageAppend, StorageSingle, StoragePartitioned, StorageState}, m.Storage):
		return fmt.Errorf("unknown storage %q", m.Storage)
	case (m.Storage == StorageAppend) != (layerOf(m.Table) == layerBronze):
		return fmt.Errorf("storage %s does not go with the layer", m.Storage)
	case len(m.Schema) == 0:
		return errors.New("no columns")
	case len(m.Files) == 0:
		return errors.New("no files; an empty table has one file without rows")
	}
	ids, names := map[int]bool{}, map[string]bool{}
	for _, c := range m.Schema {
		name := strings.ToLower(c.Name)
		if c.ID < 1 || ids[c.ID] || c.Name == "" || names[name] {
			return fmt.Errorf("column %q with field id %d: missing or used twice; use AssignIDs", c.Name, c.ID)
		}
		ids[c.ID], names[name] = true, true
	}
	for _, f := range m.Files {
		if path.Dir(f.Path) != m.Table || path.Ext(f.Path) != ".parquet" {
			return fmt.Errorf("file %s is not in the table's directory", f.Path)
		}
	}
	return nil
}

// settleFiles orders files by path. Equal content under one content-addressed name is
// one file; that is only right if it holds no rows (else they would be lost or doubled).
func settleFiles(files []File) ([]File, error) {
	out := slices.Clone(files)
	slices.SortFunc(out, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	for i := 1; i < len(out); i++ {
		if out[i].Path == out[i-1].Path && (out[i].Rows != 0 || out[i].XXH3 != out[i-1].XXH3) {
			return nil, fmt.Errorf("file %s is listed twice; give the parts different partitions", out[i].Path)
		}
	}
	return slices.CompactFunc(out, func(a, b File) bool { return a.Path == b.Path }), nil
}

func layerOf(table string) string {
	layer, _, _ := strings.Cut(table, "/")
	return layer
}

// readDocument reads a content-addressed JSON file of _lake/manifests, checked
// against its name.
func (l *Lake) readDocument(sha string, into any) error {
	file := l.path(manifestsDir, sha+".json")
	raw, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return corrupt("read manifest", file, "%w", fs.ErrNotExist)
	}
	if err != nil {
		return readError("read manifest", file, err)
	}
	if sha256Hex(raw) != sha {
		return corrupt("read manifest", file, "its sha256 is not its name")
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return corrupt("read manifest", file, "%w", err)
	}
	return nil
}

func (l *Lake) readManifest(table, sha string) (*Manifest, error) {
	m := new(Manifest)
	if err := l.readDocument(sha, m); err != nil {
		return nil, err
	}
	if m.Table != table {
		return nil, corrupt("read manifest", l.path(manifestsDir, sha+".json"), "it is of table %s, not %s", m.Table, table)
	}
	return m, nil
}
