package report

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

// TestRun draws a run with one of everything.
func TestRun(t *testing.T) {
	var b bytes.Buffer
	p := &Run{Out: &b}
	start := time.Date(2026, 11, 21, 1, 30, 0, 0, time.UTC)
	r := &pipeline.Result{Run: "01JD7K", AsOf: "2026-11-20", Sources: 3, StartedAt: start, FinishedAt: start.Add(4500 * time.Millisecond),
		Published: 42, Previous: 41, Status: pipeline.Done,
		Checks: []pipeline.CheckResult{{ID: "a", Passed: true}, {ID: "orphans", Severity: "warning", FailingRows: 13, TotalRows: 12410, About: "Load the accounts."}}}
	p.RunStarted(r)
	p.StepFinished(pipeline.Step{Layer: pipeline.Bronze, Table: "bronze/sf_ke/account", RowsIn: 238, RowsOut: 236, Elapsed: time.Second})
	p.StepFinished(pipeline.Step{Layer: pipeline.Bronze, Table: "bronze/sf_za/account", RowsIn: 1000, RowsOut: 1000, Elapsed: 2100 * time.Millisecond})
	p.StepFinished(pipeline.Step{Layer: pipeline.Bronze, Table: "bronze/sf_za/case", Status: pipeline.Skipped})
	p.StepFinished(pipeline.Step{Layer: pipeline.Silver, Table: "silver/opportunity", RowsIn: 12410, RowsOut: 12397, Rejected: 13, Elapsed: 900 * time.Millisecond})
	p.StepFinished(pipeline.Step{Layer: pipeline.Gold, Table: "gold/customer_360", RowsOut: 2004, Elapsed: 400 * time.Millisecond})
	p.RunFinished(r)
	want := `Run 01JD7K · as of 2026-11-20 · 3 sources
 bronze  ✓ account                         1,238 in     1,236 new                                    3.1s
 silver  ! opportunity                    12,410 in    12,397 out  13 rejected                       0.9s
 gold    ✓ customer_360                  2,004 rows                                                  0.4s
 unchanged: 1 bronze (see --verbose)
 warning orphans: 13 of 12,410 rows. Load the accounts.
Checks 1 passed · 1 warning    Published version 42 (was 41)  in 4.5s
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

// TestOutcome says every way in which a run can end.
func TestOutcome(t *testing.T) {
	for want, r := range map[string]pipeline.Result{
		"failed: no disk":                   {Status: pipeline.Failed, Error: "no disk"},
		"failed: first …":                   {Status: pipeline.Failed, Error: "first\nsecond"},
		"Written to /tmp/x":                 {Out: "/tmp/x"},
		"Published version 3":               {Published: 3},
		"Nothing new: version 2 is current": {Previous: 2},
		"Mended 1 file of version 2, which is current: gold/a/a.parquet":        {Previous: 2, Mended: []string{"gold/a/a.parquet"}},
		"Committed bronze as version 4; readers still see version 2":            {Bronze: 4, Previous: 2},
		"Published version 5 as historical: read it with --at 5, current stays": {Published: 5, Historical: true},
	} {
		if got := Outcome(&r); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestFormats(t *testing.T) {
	for got, want := range map[string]string{
		Count(0): "0", Count(999): "999", Count(1000): "1,000", Count(-1234567): "-1,234,567",
		Bytes(512): "512 B", Bytes(1536): "1.5 KiB", Bytes(3 << 30): "3.0 GiB",
		Duration(400 * time.Millisecond): "0.4s", Duration(125 * time.Second): "2m05s", Duration(2*time.Hour + 5*time.Minute): "2h05m",
		Plural(1, "table"): "1 table", Plural(1200, "row"): "1,200 rows",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestRows writes one of every kind of value in every format.
func TestRows(t *testing.T) {
	const query = `SELECT 1234567 AS n, 12.50::DECIMAL(18,2) AS amount, 0.1::DOUBLE AS ratio, 'a|b
c' AS text, DATE '2026-11-20' AS d, TIMESTAMPTZ '2026-11-20 10:00:00.5+00' AS at, ['x', NULL] AS list, true AS yes, NULL AS none, '\x01'::BLOB AS b`
	want := map[Format]string{
		FormatTable: strings.Join([]string{
			"      n  amount  ratio  text   d           at                      list       yes   none  b",
			"───────  ──────  ─────  ─────  ──────────  ──────────────────────  ─────────  ────  ────  ──",
			"1234567   12.50    0.1  a|b c  2026-11-20  2026-11-20 10:00:00.5Z  [x, NULL]  true  NULL  01",
			"(1 row)", ""}, "\n"),
		FormatCSV: "n,amount,ratio,text,d,at,list,yes,none,b\n1234567,12.50,0.1,\"a|b\nc\",2026-11-20,2026-11-20 10:00:00.5Z,\"[x, NULL]\",true,,01\n",
		FormatJSON: "[\n  {\"n\": 1234567, \"amount\": 12.50, \"ratio\": 0.1, \"text\": \"a|b\\nc\", \"d\": \"2026-11-20\", \"at\": \"2026-11-20T10:00:00.5Z\", " +
			"\"list\": [\"x\",null], \"yes\": true, \"none\": null, \"b\": \"01\"}\n]\n",
		FormatMarkdown: "| n | amount | ratio | text | d | at | list | yes | none | b |\n|---:|---:|---:|---|---|---|---|---|---:|---|\n" +
			"| 1234567 | 12.50 | 0.1 | a\\|b c | 2026-11-20 | 2026-11-20 10:00:00.5Z | [x, NULL] | true | NULL | 01 |\n",
	}
	ctx := context.Background()
	db, err := duckdb.Open(ctx, engine.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s, err := db.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for format, text := range want {
		rows, err := s.Query(ctx, query)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		var b bytes.Buffer
		n, err := Rows(&b, rows, format)
		if err != nil || n != 1 {
			t.Fatalf("%s: %d rows, %v", format, n, err)
		}
		if d := cmp.Diff(text, b.String()); d != "" {
			t.Errorf("%s: %s", format, d)
		}
	}
}
