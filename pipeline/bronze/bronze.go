// Package bronze writes what the sources said into append-only Parquet: every field as
// the text that was received, with typed metadata beside it.
//
// It owns the metadata columns, the row hash, the sequence numbers, and the rule that a
// row is stored only if it differs from the latest held version of its key. It must not
// know what a column means, how a file was found or decoded, or where the lake keeps
// its files.
package bronze

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/source"
)

var (
	// ErrConservation says that the engine did not read what the source had counted.
	ErrConservation = errors.New("records do not add up")
	// ErrChanged says that a file is no longer the one that was checked.
	ErrChanged = errors.New("file changed after it was checked")
	// ErrKey says that a key column is not in the file.
	ErrKey = errors.New("key column is missing")
	// ErrReserved says that a source column has the name of a metadata column.
	ErrReserved = errors.New("column name is reserved")
)

// SeqPerFile is the distance between the sequence numbers of two files.
const SeqPerFile = int64(1) << 32

// Numbered is a batch with its place in the order of all files of the lake.
type Numbered struct {
	source.Batch
	FileNo int64
}

// Request is all new batches of one object.
type Request struct {
	Source      config.Source
	Object      config.Object
	Key         []string        // source columns; none = the whole row is the key
	Batches     []Numbered      // rising FileNo
	Held        []string        // bronze files the lake holds already
	HeldColumns []engine.Column // their columns; nil if nothing is held
	RunID       string
	ExtractedAt time.Time
	Part        func(name string) string // path of a new staging file

	// Unhashed are fields that change without the record being stamped, or with who looks:
	// a row that differs only there is the same version. Other tables follow them.
	Unhashed []string
	// Newer are files of another table with the same key. Where they hold a later version
	// of a key than this table, what this table holds of it is out of date, and the row is
	// stored though it equals it.
	Newer []string

	// PartBytes is after how much source text a part is written; 0 = 256 MiB.
	PartBytes int64
}

// Part is one written Parquet file.
type Part struct {
	Path string
	Rows int64
}

// Drift is how the header changed against what is held.
type Drift struct {
	New     []string
	Missing []string
}

// BatchResult is the account of one batch: Records = Stored + Unchanged + Malformed.
type BatchResult struct {
	Name       string
	Hash       string
	ExportedAt time.Time
	FileNo     int64
	Records    int64
	Stored     int64
	Unchanged  int64
	Malformed  int64
	Tombstones int64 // written besides, for keys that a snapshot no longer has
	Notes      []string
}

// Result is what a load wrote.
type Result struct {
	Parts            []Part
	Columns          []engine.Column // of the table after the load, with field ids
	MalformedParts   []Part
	MalformedColumns []engine.Column
	Batches          []BatchResult
	Drift            Drift
}

// Load stores the new and changed rows of all batches, in order, as if they had come
// one run at a time. It uses the session for itself, and removes the batches' scratch
// files as it has read them. On an error nothing it wrote may be used.
func Load(ctx context.Context, sess engine.Session, r Request) (Result, error) {
	l := &load{Request: r, sess: sess, schema: newSchema(r.HeldColumns)}
	if l.PartBytes == 0 {
		l.PartBytes = 256 << 20
	}
	l.heldFields = len(l.schema.fields)
	l.tombstones = r.Object.LoadMode == "snapshot" && r.Object.MissingIsDeleted
	if err := l.prepare(ctx); err != nil {
		return Result{}, err
	}
	for i := range r.Batches {
		if err := l.batch(ctx, i); err != nil {
			return Result{}, fmt.Errorf("%s: %w", r.Batches[i].Name, err)
		}
	}
	if err := l.flush(ctx); err != nil {
		return Result{}, err
	}
	if err := l.malformed(ctx); err != nil {
		return Result{}, err
	}
	l.result.Columns = l.schema.columns()
	return l.result, nil
}

// load is one Load under way.
type load struct {
	Request
	sess       engine.Session
	schema     *schema
	tombstones bool
	heldFields int
	stateful   bool    // versions from before a batch exist: held ones, or earlier batches
	pending    []entry // read, not yet written
	pendingLen int64
	written    []writtenPart
	result     Result
}

// prepare makes the tables that last over the batches.
func (l *load) prepare(ctx context.Context) error {
	l.stateful = len(l.Held) > 0 || len(l.Batches) > 1
	if !l.stateful {
		return nil
	}
	if err := l.sess.Exec(ctx, "CREATE TABLE latest (k VARCHAR, h BLOB, d BOOLEAN, s BIGINT)"); err != nil {
		return err
	}
	if len(l.Held) == 0 {
		return nil
	}
	if err := l.sess.RegisterParquet(ctx, "held", "versions", l.Held, l.HeldColumns); err != nil {
		return fmt.Errorf("read held versions: %w", err)
	}
	if len(l.Newer) > 0 {
		if err := l.newer(ctx); err != nil {
			return fmt.Errorf("compare with newer versions: %w", err)
		}
	}
	if !l.tombstones {
		return nil // asked key by key
	}
	return l.sess.Exec(ctx, "INSERT INTO latest "+l.heldLatest(""))
}

// batch loads one file.
func (l *load) batch(ctx context.Context, i int) error {
	b := &l.Batches[i]
	res := BatchResult{Name: b.Name, Hash: b.Hash, ExportedAt: b.ExportedAt, FileNo: b.FileNo,
		Records: b.Records, Malformed: int64(len(b.Malformed)), Notes: b.Notes}
	if b.Records != b.Clean.Rows+res.Malformed {
		return fmt.Errorf("%w: %d found, %d good and %d malformed", ErrConservation, b.Records, b.Clean.Rows, res.Malformed)
	}
	e := entry{raw: fmt.Sprintf("raw_%d", i), place: "rowid", batch: b, base: b.FileNo * SeqPerFile}
	var err error
	if e.fields, err = l.header(b); err != nil {
		return err
	}
	if err := l.readRaw(ctx, e); err != nil {
		return err
	}
	unique, err := l.uniqueAlone(ctx, e)
	if err != nil {
		return err
	}
	if !unique {
		e.skip = fmt.Sprintf("skip_%d", i)
		if res.Unchanged, err = l.compare(ctx, e); err != nil {
			return err
		}
		if 0 < res.Unchanged && res.Unchanged < b.Clean.Rows {
			if err := l.leaveOut(ctx, &e); err != nil {
				return err
			}
		}
	}
	res.Stored = b.Clean.Rows - res.Unchanged
	e.rows = res.Stored
	l.pending = append(l.pending, e)
	l.pendingLen += b.Clean.Size
	if !unique {
		if res.Tombstones, err = l.remember(ctx, e, i); err != nil {
			return err
		}
	}
	if l.tombstones && b.Records == 0 && res.Tombstones > 0 {
		res.Notes = append(res.Notes, fmt.Sprintf("snapshot without records: all %d held rows count as deleted", res.Tombstones))
	}
	l.result.Batches = append(l.result.Batches, res)
	if l.pendingLen >= l.PartBytes {
		return l.flush(ctx)
	}
	return nil
}

// header takes a batch's columns into the table's schema and notes drift.
func (l *load) header(b *Numbered) ([]int, error) {
	known := len(l.schema.fields) > 0
	fields, added, err := l.schema.match(b.Header)
	if err != nil {
		return nil, err
	}
	for _, k := range l.Key {
		if at := l.schema.find(k); at < 0 || !contains(fields, at) {
			return nil, fmt.Errorf("%w: %s has no column %q; correct the object's key or the export", ErrKey, l.Object.Name, k)
		}
	}
	if known {
		l.result.Drift.New = append(l.result.Drift.New, added...)
		for at, f := range l.schema.fields {
			if !contains(fields, at) && !containsText(l.result.Drift.Missing, f.Name) {
				l.result.Drift.Missing = append(l.result.Drift.Missing, f.Name)
			}
		}
	}
	return fields, nil
}
