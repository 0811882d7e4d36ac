package config

import "strings"

// firstDay is since when a definition holds that names no day.
const firstDay = "2020-01-01"

// metric is a definition as a row about one column, with everything filled in that the
// column itself says.
func (d Definition) metric(c Contract, col ContractColumn) MetricDefinition {
	m := MetricDefinition{
		MetricID: d.MetricID, Version: max(1, d.Version), Label: d.Label, Description: sentence(d.Description),
		MetricType: d.MetricType, Numerator: d.Numerator, Denominator: d.Denominator, Expression: d.Expression, Grain: c.Grain,
		Unit: d.Unit, NullRule: d.NullRule, WindowRule: d.WindowRule, Owner: d.Owner, StandardRef: d.StandardRef,
		GoldTable: c.Table, GoldColumn: col.Name, ValidFrom: d.ValidFrom,
	}
	if c.Layer != "gold" {
		m.GoldTable = c.Layer + "." + c.Table
	}
	fill(&m.MetricID, strings.TrimPrefix(m.GoldTable, "gold.")+"."+col.Name)
	fill(&m.Label, labelOf(col.Name))
	fill(&m.Unit, unitOf(col))
	fill(&m.MetricType, metricTypeOf(col, m.Unit))
	fill(&m.ValidFrom, firstDay)
	if !col.Nullable {
		m.NullRule = "never"
	}
	return m
}

// Comment is the definition in one line, for the comments of Parquet files and catalogs.
func (m MetricDefinition) Comment() string {
	parts := []string{m.Description}
	switch m.Unit {
	case "", "text", "list of texts", "true or false", "day", "instant", "id":
	default:
		parts = append(parts, "Unit: "+m.Unit+".")
	}
	if m.NullRule != "" && m.NullRule != "never" {
		parts = append(parts, "NULL: "+sentence(m.NullRule))
	}
	if m.StandardRef != "" {
		parts = append(parts, "("+m.StandardRef+")")
	}
	return strings.Join(parts, " ")
}

func fill(to *string, value string) {
	if *to == "" {
		*to = value
	}
}

func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" || strings.HasSuffix(text, ".") || strings.HasSuffix(text, "…") {
		return text
	}
	return text + "."
}

// unitOf is the unit that a type implies; numbers have none.
func unitOf(col ContractColumn) string {
	switch col.Type {
	case "VARCHAR":
		if strings.HasSuffix(col.Name, "_id") {
			return "id"
		}
		return "text"
	case "VARCHAR[]":
		return "list of texts"
	case "DOUBLE[]":
		return "list of numbers"
	case "BOOLEAN":
		return "true or false"
	case "DATE":
		return "day"
	case "TIMESTAMPTZ":
		return "instant"
	}
	if strings.HasSuffix(col.Name, "_usd") {
		return "USD"
	}
	return ""
}

// metricTypeOf says how a value comes about, as far as type and unit tell.
func metricTypeOf(col ContractColumn, unit string) string {
	switch {
	case unit == "id":
		return "id"
	case col.Type == "VARCHAR", col.Type == "VARCHAR[]":
		return "label"
	case col.Type == "BOOLEAN":
		return "flag"
	case col.Type == "DATE", col.Type == "TIMESTAMPTZ":
		return "date"
	case col.Type == "INTEGER", col.Type == "BIGINT":
		return "count"
	case strings.Contains(unit, "USD"), strings.Contains(unit, "currency"), strings.HasPrefix(col.Type, "DECIMAL"):
		return "amount"
	case strings.Contains(unit, "fraction"), strings.Contains(unit, "share"), strings.Contains(unit, "ratio"):
		return "ratio"
	}
	return "measure"
}

// words that a label spells in capitals.
var capitals = map[string]string{
	"usd": "USD", "mrr": "MRR", "arr": "ARR", "clv": "CLV", "id": "id", "sla": "SLA", "nps": "NPS", "csat": "CSAT", "ces": "CES", "qbr": "QBR",
	"nrr": "NRR", "grr": "GRR", "hhi": "HHI", "dso": "DSO", "fx": "FX", "yoy": "YoY", "cagr": "CAGR", "ci": "CI", "p": "P", "ttm": "TTM", "vip": "VIP", "auc": "AUC", "kpi": "KPI", "iso": "ISO",
}

// labelOf makes a column's name readable: revenue_ttm_usd is "Revenue TTM USD".
func labelOf(column string) string {
	words := strings.Split(column, "_")
	for i, w := range words {
		if c, ok := capitals[w]; ok {
			words[i] = c
		}
	}
	text := strings.Join(words, " ")
	return strings.ToUpper(text[:1]) + text[1:]
}

// Label is the name of a column for people.
func Label(column string) string {
	if column == "" {
		return ""
	}
	return labelOf(column)
}
