package report

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	_ "github.com/duckdb/duckdb-go/v2"
	"github.com/google/go-cmp/cmp"
)

// TestAnswer: one row is a list, several are a table, none is a sentence, a missing
// source is said.
func TestAnswer(t *testing.T) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	one := "SELECT 'Röd & Co' AS name, 1234567.891::DECIMAL(18,2) AS mrr_usd, 0.9994 AS nrr, -0.0004 AS growth, true AS open, NULL::DATE AS due, ['a','b'] AS why, 0.0123::DOUBLE AS rho, 12.50::DOUBLE AS days, DATE '2026-06-01' AS month_start"
	for name, c := range map[string]struct {
		query  string
		format Format
		want   string
	}{
		"one row": {one, FormatTable, `X1  What?
as of 2026-06-30 · customer C

name         Röd & Co
mrr_usd      1,234,568
nrr          99.9 %
growth       -0.040 %
open         yes
due          –
why          a, b
rho          0.012
days         12.5
month_start  2026-06

How to read it.

no source in Kenya: asset
`},
		"two rows": {"SELECT 'a' AS name, 1 AS n UNION ALL SELECT 'b|c', 20000 ORDER BY 1", FormatMarkdown, `## X1 What?

as of 2026-06-30 · customer C

| name | n |
|---|---:|
| a | 1 |
| b\|c | 20,000 |

How to read it.

no source in Kenya: asset
`},
		"long texts": {"SELECT repeat('long ', 15) || '1' AS cut, repeat('long ', 15) || '1' AS told, 6045::DECIMAL(18,2) AS paid, false AS is_late, true AS is_new UNION ALL SELECT 'b', 'c', 1.5, false, false ORDER BY 1 DESC", FormatTable, `X1  What?
as of 2026-06-30 · customer C

cut                                                           told                                                                              paid  is_late  is_new
────────────────────────────────────────────────────────────  ────────────────────────────────────────────────────────────────────────────  ────────  ───────  ──────
long long long long long long long long long long long long…  long long long long long long long long long long long long long long long 1  6,045.00  no       yes
b                                                             c                                                                                 1.50  no       no
(2 rows)

None is late.

How to read it.

no source in Kenya: asset
`},
		"no rows":   {"SELECT 1 AS n WHERE false", FormatTable, "X1  What?\nas of 2026-06-30 · customer C\n\nNothing.\n\nno source in Kenya: asset\n"},
		"no source": {"", FormatTable, "X1  What?\nas of 2026-06-30 · customer C\n\nno source: asset; survey\n"},
		"csv":       {"SELECT 1234567 AS n", FormatCSV, "n\n1234567\n"},
		"json": {"SELECT 1 AS n", FormatJSON, `{
  "question": "X1",
  "title": "What?",
  "as_of": "2026-06-30",
  "customer": "C",
  "no_source": [
    "asset",
    "survey"
  ],
  "notes": [
    "no source in Kenya: asset"
  ],
  "rows": [
    {
      "n": 1
    }
  ]
}
`},
	} {
		t.Run(name, func(t *testing.T) {
			var rows *sql.Rows
			if c.query != "" {
				if rows, err = db.QueryContext(context.Background(), c.query); err != nil {
					t.Fatal(err)
				}
				defer rows.Close()
			}
			a := Answer{ID: "X1", Title: "What?", AsOf: "2026-06-30", Customer: "C", NoSource: []string{"asset", "survey"}, Empty: "Nothing.", About: "How to read it.",
				Notes: []string{"no source in Kenya: asset"}, Kinds: map[string]string{"nrr": "percent", "growth": "percent", "month_start": "month", "told": "whole", "paid": "amount"},
				None: map[string]string{"is_late": "None is late.", "is_new": "None is new."}}
			var b strings.Builder
			if err := a.Write(&b, rows, c.format); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, b.String()); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
		})
	}
}
