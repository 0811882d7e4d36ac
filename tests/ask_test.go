package tests

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestAsk asks the way users do.
func TestAsk(t *testing.T) {
	t.Parallel()
	root := atOnce(t)
	customer := query(t, root, "SELECT min(master_account_name) FROM gold.account_master m WHERE mrr_usd > 0 AND (SELECT count(*) FROM gold.account_master n WHERE lower(n.master_account_name) = lower(m.master_account_name)) = 1")
	owner := query(t, root, "SELECT max(owner_name) FROM (SELECT owner_name FROM gold.accounts GROUP BY owner_name HAVING count(DISTINCT owner_id) = 1)")
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"several rows":    {[]string{"bc1"}, []string{"BC1  Overall customer retention rate", "as of ", "Logo retention", " %", "rows)"}},
		"one row":         {[]string{"SVC2"}, []string{"Mean hours", "Open now", "Cases closed in 90 days"}},
		"of a customer":   {[]string{"am1", "--customer", strings.ToUpper(customer)}, []string{"customer " + customer + " (M-", "invoice_issued"}},
		"of an owner":     {[]string{"bil1", "--owner", strings.ToLower(owner)}, []string{"accounts of " + owner}},
		"markdown":        {[]string{"bil2", "--format", "markdown"}, []string{"## BIL2 ", "| Segment | Owner name |", "|---|---|---:|"}},
		"csv":             {[]string{"bil4", "--format", "csv"}, []string{"customers_on_hold,mrr_usd,blocked_pipeline_usd"}},
		"what was before": {[]string{"sal1", "--at", "2"}, []string{"SAL1 "}},
	} {
		t.Run(name, func(t *testing.T) {
			out := must(t, append([]string{"ask", "--lake", root}, c.args...)...)
			for _, want := range c.want {
				if !strings.Contains(out, want) {
					t.Errorf("the answer lacks %q:\n%s", want, out)
				}
			}
		})
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"nobody":      {[]string{"am1", "--customer", customer[:len(customer)-1]}, "did you mean"},
		"no customer": {[]string{"am1"}, "add --customer NAME or ID"},
		"useless":     {[]string{"bc1", "--owner", owner}, "leave out --owner"},
	} {
		t.Run(name, func(t *testing.T) {
			r := pipeline(t, append([]string{"ask", "--lake", root}, c.args...)...)
			if r.code != 2 || !strings.Contains(r.stderr, c.want) {
				t.Errorf("exit %d, want 2 and %q:\n%s", r.code, c.want, r.stderr)
			}
		})
	}
}

// TestNoSource: without a source the answer says so; it is not 0 and not empty.
func TestNoSource(t *testing.T) {
	t.Parallel()
	config := small(t, []string{"sf_za/Account", "sf_za/User"}, nil)
	root := filepath.Join(t.TempDir(), "lake")
	must(t, "run", "--quiet", "--config", config, "--lake", root)
	for id, want := range map[string]string{
		"svc2": "no source: support case\n", "bil1": "no source: invoice; payment\n",
		"bc1": "no source: asset state period, subscription, asset, contract or invoice line\n",
	} {
		if out := must(t, "ask", id, "--lake", root); !strings.HasSuffix(out, want) {
			t.Errorf("%s: want %q at the end of\n%s", id, want, out)
		}
	}
	var answer struct {
		NoSource []string `json:"no_source"`
		Rows     []any    `json:"rows"`
	}
	if err := json.Unmarshal([]byte(must(t, "ask", "svc2", "--json", "--lake", root)), &answer); err != nil {
		t.Fatal(err)
	}
	if len(answer.NoSource) != 1 || answer.Rows != nil {
		t.Errorf("%+v, want one missing source and no rows", answer)
	}
}

// TestComments: what columns mean is in the catalogue, the files and the table of
// definitions, in the same words.
func TestComments(t *testing.T) {
	root := atOnce(t)
	s := openCatalog(t, root)
	for _, row := range askSession(t, s, `SELECT c.schema_name || '.' || c.table_name || '.' || c.column_name, coalesce(c.comment, ''), coalesce(d.description, '')
		FROM duckdb_columns() c LEFT JOIN ops.metric_definitions d ON d.gold_column = c.column_name AND d.gold_table = CASE c.schema_name WHEN 'gold' THEN c.table_name ELSE c.schema_name || '.' || c.table_name END
		WHERE c.schema_name IN ('gold', 'ops')`) {
		if row[2] == "" || !strings.HasPrefix(row[1], row[2]) {
			t.Errorf("%s: comment %q, definition %q", row[0], row[1], row[2])
		}
	}
	file := filepath.Join(root, "current", "gold", "customer_360.parquet")
	got := askSession(t, s, "SELECT decode(value) FROM parquet_kv_metadata('"+file+"') WHERE decode(key) = 'comment.arr_usd'")
	if len(got) != 1 || !strings.Contains(got[0][0], "12 x MRR") {
		t.Errorf("the file says of arr_usd: %v", got)
	}
}
