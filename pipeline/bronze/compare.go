package bronze

import (
	"context"
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// uniqueAlone says that nothing can equal an earlier version: nothing came before, and
// no key occurs twice. Then the batch is written as it is, and no row is hashed or
// joined for comparing. That is the case of a first load.
func (l *load) uniqueAlone(ctx context.Context, e entry) (bool, error) {
	if l.stateful || len(l.Key) == 0 {
		return false, nil
	}
	var keys int64
	k := strings.Join(l.keyColumns(e), " || chr(0) || ")
	if err := l.row(ctx, fmt.Sprintf("SELECT count(DISTINCT %s) FROM %s", k, e.raw), &keys); err != nil {
		return false, err
	}
	return keys == e.batch.Clean.Rows, nil
}

// dropCompared frees what compare leaves for remember.
const dropCompared = "DROP TABLE IF EXISTS v; DROP TABLE IF EXISTS pre"

// heldLatest selects the latest held version of each key, or of the keys in a table.
func (l *load) heldLatest(keysIn string) string {
	var columns []string
	for _, k := range l.Key {
		column := "NULL::VARCHAR"
		for _, c := range l.HeldColumns {
			if strings.EqualFold(c.Name, k) {
				column = engine.Ident(c.Name)
			}
		}
		columns = append(columns, column)
	}
	only, still := "", ""
	if keysIn != "" {
		only = " SEMI JOIN " + keysIn + " USING (k)"
	}
	if len(l.Newer) > 0 {
		only += " LEFT JOIN outdated USING (k)"
		still = " HAVING max(s) > coalesce(max(since), 0)"
	}
	return fmt.Sprintf("SELECT k, arg_max(h, s), arg_max(d, s), max(s) FROM "+
		"(SELECT %s AS k, _row_hash AS h, _is_deleted AS d, _seq AS s FROM held.versions) AS versions%s GROUP BY k%s",
		key(columns, "_row_hash"), only, still)
}

// newer notes up to when another table knows more of each key.
func (l *load) newer(ctx context.Context) error {
	var files, columns []string
	for _, f := range l.Newer {
		files = append(files, engine.Literal(f))
	}
	for _, k := range l.Key {
		columns = append(columns, engine.Ident(k))
	}
	return l.sess.Exec(ctx, fmt.Sprintf("CREATE TABLE outdated AS SELECT %s AS k, max(_seq) AS since FROM read_parquet([%s], union_by_name = true) GROUP BY k",
		key(columns, "_row_hash"), strings.Join(files, ", ")))
}

// compare finds the rows that equal the latest version of their key, earlier rows of
// the file included. They end in the entry's skip table, by their place; their number is
// returned.
func (l *load) compare(ctx context.Context, e entry) (int64, error) {
	hash := l.hash(e.fields)
	statements := []string{
		dropCompared,
		fmt.Sprintf("CREATE TABLE v AS SELECT r, h, %s AS k FROM (SELECT *, rowid AS r, %s AS h FROM %s)", key(l.keyColumns(e), "h"), hash, e.raw),
		// Rows with an earlier row of their key in the same file, and that row's hash.
		`CREATE TABLE pre AS
			WITH twice AS (SELECT k FROM v GROUP BY k HAVING count(*) > 1)
			SELECT * FROM (SELECT r, h, lag(h) OVER (PARTITION BY k ORDER BY r) AS before FROM v SEMI JOIN twice USING (k))
			WHERE before IS NOT NULL`,
	}
	same := "SELECT r FROM pre WHERE h = before"
	if l.stateful {
		if len(l.Held) > 0 && !l.tombstones {
			statements = append(statements,
				"CREATE OR REPLACE TABLE asked AS SELECT DISTINCT k FROM v ANTI JOIN latest USING (k)",
				"INSERT INTO latest "+l.heldLatest("asked"))
		}
		same += ` UNION ALL SELECT v.r FROM v JOIN latest ON latest.k = v.k AND latest.h = v.h
			WHERE NOT latest.d AND v.r NOT IN (SELECT r FROM pre)`
	}
	statements = append(statements, fmt.Sprintf("CREATE TABLE %s AS %s", e.skip, same))
	for _, s := range statements {
		if err := l.sess.Exec(ctx, s); err != nil {
			return 0, fmt.Errorf("compare with held versions: %w", err)
		}
	}
	var n int64
	return n, l.row(ctx, "SELECT count(*) FROM "+e.skip, &n)
}

// leaveOut takes the skipped rows out of the entry's table. The engine keeps the order of
// tables that stand side by side; of a join it would not, and sorting wide rows is dear.
func (l *load) leaveOut(ctx context.Context, e *entry) error {
	fresh := e.raw + "_fresh"
	err := l.sess.Exec(ctx, fmt.Sprintf(`CREATE TABLE mark AS SELECT v.r AS place, s.r IS NULL AS fresh FROM v LEFT JOIN %[1]s s USING (r) ORDER BY v.r;
		CREATE TABLE %[2]s AS SELECT * EXCLUDE (fresh) FROM %[3]s POSITIONAL JOIN mark WHERE fresh;
		DROP TABLE mark; DROP TABLE %[3]s`, e.skip, fresh, e.raw))
	if err != nil {
		return fmt.Errorf("leave out what is known: %w", err)
	}
	e.raw, e.place = fresh, "place"
	return nil
}

// remember brings the latest versions up to date for the batches that follow, and
// makes the tombstones of a snapshot. It returns their number.
func (l *load) remember(ctx context.Context, e entry, i int) (int64, error) {
	last := i == len(l.Batches)-1
	if !l.stateful || last && !l.tombstones {
		return 0, nil
	}
	update := fmt.Sprintf(`CREATE OR REPLACE TABLE newer AS SELECT k, arg_max(h, r) AS h, false AS d, max(r) + %d AS s FROM v ANTI JOIN %s USING (r) GROUP BY k;
		CREATE TABLE next_latest AS SELECT * FROM latest ANTI JOIN newer USING (k) UNION ALL SELECT * FROM newer;
		DROP TABLE latest; ALTER TABLE next_latest RENAME TO latest`, e.base+1, e.skip)
	if err := l.sess.Exec(ctx, update); err != nil {
		return 0, fmt.Errorf("update latest versions: %w", err)
	}
	if !l.tombstones {
		return 0, nil
	}
	return l.bury(ctx, e, i)
}

// bury writes a tombstone for every live key that the snapshot no longer has: a whole
// copy of its latest version, marked deleted.
func (l *load) bury(ctx context.Context, e entry, i int) (int64, error) {
	first := e.base + e.batch.Clean.Rows
	gone := fmt.Sprintf(`CREATE OR REPLACE TABLE gone AS
		SELECT k, h, s, %d + row_number() OVER (ORDER BY s) AS ns FROM latest ANTI JOIN v USING (k) WHERE NOT d`, first)
	if err := l.sess.Exec(ctx, gone); err != nil {
		return 0, fmt.Errorf("find deleted rows: %w", err)
	}
	var n int64
	if err := l.row(ctx, "SELECT count(*) FROM gone", &n); err != nil || n == 0 {
		return 0, err
	}
	dead := entry{raw: fmt.Sprintf("dead_%d", i), batch: e.batch, rows: n, dead: true}
	fields := make([]string, len(l.schema.fields))
	for at := range l.schema.fields {
		dead.fields = append(dead.fields, at)
		fields[at] = fmt.Sprintf("f%d", at)
	}
	copied := fmt.Sprintf(`CREATE TABLE %s AS SELECT %s, gone.h AS h, gone.ns AS s FROM (%s) AS held JOIN gone ON held.seq = gone.s ORDER BY gone.ns;
		UPDATE latest SET d = true, s = gone.ns FROM gone WHERE latest.k = gone.k`,
		dead.raw, strings.Join(fields, ", "), l.everyVersion())
	if err := l.sess.Exec(ctx, copied); err != nil {
		return 0, fmt.Errorf("write tombstones: %w", err)
	}
	var made int64
	if err := l.row(ctx, "SELECT count(*) FROM "+dead.raw, &made); err != nil {
		return 0, err
	}
	if made != n {
		return 0, fmt.Errorf("%w: %d rows are gone, %d were found among the held versions", ErrConservation, n, made)
	}
	l.pending = append(l.pending, dead)
	return n, nil
}

// everyVersion selects seq, f0, f1, … of all versions: held, written and pending.
func (l *load) everyVersion() string {
	var selects []string
	one := func(seq, from string, column func(at int) string) {
		list := []string{seq + " AS seq"}
		for at := range l.schema.fields {
			list = append(list, fmt.Sprintf("%s AS f%d", column(at), at))
		}
		selects = append(selects, "SELECT "+strings.Join(list, ", ")+" FROM "+from)
	}
	upTo := func(known int) func(at int) string {
		return func(at int) string {
			if at >= known {
				return "NULL::VARCHAR"
			}
			return engine.Ident(l.schema.fields[at].Name)
		}
	}
	if len(l.Held) > 0 {
		one("_seq", "held.versions", upTo(l.heldFields))
	}
	for _, p := range l.written {
		one("_seq", "read_parquet("+engine.Literal(p.path)+")", upTo(p.fields))
	}
	for _, e := range l.pending {
		if e.dead { // already deleted: nothing to delete again
			continue
		}
		one(fmt.Sprintf("%s + %d", e.place, e.base+1), e.raw, e.column)
	}
	return strings.Join(selects, " UNION ALL ")
}

// column names the table's column that holds a field of the schema.
func (e entry) column(at int) string {
	for i, f := range e.fields {
		if f == at {
			return fmt.Sprintf("f%d", i)
		}
	}
	return "NULL::VARCHAR"
}
