package tests

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	write(t, to, string(b))
}

// TestLayers: one layer after the other gives what a run of all gives.
func TestLayers(t *testing.T) {
	t.Parallel()
	config := small(t, fewObjects, fewModels(t, someModels...))
	all, steps := filepath.Join(t.TempDir(), "all"), filepath.Join(t.TempDir(), "steps")
	must(t, "run", "--quiet", "--config", config, "--lake", all)

	bronze := runJSON(t, "--layer", "bronze", "--config", config, "--lake", steps)
	if bronze.Bronze != 1 || bronze.Published != 0 {
		t.Errorf("bronze: versions %d and %d, want 1 and none", bronze.Bronze, bronze.Published)
	}
	if _, err := os.Stat(filepath.Join(steps, "current")); err == nil {
		t.Error("there is a current state after bronze alone")
	}
	for i, layer := range []string{"silver", "gold"} {
		r := runJSON(t, "--layer", layer, "--config", config, "--lake", steps)
		if r.Published != int64(i)+2 {
			t.Errorf("%s published version %d", layer, r.Published)
		}
		for _, s := range r.Steps {
			if s.Layer != layer {
				t.Errorf("--layer %s worked on %s", layer, s.Table)
			}
		}
	}
	same(t, "layer by layer", tables(t, all, "silver", "gold"), tables(t, steps, "silver", "gold"))
	if r := runJSON(t, "--config", config, "--lake", steps); r.Published != 0 || len(r.worked()) > 0 {
		t.Errorf("after all layers these are worked on: %v", r.worked())
	}
	later := func(args ...string) result {
		return pipeline(t, append([]string{"run", "--as-of", "2099-01-01", "--config", config, "--lake", steps}, args...)...)
	}
	for _, part := range [][]string{{"--layer", "gold"}, {"--table", "account"}} {
		if r := later(part...); r.code != 2 || !strings.Contains(r.stderr, "mix") {
			t.Errorf("%v at a later as-of: exit %d, want 2\n%s", part, r.code, r.stderr)
		}
	}
	if r := pipeline(t, "run", "--layer", "platinum", "--config", config, "--lake", steps); r.code != 2 {
		t.Errorf("--layer platinum: exit %d, want 2", r.code)
	}
}

// TestSelection: --table and --source work on what they name and nothing else.
func TestSelection(t *testing.T) {
	t.Parallel()
	config := small(t, fewObjects, fewModels(t, someModels...))
	root := filepath.Join(t.TempDir(), "lake")
	part := runJSON(t, "--source", "sf_za", "--source", "rates", "--config", config, "--lake", root)
	for _, s := range part.Steps {
		if s.Layer == "bronze" && !strings.HasPrefix(s.Table, "bronze/sf_za/") && !strings.HasPrefix(s.Table, "bronze/rates/") {
			t.Errorf("--source sf_za loaded %s", s.Table)
		}
	}
	unloaded := func(r runReport) string {
		for _, w := range r.Warnings {
			if strings.HasPrefix(w, "nothing was ever loaded from ") {
				return w
			}
		}
		return ""
	}
	if w := unloaded(part); !strings.Contains(w, "billing_za") || strings.Contains(w, "sf_za") || strings.Contains(w, "rates") {
		t.Errorf("of the sources that were not loaded it says %q", w)
	}
	if n := read(t, root, "").one(t, "SELECT count(*) FROM silver.invoice"); n != "0" {
		t.Errorf("%s invoices without billing", n)
	}
	if w := unloaded(runJSON(t, "--config", config, "--lake", root)); w != "" {
		t.Errorf("after all sources: %s", w)
	}
	one := runJSON(t, "--full-refresh", "--table", "opportunity", "--config", config, "--lake", root)
	if w := one.worked(); !slices.Equal(w, []string{"silver/opportunity"}) {
		t.Errorf("--table opportunity worked on %v", w)
	}
	for _, args := range [][]string{{"--table", "opportunitty"}, {"--source", "sf_zb"}} {
		r := pipeline(t, append([]string{"run", "--config", config, "--lake", root}, args...)...)
		if r.code != 2 || !strings.Contains(r.stderr, "did you mean") {
			t.Errorf("%v: exit %d\n%s", args, r.code, r.stderr)
		}
	}
}

// TestPlan: it says what would run and why, changes nothing, and is right.
func TestPlan(t *testing.T) {
	t.Parallel()
	dir, config := company(t)
	root := filepath.Join(dir, "lake")
	type plan struct {
		Items []struct {
			Layer, Table, Reason string
			Files                []string
		} `json:"items"`
	}
	ask := func(code int, args ...string) (p plan) {
		t.Helper()
		r := pipeline(t, append([]string{"plan", "--json", "--exit-code", "--config", config}, args...)...)
		if r.code != code {
			t.Fatalf("plan %v: exit %d, want %d\n%s%s", args, r.code, code, r.stdout, r.stderr)
		}
		if err := json.Unmarshal([]byte(r.stdout), &p); err != nil {
			t.Fatal(err)
		}
		return p
	}
	reason := func(p plan, table string) string {
		for _, i := range p.Items {
			if i.Table == table {
				return i.Reason
			}
		}
		return ""
	}
	first := ask(3)
	if _, err := os.Stat(root); err == nil {
		t.Error("plan made a lake")
	}
	if r := reason(first, "bronze/crm/account"); r != "3 new files" {
		t.Errorf("account: %q", r)
	}
	must(t, "run", "--quiet", "--config", config)
	if p := ask(0); len(p.Items) != 0 {
		t.Errorf("after a run the plan has %v", p.Items)
	}

	write(t, filepath.Join(dir, "billing_ke", "invoice_2026-01-03.csv"),
		"invoice_id,invoice_number,account_id,invoice_date,due_date,status,net_amount,tax_amount,total_amount,currency\nINV-2,INV-2,001000000000001AAA,2026-01-02,2026-02-01,Issued,7,0,7,USD\n")
	p := ask(3)
	if r := reason(p, "bronze/billing_ke/invoice"); r != "1 new file" {
		t.Errorf("invoice: %q", r)
	}
	if r := reason(p, "silver/invoice"); !strings.Contains(r, "bronze/billing_ke/invoice") {
		t.Errorf("silver/invoice: %q", r)
	}
	if r := reason(p, "silver/account"); r != "" {
		t.Errorf("silver/account, which reads nothing new: %q", r)
	}
	did := runJSON(t, "--config", config)
	for _, table := range did.worked() {
		if reason(p, table) == "" {
			t.Errorf("%s was worked on and not planned", table)
		}
	}
	if s := did.step("silver/account"); s == nil || s.Status != "unchanged" {
		t.Errorf("silver/account was built again: %+v", s)
	}
	if r := reason(ask(3, "--as-of", "2026-01-05"), "silver/account"); !strings.Contains(r, "as-of moved from 2026-01-04 to 2026-01-05") {
		t.Errorf("a new as-of: %q", r)
	}
	if r := reason(ask(3, "--full-refresh"), "gold/account_revenue"); r != "full refresh" {
		t.Errorf("a full refresh: %q", r)
	}
}

// TestFailedCheck: a failing check keeps the state that readers have; what it found is
// shown, and is in ops after the next commit.
func TestFailedCheck(t *testing.T) {
	t.Parallel()
	dir, config := company(t)
	root := filepath.Join(dir, "lake")
	must(t, "run", "--quiet", "--config", config)
	before := tables(t, root, "silver", "gold", "ops")

	write(t, filepath.Join(dir, "billing_ke", "invoice_2026-01-03.csv"),
		"invoice_id,invoice_number,account_id,invoice_date,due_date,status,net_amount,tax_amount,total_amount,currency\n"+
			"INV-9,INV-9,001000000000001AAA,2026-01-02,2026-02-01,Issued,7,0,7,USD\n"+
			",INV-10,001000000000001AAA,2026-01-02,2026-02-01,Issued,7,0,7,USD\n")
	var cfg map[string]any
	readJSON(t, config, &cfg)
	copyTree(t, cfg["sql"].(string), filepath.Join(dir, "sql"))
	write(t, filepath.Join(dir, "sql", "checks", "no_invoice_nine.sql"),
		"-- check: no_invoice_nine\n-- severity: error\n-- table: gold.invoices\n-- about: Invoice nine must not be.\nSELECT invoice_id FROM gold.invoices WHERE invoice_id LIKE '%INV-9'\n")
	cfg["sql"] = filepath.Join(dir, "sql")
	strict := writeJSON(t, filepath.Join(dir, "strict.json"), cfg)
	r := pipeline(t, "run", "--json", "--config", strict)
	var failed runReport
	if err := json.Unmarshal([]byte(r.stdout), &failed); err != nil {
		t.Fatalf("%v\n%s%s", err, r.stdout, r.stderr)
	}
	if r.code != 1 || failed.Status != "failed" || failed.Published != 0 || failed.Bronze == 0 || !strings.Contains(r.stderr, "no_invoice_nine") {
		t.Errorf("exit %d, %s, versions %d and %d\n%s", r.code, failed.Status, failed.Bronze, failed.Published, r.stderr)
	}
	same(t, "after a failed check", before, tables(t, root, "silver", "gold", "ops"))
	tidy(t, root)

	if c := pipeline(t, "check", "--run", failed.Run, "--config", config); c.code != 1 || !strings.Contains(c.stdout, "no_invoice_nine") || !strings.Contains(c.stdout, "billing_ke:INV-9") {
		t.Errorf("check --run: exit %d\n%s%s", c.code, c.stdout, c.stderr)
	}
	if c := must(t, "rejects", "--run", failed.Run, "--config", config); !strings.Contains(c, "invoice_id") || !strings.Contains(c, "required") {
		t.Errorf("rejects --run:\n%s", c)
	}
	if c := pipeline(t, "rejects", "--table", "invoicee", "--config", config); c.code != 2 || !strings.Contains(c.stderr, `did you mean "invoice"`) {
		t.Errorf("rejects of an unknown table: exit %d\n%s%s", c.code, c.stdout, c.stderr)
	}
	if c := must(t, "runs", "--config", config); !strings.Contains(c, failed.Run) || !strings.Contains(c, "failed") {
		t.Errorf("runs:\n%s", c)
	}
	must(t, "runs", failed.Run, "--config", config)
	if c := pipeline(t, "check", "--config", config); c.code != 0 {
		t.Errorf("check of the published state: exit %d\n%s", c.code, c.stdout)
	}

	// Without the check the run goes through; it loads nothing twice.
	next := runJSON(t, "--config", config)
	if next.Bronze != 0 || next.Published == 0 {
		t.Errorf("the next run: versions %d and %d", next.Bronze, next.Published)
	}
	ops := read(t, root, "")
	for sql, want := range map[string]string{
		"SELECT status || ' ' || failing_rows || ' ' || severity FROM ops.dq_results WHERE check_id = 'no_invoice_nine'":         "failed 1 error",
		fmt.Sprintf("SELECT status FROM ops.run_log WHERE run_id = '%s' AND step = 'run'", failed.Run):                           "failed",
		fmt.Sprintf("SELECT count(*) > 0 FROM ops.run_log WHERE run_id = '%s' AND error LIKE '%%no_invoice_nine%%'", failed.Run): "true",
		fmt.Sprintf("SELECT status FROM ops.run_log WHERE run_id = '%s' AND step = 'run'", next.Run):                             "done",
		"SELECT count(*) FROM silver.rejected_row WHERE table_name = 'invoice'":                                                  "1",
	} {
		if got := ops.one(t, sql); got != want {
			t.Errorf("%s: %s, want %s", sql, got, want)
		}
	}
}

// TestOps: the run log, the check results and the coverage say what the run's report says.
func TestOps(t *testing.T) {
	t.Parallel()
	root := nightly(t)
	r := read(t, root, "")
	for _, run := range reports(t, root) {
		logged := map[string][][]string{}
		for _, row := range r.rows(t, fmt.Sprintf("SELECT step, layer, status, rows_in, rows_out, rows_rejected, finished_at >= started_at FROM ops.run_log WHERE run_id = '%s'", run.Run)) {
			logged[row[0]] = append(logged[row[0]], row[1:])
		}
		for _, s := range run.Steps {
			if s.Status == "unchanged" {
				continue
			}
			got := logged[s.Table]
			want := []string{s.Layer, s.Status, fmt.Sprint(s.In), fmt.Sprint(s.Out), fmt.Sprint(s.Rejected + s.Malformed), "true"}
			if len(got) != 1 || !slices.Equal(got[0], want) {
				t.Errorf("run %s, %s: %v, want %v", run.Run, s.Table, got, want)
			}
		}
		got := r.rows(t, fmt.Sprintf("SELECT layer, status, as_of_date, finished_at >= started_at FROM ops.run_log WHERE run_id = '%s' AND step = 'run'", run.Run))
		if len(got) != 1 || !slices.Equal(got[0], []string{"all", "done", run.AsOf, "true"}) {
			t.Errorf("run %s: %v", run.Run, got)
		}
		if n := r.one(t, fmt.Sprintf("SELECT count(*) FROM ops.dq_results WHERE run_id = '%s'", run.Run)); n != fmt.Sprint(len(run.Checks)) {
			t.Errorf("run %s: %s check results, %d in the report", run.Run, n, len(run.Checks))
		}
		// Coverage: an object that was loaded is available, with the dates of its events.
		for _, c := range r.rows(t, fmt.Sprintf("SELECT source_object, source_region, is_available, first_event_at IS NOT NULL FROM ops.source_coverage WHERE run_id = '%s' AND silver_table = 'invoice'", run.Run)) {
			if c[2] != "true" || c[3] != "true" {
				t.Errorf("run %s: coverage of invoices: %v", run.Run, c)
			}
		}
	}
	if n := r.one(t, "SELECT count(*) FROM (SELECT run_id, step FROM ops.run_log GROUP BY ALL HAVING count(*) > 1)"); n != "0" {
		t.Errorf("%s steps stand in the run log twice", n)
	}
}

// mayBeEmpty are the tables of gold and ops that have no rows in the demo of the tests. In
// the full demo, which fills its past and is large enough for near-namesakes, only
// action_log has none.
var mayBeEmpty = map[string]string{
	"gold/action_log":  "written back by people only",
	"gold/link_review": "demos of this size have no near-namesakes for a steward to decide",
	// These judge what was stored 90 days ago and earlier, and this lake has no past.
	"gold/cutoff_accounts": "", "gold/cutoff_scores": "", "gold/churn_outcomes": "", "gold/forecast_errors": "",
	"ops/score_backtest": "", "ops/calibration_bins": "", "ops/forecast_backtest": "",
}

// TestTablesHaveRows: no model of gold and ops comes out empty on the demo.
func TestTablesHaveRows(t *testing.T) {
	t.Parallel()
	r := read(t, atOnce(t), "")
	looked := 0
	for _, table := range r.view.Tables() {
		layer, name, _ := strings.Cut(table, "/")
		if layer != "gold" && layer != "ops" {
			continue
		}
		looked++
		rows := r.one(t, fmt.Sprintf(`SELECT count(*) FROM %s."%s"`, layer, name))
		if _, may := mayBeEmpty[table]; rows == "0" && !may {
			t.Errorf("%s has no rows", table)
		}
	}
	if looked < 130 {
		t.Errorf("only %d tables were looked at", looked)
	}
}

// TestNoTraceOfTheRun: silver and derived gold hold no run id, no path of a machine.
func TestNoTraceOfTheRun(t *testing.T) {
	t.Parallel()
	root := nightly(t)
	r := read(t, root, "")
	var traces []string
	for _, run := range reports(t, root) {
		traces = append(traces, run.Run)
	}
	traces = append(traces, filepath.Dir(binary), "/exports/")
	looked := 0
	for _, table := range r.view.Tables() {
		layer, name, _ := strings.Cut(table, "/")
		if layer != "silver" && layer != "gold" {
			continue
		}
		looked++
		if n := r.one(t, fmt.Sprintf(`SELECT count(*) FROM (SELECT CAST(x AS VARCHAR) AS text FROM %s."%s" x) WHERE contains(text, '%s')`,
			layer, name, strings.Join(traces, "') OR contains(text, '"))); n != "0" {
			t.Errorf("%s: %s rows hold one of %q", table, n, traces)
		}
		files, err := r.view.Files(table)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, trace := range traces {
				if strings.Contains(string(b), trace) {
					t.Errorf("%s holds %q", f, trace)
				}
			}
		}
	}
	if looked < 60 {
		t.Errorf("only %d tables were looked at", looked)
	}
}
