package tests

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/engine"
)

// benchforceTables are what the known figures need of gold, and what those are made from.
var benchforceTables = []string{"account_members", "account_parents", "link_pairs", "master_ids", "business_time", "case_milestones", "contract_opportunities", "fx_rates", "invoices",
	"mrr_invoice_items", "mrr_items", "mrr_gaps", "mrr_choices", "mrr_monthly", "mrr_spans", "opportunities", "opportunity_stage_history", "sales_stages", "support_cases", "survey_responses"}

// TestSubscriptionIdentity reads the organisations, subscriptions and outages of a
// published data set through all layers. What is known of them stands in known.json:
// seats × price × (1 - discount) is the price that the file gives beside them, on every
// subscription, and outages last the minutes it gives.
//
// The set is JSON, which no source reads: the test writes it as CSV, field by field.
func TestSubscriptionIdentity(t *testing.T) {
	given := filepath.Join(realData, "benchforce_b2b_saas")
	if _, err := os.Stat(given); err != nil {
		t.Skip("skipped: no ../shared/data")
	}
	t.Parallel()
	dir := t.TempDir()
	copyTree(t, "exports", dir)
	dir = filepath.Join(dir, "benchforce")
	for name, file := range map[string]string{"organizations": "data_organizations.json", "subscriptions": "data_subscriptions.json", "downtime": "data_downtime_logs.json"} {
		writeCSV(t, filepath.Join(dir, "data", name+".csv"), readRecords(t, filepath.Join(given, file)))
	}
	config, root := filepath.Join(dir, "pipeline.json"), filepath.Join(dir, "lake")
	must(t, "run", "--quiet", "--config", config, "--layer", "bronze")
	must(t, "run", "--quiet", "--config", config, "--layer", "silver")
	must(t, "run", "--quiet", "--config", config, "--layer", "gold", "--table", strings.Join(benchforceTables, ","))
	s := openCatalog(t, root)
	subscriptions := engine.Literal(filepath.Join(dir, "data", "subscriptions.csv"))
	if err := s.Exec(t.Context(), "CREATE SCHEMA memory.given; CREATE VIEW memory.given.subscriptions AS FROM read_csv("+subscriptions+", all_varchar := true)"); err != nil {
		t.Fatal(err)
	}
	for _, f := range readFacts(t, filepath.Join(dir, "known.json")) {
		got := askSession(t, s, "SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ("+strings.ReplaceAll(f.SQL, "given.", "memory.given.")+")")
		if diff := cmp.Diff(f.Want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", f.About, diff)
		}
	}
	balanced(t, root)
}

// readRecords reads a JSON file of records: a list of them, or one object by id.
func readRecords(t *testing.T, file string) (records []map[string]any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var byID map[string]map[string]any
	if json.Unmarshal(text, &records) == nil {
		return records
	}
	if err := json.Unmarshal(text, &byID); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	for _, r := range byID {
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b map[string]any) int { return strings.Compare(a["id"].(string), b["id"].(string)) })
	return records
}

// writeCSV writes the plain fields of records; of a list, how many things it names.
func writeCSV(t *testing.T, file string, records []map[string]any) {
	t.Helper()
	var columns []string
	for name := range records[0] {
		columns = append(columns, name)
	}
	slices.Sort(columns)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := csv.NewWriter(f)
	rows := [][]string{columns}
	for _, r := range records {
		row := make([]string, len(columns))
		for i, name := range columns {
			row[i] = plain(r[name])
		}
		rows = append(rows, row)
	}
	if err := w.WriteAll(rows); err != nil {
		t.Fatal(err)
	}
}

func plain(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any:
		return fmt.Sprint(len(v))
	case map[string]any:
		return ""
	}
	return fmt.Sprint(v)
}
