package silver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
)

// id and lit are shorthands: SQL text is mostly made of them.
func id(name string) string   { return engine.Ident(name) }
func lit(value string) string { return engine.Literal(value) }

// chain renders the common table expressions that lead from the source columns of an
// input to its target columns. Each layer is one SELECT over the one before; the layers
// of a column are "c#raw" (as received), "c#0", "c#1" … (after its transformations),
// "c" (typed) and "c#rule" (which rule it broke).
type chain struct {
	in      *inputPlan
	missing []string // source columns that bronze lacks
	overlay bool     // reconstructed rows exist
	judge   bool     // broken rules are wanted
	ctes    []string
	last    string
}

// add appends a layer and makes it the last one.
func (c *chain) add(name, body string) {
	name = fmt.Sprintf("in%d_%s", c.in.index, name)
	c.ctes = append(c.ctes, fmt.Sprintf("%s AS (\n%s\n)", name, body))
	c.last = name
}

// extend adds a layer with further columns.
func (c *chain) extend(name string, columns []string) {
	if len(columns) > 0 {
		c.add(name, "  SELECT *,\n    "+strings.Join(columns, ",\n    ")+"\n  FROM "+c.last)
	}
}

// with is the text before the SELECT that uses the chain.
func (c *chain) with() string { return "WITH " + strings.Join(c.ctes, ",\n") + "\n" }

// source starts the chain: the source columns, those that bronze lacks as NULL.
func (c *chain) source(from, columns string) {
	body := "  SELECT " + columns
	for _, m := range c.missing {
		body += ", NULL::VARCHAR AS " + id(m)
	}
	c.add("source", body+"\n  FROM "+from)
}

// filter keeps the rows that the mapping's filter claims.
func (c *chain) filter() {
	if f := c.in.mapping.Filter; f != "" {
		c.add("claimed", "  SELECT * FROM "+c.last+"\n  WHERE coalesce(("+f+"), false)")
	}
}

// stage is one assignment of a column's chain.
type stage struct {
	out    string
	sql    string
	lookup *lookup
	input  string
}

// defectCase is a condition under which a column broke a rule.
type defectCase struct {
	rule      string
	condition string
	reject    bool
}

// columnPlan is how one column is computed.
type columnPlan struct {
	*column
	raw     string // name of the column as received
	start   string // SQL of the raw value
	stages  []stage
	typed   string
	rounded string
	defects []defectCase
	notes   []string
}

func (col *column) stageName(n int) string { return fmt.Sprintf("%s#%d", col.name, n) }

// plan lays out the stages of a column.
func (col *column) plan() columnPlan {
	p := columnPlan{column: col, raw: col.name + "#raw", start: rawSQL(col.spec.SourceColumn)}
	if col.spec.Expression != "" {
		p.start = "(" + col.spec.Expression + ")"
	}
	in, plain := id(p.raw), true
	if col.spec.Expression != "" && len(col.steps) > 0 {
		in, plain = "CAST("+in+" AS VARCHAR)", false
	}
	if col.typ.kind != kindString && (col.spec.Expression == "" || len(col.steps) > 0) {
		in, plain = "silver_trim("+in+")", false
	}
	emit := func(sql string, l *lookup, input string) {
		p.stages = append(p.stages, stage{out: col.stageName(len(p.stages)), sql: sql, lookup: l, input: input})
		in, plain = id(p.stages[len(p.stages)-1].out), true
	}
	final := col.typ.castSQLFunc(col)
	rule := string(col.typ.kind)
	for _, s := range col.steps {
		switch {
		case s.final != nil:
			final, rule = func(in string) (string, string) { return s.final(in), "" }, s.name
		case s.own:
			if !plain {
				emit(in, nil, "")
			}
			before := in
			sql := ""
			if s.sql != nil {
				sql = s.sql(before)
			}
			emit(sql, s.lookup, before)
			if s.confirm != nil {
				emit(s.confirm(before, in), nil, "")
			}
			if s.defect != nil {
				p.defects = append(p.defects, defectCase{s.rule, s.defect(before, in), s.reject})
			}
			if s.note != nil {
				p.notes = append(p.notes, s.note(before))
			}
		default:
			in, plain = s.sql(in), false
		}
	}
	if !plain {
		emit(in, nil, "")
	}
	p.typed, p.rounded = final(in)
	if col.typ.kind != kindString {
		p.defects = append(p.defects, defectCase{rule, in + " IS NOT NULL AND " + id(col.name) + " IS NULL", false})
	}
	if col.notNull {
		p.defects = append(p.defects, defectCase{"required", id(col.name) + " IS NULL", false})
	}
	return p
}

// castSQLFunc is the checked cast at the end of a column's stages.
func (t dataType) castSQLFunc(col *column) func(string) (string, string) {
	if col.spec.Expression != "" && len(col.steps) == 0 {
		return func(in string) (string, string) { return t.valueSQL(in, col.spec.Round, col.dates) }
	}
	return func(in string) (string, string) { return t.castSQL(in, col.spec.Round, col.dates) }
}

// rawSQL is the value as received: of several source columns the first not blank.
func rawSQL(sources []string) string {
	if len(sources) == 1 {
		return id(sources[0])
	}
	parts := make([]string, len(sources))
	for i, s := range sources {
		parts[i] = fmt.Sprintf("CASE WHEN silver_trim(%s) IS NOT NULL THEN %s END", id(s), id(s))
	}
	return "coalesce(" + strings.Join(parts, ", ") + ")"
}

// columns computes the needed columns, wave by wave, and returns their plans. meta are
// columns of the first layer beside the raw values.
func (c *chain) columns(need func(*column) bool, meta []string) []columnPlan {
	var all []columnPlan
	waves := 0
	for _, col := range c.in.columns {
		waves = max(waves, col.wave)
	}
	for wave := 0; wave <= waves; wave++ {
		var plans []columnPlan
		for _, col := range c.in.columns {
			if col.wave == wave && need(col) {
				plans = append(plans, col.plan())
			}
		}
		if wave == 0 {
			c.raw(plans, meta)
		} else {
			c.extend(fmt.Sprintf("expressions%d", wave), starts(plans))
		}
		c.stages(plans, wave)
		all = append(all, plans...)
	}
	return all
}

func starts(plans []columnPlan) []string {
	var out []string
	for _, p := range plans {
		out = append(out, p.start+" AS "+id(p.raw))
	}
	return out
}

// raw is the layer that leaves the source's names behind.
func (c *chain) raw(plans []columnPlan, meta []string) {
	list := slices.Clone(meta)
	list = append(list, starts(plans)...)
	for _, p := range plans {
		for i, s := range p.steps {
			if s.lookup != nil && len(s.lookup.hint) > 0 {
				list = append(list, rawSQL(s.lookup.hint)+" AS "+id(hintName(p.column, i)))
			}
		}
	}
	c.add("raw", "  SELECT\n    "+strings.Join(list, ",\n    ")+"\n  FROM "+c.last)
}

func hintName(col *column, step int) string { return fmt.Sprintf("%s#hint%d", col.name, step) }

// stages are the layers of one wave, and its typed columns.
func (c *chain) stages(plans []columnPlan, wave int) {
	depth := 0
	for _, p := range plans {
		depth = max(depth, len(p.stages))
	}
	for d := range depth {
		c.stageLayer(plans, d, fmt.Sprintf("step%d_%d", wave, d))
	}
	var typed []string
	for _, p := range plans {
		typed = append(typed, p.typed+" AS "+id(p.name))
		if p.rounded != "" {
			typed = append(typed, p.rounded+" AS "+id(p.name+"#rounded"))
		}
	}
	c.extend(fmt.Sprintf("typed%d", wave), typed)
	if c.judge {
		// before reconstruction: a date it blanks broke no rule
		c.extend(fmt.Sprintf("rules%d", wave), rules(plans))
	}
	c.reconstructed(plans, wave)
}

func rules(plans []columnPlan) []string {
	var out []string
	for _, p := range plans {
		if len(p.defects) > 0 {
			out = append(out, p.ruleSQL()+" AS "+id(p.name+"#rule"))
		}
	}
	return out
}

// stageLayer computes the d-th stage of every column that has one.
func (c *chain) stageLayer(plans []columnPlan, d int, name string) {
	var list, joins []string
	for _, p := range plans {
		if d >= len(p.stages) {
			continue
		}
		s := p.stages[d]
		if s.lookup == nil {
			list = append(list, s.sql+" AS "+id(s.out))
			continue
		}
		alias := fmt.Sprintf("l%d", len(joins)+1)
		list = append(list, alias+".v AS "+id(s.out))
		joins = append(joins, fmt.Sprintf("\n  LEFT JOIN lookup.%s %s ON %s.k = %s", id(s.lookup.table), alias, alias, c.lookupKey(p.column, s)))
	}
	c.add(name, "  SELECT r.*,\n    "+strings.Join(list, ",\n    ")+"\n  FROM "+c.last+" r"+strings.Join(joins, ""))
}

// lookupKey is the text by which a stage's value is looked up.
func (c *chain) lookupKey(col *column, s stage) string {
	if s.lookup.key != nil {
		return s.lookup.key("r." + s.input)
	}
	key := "r." + s.input
	for i, step := range col.steps {
		if step.lookup == s.lookup && len(step.lookup.hint) > 0 {
			key += fmt.Sprintf(" || coalesce(chr(31) || r.%s, '')", id(hintName(col, i)))
		}
	}
	return key
}

// missingSources are the source columns of the mapping that bronze lacks. have is nil
// when the bronze columns are not known: then nothing is missing.
func (in *inputPlan) missingSources(have []string) []string {
	if have == nil {
		return nil
	}
	seen := map[string]bool{}
	for _, h := range have {
		seen[strings.ToLower(h)] = true
	}
	var out []string
	need := func(names ...string) {
		for _, n := range names {
			if l := strings.ToLower(n); !seen[l] && n != "" {
				seen[l] = true
				out = append(out, n)
			}
		}
	}
	for _, col := range in.columns {
		need(col.spec.SourceColumn...)
		for _, s := range col.steps {
			if s.lookup != nil {
				need(s.lookup.hint...)
			}
		}
	}
	need(in.mapping.Modified...)
	need(in.mapping.Created...)
	for _, sql := range append([]string{in.mapping.SoftDelete}, in.filters...) {
		for _, name := range identifiers(sql) {
			if !sqlKeyword(name) {
				need(name)
			}
		}
	}
	return out
}

// sqlKeyword keeps the words of conditions out of the list of missing columns.
func sqlKeyword(name string) bool {
	return slices.Contains([]string{"and", "or", "not", "in", "is", "null", "true", "false", "like", "ilike", "between",
		"case", "when", "then", "else", "end", "distinct", "from", "similar", "to", "as", "varchar", "date", "timestamp",
		"timestamptz", "integer", "bigint", "double", "decimal", "boolean", "interval", "escape"}, name)
}
