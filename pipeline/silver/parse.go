package silver

import (
	"fmt"
	"slices"
	"strings"
)

const defectType = `STRUCT("column" VARCHAR, rule VARCHAR, raw VARCHAR)[]`

// parsedSQL creates the table parsed: the latest versions as typed contract columns,
// with what is wrong with them and what conversion needs. Silver rows, rejected rows
// and rejected values are all written from it. Clustered rows stand in the order of their
// event date.
func (t *Table) parsedSQL(groups []*group, have func(*inputPlan) []string, overlay, clustered bool) string {
	parts := make([]string, len(groups))
	for i, g := range groups {
		parts[i] = "(\n" + t.parseGroupSQL(g, g.have(have), overlay) + "\n)"
	}
	query := "CREATE TABLE parsed AS\n" + strings.Join(parts, "\nUNION ALL\n")
	if clustered {
		query += "\nORDER BY " + id(t.Contract.PartitionBy)
	}
	return query
}

// latestFrom joins the bronze rows of a group with what was decided about them.
func (g *group) latestFrom() (from, columns string) {
	rows, decisions := "bronze."+g.view(), "versions"
	if g.wanted != nil {
		rows, decisions = g.wanted.from(rows), wantedTable
	}
	from = fmt.Sprintf(`%s b JOIN %s v ON v."#seq" = b._seq AND v."#input" IN (%s) AND v."#status" = 'latest'`, rows, decisions, g.list())
	columns = `b.*, v."#input", v."#known_at", v."#basis", v."#reconstructed", v."#outdated", v."#valid_from", v."#valid_to"`
	for _, k := range keyList(len(g.lead().keyNames)) {
		columns += ", v." + k
	}
	return from, columns
}

func (g *group) parseMeta() []assignment {
	meta := []assignment{{"#input", `"#input"`}, {"#seq", "_seq"}, {"#reconstructed", `"#reconstructed"`}, {"#outdated", `"#outdated"`}, {"#since", `"#known_at"`}}
	for i, key := range keyList(len(g.lead().keyNames)) {
		meta = append(meta, assignment{fmt.Sprintf("#key%d", i+1), key})
	}
	return append(meta, g.visible(map[string]string{"known_at": `"#known_at"`, "known_at_basis": `"#basis"`,
		"valid_from": `"#valid_from"`, "valid_to": `"#valid_to"`, "is_current": `"#valid_to" IS NULL`})...)
}

func (t *Table) parseGroupSQL(g *group, have []string, overlay bool) string {
	c := &chain{group: g, missing: g.lead().missingSources(have), overlay: overlay, judge: true}
	from, columns := g.latestFrom()
	c.source(from, columns)
	plans := c.columns(func(*column) bool { return true }, g.parseMeta())
	identities, joins := g.identities()
	c.extend("judged", slices.Concat(verdict(plans), identities, g.sourceCurrency()), joins)
	return c.query(t.parsedSelect(g, c.last()))
}

// verdict derives, per row, the list of broken rules and whether the row is refused.
func verdict(plans []columnPlan) []assignment {
	var broken, list, refused, rounded, notes []string
	for _, p := range plans {
		for _, n := range p.notes {
			notes = append(notes, "CAST(coalesce("+n+", false) AS TINYINT)")
		}
		if p.rounded != "" {
			rounded = append(rounded, "CAST(coalesce("+id(p.name+"#rounded")+", false) AS TINYINT)")
		}
		if len(p.defects) == 0 {
			continue
		}
		rule := id(p.name + "#rule")
		broken = append(broken, rule)
		raw := "NULL::VARCHAR"
		if p.raw != "" {
			raw = "CAST(" + id(p.raw) + " AS VARCHAR)"
		}
		if p.raw != "" && p.mask {
			raw = "silver_mask(" + raw + ")"
		}
		list = append(list, fmt.Sprintf(`CASE WHEN %s IS NOT NULL THEN struct_pack("column" := %s, rule := %s, raw := %s) END`, rule, lit(p.name), rule, raw))
		if p.reject {
			refused = append(refused, rule+" IS NOT NULL")
		} else if p.rejectsUnmapped() {
			refused = append(refused, rule+" IS NOT DISTINCT FROM 'unmapped'")
		}
	}
	defects := "NULL::" + defectType
	if len(broken) > 0 {
		some := broken[0] + " IS NOT NULL"
		if len(broken) > 1 {
			some = coalesce(broken) + " IS NOT NULL"
		}
		defects = fmt.Sprintf("CASE WHEN %s THEN list_filter([\n      %s], lambda d: d IS NOT NULL) END", some, strings.Join(list, ",\n      "))
	}
	return []assignment{{"#defects", defects}, {"#rejected", disjunction(refused)}, {"#rounded", sum(rounded)}, {"#unmapped", sum(notes)}}
}

func (p columnPlan) rejectsUnmapped() bool {
	for _, d := range p.defects {
		if d.reject {
			return true
		}
	}
	return false
}

// ruleSQL names the first rule that a column broke.
func (p columnPlan) ruleSQL() string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, d := range p.defects {
		fmt.Fprintf(&b, " WHEN %s THEN %s", d.condition, lit(d.rule))
	}
	return b.String() + " END"
}

func disjunction(conditions []string) string {
	if len(conditions) == 0 {
		return "false"
	}
	return "(" + strings.Join(conditions, " OR ") + ")"
}

func sum(terms []string) string {
	if len(terms) == 0 {
		return "0::TINYINT"
	}
	return "CAST(" + strings.Join(terms, " + ") + " AS TINYINT)"
}

// identities puts id namespaces in front and replaces business keys by keys.
func (g *group) identities() (values []assignment, joins string) {
	for n, col := range g.lead().columns {
		value := g.each(func(in *inputPlan) string { return prefixed(in.columns[n]) })
		if col.ref != nil {
			value = fmt.Sprintf("coalesce(%s.k, r.%s)", col.ref.alias, id(col.name))
			joins += fmt.Sprintf("\n  LEFT JOIN %s %s ON %s.v = r.%s", g.lead().refTable(col), col.ref.alias, col.ref.alias, id(col.name))
		}
		if value != id(col.name) {
			values = append(values, assignment{col.name, value})
		}
	}
	return values, joins
}

func (in *inputPlan) refTable(col *column) string {
	return fmt.Sprintf("lookup.in%d_%s", in.index, col.ref.alias)
}

// refSQL creates the lookup table of a reference by business key. Of several rows with
// one business key the smallest key is taken, so that the result does not depend on order.
func (in *inputPlan) refSQL(col *column, keyColumn string) string {
	where := ""
	if col.ref.source != "" {
		where = " AND source_system = " + lit(col.ref.source)
	}
	return fmt.Sprintf("CREATE TABLE %s AS SELECT %s AS v, min(%s) AS k FROM silver.%s WHERE %s IS NOT NULL%s GROUP BY ALL",
		in.refTable(col), id(col.ref.by), id(keyColumn), id(col.ref.table), id(col.ref.by), where)
}

// reconstructed are the values of reconstructed rows after overlay and blanking. An
// outdated row takes what its history knows since.
func (c *chain) reconstructed(plans []columnPlan) (values []assignment, joins string) {
	r := c.lead().mapping.Reconstruct
	if r == nil || !c.overlay {
		return nil, ""
	}
	for _, p := range plans {
		value := id(p.name)
		touched := false
		if r.Overlay != nil {
			if sql, ok := r.Overlay.Columns[p.name]; ok {
				value = fmt.Sprintf(`CASE WHEN h."#held" AND (r."#reconstructed" OR r."#outdated" AND h.%s >= r."#since") THEN CAST((%s) AS %s) ELSE r.%s END`,
					id(r.Overlay.Order[0]), sql, p.typ.sql, id(p.name))
				joins = fmt.Sprintf("\n  LEFT JOIN lookup.overlay%d h ON h.%s = r.\"#key1\"", c.lead().index, id(r.Overlay.Key))
				touched = true
			}
		}
		for _, blank := range r.BlankAfterAsOf {
			if blank != p.name {
				continue
			}
			bound := "> as_of()"
			if p.typ.kind == kindTimestamp {
				bound = ">= as_of_end()"
			}
			value = fmt.Sprintf(`CASE WHEN r."#reconstructed" AND (%s) %s THEN NULL ELSE %s END`, value, bound, value)
			touched = true
		}
		if touched {
			values = append(values, assignment{p.name, value})
		}
	}
	return values, joins
}

// overlaySQL creates the last history row per key; ties break by the history's own key.
func (in *inputPlan) overlaySQL(historyKey []string) string {
	o := in.mapping.Reconstruct.Overlay
	var order []string
	for _, c := range append(slices.Clone(o.Order), historyKey...) {
		order = append(order, id(c)+" DESC NULLS LAST")
	}
	where := ""
	if o.Filter != "" {
		where = " WHERE (" + o.Filter + ")"
	}
	return fmt.Sprintf(`CREATE TABLE lookup.overlay%d AS SELECT *, true AS "#held" FROM silver.%s h%s QUALIFY row_number() OVER (PARTITION BY %s ORDER BY %s) = 1`,
		in.index, id(o.Table), where, id(o.Key), strings.Join(order, ", "))
}

// parsedSelect lists the contract's columns and the bookkeeping of a group.
func (t *Table) parsedSelect(g *group, from string) string {
	in := g.lead()
	list := []string{`"#input"`, `"#seq"`, `"#defects"`, `"#rejected"`, `"#rounded"`, `"#unmapped"`,
		rowKeySQL(len(in.keyNames)) + ` AS "#row_key"`}
	if t.partitioned() {
		list = append(list, t.dueSQL(in)+` AS "#due"`)
	}
	list = append(list, t.fxSelect(in)...)
	for _, col := range t.Contract.Columns {
		list = append(list, fmt.Sprintf("CAST(%s AS %s) AS %s", g.contractColumn(col.Name), col.Type, id(col.Name)))
	}
	return "SELECT\n  " + strings.Join(list, ",\n  ") + "\nFROM " + from
}

// rowKeySQL is the key as one text, for reports.
func rowKeySQL(n int) string {
	parts := make([]string, n)
	for i, k := range keyList(n) {
		parts[i] = "CAST(" + k + " AS VARCHAR)"
	}
	if n == 1 {
		return parts[0]
	}
	return "concat_ws('|', " + strings.Join(parts, ", ") + ")"
}

// contractColumn is the SQL of a contract column in the last layer.
func (g *group) contractColumn(name string) string {
	in := g.lead()
	switch {
	case in.byName[name] != nil:
		return id(name)
	case !in.auto[name] || strings.HasPrefix(name, "fx_"):
		return "NULL"
	case name == "is_deleted":
		return "false"
	case name == "region":
		return g.originSQL()["source_region"]
	case strings.HasPrefix(name, "valid_") && !in.history(), name == "is_current" && !in.history():
		return "NULL"
	}
	return id(name)
}
