package docs

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/config"
)

const metricsIntro = `# Metrics

What every measure of gold means, by the formula that it follows. Written from ` + "`configs/silver_to_gold/definitions`" + `, from which
` + "`ops.metric_definitions`" + `, the comments in Parquet footers (` + "`comment.<column>`" + `) and those of ` + "`customer360.duckdb`" + ` are made too: one entry a
column, with shared entries for columns that many tables have. Weights, thresholds and windows are parameters of
` + "`gold_metrics.json`" + ` ([configuration.md](configuration.md)).

NULL means that a source is missing or a rule forbids an answer; it never means zero. A fraction is shown as it is stored: 0.12 is 12 %.
`

// formulas names the formulas that metrics follow.
var formulas = map[string]string{
	"F01": "Monthly recurring revenue", "F02": "Revenue", "F03": "MRR movements", "F04": "Retention", "F05": "Growth", "F06": "Customer lifetime value",
	"F07": "Concentration", "F08": "Margin and cost to serve", "F09": "Forecast", "F10": "Services and penetration", "F20": "Win rate", "F21": "Deal size",
	"F22": "Sales cycle", "F23": "Pipeline", "F24": "Funnel", "F25": "Stage of a customer", "F26": "Stalled deals", "F27": "Renewals", "F28": "Purchase patterns",
	"F29": "Cross-sell and upsell", "F30": "Leads", "F31": "Competition", "F40": "Tickets", "F41": "First response", "F42": "SLA compliance", "F43": "Resolution",
	"F44": "Escalations, reopens, repeats", "F45": "Cycle times", "F46": "Satisfaction", "F50": "Receivables", "F51": "Payment behaviour", "F52": "Payment risk",
	"F53": "Billing accuracy", "F55": "Usage trend", "F56": "Usage spikes", "F57": "Usage score", "F58": "Contact", "F59": "Sentiment", "F70": "Health", "F71": "Churn risk",
	"F72": "Churn model", "F73": "Next best action", "F74": "Estimated impact", "F75": "Alerts", "F76": "Priority", "F77": "Driver analysis", "F78": "Segmentation",
}

// TestMetrics compares docs/metrics.md with the definitions.
func TestMetrics(t *testing.T) {
	by := map[string][]config.MetricDefinition{}
	loaded := builtin(t)
	for _, m := range loaded.MetricDefinitions {
		if strings.HasPrefix(loaded.Contracts["gold/"+m.GoldTable].Description, "Internal.") { // steps on the way
			continue
		}
		if !strings.HasPrefix(m.StandardRef, "F") || strings.HasPrefix(m.GoldTable, "ops.") || m.MetricType == "id" || m.MetricType == "date" {
			continue
		}
		ref := strings.FieldsFunc(m.StandardRef, func(r rune) bool { return !('0' <= r && r <= '9' || r == 'F') })[0]
		by[ref] = append(by[ref], m)
	}
	var refs []string
	for ref := range by {
		if formulas[ref] == "" {
			t.Errorf("%s.%s follows %s, which nothing is known of", by[ref][0].GoldTable, by[ref][0].GoldColumn, ref)
		}
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, func(a, b string) int { return cmp.Compare(number(a), number(b)) })
	var b strings.Builder
	b.WriteString(metricsIntro)
	for _, ref := range refs {
		fmt.Fprintf(&b, "\n## %s %s\n\n| Column | Meaning | Formula | Unit | Window | NULL | Owner |\n|---|---|---|---|---|---|---|\n", ref, formulas[ref])
		for _, m := range by[ref] {
			formula := m.Expression
			if formula == "" && m.Denominator != "" {
				formula = m.Numerator + " / " + m.Denominator
			}
			cells := []string{"`" + m.GoldTable + "." + m.GoldColumn + "`", m.Description, formula, m.Unit, m.WindowRule, m.NullRule, m.Owner}
			for i := range cells {
				cells[i] = strings.ReplaceAll(cells[i], "|", `\|`)
			}
			b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
		}
	}
	compare(t, "../../docs/metrics.md", b.String())
}

func number(ref string) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(ref, "F"))
	return n
}
