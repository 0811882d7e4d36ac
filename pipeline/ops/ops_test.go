package ops

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

func session(t *testing.T) engine.Session {
	t.Helper()
	db, err := duckdb.Open(context.Background(), engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := db.Session(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = s.Close(), db.Close() })
	return s
}

// TestWrite: typed as the contract says, ordered by key, what is left out is NULL.
func TestWrite(t *testing.T) {
	s := session(t)
	contract := config.Contract{Table: "t", Key: []string{"id"}, Columns: []config.ContractColumn{
		{Name: "id", Type: "VARCHAR"}, {Name: "n", Type: "BIGINT"}, {Name: "at", Type: "TIMESTAMPTZ"}, {Name: "keys", Type: "VARCHAR[]"}, {Name: "ok", Type: "BOOLEAN"}}}
	rows := []Row{
		{"id": "b", "n": 2, "keys": []string{"x, y", `"z"`}},
		{"id": "a", "at": "2026-11-20T01:02:03.5Z", "ok": true},
	}
	for name, c := range map[string]struct {
		rows []Row
		want string
	}{
		"rows": {rows, `[{"id":"a","n":null,"at":"2026-11-20 01:02:03.5+00","keys":null,"ok":true},{"id":"b","n":2,"at":null,"keys":["x, y","\"z\""],"ok":null}]`},
		"none": {nil, "[]"},
	} {
		path := filepath.Join(t.TempDir(), "t.part")
		n, err := Write(context.Background(), s, contract, map[string]int{"id": 1}, c.rows, path)
		if err != nil || int(n) != len(c.rows) {
			t.Fatalf("%s: %d rows, %v", name, n, err)
		}
		got := text(t, s, "SELECT coalesce(to_json(list(r)), '[]')::VARCHAR FROM read_parquet("+engine.Literal(path)+") r")
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
}

// TestCoverage: an object without rows is available if a file was loaded, one without a
// file is not; two sources of a region are added up.
func TestCoverage(t *testing.T) {
	s := session(t)
	err := s.Exec(context.Background(), `CREATE SCHEMA silver;
CREATE TABLE silver.account AS SELECT * FROM (VALUES ('crm', 'Kenya', 'a1'), ('crm', 'Kenya', 'a2')) t(source_system, source_region, account_id);
CREATE TABLE silver.invoice AS SELECT * FROM (VALUES
  ('bill', 'a1', DATE '2026-01-05'), ('bill', 'a1', DATE '2026-02-05'), ('bill2', 'a2', DATE '2026-03-05')) t(source_system, account_id, invoice_date)`)
	if err != nil {
		t.Fatal(err)
	}
	exported, began := time.Date(2026, 3, 31, 23, 59, 59, 0, time.UTC), time.Date(2026, 1, 31, 23, 59, 59, 0, time.UTC)
	feed := func(source, object, table, event string, loaded bool) Feed {
		return Feed{Source: source, Region: "Kenya", Object: object, SilverTable: table, EventSQL: event, HasAccount: event != "", Loaded: loaded, BronzeRows: 7}
	}
	bill := feed("bill", "invoice", "invoice", "invoice_date", true)
	bill.ExportedAt, bill.FirstExportedAt = &exported, &began
	bill2 := feed("bill2", "invoice", "invoice", "invoice_date", true)
	bill2.ExportedAt, bill2.FirstExportedAt = &began, &exported
	rows, err := Coverage(context.Background(), s, "R", []Feed{bill, bill2,
		feed("none", "dispute", "", "", false), feed("raw", "campaign", "", "", true)})
	if err != nil {
		t.Fatal(err)
	}
	want := []Row{
		{"run_id": "R", "source_object": "invoice", "source_region": "Kenya", "silver_table": "invoice", "is_available": true, "row_count": int64(3),
			"first_event_at": "2026-01-05T00:00:00Z", "last_event_at": "2026-03-05T00:00:00Z", "first_exported_at": "2026-01-31T23:59:59Z", "last_exported_at": "2026-03-31T23:59:59Z", "account_coverage": 0.5},
		{"run_id": "R", "source_object": "dispute", "source_region": "Kenya", "silver_table": "", "is_available": false, "row_count": int64(7)},
		{"run_id": "R", "source_object": "campaign", "source_region": "Kenya", "silver_table": "", "is_available": true, "row_count": int64(7)},
	}
	if d := cmp.Diff(want, rows); d != "" {
		t.Error(d)
	}
}

func text(t *testing.T, s engine.Session, query string) (out string) {
	t.Helper()
	rows, err := s.Query(context.Background(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&out); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}
