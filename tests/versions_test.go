package tests

import (
	"fmt"
	"path/filepath"
	"testing"
)

// company writes the exports of a tiny company: an org that exports its accounts whole
// every night, and the billing systems of two regions that number their invoices alike.
func company(t *testing.T) (dir, config string) {
	t.Helper()
	dir = t.TempDir()
	exported := map[string]any{"pattern": `_(\d{4}-\d{2}-\d{2})\.csv`}
	object := func(name, mode string) map[string]any {
		return map[string]any{"name": name, "files": []string{name + "_[0-9]*.csv"}, "load_mode": mode, "missing_is_deleted": mode == "snapshot", "optional": true}
	}
	source := func(name, region, mapping string, objects ...any) map[string]any {
		return map[string]any{"name": name, "type": "csv", "region": region, "mapping": mapping, "path": filepath.Join(dir, name),
			"csv": map[string]any{"exported_at": exported}, "objects": objects}
	}
	cfg := map[string]any{
		"lake": "lake", "as_of": "2026-01-04",
		"gold_metrics": writeJSON(t, filepath.Join(dir, "gold_metrics.json"), map[string]any{"history": map[string]any{"month_ends": 0}}),
		"sources": []any{
			source("crm", "Group", "salesforce", object("Account", "snapshot")),
			source("billing_ke", "Kenya", "billing", object("invoice", "increment")),
			source("billing_za", "South Africa", "billing", object("invoice", "increment")),
		},
	}
	fewModels(t, "invoices", "account_revenue")(cfg)
	config = writeJSON(t, filepath.Join(dir, "pipeline.json"), cfg)
	const head = "Id,Name,Type,Rating,CreatedDate\n"
	one := func(rating string) string {
		return "001000000000001AAA,Acacia,Enterprise," + rating + ",2025-05-01T00:00:00Z\n"
	}
	const two = "001000000000002AAA,Baobab,SMB,Warm,2025-05-01T00:00:00Z\n"
	write(t, filepath.Join(dir, "crm", "Account_2026-01-01.csv"), head+one("Hot")+two)
	write(t, filepath.Join(dir, "crm", "Account_2026-01-02.csv"), head+one("Cold"))    // the second account is deleted
	write(t, filepath.Join(dir, "crm", "Account_2026-01-03.csv"), head+one("Hot")+two) // both are as they were
	const bill = "invoice_id,invoice_number,account_id,invoice_date,due_date,status,net_amount,tax_amount,total_amount,currency\n"
	write(t, filepath.Join(dir, "billing_ke", "invoice_2026-01-01.csv"), bill+"INV-1,INV-1,001000000000001AAA,2025-12-01,2025-12-31,Issued,100,0,100,USD\n")
	write(t, filepath.Join(dir, "billing_za", "invoice_2026-01-01.csv"), bill+"INV-1,INV-1,001000000000002AAA,2025-12-02,2026-01-01,Issued,250,0,250,USD\n")
	return dir, config
}

// TestVersions: A → B → A, delete → return, and two regions with the same invoice
// numbers come out right, night by night and all at once.
func TestVersions(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	t.Parallel()
	dir, config := company(t)
	root := filepath.Join(dir, "lake")
	must(t, "run", "--quiet", "--config", config)
	r := read(t, root, "")
	const accounts = "SELECT string_agg(account_name || ' ' || rating, ', ' ORDER BY account_name) FROM silver.account"
	for sql, want := range map[string]string{
		accounts: "Acacia Hot, Baobab Warm",
		// Three versions each: A, B, A, and there, gone, there.
		"SELECT string_agg(Name || ' ' || coalesce(Rating, '') || CASE WHEN _is_deleted THEN ' deleted' ELSE '' END, ', ' ORDER BY Name, _seq) FROM bronze.crm__account": "Acacia Hot, Acacia Cold, Acacia Hot, Baobab Warm, Baobab Warm deleted, Baobab Warm",
		"SELECT string_agg(invoice_id || ' ' || total_amount_usd, ', ' ORDER BY invoice_id) FROM silver.invoice":                                                         "billing_ke:INV-1 100.00, billing_za:INV-1 250.00",
		"SELECT string_agg(account_id || ' ' || invoice_id, ', ' ORDER BY account_id) FROM gold.invoices":                                                                "001000000000001AAA billing_ke:INV-1, 001000000000002AAA billing_za:INV-1",
		"SELECT string_agg(account_id || ' ' || revenue_ttm_usd, ', ' ORDER BY account_id) FROM gold.account_revenue":                                                    "001000000000001AAA 100.00, 001000000000002AAA 250.00",
	} {
		if got := r.one(t, sql); got != want {
			t.Errorf("%s\n got %s\nwant %s", sql, got, want)
		}
	}
	for day, want := range map[string]string{"2026-01-01": "Acacia Hot, Baobab Warm", "2026-01-02": "Acacia Cold", "2026-01-03": "Acacia Hot, Baobab Warm"} {
		past := runJSON(t, "--config", config, "--as-of", day)
		if got := read(t, root, fmt.Sprint(past.Published)).one(t, accounts); got != want {
			t.Errorf("as of %s: %s, want %s", day, got, want)
		}
	}

	if testing.Short() {
		return // TestNightsAtOnce does what follows with the demo
	}
	// The same one night at a time.
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.csv"))
	if err != nil || len(files) != 5 {
		t.Fatalf("%v, %v", files, err)
	}
	slow := filepath.Join(t.TempDir(), "lake")
	for _, day := range []string{"2026-01-01", "2026-01-02", "2026-01-03"} {
		globs := func(cfg map[string]any) {
			for _, s := range cfg["sources"].([]any) {
				for _, o := range s.(map[string]any)["objects"].([]any) {
					object := o.(map[string]any)
					object["files"] = []string{object["name"].(string) + "_" + day + ".csv"}
				}
			}
		}
		var cfg map[string]any
		readJSON(t, config, &cfg)
		globs(cfg)
		must(t, "run", "--quiet", "--config", writeJSON(t, filepath.Join(t.TempDir(), "pipeline.json"), cfg), "--lake", slow, "--as-of", day)
	}
	must(t, "run", "--quiet", "--config", config, "--lake", slow)
	same(t, "nights", apartFromPast(t, tables(t, root, "silver", "gold"), "2026-01-04"), apartFromPast(t, tables(t, slow, "silver", "gold"), "2026-01-04"))
}

// TestReload: files that are read again change nothing that readers see.
func TestReload(t *testing.T) {
	t.Parallel()
	dir, config := company(t)
	root := filepath.Join(dir, "lake")
	must(t, "run", "--quiet", "--config", config)
	before := tables(t, root, "silver", "gold")
	again := runJSON(t, "--config", config, "--reload")
	if s := again.step("bronze/crm/account"); s == nil || s.In != 5 {
		t.Errorf("account was not read again: %+v", s)
	}
	same(t, "reload", before, tables(t, root, "silver", "gold"))
	if next := runJSON(t, "--config", config); len(next.worked()) > 0 || next.Published != 0 {
		t.Errorf("after a reload these are worked on: %v", next.worked())
	}
}

// TestOneFileTwice: the same export under another name is not loaded again.
func TestOneFileTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	t.Parallel()
	dir, config := company(t)
	must(t, "run", "--quiet", "--config", config)
	copyFile(t, filepath.Join(dir, "billing_ke", "invoice_2026-01-01.csv"), filepath.Join(dir, "billing_ke", "invoice_1_2026-01-01.csv"))
	if r := runJSON(t, "--config", config); r.Bronze != 0 || r.Published != 0 {
		t.Errorf("the same content was loaded again: versions %d and %d", r.Bronze, r.Published)
	}
}
