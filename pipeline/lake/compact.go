package lake

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Sizes of compaction. A file of at least CompactMin is left alone; a new one has up to
// CompactMax, so that files end up between the two.
const (
	CompactMin      = 128 << 20
	CompactMax      = 256 << 20
	CompactMinFiles = 8
)

// CompactOptions say what is compacted.
type CompactOptions struct {
	Run         string
	CodeVersion string
	Tables      []string // lake names; empty = all
	MinFiles    int      // fewer files than this are not worth a rewrite; 0 = CompactMinFiles
	MinBytes    int64    // 0 = CompactMin
	MaxBytes    int64    // 0 = CompactMax
	DryRun      bool
	// Logs are tables whose sets of rows nobody asks for by their label, such as one set
	// per run: they are merged across labels.
	Logs []string
}

func (o CompactOptions) settled() CompactOptions {
	if o.MinFiles == 0 {
		o.MinFiles = CompactMinFiles
	}
	if o.MinBytes == 0 {
		o.MinBytes = CompactMin
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = max(CompactMax, 2*o.MinBytes)
	}
	o.MinFiles = max(o.MinFiles, 2)
	return o
}

// CompactReport says what compaction did, or would do.
type CompactReport struct {
	DryRun  bool           `json:"dry_run"`
	Version int64          `json:"version,omitempty"` // the new version; 0 = nothing was to do
	Tables  []CompactTable `json:"tables"`
}

// CompactTable is what compaction did to one table.
type CompactTable struct {
	Table       string `json:"table"`
	FilesBefore int    `json:"files_before"` // of those that were merged
	FilesAfter  int    `json:"files_after,omitempty"`
	BytesBefore int64  `json:"bytes_before"`
	BytesAfter  int64  `json:"bytes_after,omitempty"`
	Rows        int64  `json:"rows"`
	ContentHash string `json:"content_hash,omitempty"` // of all merged rows, in any order; equal before and after
}

// ContentError says that compaction would have changed a table. Nothing was published.
type ContentError struct {
	Table         string
	Before, After string
}

func (e *ContentError) Error() string {
	return fmt.Sprintf("compact %s: the merged file has not the content of its parts (%s, now %s); nothing was published", e.Table, e.Before, e.After)
}

// Hint says what to do.
func (e *ContentError) Hint() string {
	return "run `pipeline lake verify`: a file may be damaged; the table is as it was"
}

// Compact merges the many small files of a table into few large ones, in a commit in which
// every table has the rows that it had: the rows of the old and the new files are counted
// and hashed before it is published. The old files stay until vacuum. What was built from
// the table counts as unchanged, because the new files name the ones they were made of.
func (l *Lake) Compact(ctx context.Context, eng engine.Engine, o CompactOptions) (report CompactReport, err error) {
	o = o.settled()
	report = CompactReport{DryRun: o.DryRun, Tables: []CompactTable{}}
	if o.DryRun {
		head, err := l.Head()
		if err != nil || head == nil {
			return report, errors.Join(err, ifNil(head, l.emptyError()))
		}
		_, report.Tables, err = l.planCompact(head, o)
		return report, err
	}
	err = l.change(ctx, o.Run, func(tx *Tx, head *Commit) error {
		plans, tables, err := l.planCompact(head, o)
		if err != nil || len(plans) == 0 {
			return err
		}
		if err := l.NeedSpace("compact", needed(plans)); err != nil {
			return err
		}
		shown, err := l.shown(head)
		if err != nil {
			return err
		}
		p := Publish{Operation: "compact", AsOf: shown.AsOf, ConfigHash: shown.ConfigHash, CodeVersion: o.CodeVersion, Tables: map[string]Manifest{}}
		for i, plan := range plans {
			m, err := tx.compactTable(ctx, eng, plan, &tables[i])
			if err != nil {
				return err
			}
			p.Tables[plan.manifest.Table] = m
		}
		report.Tables = tables
		report.Version, err = publishOnly(ctx, tx, p)
		return err
	})
	return report, err
}

// shown is the commit that published the tables that readers see at head. head itself may
// be of another as-of: a historical run leaves what is current as it was.
func (l *Lake) shown(head *Commit) (*Commit, error) {
	if head.Release == 0 {
		return head, nil
	}
	return l.readLinked(head.Release)
}

func ifNil(c *Commit, err error) error {
	if c == nil {
		return err
	}
	return nil
}

// compaction is a table and the groups of its files that become one each.
type compaction struct {
	manifest *Manifest
	groups   [][]File
}

func needed(plans []compaction) (bytes int64) {
	for _, p := range plans {
		for _, g := range p.groups {
			for _, f := range g {
				bytes += f.Bytes
			}
		}
	}
	return bytes
}

func (l *Lake) planCompact(head *Commit, o CompactOptions) (plans []compaction, tables []CompactTable, err error) {
	snapshot, err := l.Snapshot(head)
	if err != nil {
		return nil, nil, err
	}
	for _, t := range o.Tables {
		if !snapshot.Has(t) {
			return nil, nil, &Error{Op: "compact", Path: t, Kind: ErrNotFound, Err: errors.New("no such table"), Advice: "`pipeline lake show` lists the tables"}
		}
	}
	tables = []CompactTable{}
	for _, t := range snapshot.Tables() {
		if len(o.Tables) > 0 && !slices.Contains(o.Tables, t) {
			continue
		}
		m, err := snapshot.Manifest(t)
		if err != nil {
			return nil, nil, err
		}
		groups := compactGroups(m, o)
		if len(groups) == 0 {
			continue
		}
		row := CompactTable{Table: t}
		for _, g := range groups {
			for _, f := range g {
				row.FilesBefore++
				row.BytesBefore += f.Bytes
				row.Rows += f.Rows
			}
		}
		plans, tables = append(plans, compaction{m, groups}), append(tables, row)
	}
	return plans, tables, nil
}

// compactGroups chooses neighbouring small files that together make one of a good size.
// A set of rows of a state table, and a partition, stays by itself: who reads the table
// asks for it by its label. Logs are the exception, where nobody does.
func compactGroups(m *Manifest, o CompactOptions) (groups [][]File) {
	if m.Storage == StorageSingle {
		return nil
	}
	byLabel := map[string][]File{}
	for _, f := range m.Files {
		label := f.Partition
		if m.Storage == StorageAppend || slices.Contains(o.Logs, m.Table) {
			label = ""
		}
		if f.Bytes < o.MinBytes {
			byLabel[label] = append(byLabel[label], f)
		}
	}
	labels := make([]string, 0, len(byLabel))
	for label := range byLabel {
		labels = append(labels, label)
	}
	slices.Sort(labels)
	for _, label := range labels {
		var group []File
		var size int64
		flush := func() {
			if len(group) >= o.MinFiles {
				groups = append(groups, group)
			}
			group, size = nil, 0
		}
		for _, f := range byLabel[label] {
			if size+f.Bytes > o.MaxBytes {
				flush()
			}
			group, size = append(group, f), size+f.Bytes
		}
		flush()
	}
	return groups
}

// compactTable writes the merged files of one table and proves their content.
func (t *Tx) compactTable(ctx context.Context, eng engine.Engine, plan compaction, row *CompactTable) (Manifest, error) {
	m := *plan.manifest
	m.Files = slices.Clone(m.Files)
	var whole contentHash
	for i, group := range plan.groups {
		f, hash, err := t.merge(ctx, eng, plan.manifest, group, i+1)
		if err != nil {
			return m, fmt.Errorf("compact %s: %w", m.Table, err)
		}
		whole.add(hash)
		row.FilesAfter++
		row.BytesAfter += f.Bytes
		m.Files = slices.DeleteFunc(m.Files, func(old File) bool {
			return slices.ContainsFunc(group, func(g File) bool { return g.Path == old.Path })
		})
		m.Files = append(m.Files, f)
	}
	row.ContentHash = whole.String()
	return m, nil
}

// merge writes one group as one file. The old files are read by their checksums first:
// what is damaged must not become the truth under a new checksum.
func (t *Tx) merge(ctx context.Context, eng engine.Engine, m *Manifest, group []File, number int) (out File, hash contentHash, err error) {
	var paths []string
	for _, f := range group {
		file := t.lake.abs(f.Path)
		if _, sum, err := hashFile(file); err != nil {
			return out, hash, readError("compact", file, err)
		} else if sum != f.XXH3 {
			return out, hash, corrupt("compact", file, "its xxh3 is %s, not %s", sum, f.XXH3)
		}
		paths = append(paths, file)
	}
	sess, err := eng.Session(ctx)
	if err != nil {
		return out, hash, err
	}
	defer func() { err = errors.Join(err, sess.Close()) }()
	columns, err := mergedColumns(ctx, sess, m, paths)
	if err != nil {
		return out, hash, err
	}
	before, err := hashContent(ctx, sess, paths, columns)
	if err != nil {
		return out, hash, err
	}
	part := t.Part(path.Base(m.Table) + "_compacted")
	query := "SELECT " + columnList(columns) + " FROM " + readParquet(paths)
	if _, err := sess.WriteParquet(ctx, query, part, columns); err != nil {
		return out, hash, err
	}
	after, err := hashContent(ctx, sess, []string{part}, columns)
	if err != nil {
		return out, hash, err
	}
	if before != after || before.rows != rowsOf(group) {
		return out, hash, &ContentError{Table: m.Table, Before: before.String(), After: after.String()}
	}
	o := FileOptions{Partition: group[0].Partition}
	if m.Storage == StorageAppend {
		o.BaseName = fmt.Sprintf("bronze_%s_%s_c%d", path.Base(m.Table), t.run, number)
	} else if group[0].Partition != group[len(group)-1].Partition {
		o.Partition = "compacted"
	}
	if out, err = t.Add(m.Table, part, o); err != nil {
		return out, hash, err
	}
	for _, f := range group {
		out.Compacted = append(out.Compacted, f.Origins()...)
	}
	return out, after, nil
}

func rowsOf(files []File) (n int64) {
	for _, f := range files {
		n += f.Rows
	}
	return n
}

// mergedColumns are the table's columns that any of the files has, with ids and comments.
func mergedColumns(ctx context.Context, sess engine.Session, m *Manifest, paths []string) ([]engine.Column, error) {
	found, err := sess.Describe(ctx, "SELECT * FROM "+readParquet(paths))
	if err != nil {
		return nil, err
	}
	comments, err := comments(paths[len(paths)-1])
	if err != nil {
		return nil, err
	}
	have := map[string]bool{}
	for _, c := range found {
		have[strings.ToLower(c.Name)] = true
	}
	var out []engine.Column
	for _, c := range m.Schema {
		if have[strings.ToLower(c.Name)] {
			out = append(out, engine.Column{Name: c.Name, Type: c.Type, FieldID: c.ID, Comment: comments[c.Name]})
			delete(have, strings.ToLower(c.Name))
		}
	}
	if len(have) > 0 {
		return nil, fmt.Errorf("its files have columns that its manifest does not list: %v", have)
	}
	return out, nil
}

func columnList(columns []engine.Column) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = engine.Ident(c.Name)
	}
	return strings.Join(names, ", ")
}
