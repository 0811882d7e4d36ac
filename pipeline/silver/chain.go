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

// stage is one assignment of a column's chain.
type stage struct {
	out    string
	sql    string
	lookup *lookup
	input  string
	hint   string // column with the country of a telephone number
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
	raw     string // name of the column as received, "" if the typed column is all there is
	all     []step // its transformations, for all inputs
	start   string // SQL of the raw value
	stages  []stage
	typed   string
	rounded string
	defects []defectCase
	notes   []string
}

func (col *column) stageName(n int) string { return fmt.Sprintf("%s#%d", col.name, n) }

// plan lays out the stages of the n-th column.
func (g *group) plan(n int) columnPlan {
	col := g.lead().columns[n]
	p := columnPlan{column: col, raw: col.name + "#raw", start: rawSQL(col.spec.SourceColumn), all: g.steps(n)}
	if col.spec.Expression != "" {
		p.start = "(" + col.spec.Expression + ")"
	}
	in, plain := id(p.raw), true
	if col.spec.Expression != "" && len(p.all) > 0 {
		in, plain = "CAST("+in+" AS VARCHAR)", false
	}
	if col.typ.kind != kindString && (col.spec.Expression == "" || len(p.all) > 0) {
		in, plain = "silver_trim("+in+")", false
	}
	emit := func(s stage) {
		s.out = col.stageName(len(p.stages))
		p.stages = append(p.stages, s)
		in, plain = id(s.out), true
	}
	final, rule := g.cast(n), string(col.typ.kind)
	for i, s := range p.all {
		switch {
		case s.final != nil:
			final, rule = func(in string) (string, string) { return s.final(in), "" }, s.name
		case s.own:
			if !plain {
				emit(stage{sql: in})
			}
			before := in
			emit(s.stage(before, hintName(col, i)))
			if s.confirm != nil {
				emit(stage{sql: s.confirm(before, in)})
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
		emit(stage{sql: in})
	}
	p.typed, p.rounded = final(in)
	if p.typed == id(p.raw) {
		// received as it should be: no cast can fail, only the value can be missing
		p.raw, p.typed = "", ""
	} else if col.typ.kind != kindString {
		p.defects = append(p.defects, defectCase{rule, in + " IS NOT NULL AND " + id(col.name) + " IS NULL", false})
	}
	if col.notNull {
		p.defects = append(p.defects, defectCase{"required", id(col.name) + " IS NULL", false})
	}
	return p
}

// stage is the assignment that a step with a stage of its own makes.
func (s step) stage(in, hint string) stage {
	out := stage{lookup: s.lookup, input: in}
	if s.sql != nil {
		out.sql = s.sql(in)
	}
	if s.lookup != nil && len(s.lookup.hint) > 0 {
		out.hint = hint
	}
	return out
}

// cast is the checked cast at the end of the stages of the n-th column.
func (g *group) cast(n int) func(string) (sql, rounded string) {
	return func(text string) (sql, rounded string) {
		sql = g.each(func(in *inputPlan) (sql string) {
			col := in.columns[n]
			if col.spec.Expression != "" && len(col.steps) == 0 {
				sql, rounded = col.typ.valueSQL(text, g.types[col.name], col.spec.Round, col.dates)
			} else {
				sql, rounded = col.typ.castSQL(text, col.spec.Round, col.dates)
			}
			return sql
		})
		return sql, rounded
	}
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
func (c *chain) columns(need func(*column) bool, meta []assignment) []columnPlan {
	var all []columnPlan
	var rules []assignment // of the wave before: its columns are all there only now
	waves := 0
	for _, col := range c.lead().columns {
		waves = max(waves, col.wave)
	}
	for wave := 0; wave <= waves; wave++ {
		var plans []columnPlan
		for n, col := range c.lead().columns {
			if col.wave == wave && need(col) {
				plans = append(plans, c.plan(n))
			}
		}
		if wave == 0 {
			c.raw(plans, meta)
		} else {
			c.extend(fmt.Sprintf("expressions%d", wave), append(rules, starts(plans)...), "")
		}
		c.stages(plans, wave)
		rules = nil
		if c.judge {
			rules = ruleColumns(plans)
		}
		if values, joins := c.reconstructed(plans); len(values) > 0 {
			// before reconstruction: a date it blanks broke no rule
			c.extend(fmt.Sprintf("rules%d", wave), rules, "")
			c.extend(fmt.Sprintf("overlaid%d", wave), values, joins)
			rules = nil
		}
		all = append(all, plans...)
	}
	c.extend("rules", rules, "")
	return all
}

func starts(plans []columnPlan) []assignment {
	var out []assignment
	for _, p := range plans {
		name := p.raw
		if name == "" {
			name = p.name
		}
		out = append(out, assignment{name, p.start})
	}
	return out
}

// raw is the layer that leaves the source's names behind.
func (c *chain) raw(plans []columnPlan, meta []assignment) {
	list := append(slices.Clone(meta), starts(plans)...)
	for _, p := range plans {
		for i, s := range p.all {
			if s.lookup != nil && len(s.lookup.hint) > 0 {
				list = append(list, assignment{hintName(p.column, i), rawSQL(s.lookup.hint)})
			}
		}
	}
	c.add(layer{name: "raw", starts: true, columns: list})
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
	var typed []assignment
	for _, p := range plans {
		if p.typed != "" {
			typed = append(typed, assignment{p.name, p.typed})
		}
		if p.rounded != "" {
			typed = append(typed, assignment{p.name + "#rounded", p.rounded})
		}
	}
	c.extend(fmt.Sprintf("typed%d", wave), typed, "")
}

func ruleColumns(plans []columnPlan) []assignment {
	var out []assignment
	for _, p := range plans {
		if len(p.defects) > 0 {
			out = append(out, assignment{p.name + "#rule", p.ruleSQL()})
		}
	}
	return out
}

// stageLayer computes the d-th stage of every column that has one.
func (c *chain) stageLayer(plans []columnPlan, d int, name string) {
	var list []assignment
	joins, lookups := "", 0
	for _, p := range plans {
		if d >= len(p.stages) {
			continue
		}
		s := p.stages[d]
		if s.lookup == nil {
			list = append(list, assignment{s.out, s.sql})
			continue
		}
		lookups++
		alias := fmt.Sprintf("l%d", lookups)
		list = append(list, assignment{s.out, alias + ".v"})
		joins += fmt.Sprintf("\n  LEFT JOIN lookup.%s %s ON %s.k = %s", id(s.lookup.table), alias, alias, s.lookupKey())
	}
	c.extend(name, list, joins)
}

// lookupKey is the text by which a stage's value is looked up.
func (s stage) lookupKey() string {
	key := "r." + s.input
	if s.hint != "" {
		key += fmt.Sprintf(" || coalesce(chr(31) || r.%s, '')", id(s.hint))
	}
	if s.lookup.key != nil {
		key = s.lookup.key(key)
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
