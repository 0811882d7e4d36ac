package gold_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// The synthetic silver is filled by column type and name: every table, every column, the
// same on every run, with unknown accounts, NULLs and ties.
const syntheticAccounts = 600

var syntheticAsOf = time.Date(2026, 6, 17, 0, 0, 0, 0, time.UTC)

// Opportunity history is larger than one row group, so that it is read in parallel.
var syntheticRows = map[string]int{
	"account": syntheticAccounts, "opportunity": 2000, "opportunity_history": 130000, "communication": 3000, "activity": 3000,
	"invoice": 3000, "invoice_line": 9000, "payment": 3000, "credit_memo": 500, "billing_account": 700, "usage_daily": 3000,
	"exchange_rate": 900, "opportunity_stage": 12, "user": 40, "product": 30, "manual_account_link": 60,
}

// syntheticChoices are the values of text columns that models look at.
var syntheticChoices = map[string][]string{
	"currency_iso_code": {"USD", "ZAR", "KES", "XXX"}, "source_system": {"sf"}, "source_region": {"Kenya", "South Africa", "Group"},
	"region": {"Kenya", "South Africa", "Nigeria"}, "stage_name": {"Prospect", "Qualify", "Proposal", "Negotiate", "Won", "Lost"},
	"direction": {"inbound", "outbound"}, "time_zone": {"Africa/Nairobi", "UTC"}, "channel": {"email", "call"}, "activity_type": {"Meeting", "Call", "Task", "QBR"},
	"charge_type": {"Recurring", "Usage", "One-off", "Tax"}, "decision": {"same", "different"}, "rate_source": {"rates"},
	"account_type": {"Wholesale", "Enterprise", "SMB"}, "product_family": {"Mobile", "Voice", "Cloud"},
	"role": {"Decision Maker", "Influencer", "Business User"}, "opportunity_type": {"New Business", "Renewal"},
	"field_name": {"Status"}, "new_value": {"Closed", "Working"}, "old_value": {"New", "Closed"},
}

// syntheticKey says how many different keys a column that points to another table has.
var syntheticKeys = map[string]string{
	"account_id": "account", "opportunity_id": "opportunity", "invoice_id": "invoice", "billing_account_id": "billing_account",
	"product_id": "product", "asset_id": "asset", "end_user_id": "end_user", "case_id": "support_case", "contract_id": "contract",
	"owner_id": "user", "user_id": "user", "lead_id": "lead", "order_id": "order", "matched_account_id": "account",
	"converted_opportunity_id": "opportunity", "renewal_of_contract_id": "contract",
}

func rowsOf(table string) int {
	if n, ok := syntheticRows[table]; ok {
		return n
	}
	return 1500
}

// syntheticSilver writes every silver table and the coverage of its regions.
func syntheticSilver(t *testing.T, eng engine.Engine) map[string][]string {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	files := map[string][]string{}
	sess, err := eng.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	write := func(name, query string) {
		path := filepath.Join(dir, name+".parquet")
		if _, err := sess.WriteParquet(ctx, query, path, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		files[name] = []string{path}
	}
	for _, c := range contracts(t) {
		if c.Layer != "silver" {
			continue
		}
		var list []string
		for i, col := range c.Columns {
			list = append(list, fmt.Sprintf("CAST(%s AS %s) AS %s", syntheticValue(c, col, i), col.Type, engine.Ident(col.Name)))
		}
		keys := make([]string, len(c.Key))
		for i, k := range c.Key {
			keys[i] = engine.Ident(k)
		}
		write("silver."+c.Table, fmt.Sprintf("SELECT DISTINCT ON (%[1]s) %[2]s FROM range(%[3]d) r(i) ORDER BY %[1]s, i", strings.Join(keys, ", "), strings.Join(list, ", "), rowsOf(c.Table)))
	}
	write("ops.source_coverage", `SELECT 'r' AS run_id, t AS source_object, g AS source_region, t AS silver_table, true AS is_available,
		TIMESTAMPTZ '2020-01-01 00:00:00+00' AS first_event_at, TIMESTAMPTZ '2026-06-17 00:00:00+00' AS last_event_at, TIMESTAMPTZ '2026-01-18 00:00:00+00' AS first_exported_at, TIMESTAMPTZ '2026-06-18 00:00:00+00' AS last_exported_at, 1::BIGINT AS row_count, 1.0::DOUBLE AS account_coverage
		FROM unnest(['asset','invoice','support_case','opportunity','contract','activity','communication']) a(t), unnest(['Kenya','Group']) b(g)`)
	return files
}

// syntheticValue is an expression over i for one column.
func syntheticValue(c config.Contract, col config.ContractColumn, n int) string {
	h := fmt.Sprintf("hash(i, %d)", n)
	if slices.Contains(c.Key, col.Name) && len(c.Key) == 1 {
		return fmt.Sprintf("'%s-' || i", c.Table)
	}
	if col.Name == "parent_account_id" {
		return fmt.Sprintf("CASE WHEN %s %% 8 = 0 THEN 'account-' || (%s %% 90) END", h, h)
	}
	if target, ok := syntheticKeys[col.Name]; ok && col.Type == "VARCHAR" {
		id := fmt.Sprintf("'%s-' || (%s %% %d)", target, h, rowsOf(target)+rowsOf(target)/20+1)
		if !col.Nullable {
			return id
		}
		return fmt.Sprintf("CASE WHEN %s %% 19 = 0 THEN NULL ELSE %s END", h, id)
	}
	if strings.HasSuffix(col.Name, "_normalized") {
		return fmt.Sprintf("'name ' || (%s %% 400)", h)
	}
	if choices, ok := syntheticChoices[col.Name]; ok && col.Type == "VARCHAR" {
		return fmt.Sprintf("list_extract(['%s'], CAST(%s %% %d AS INTEGER) + 1)", strings.Join(choices, "', '"), h, len(choices))
	}
	switch {
	case col.Type == "DATE":
		return fmt.Sprintf("DATE '2023-01-01' + CAST(%s %% 1400 AS INTEGER)", h)
	case col.Type == "TIMESTAMPTZ":
		return fmt.Sprintf("TIMESTAMPTZ '2023-01-01 00:00:00+00' + to_seconds(CAST(%s %% 108000000 AS BIGINT))", h)
	case col.Type == "BOOLEAN":
		return h + " % 3 = 0"
	case col.Type == "INTEGER" || col.Type == "BIGINT":
		return h + " % 13"
	case col.Type == "DOUBLE":
		return fmt.Sprintf("(%s %% 10000) / 97.0 + 0.1", h)
	case strings.HasPrefix(col.Type, "DECIMAL"):
		// One in 53 is some ten million: products of such amounts leave 18 digits.
		return fmt.Sprintf("(%[1]s %% 1000000) / 100.0 * CASE WHEN %[1]s %% 53 = 0 THEN 5000 ELSE 1 END", h)
	case col.Type == "VARCHAR[]":
		return fmt.Sprintf("['v' || (%s %% 5)]", h)
	}
	return fmt.Sprintf("'v' || (%s %% 11)", h)
}

// TestThreads builds every model on one and on eight threads, with a past of a month
// before: the bytes are the same.
func TestThreads(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	one, eight := openEngine(t, 1), openEngine(t, 8)
	silver := syntheticSilver(t, one)
	p := load(t, one, options(t))
	then := buildAll(t, eight, p, syntheticAsOf.AddDate(0, 0, -31), silver)
	for _, m := range p.Models() {
		if m.Storage == "state" {
			silver["past."+m.Name] = then[m.Table()]
		}
	}
	a := buildAll(t, one, p, syntheticAsOf, silver)
	b := buildAll(t, eight, p, syntheticAsOf, silver)
	for _, m := range p.Models() {
		sameBytes(t, m.Table(), a[m.Table()], b[m.Table()])
	}
	t.Run("properties", func(t *testing.T) { properties(t, eight, b) })
}

// properties are queries over the whole gold layer that must give no row.
func properties(t *testing.T, eng engine.Engine, files map[string][]string) {
	ctx := context.Background()
	sess, err := eng.Session(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer sess.Close()
	tables := map[string]bool{}
	for name, list := range files {
		schema, table, _ := strings.Cut(name, ".")
		if err := sess.RegisterParquet(ctx, schema, table, list, nil); err != nil {
			t.Fatal(err)
		}
		tables[name] = true
	}
	for name, sql := range map[string]string{
		"every account is in accounts": `SELECT account_id FROM (SELECT account_id FROM gold.opportunities UNION SELECT account_id FROM gold.opportunity_line_items
			UNION SELECT account_id FROM gold.end_users UNION SELECT account_id FROM gold.services UNION SELECT account_id FROM gold.contracts
			UNION SELECT account_id FROM gold.support_cases UNION SELECT account_id FROM gold.invoices UNION SELECT account_id FROM gold.ar_aging
			UNION SELECT account_id FROM gold.revenue_metrics UNION SELECT account_id FROM gold.mrr_monthly UNION SELECT account_id FROM gold.timeline_events)
			WHERE account_id IS NULL OR account_id NOT IN (SELECT account_id FROM gold.accounts)`,
		"one row per account":       `SELECT account_id FROM gold.accounts EXCEPT SELECT account_id FROM gold.customer_360`,
		"unassigned is no customer": `SELECT account_id FROM gold.accounts WHERE (account_id LIKE 'UNASSIGNED-%') <> (master_account_id IS NULL)`,
		"customers sum to accounts": `SELECT * FROM (SELECT sum(mrr_usd) AS a, sum(revenue_ttm_usd) AS b, sum(open_cases) AS c, sum(outstanding_usd) AS d, sum(account_count) AS e FROM gold.account_master) m
			JOIN (SELECT sum(mrr_usd) AS a, sum(revenue_ttm_usd) AS b, sum(open_cases) AS c, sum(outstanding_usd) AS d, count(*) AS e FROM gold.customer_360 WHERE master_account_id IS NOT NULL) s
			ON (m.a, m.b, m.c, m.d, m.e) IS DISTINCT FROM (s.a, s.b, s.c, s.d, s.e)`,
		"mrr of accounts is that of the month": `SELECT * FROM (SELECT sum(mrr_usd) AS a FROM gold.customer_360) c JOIN (SELECT sum(mrr_usd) AS a FROM gold.mrr_monthly WHERE month_start = DATE '2026-06-01') m ON c.a IS DISTINCT FROM m.a`,
		"debt of accounts is that of aging":    `SELECT * FROM (SELECT sum(outstanding_usd) AS a FROM gold.customer_360) c JOIN (SELECT sum(outstanding_usd) AS a FROM gold.ar_aging) m ON c.a IS DISTINCT FROM m.a`,
		"cases of accounts are all cases":      `SELECT * FROM (SELECT sum(open_cases) AS a FROM gold.customer_360) c JOIN (SELECT count(*) AS a FROM gold.support_cases WHERE is_open) m ON c.a IS DISTINCT FROM m.a`,
		"pipeline of accounts is all of it":    `SELECT * FROM (SELECT sum(open_pipeline_usd) AS a FROM gold.customer_360) c JOIN (SELECT sum(deal_value_usd) AS a FROM gold.opportunities WHERE status = 'open') m ON c.a IS DISTINCT FROM m.a`,
		"every opportunity is kept":            `SELECT opportunity_id FROM silver.opportunity EXCEPT SELECT opportunity_id FROM gold.opportunities`,
		"funnel never rises":                   `SELECT * FROM (SELECT entered_count, lag(entered_count) OVER (PARTITION BY funnel, region ORDER BY stage_order) AS before FROM gold.sales_funnel) WHERE entered_count > before`,
		"regions of the funnel sum to all": `SELECT funnel, stage_name FROM gold.sales_funnel GROUP BY funnel, stage_name
			HAVING sum(CASE region WHEN 'ALL' THEN -entered_count ELSE entered_count END) <> 0 OR sum(CASE region WHEN 'ALL' THEN -current_count ELSE current_count END) <> 0
			OR sum(CASE region WHEN 'ALL' THEN -lost_count ELSE lost_count END) <> 0 OR sum(CASE region WHEN 'ALL' THEN -amount_usd ELSE amount_usd END) <> 0`,
		"stewards keep accounts apart": `SELECT l.account_id FROM gold.account_link l JOIN gold.account_members a ON a.account_id = l.account_id JOIN gold.account_members b ON b.account_id = l.matched_account_id
			WHERE l.method = 'manual' AND l.decided = 'rejected' AND a.master_account_id = b.master_account_id`,
		"every account has an id":        `SELECT account_id FROM silver.account EXCEPT SELECT account_id FROM gold.master_ids`,
		"accepted pairs are one, others": `SELECT account_id FROM gold.account_link WHERE is_accepted <> (master_account_id = matched_master_account_id) AND method <> 'manual'`,
		"parts sum to the score": `SELECT account_id FROM (SELECT account_id, score, list_sum(list_transform(from_json(score_parts, '[{"log_odds":"DOUBLE"}]'), lambda p: p.log_odds)) AS total FROM gold.account_link)
			WHERE abs(score - total) > 1e-6`,
		"nobody is asked twice": `SELECT r.account_id FROM gold.link_review r JOIN gold.account_link l USING (account_id, matched_account_id) WHERE l.method = 'manual' AND l.decided <> 'review'`,
		"rates lie between 0 and 1": `SELECT account_id FROM gold.customer_360 WHERE NOT (coalesce(win_rate_24m, 0) BETWEEN 0 AND 1 AND coalesce(sla_compliance_90d, 0) BETWEEN 0 AND 1
			AND coalesce(resolution_rate_90d, 0) BETWEEN 0 AND 1 AND coalesce(renewal_rate_36m, 0) BETWEEN 0 AND 1 AND coalesce(penetration_rate, 0) BETWEEN 0 AND 1 AND data_coverage BETWEEN 0 AND 1)`,
	} {
		if d := query(t, sess, sql); len(d.rows) > 0 {
			t.Errorf("%s: %d rows, e.g.\n%s", name, len(d.rows), tableData{d.columns, d.rows[:min(3, len(d.rows))]}.format())
		}
	}
}
