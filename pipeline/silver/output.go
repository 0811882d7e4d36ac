package silver

import (
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// finalSQL is the table: contract columns, in order, sorted by key. more is a further
// condition on the rows of parsed p.
func (t *Table) finalSQL(more string) string {
	return t.rowsSQL(more) + "\nORDER BY " + idList(t.Contract.Key)
}

// rowsSQL are the rows in no order.
func (t *Table) rowsSQL(more string) string {
	list := make([]string, len(t.Contract.Columns))
	for i, col := range t.Contract.Columns {
		value := "p." + id(col.Name)
		if fx, ok := t.fxValue(col.Name); ok {
			value = fx
		}
		for _, m := range t.money {
			if m.usd == col.Name {
				value = m.usdSQL()
			}
		}
		list[i] = fmt.Sprintf("CAST(%s AS %s) AS %s", value, col.Type, id(col.Name))
	}
	return "SELECT\n  " + strings.Join(list, ",\n  ") + "\nFROM parsed p" + t.fxJoins() +
		"\nWHERE NOT p.\"#rejected\"" + more
}

func idList(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = id(n)
	}
	return strings.Join(out, ", ")
}

// emptySQL is a table without rows.
func emptySQL(c config.Contract) string {
	list := make([]string, len(c.Columns))
	for i, col := range c.Columns {
		list[i] = fmt.Sprintf("CAST(NULL AS %s) AS %s", col.Type, id(col.Name))
	}
	return "SELECT " + strings.Join(list, ", ") + " WHERE false"
}

// rejectedValuesSQL lists the values that were replaced by NULL in rows that went through.
// Those of kept come beside them.
func (t *Table) rejectedValuesSQL(kept string) string {
	return fmt.Sprintf(`SELECT %s AS table_name, "#row_key" AS row_key, d."column" AS column_name, d.rule AS rule, d.raw AS raw_value, "#seq" AS seq
  FROM (SELECT "#row_key", "#seq", unnest("#defects") AS d FROM parsed WHERE "#defects" IS NOT NULL AND NOT "#rejected")%s`, lit(t.Name), kept)
}

// rejectedRowsSQL lists the refused rows, with everything the source said except what
// is sensitive, after those of parts.
func (t *Table) rejectedRowsSQL(inputs []*inputPlan, have func(*inputPlan) []string, parts []string) string {
	for _, in := range inputs {
		parts = append(parts, fmt.Sprintf(`SELECT %s AS table_name, %s AS source_name, %s AS source_object, p."#row_key" AS row_key, p."#seq" AS seq,
    CAST(to_json(p."#defects") AS VARCHAR) AS defects, %s AS raw_row
  FROM (SELECT * FROM parsed WHERE "#rejected" AND "#input" = %d) p JOIN bronze.in%d b ON b._seq = p."#seq"`,
			lit(t.Name), lit(in.Source), lit(strings.ToLower(in.Object)), in.rawRowSQL(have(in)), in.index, in.index))
	}
	return strings.Join(parts, "\n  UNION ALL\n  ")
}

func contractSelect(c config.Contract, from string) string {
	list := make([]string, len(c.Columns))
	for i, col := range c.Columns {
		list[i] = fmt.Sprintf("CAST(%s AS %s) AS %s", id(col.Name), col.Type, id(col.Name))
	}
	return "SELECT " + strings.Join(list, ", ") + "\nFROM (" + from + ")\nORDER BY " + idList(c.Key)
}

// rawRowSQL is the bronze row as JSON, without empty fields, sensitive ones masked.
func (in *inputPlan) rawRowSQL(have []string) string {
	var fields []string
	masked := in.sensitiveSources(have)
	for _, name := range have {
		if strings.HasPrefix(name, "_") && bronzeMeta[strings.ToLower(name)] {
			continue
		}
		value := "b." + id(name)
		if masked[name] {
			value = fmt.Sprintf("CASE WHEN b.%s IS NOT NULL THEN '***' END", id(name))
		}
		fields = append(fields, lit(name)+", "+value)
	}
	return "CAST(json_merge_patch('{}', json_object(" + strings.Join(fields, ", ") + ")) AS VARCHAR)"
}

// bronzeMeta are the columns that bronze adds to the source's.
var bronzeMeta = map[string]bool{"_source_system": true, "_source_region": true, "_source_object": true, "_source_file": true,
	"_extracted_at": true, "_watermark": true, "_batch_id": true, "_seq": true, "_row_hash": true, "_is_deleted": true}

// engineColumns are a contract's columns with their field ids.
func engineColumns(c config.Contract, ids func(table string, columns []string) map[string]int) []engine.Column {
	names := make([]string, len(c.Columns))
	for i, col := range c.Columns {
		names[i] = col.Name
	}
	var assigned map[string]int
	if ids != nil {
		assigned = ids(c.Table, names)
	}
	out := make([]engine.Column, len(c.Columns))
	for i, col := range c.Columns {
		out[i] = engine.Column{Name: col.Name, Type: col.Type, FieldID: assigned[col.Name]}
	}
	return out
}
