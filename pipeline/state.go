package pipeline

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/lake"
)

// state is the lake as a run will leave it: the tables of the published commit,
// overlaid by what the run has built so far.
type state struct {
	root         string
	asOf         string
	manifests    map[string]*lake.Manifest
	published    map[string]*lake.Manifest // of the commit built upon: whose field ids stay
	fingerprints map[string]string
	paths        map[string]string // relative path of a file not yet linked -> where it stands now
	built        map[string]bool   // tables whose manifest differs from the published one
	noted        map[string]bool   // tables of which only the facts about files differ; no reason to publish
	learned      bool              // a table was built from something else than before, even if it came out the same
}

func newState(l *lake.Lake, head *lake.Commit) (*state, error) {
	s := emptyState(l.Root())
	if head == nil {
		return s, nil
	}
	snap, err := l.Snapshot(head)
	if err != nil {
		return nil, err
	}
	for _, t := range snap.Tables() {
		if s.manifests[t], err = snap.Manifest(t); err != nil {
			return nil, err
		}
		s.published[t] = s.manifests[t]
	}
	for t, f := range head.Fingerprints {
		s.fingerprints[t] = f
	}
	if head.Release > 0 {
		released, err := l.Resolve(fmt.Sprint(head.Release))
		if err != nil {
			return nil, err
		}
		s.asOf = released.AsOf
	}
	return s, nil
}

func emptyState(root string) *state {
	return &state{root: root, manifests: map[string]*lake.Manifest{}, published: map[string]*lake.Manifest{}, fingerprints: map[string]string{},
		paths: map[string]string{}, built: map[string]bool{}, noted: map[string]bool{}}
}

// detach forgets the silver, gold and ops tables, so that a state for another as-of
// is built from bronze alone. State tables keep the sets of rows up to that as-of.
func (s *state) detach(asOf string) {
	for t, m := range s.manifests {
		if strings.HasPrefix(t, "bronze/") {
			continue
		}
		delete(s.fingerprints, t)
		var kept []lake.File
		if m.Storage == "state" && strings.HasPrefix(t, "gold/") {
			for _, f := range m.Files {
				if f.Partition < asOf {
					kept = append(kept, f)
				}
			}
		}
		if len(kept) == 0 {
			delete(s.manifests, t)
			continue
		}
		copied := *m
		copied.Files = kept
		s.manifests[t] = &copied
	}
}

// files gives absolute paths of a table's files, staged ones where they stand now.
func (s *state) files(table string) []string {
	if s.manifests[table] == nil {
		return nil
	}
	return s.pathsOf(s.setsOf(table, ""))
}

// before is the state from which an earlier date is built: bronze, and the sets of rows
// of state tables up to that date. A set of the date itself is not built again.
func (s *state) before(date string, stateTables map[string]bool) *state {
	past := emptyState(s.root)
	past.published, past.paths = s.published, maps.Clone(s.paths)
	for t, m := range s.manifests {
		copied := *m
		switch {
		case strings.HasPrefix(t, "bronze/"):
		case stateTables[t]:
			copied.Files = slices.DeleteFunc(slices.Clone(m.Files), func(f lake.File) bool { return f.Partition > date })
		default:
			continue
		}
		past.manifests[t] = &copied
	}
	return past
}

// setsOf are the files of one partition of a table; "" = all of them.
func (s *state) setsOf(table, partition string) (out []lake.File) {
	if m := s.manifests[table]; m != nil {
		for _, f := range m.Files {
			if partition == "" || f.Partition == partition {
				out = append(out, f)
			}
		}
	}
	return out
}

// setsBefore are the files of a state table's sets of rows before an as-of, oldest first.
func (s *state) setsBefore(table, asOf string) (out []lake.File) {
	for _, f := range s.setsOf(table, "") {
		if f.Partition < asOf {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b lake.File) int { return strings.Compare(a.Partition+a.Path, b.Partition+b.Path) })
	return out
}

// pathsOf are where files stand now.
func (s *state) pathsOf(files []lake.File) []string {
	out := make([]string, len(files))
	for i, f := range files {
		out[i] = s.path(f)
	}
	return out
}

func rowsOf(files []lake.File) (n int64) {
	for _, f := range files {
		n += f.Rows
	}
	return n
}

func bytesOf(files []lake.File) (n int64) {
	for _, f := range files {
		n += f.Bytes
	}
	return n
}

// setsHash identifies the content of files.
func setsHash(files []lake.File) string {
	parts := map[string]string{}
	for _, f := range files {
		for _, o := range f.Origins() {
			parts[o.Path] = o.XXH3
		}
	}
	return digest(parts)
}

// path is where a file stands now.
func (s *state) path(f lake.File) string {
	if p, ok := s.paths[f.Path]; ok {
		return p
	}
	return filepath.Join(s.root, filepath.FromSlash(f.Path))
}

// hash identifies a table's content; "" for a table that does not exist.
func (s *state) hash(table string) string { return contentHash(s.manifests[table]) }

// contentHash covers schema and files, which a manifest's own hash does too, but that
// is known only once it is published.
func contentHash(m *lake.Manifest) string {
	if m == nil {
		return ""
	}
	parts := map[string]string{}
	for _, c := range m.Schema {
		parts["column "+c.Name] = fmt.Sprint(c.ID, c.Type)
	}
	for _, f := range m.Files {
		for _, o := range f.Origins() { // so that compaction builds nothing again
			parts["file "+o.Path] = o.XXH3
		}
	}
	return digest(parts)
}

func (s *state) rows(table string) int64 {
	if m := s.manifests[table]; m != nil {
		return m.Rows()
	}
	return 0
}

// staged lists the files of a table that were built in this run.
func (s *state) staged(table string) (out []string) {
	if m := s.manifests[table]; m != nil {
		for _, f := range m.Files {
			if p, ok := s.paths[f.Path]; ok {
				out = append(out, p)
			}
		}
	}
	return out
}

// mark remembers tables as they are, and returns what puts them back: an object's tables
// change together or not at all.
func (s *state) mark(tables ...string) (restore func()) {
	was, built := map[string]*lake.Manifest{}, map[string]bool{}
	for _, t := range tables {
		was[t], built[t] = s.manifests[t], s.built[t]
	}
	return func() {
		for _, t := range tables {
			if was[t] == nil {
				delete(s.manifests, t)
			} else {
				s.manifests[t] = was[t]
			}
			if !built[t] {
				delete(s.built, t)
			}
		}
	}
}

// settle notes that what was built so far is committed and stands in its final place.
func (s *state) settle() {
	clear(s.paths)
	clear(s.built)
	clear(s.noted)
}

// schema gives columns their stable field ids.
func (s *state) schema(table string, columns []lake.Column) []lake.Column {
	return lake.AssignIDs(s.published[table], columns)
}

// columns are those of a table with their field ids; nil if there is no such table.
func (s *state) columns(table string) (out []engine.Column) {
	if m := s.manifests[table]; m != nil {
		for _, c := range m.Schema {
			out = append(out, engine.Column{Name: c.Name, Type: c.Type, FieldID: c.ID})
		}
	}
	return out
}

// fieldIDs are those of a table that is about to be written, by column name.
func (s *state) fieldIDs(table string, columns []string) map[string]int {
	cols := make([]lake.Column, len(columns))
	for i, c := range columns {
		cols[i].Name = c
	}
	ids := map[string]int{}
	for _, c := range s.schema(table, cols) {
		ids[c.Name] = c.ID
	}
	return ids
}

// set puts a new manifest in place; content-addressed files make an equal table
// keep its hash, and then nothing that reads it is rebuilt.
func (s *state) set(m lake.Manifest, fingerprint string) {
	if s.hash(m.Table) != contentHash(&m) {
		s.built[m.Table] = true
		s.manifests[m.Table] = &m
	} else if m.Storage == lake.StoragePartitioned && !sameFacts(s.manifests[m.Table], &m) {
		s.noted[m.Table] = true
		s.manifests[m.Table] = &m
	}
	if fingerprint != "" && s.fingerprints[m.Table] != fingerprint {
		s.fingerprints[m.Table] = fingerprint
		s.learned = true
	}
}

// sameFacts compares what the writer noted about two tables' files, which are the same.
func sameFacts(a, b *lake.Manifest) bool {
	facts := map[string]string{}
	for _, f := range a.Files {
		facts[f.Path] = string(f.Facts)
	}
	return !slices.ContainsFunc(b.Files, func(f lake.File) bool { return facts[f.Path] != string(f.Facts) })
}

// changed tells whether a table that readers see differs from the published state, or
// was built from other inputs: unless that is kept, it would be built again every run.
func (s *state) changed() bool {
	if s.learned {
		return true
	}
	for t := range s.built {
		if !strings.HasPrefix(t, "bronze/") {
			return true
		}
	}
	return false
}

// tables lists the tables of a layer, sorted.
func (s *state) tables(prefix string) []string {
	var out []string
	for t := range s.manifests {
		if strings.HasPrefix(t, prefix) {
			out = append(out, t)
		}
	}
	sort.Strings(out)
	return out
}
