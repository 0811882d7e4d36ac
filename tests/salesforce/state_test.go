package salesforce_test

import (
	"context"
	"fmt"
	"path/filepath"
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
	return &held{b.t, sess, snap}
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

// rows runs a query; NULL becomes "".
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
