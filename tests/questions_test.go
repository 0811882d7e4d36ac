package tests

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestThreeQueries: what must never be in gold, asked the way a user asks.
func TestThreeQueries(t *testing.T) {
	root := atOnce(t)
	for _, sql := range []string{
		"SELECT account_id, COUNT(*) FROM gold.accounts GROUP BY account_id HAVING COUNT(*) > 1",
		"SELECT DISTINCT currency FROM gold.revenue_metrics WHERE currency != 'USD'",
		"SELECT * FROM gold.opportunities WHERE account_id NOT IN (SELECT account_id FROM gold.accounts)",
	} {
		out := must(t, "query", "--lake", root, "--format", "csv", sql)
		if strings.Count(out, "\n") != 1 { // the header
			t.Errorf("%s gives\n%s", sql, out)
		}
	}
}

// answers says what a question's first row must look like: a condition on its columns,
// and at least how many rows a demo of a few hundred accounts gives.
var answers = map[string]struct {
	rows int
	all  string
}{
	"am1_history_of_a_customer":               {10, "event_date IS NOT NULL AND event_title <> ''"},
	"am3_open_renewals":                       {3, "days_to_expiry BETWEEN 0 AND 190 AND account_name <> ''"},
	"bil1_overdue_invoices":                   {10, "days_overdue > 0 AND coalesce(outstanding_usd, 1) > 0"},
	"bil2_receivables_by_segment_and_manager": {4, "outstanding_usd >= overdue_usd AND (segment IS NULL) <> (owner_name IS NULL) OR segment IS NULL"},
	"bil4_credit_hold":                        {1, "customers_on_hold > 0 AND mrr_usd > 0"},
	"ops3_complaints_within_sla":              {1, "within_sla BETWEEN 0.3 AND 1 AND complaints > 5"},
	"ops5_repeat_issues":                      {1, "repeat_rate BETWEEN 0.01 AND 0.6 AND repeat_accounts > 0"},
	"sal1_pipeline_stage_of_each_customer":    {200, "(stage = 'No open opportunity') = (open_opportunities = 0)"},
	"sal4_open_opportunities":                 {10, "stage_name <> '' AND probability BETWEEN 0 AND 100 AND coalesce(win_probability, 0) BETWEEN 0 AND 1"},
	"svc1_open_cases":                         {1, "status <> 'Closed' AND age_days >= 0"},
	"svc2_resolution_time":                    {1, "median_hours > 0 AND mean_hours > 0 AND p90_hours >= median_hours"},
	"svc5_valuable_accounts_in_trouble":       {1, "sla_breaches_90d > 0 OR escalations_90d > 0"},
}

// TestQuestions asks every question of sql/questions of the published catalogue.
func TestQuestions(t *testing.T) {
	files, err := filepath.Glob("../sql/questions/*.sql")
	if err != nil || len(files) != len(answers) {
		t.Fatalf("%d questions, %d with an expected answer, %v", len(files), len(answers), err)
	}
	s := openCatalog(t, atOnce(t))
	if err := s.Exec(t.Context(), `SET VARIABLE as_of = (SELECT max(as_of_date) FROM gold.customer_360);
		SET VARIABLE acct = (SELECT customer_id FROM gold.timeline_events WHERE customer_id IS NOT NULL GROUP BY customer_id ORDER BY count(*) DESC, customer_id LIMIT 1)`); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".sql")
		t.Run(name, func(t *testing.T) {
			sql, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, ok := answers[name]
			if !ok {
				t.Fatal("no expected answer")
			}
			for _, line := range []string{"-- question: ", "\n-- asked by: ", "\n-- tables: gold."} {
				if !strings.Contains("\n"+string(sql), line) {
					t.Errorf("the header lacks %q", strings.TrimSpace(line))
				}
			}
			answer := strings.TrimRight(strings.TrimSpace(string(sql)), ";")
			got := askSession(t, s, fmt.Sprintf("SELECT CAST(count(*) AS VARCHAR), CAST(count(*) FILTER (%s) AS VARCHAR) FROM (%s\n)", want.all, answer))
			var rows, good int
			if _, err := fmt.Sscan(got[0][0]+" "+got[0][1], &rows, &good); err != nil {
				t.Fatal(err)
			}
			if rows < want.rows || good != rows {
				t.Errorf("%d rows, %d of them with %s; want at least %d, all so", rows, good, want.all, want.rows)
			}
		})
	}
}
