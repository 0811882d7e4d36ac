package salesforce_test

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/lake"
)

// held reads what a lake's head holds of an object, by SQL of its own.
type held struct {
	t    testing.TB
	sess engine.Session
	snap *lake.Snapshot
	null string // what NULL becomes
}

func (b *bench) lakeState() *held {
	b.t.Helper()
	l, err := lake.Open(filepath.Join(b.dir, "lake"), lake.Options{Now: time.Now})
	if err != nil {
		b.t.Fatal(err)
	}
	head, err := l.Head()
	if err != nil {
		b.t.Fatal(err)
	}
	snap, err := l.Snapshot(head)
	if err != nil {
		b.t.Fatal(err)
	}
	e, err := duckdb.Open(context.Background(), engine.Options{Threads: 1})
	if err != nil {
		b.t.Fatal(err)
	}
	sess, err := e.Session(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { sess.Close(); e.Close() })
	return &held{t: b.t, sess: sess, snap: snap}
}

func (h *held) files(table string) string {
	files, err := h.snap.Files(table)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(files) == 0 {
		return ""
	}
	return duckdb.ReadParquet(files)
}

// rows runs a query.
func (h *held) rows(query string) (columns []string, out [][]string) {
	h.t.Helper()
	rows, err := h.sess.Query(context.Background(), query)
	if err != nil {
		h.t.Fatalf("%v\n%s", err, query)
	}
	defer rows.Close()
	columns, err = rows.Columns()
	if err != nil {
		h.t.Fatal(err)
	}
	for rows.Next() {
		values, to := make([]*string, len(columns)), make([]any, len(columns))
		for i := range values {
			to[i] = &values[i]
		}
		if err := rows.Scan(to...); err != nil {
			h.t.Fatal(err)
		}
		row := make([]string, len(columns))
		for i, v := range values {
			row[i] = h.null
			if v != nil {
				row[i] = *v
			}
		}
		out = append(out, row)
	}
	if err := rows.Err(); err != nil {
		h.t.Fatal(err)
	}
	return columns, out
}

// latest is the last version of every record, with refreshed fields, and whether the log
// says that it is gone.
func (h *held) latest(table string) (records map[string]map[string]string, gone map[string]bool) {
	h.t.Helper()
	records, gone = map[string]map[string]string{}, map[string]bool{}
	if h.files(table) == "" {
		return records, gone
	}
	columns, rows := h.rows(fmt.Sprintf(`SELECT * EXCLUDE (_row_hash, _extracted_at, _watermark), _seq::VARCHAR AS s FROM %s QUALIFY row_number() OVER (PARTITION BY "Id" ORDER BY _seq DESC) = 1`, h.files(table)))
	for _, r := range rows {
		rec := map[string]string{}
		for i, c := range columns {
			rec[c] = r[i]
		}
		records[rec["Id"]] = rec
	}
	if files := h.files(table + "__refresh"); files != "" {
		columns, rows = h.rows(fmt.Sprintf(`SELECT * EXCLUDE (_row_hash, _extracted_at, _watermark, _seq, _is_deleted), _seq::VARCHAR AS s FROM %s QUALIFY row_number() OVER (PARTITION BY "Id" ORDER BY _seq DESC) = 1`, files))
		for _, r := range rows {
			fresh := map[string]string{}
			for i, c := range columns {
				fresh[c] = r[i]
			}
			rec := records[fresh["Id"]]
			if rec == nil || len(fresh["s"]) < len(rec["s"]) || len(fresh["s"]) == len(rec["s"]) && fresh["s"] < rec["s"] {
				continue
			}
			for _, c := range columns {
				if !strings.HasPrefix(c, "_") && c != "s" && c != "SystemModstamp" {
					rec[c] = fresh[c]
				}
			}
		}
	}
	if files := h.files(table + "__deleted"); files != "" {
		_, rows = h.rows(fmt.Sprintf(`SELECT "Id", how, deleted_at FROM %s QUALIFY row_number() OVER (PARTITION BY "Id" ORDER BY _seq DESC) = 1`, files))
		for _, r := range rows {
			rec := records[r[0]]
			gone[r[0]] = r[1] != "revived" && (rec == nil || r[2] >= rec["SystemModstamp"])
		}
	}
	return records, gone
}

// doubles counts versions that are held twice.
func (h *held) doubles(table string) string {
	h.t.Helper()
	if h.files(table) == "" {
		return "0"
	}
	_, rows := h.rows(fmt.Sprintf(`SELECT (count(*) - count(DISTINCT ("Id", _row_hash)))::VARCHAR FROM %s`, h.files(table)))
	return rows[0][0]
}

// differs holds the lake against the org and returns the first difference. Fields that are
// hidden from the user stay as they were last seen.
func (b *bench) differs(objects []string, hidden map[string]bool) string {
	b.t.Helper()
	h := b.lakeState()
	for _, object := range objects {
		table := "bronze/sf/" + strings.ToLower(object)
		records, gone := h.latest(table)
		if n := h.doubles(table); n != "0" {
			return fmt.Sprintf("%s: %s versions are held twice", object, n)
		}
		seen := map[string]bool{}
		for _, want := range b.org.Records(object) {
			id := want["Id"]
			seen[id] = true
			got := records[id]
			if got == nil {
				return fmt.Sprintf("%s %s was lost: %v", object, id, want)
			}
			if gone[id] && want["IsDeleted"] != "true" {
				return fmt.Sprintf("%s %s counts as deleted: %v", object, id, want)
			}
			for _, field := range slices.Sorted(maps.Keys(want)) {
				if hidden[field] {
					continue
				}
				if value, ok := got[field]; ok && value != want[field] {
					return fmt.Sprintf("%s %s: %s is %q, in the org %q\n held %v\n org  %v", object, id, field, value, want[field], got, want)
				} else if !ok && want[field] != "" && strings.HasPrefix(field, "New") {
					return fmt.Sprintf("%s %s: field %s was never read, in the org it is %q", object, id, field, want[field])
				}
			}
		}
		for id, r := range records {
			if !seen[id] && !gone[id] && r["IsDeleted"] != "true" {
				return fmt.Sprintf("%s %s is gone from the org, and lives here: %v", object, id, r)
			}
		}
	}
	return ""
}
