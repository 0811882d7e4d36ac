package delta

import (
	"crypto/md5"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// tombstoneLife is how long a checkpoint names removed files, Delta's default.
const tombstoneLife = 7 * 24 * time.Hour

// Owner says whose log it is.
type Owner struct {
	Lake    string    // the lake's id
	Table   string    // e.g. gold/accounts
	Created time.Time // of the lake; the same for all tables and for ever
}

func (o Owner) app() string { return "customer360-lake-" + o.Lake }

// id is a UUID that is the table's in every log that is ever made for it.
func (o Owner) id() string {
	b := md5.Sum([]byte(o.Lake + "|" + o.Table))
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80 // version 8: the writer's own
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// File is a file of the table in one version of the lake.
type File struct {
	Path      string // relative to the table's directory
	Partition string // a label
	Bytes     int64
	Rows      int64
}

// Change is what a version of the lake makes of the table.
type Change struct {
	Version   int64 // of the lake
	Manifest  string
	Run       string
	Operation string // "compact" changes no row; "rollback" goes back
	AsOf      string
	At        time.Time
	Fields    []Field
	Files     []File // all of them; nil = the lake dropped the table
	// Measure says what the footer of a file tells; asked for new files only.
	Measure func(File) (Bounds, error)
}

// State is what a log says of the table at one of its versions.
type State struct {
	Version  int64  // of the log: 0, 1, 2 …; -1 = there is none yet
	Lake     int64  // the lake's version that it shows
	Manifest string // and the table's manifest there
	owner    Owner
	at       int64 // milliseconds
	protocol *protocol
	meta     *metaData
	files    map[string]*add
	removed  map[string]*remove
}

// Empty is the state before the first commit.
func Empty(o Owner) *State {
	return &State{Version: -1, owner: o, files: map[string]*add{}, removed: map[string]*remove{}}
}

// Files are the paths of the table's files with their sizes.
func (s *State) Files() map[string]int64 {
	out := map[string]int64{}
	for path, a := range s.files {
		out[path] = a.Size
	}
	return out
}

// At is when the lake's version was made that the state shows.
func (s *State) At() time.Time { return time.UnixMilli(s.at).UTC() }

// Schema is the table's schema in Delta's spelling; "" before the first commit.
func (s *State) Schema() string {
	if s.meta == nil {
		return ""
	}
	return s.meta.SchemaString
}

// Shows says whether the log's schema is that of these columns.
func (s *State) Shows(fields []Field) bool {
	want, err := schemaString(fields)
	return err == nil && s.Schema() == want
}

// Commit makes the next version of the log and returns its bytes; the state is then that
// of the new version.
func (s *State) Commit(c Change) ([]byte, error) {
	actions, err := s.actions(c)
	if err != nil {
		return nil, fmt.Errorf("delta log of %s, version %d of the lake: %w", s.owner.Table, c.Version, err)
	}
	raw, err := encodeCommit(actions)
	if err != nil {
		return nil, err
	}
	for _, a := range actions {
		s.apply(a)
	}
	s.Version++
	return raw, nil
}

func (s *State) actions(c Change) ([]action, error) {
	at := c.At.UnixMilli()
	info := &commitInfo{Timestamp: at, OperationParameters: map[string]string{}, OperationMetrics: map[string]string{},
		EngineInfo: Engine, LakeVersion: c.Version, LakeManifest: c.Manifest}
	actions := []action{{CommitInfo: info}}
	if s.protocol == nil {
		actions = append(actions, action{Protocol: &protocol{minReaderVersion, minWriterVersion, []string{WriterFeature}}})
	}
	if c.Files != nil || s.meta == nil {
		meta, err := s.metaData(c.Fields)
		if err != nil {
			return nil, err
		}
		if s.meta == nil || s.meta.SchemaString != meta.SchemaString {
			actions = append(actions, action{MetaData: meta})
		}
	}
	actions = append(actions, action{Txn: &txn{AppID: s.owner.app(), Version: c.Version, LastUpdated: at}})
	changed := c.Operation != "compact"
	removed, added := s.difference(c)
	for _, path := range removed {
		actions = append(actions, action{Remove: &remove{Path: path, DeletionTimestamp: at, DataChange: changed, Size: s.files[path].Size}})
	}
	rows := int64(0)
	for _, f := range added {
		bounds, err := c.Measure(f)
		if err != nil {
			return nil, err
		}
		text, err := stats(f.Rows, bounds, c.Fields)
		if err != nil {
			return nil, err
		}
		a := &add{Path: f.Path, PartitionValues: map[string]string{}, Size: f.Bytes, ModificationTime: at, DataChange: changed, Stats: text}
		if f.Partition != "" {
			a.Tags = map[string]string{"partition": f.Partition}
		}
		actions = append(actions, action{Add: a})
		rows += f.Rows
	}
	info.describe(c, len(added), len(removed), rows)
	return actions, nil
}

// describe says in Delta's words what happened, for people who read the history.
func (info *commitInfo) describe(c Change, added, removed int, rows int64) {
	info.UserMetadata = fmt.Sprintf("lake version %d, run %s", c.Version, c.Run)
	if c.AsOf != "" {
		info.UserMetadata += ", as of " + c.AsOf
	}
	count := func(n int64) string { return strconv.FormatInt(n, 10) }
	info.OperationMetrics["numAddedFiles"], info.OperationMetrics["numRemovedFiles"] = count(int64(added)), count(int64(removed))
	info.OperationMetrics["numOutputRows"] = count(rows)
	switch {
	case c.Operation == "compact":
		info.Operation = "OPTIMIZE"
	case c.Operation == "rollback":
		info.Operation = "RESTORE"
	case c.Files == nil:
		info.Operation = "DELETE"
	default:
		info.Operation = "WRITE"
		info.IsBlindAppend = removed == 0
		info.OperationParameters["mode"] = "Overwrite"
		if removed == 0 {
			info.OperationParameters["mode"] = "Append"
		}
		info.OperationParameters["partitionBy"] = "[]"
	}
}

func (s *State) metaData(fields []Field) (*metaData, error) {
	schema, err := schemaString(fields)
	if err != nil {
		return nil, err
	}
	return &metaData{ID: s.owner.id(), Name: s.owner.Table,
		Description:  "Table " + s.owner.Table + " of a Customer 360 lake. Read only: its lake writes it.",
		Format:       format{Provider: "parquet", Options: map[string]string{}},
		SchemaString: schema, PartitionColumns: []string{}, CreatedTime: s.owner.Created.UnixMilli(),
		// Readers that skip files by statistics may use those of every column.
		Configuration: map[string]string{"delta.dataSkippingNumIndexedCols": "-1"}}, nil
}

// difference is what leaves and what comes, in the order of paths.
func (s *State) difference(c Change) (removed []string, added []File) {
	keep := map[string]bool{}
	for _, f := range c.Files {
		keep[f.Path] = true
		if old := s.files[f.Path]; old == nil || old.Size != f.Bytes {
			added = append(added, f)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(s.files)) {
		if !keep[path] {
			removed = append(removed, path)
		}
	}
	slices.SortFunc(added, func(a, b File) int {
		if a.Path < b.Path {
			return -1
		}
		return 1
	})
	return removed, added
}

// apply replays one action.
func (s *State) apply(a action) {
	switch {
	case a.CommitInfo != nil:
		s.at, s.Lake, s.Manifest = a.CommitInfo.Timestamp, a.CommitInfo.LakeVersion, a.CommitInfo.LakeManifest
	case a.Txn != nil:
		if a.Txn.AppID == s.owner.app() {
			s.Lake, s.at = a.Txn.Version, a.Txn.LastUpdated
		}
	case a.Protocol != nil:
		s.protocol = a.Protocol
	case a.MetaData != nil:
		s.meta = a.MetaData
	case a.Add != nil:
		s.files[a.Add.Path] = a.Add
		delete(s.removed, a.Add.Path)
	case a.Remove != nil:
		delete(s.files, a.Remove.Path)
		s.removed[a.Remove.Path] = a.Remove
	}
}
