package lake

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"sync"
)

// Snapshot is one state of all tables. It is safe for concurrent use and stays right
// while later versions are published.
type Snapshot struct {
	lake   *Lake
	commit *Commit
	tables map[string]string // table to manifest sha256

	mu     sync.Mutex
	loaded map[string]*Manifest
}

// Snapshot is the current state as of commit c: what the next run builds on. For a
// historical commit that is not what it computed; see HistoricalSnapshot. A nil
// commit gives an empty snapshot.
func (l *Lake) Snapshot(c *Commit) (*Snapshot, error) {
	s := &Snapshot{lake: l, commit: c, loaded: map[string]*Manifest{}}
	if c != nil {
		s.tables = c.Tables
	}
	return s, s.checkKept()
}

// HistoricalSnapshot is what a historical commit computed: its own silver, gold and
// ops beside the bronze of that version.
func (l *Lake) HistoricalSnapshot(c *Commit) (*Snapshot, error) {
	s := &Snapshot{lake: l, commit: c, loaded: map[string]*Manifest{}, tables: maps.Clone(c.HistoricalTables)}
	for table, sha := range c.Tables {
		if layerOf(table) == layerBronze {
			s.tables[table] = sha
		}
	}
	return s, s.checkKept()
}

// checkKept refuses an expired version: its files may go at any moment, and a reader must
// not find that out half-way.
func (s *Snapshot) checkKept() error {
	if s.commit == nil {
		return nil
	}
	head, err := s.lake.Head()
	if err != nil {
		return err
	}
	if head == nil || head.Keeps(s.commit.Version) {
		return nil
	}
	return &Error{Op: "open version", Path: commitFile(s.commit.Version), Kind: ErrExpired,
		Advice: "`pipeline lake log` lists the versions that are kept; `pipeline lake pin` keeps one for good, as long as its files are there"}
}

// Commit is the commit of this snapshot; nil for an empty one.
func (s *Snapshot) Commit() *Commit { return s.commit }

// Tables lists the tables, sorted.
func (s *Snapshot) Tables() []string { return slices.Sorted(maps.Keys(s.tables)) }

// Has says whether the snapshot has the table.
func (s *Snapshot) Has(table string) bool { return s.tables[table] != "" }

// Hash is the sha256 of the table's manifest: equal hashes mean equal content. "" if
// the snapshot does not have the table.
func (s *Snapshot) Hash(table string) string { return s.tables[table] }

// Manifest is the table's manifest, or nil if the snapshot does not have the table.
func (s *Snapshot) Manifest(table string) (*Manifest, error) {
	sha, ok := s.tables[table]
	if !ok {
		return nil, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if m := s.loaded[table]; m != nil {
		return m, nil
	}
	m, err := s.lake.readManifest(table, sha)
	if err != nil {
		return nil, err
	}
	s.loaded[table] = m
	return m, nil
}

// Files are the absolute paths of the table's files; none if there is no such table.
func (s *Snapshot) Files(table string) ([]string, error) {
	m, err := s.Manifest(table)
	if err != nil || m == nil {
		return nil, err
	}
	files := make([]string, len(m.Files))
	for i, f := range m.Files {
		files[i] = s.lake.abs(f.Path)
	}
	return files, nil
}

// Check reads the files of a table and holds them against their checksums: a reader that
// wants to be sure checks before it reads.
func (s *Snapshot) Check(table string) error {
	m, err := s.Manifest(table)
	if err != nil || m == nil {
		return err
	}
	for _, f := range m.Files {
		if err := s.lake.CheckFile(f); err != nil {
			return err
		}
	}
	return nil
}

// CheckFile reads one file and holds it against its checksum.
func (l *Lake) CheckFile(f File) error {
	file := l.abs(f.Path)
	_, sum, err := hashFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return corrupt("check", file, "the file is missing")
	}
	if err != nil {
		return readError("check", file, err)
	}
	if sum != f.XXH3 {
		return corrupt("check", file, "its xxh3 is %s, not %s", sum, f.XXH3)
	}
	return nil
}
