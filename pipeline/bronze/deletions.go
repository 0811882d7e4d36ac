package bronze

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/source"
)

// DeletionColumns are the fields of a table <object>__deleted: the log of what became of
// records that their object's table does not tell, because an API only shows what exists.
// how is getDeleted, merge, snapshot, reconciliation or revived; the last takes back what
// stood before.
var DeletionColumns = []string{"Id", "deleted_at", "how", "MasterRecordId"}

// DeletionKey makes an entry that is listed again the same entry.
var DeletionKey = DeletionColumns[:3]

// DeletionRequest is what a run found out about the records of one object.
type DeletionRequest struct {
	Object string
	Rows   []string       // files of the object's table, those of this run among them
	New    []string       // files that this run wrote: merges are looked for in them
	Fields []string       // columns of the object's table
	Stamp  string         // field that says when a record changed; "" = none does
	Log    []string       // files of <object>__deleted
	Listed []source.Batch // deletions as the source lists them: id, time
	// IDs are all records that the source has: Id, then IsDeleted and the stamp where the
	// object has them, by name. Compared says that they were asked for.
	IDs      []source.Batch
	Compared bool
	Snapshot bool      // the ids come from reading the object as a whole
	At       time.Time // when they were asked for
	Settled  time.Time // a record stamped before is held, if nothing was lost; zero = not looked at
	Limit    int       // percent of the held records that may be gone
	Part     func(name string) string
}

// Deletions is what is to be added to the log.
type Deletions struct {
	Batch   *source.Batch // nil = nothing
	Gone    int64         // held, and no longer at the source
	Revived int64         // at the source, and logged as deleted
	Lost    int64         // at the source since long, and not held
}

// fewGone is how many records may be gone whatever the percentage: of a handful, a few
// are soon a fifth.
const fewGone = 10

// VanishedError says that so many records are gone that a lost permission is likelier
// than deletion.
type VanishedError struct {
	Object     string
	Gone, Held int64
	Limit      int
}

func (e *VanishedError) Error() string {
	return fmt.Sprintf("%s: %d of %d records are gone at once, more than %d %%: nothing of it is believed", e.Object, e.Gone, e.Held, e.Limit)
}

// Hint says what to do.
func (e *VanishedError) Hint() string {
	return "see whether the integration user still may see all records (View All Data, or sharing); if they really were deleted, raise reconcile_limit for one run"
}

// FindDeletions works out what is to be logged: what the source lists, losers of merges,
// and, where all ids were asked for, the difference to what is held.
func FindDeletions(ctx context.Context, sess engine.Session, r DeletionRequest) (Deletions, error) {
	f := finder{DeletionRequest: r, sess: sess}
	for _, step := range []func(context.Context) error{f.prepare, f.listed, f.merged, f.compared} {
		if err := step(ctx); err != nil {
			return Deletions{}, fmt.Errorf("find deletions of %s: %w", r.Object, err)
		}
	}
	var err error
	f.found.Batch, err = f.write(ctx)
	return f.found, err
}

type finder struct {
	DeletionRequest
	sess  engine.Session
	found Deletions
}

func (f *finder) has(field string) bool {
	return slices.ContainsFunc(f.Fields, func(h string) bool { return strings.EqualFold(h, field) })
}

// field is the SQL of a field of the object's table, or what stands for one it lacks.
func (f *finder) field(name, otherwise string) string {
	if name == "" || !f.has(name) {
		return otherwise
	}
	return engine.Ident(name)
}

func (f *finder) prepare(ctx context.Context) error {
	return f.sess.Exec(ctx, "CREATE TABLE deletions (id VARCHAR, deleted_at VARCHAR, how VARCHAR, master VARCHAR)")
}

// load brings the first columns of clean files into a table of text columns.
func (f *finder) load(ctx context.Context, table string, batches []source.Batch) error {
	for i, b := range batches {
		columns := make([]string, len(b.Header))
		for at, name := range b.Header {
			columns[at] = fmt.Sprintf("f%d AS %s", at, engine.Ident(strings.ToLower(name)))
		}
		selected := "SELECT " + strings.Join(columns, ", ") + " FROM " + readCSV(b.Clean, len(b.Header))
		stmt := "INSERT INTO " + table + " BY NAME " + selected
		if i == 0 {
			stmt = "CREATE TABLE " + table + " AS " + selected
		}
		if err := f.sess.Exec(ctx, stmt); err != nil {
			return err
		}
	}
	return nil
}

func (f *finder) listed(ctx context.Context) error {
	if len(f.Listed) == 0 {
		return nil
	}
	if err := f.load(ctx, "listed", f.Listed); err != nil {
		return err
	}
	return f.sess.Exec(ctx, "INSERT INTO deletions SELECT id, deleted_at, 'getDeleted', NULL FROM listed")
}

func (f *finder) merged(ctx context.Context) error {
	if len(f.New) == 0 || !f.has("MasterRecordId") || !f.has("IsDeleted") || f.Stamp == "" {
		return nil
	}
	return f.sess.Exec(ctx, fmt.Sprintf(`INSERT INTO deletions SELECT "Id", %s, 'merge', "MasterRecordId" FROM %s WHERE "MasterRecordId" IS NOT NULL AND lower("IsDeleted") = 'true'`,
		f.field(f.Stamp, "NULL"), parquet(f.New)))
}

// aliveSQL makes of every held record: its stamp, whether it is deleted by its own word,
// and whether the log says so. An entry counts for versions that are not younger than it.
func (f *finder) aliveSQL() string {
	log := "(SELECT NULL::VARCHAR AS id, NULL::VARCHAR AS how, NULL::TIMESTAMPTZ AS deleted_at, NULL::BIGINT AS seq WHERE false)"
	if len(f.Log) > 0 {
		log = `(SELECT "Id" AS id, arg_max(how, _seq) AS how, arg_max(TRY_CAST(deleted_at AS TIMESTAMPTZ), _seq) AS deleted_at, max(_seq) AS seq FROM ` + parquet(f.Log) + ` GROUP BY "Id")`
	}
	return fmt.Sprintf(`CREATE TABLE alive AS
SELECT o.id, o.own AS deleted, coalesce(d.how <> 'revived' AND CASE WHEN o.stamp IS NULL THEN d.seq > o.seq ELSE d.deleted_at >= o.stamp END, false) AS logged
FROM (SELECT "Id" AS id, arg_max(coalesce(lower(%s) = 'true', false), _seq) AS own, arg_max(TRY_CAST(%s AS TIMESTAMPTZ), _seq) AS stamp, max(_seq) AS seq
  FROM %s WHERE "Id" IS NOT NULL GROUP BY "Id") o LEFT JOIN %s d USING (id)`,
		f.field("IsDeleted", "NULL::VARCHAR"), f.field(f.Stamp, "NULL::VARCHAR"), parquet(f.Rows), log)
}

// compared holds the ids of the source against those held.
func (f *finder) compared(ctx context.Context) error {
	if !f.Compared || len(f.Rows) == 0 {
		return nil
	}
	if len(f.IDs) == 0 { // the source has no record at all
		if err := f.sess.Exec(ctx, "CREATE TABLE ids (id VARCHAR)"); err != nil {
			return err
		}
	} else if err := f.load(ctx, "ids", f.IDs); err != nil {
		return err
	}
	header := []string{"id"}
	if len(f.IDs) > 0 {
		header = f.IDs[0].Header
	}
	listed := func(name string) bool {
		return name != "" && slices.ContainsFunc(header, func(h string) bool { return strings.EqualFold(h, name) })
	}
	there := "true"
	if listed("IsDeleted") {
		there = "coalesce(lower(ids.isdeleted) <> 'true', true)"
	}
	how, at := "reconciliation", engine.Literal(f.At.UTC().Format("2006-01-02T15:04:05.000Z"))
	if f.Snapshot {
		how = "snapshot"
	}
	err := f.sess.Exec(ctx, f.aliveSQL()+fmt.Sprintf(`;
INSERT INTO deletions SELECT id, %s, '%s', NULL FROM alive ANTI JOIN ids USING (id) WHERE NOT deleted AND NOT logged;
INSERT INTO deletions SELECT alive.id, %s, 'revived', NULL FROM alive JOIN ids USING (id) WHERE NOT deleted AND logged AND %s`, at, how, at, there))
	if err != nil {
		return err
	}
	var held int64
	l := load{sess: f.sess}
	if err := l.row(ctx, fmt.Sprintf("SELECT count(*) FILTER (how = '%s'), count(*) FILTER (how = 'revived') FROM deletions", how), &f.found.Gone, &f.found.Revived); err != nil {
		return err
	}
	if err := l.row(ctx, "SELECT count(*) FROM alive WHERE NOT deleted AND NOT logged", &held); err != nil {
		return err
	}
	if f.found.Gone > fewGone && f.found.Gone*100 > held*int64(f.Limit) {
		return &VanishedError{Object: f.Object, Gone: f.found.Gone, Held: held, Limit: f.Limit}
	}
	if f.Settled.IsZero() || !listed(f.Stamp) {
		return nil
	}
	return l.row(ctx, fmt.Sprintf("SELECT count(*) FROM ids ANTI JOIN alive USING (id) WHERE TRY_CAST(ids.%s AS TIMESTAMPTZ) < %s",
		engine.Ident(strings.ToLower(f.Stamp)), instant(f.Settled)), &f.found.Lost)
}

// write makes a batch of the entries, each once.
func (f *finder) write(ctx context.Context) (b *source.Batch, err error) {
	rows, err := f.sess.Query(ctx, "SELECT DISTINCT id, deleted_at, how, master FROM deletions WHERE id IS NOT NULL ORDER BY ALL")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	path := f.Part(strings.ToLower(f.Object) + "-deletions")
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	b = &source.Batch{Name: "deletions found at " + f.At.UTC().Format(time.RFC3339), ExportedAt: f.At, Header: DeletionColumns}
	w := bufio.NewWriter(file)
	record := source.AppendRecord(nil, texts(DeletionColumns))
	longest, bytes := int64(len(record)), int64(0)
	_, err = w.Write(record)
	for err == nil && rows.Next() {
		var v [4]sql.NullString
		if err = rows.Scan(&v[0], &v[1], &v[2], &v[3]); err != nil {
			break
		}
		values := texts([]string{v[0].String, v[1].String, v[2].String, v[3].String})
		for _, one := range values {
			bytes += int64(len(one))
		}
		record = source.AppendRecord(record[:0], values)
		longest = max(longest, int64(len(record)))
		b.Records++
		_, err = w.Write(record)
	}
	if err := errors.Join(err, rows.Err(), w.Flush()); err != nil {
		return nil, err
	}
	if b.Records == 0 {
		return nil, os.Remove(path)
	}
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	b.Clean = source.Clean(b.Records, bytes, longest)
	b.Clean.Path, b.Clean.Size, b.Clean.ModTime, b.Clean.Temporary = path, info.Size(), info.ModTime(), true
	return b, nil
}

func texts(values []string) [][]byte {
	out := make([][]byte, len(values))
	for i, v := range values {
		out[i] = []byte(v)
	}
	return out
}

func parquet(files []string) string {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = engine.Literal(f)
	}
	return "read_parquet([" + strings.Join(quoted, ", ") + "], union_by_name = true, hive_partitioning = false)"
}
