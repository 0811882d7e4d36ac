package silver

import (
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
)

// inputPlan is one compiled input of a silver table: a bronze table read by a mapping.
type inputPlan struct {
	Input
	index     int
	mapping   *config.LoadedMapping // inputs of one mapping share the pointer
	table     string                // silver table
	namespace string                // id namespace of the source, "" = none
	currency  string                // of amounts whose record names none
	csv       config.CSV
	zone      string // of timestamps without offset
	pipeline  string // time zone of the pipeline: days begin there
	columns   []*column
	byName    map[string]*column
	keys      []*column // contract key without automatic columns, in order; nil entries are automatic
	keyNames  []string
	lookups   int
	contract  map[string]string // column → type
	auto      map[string]bool   // automatic columns this mapping leaves to silver
	filters   []string          // filters of all mappings that read the object, this one's included
}

// column is one compiled target column.
type column struct {
	spec    config.Column
	name    string
	typ     dataType
	steps   []step
	wave    int // 0 = from source columns, n = expression over earlier waves
	uses    []*column
	dates   dateFormats
	notNull bool
	reject  bool
	prefix  string // id namespace put in front, with colon
	mask    bool
	ref     *refPlan
}

// refPlan is a reference that is looked up by a business key.
type refPlan struct {
	table, by, source string
	alias             string
}

// helperColumn tells that a target column only serves expressions.
func helperColumn(name string) bool { return strings.HasPrefix(name, "_") }

// automaticColumns are filled by silver unless a mapping gives them.
var automaticColumns = []string{
	"source_system", "source_region", "region", "known_at", "known_at_basis", "record_hash", "is_deleted",
	"fx_rate", "fx_rate_date", "fx_status", "valid_from", "valid_to", "is_current",
}

// view is the bronze table of the input.
func (in *inputPlan) view() string { return fmt.Sprintf("in%d", in.index) }

// bronze is the name of the input's bronze table in the lake.
func (in *inputPlan) bronze() string { return in.Source + "/" + strings.ToLower(in.Object) }

func (in *inputPlan) history() bool { return in.mapping.Mode == "history" }

func (in *inputPlan) lookupName() string {
	in.lookups++
	return fmt.Sprintf("in%d_%d", in.index, in.lookups)
}

// compileInput compiles a mapping for one object of one source.
func compileInput(p *Project, t *Table, src config.Source, obj config.Object, m *config.LoadedMapping) (*inputPlan, []error) {
	in := &inputPlan{
		Input: Input{Source: src.Name, Object: obj.Name, Region: src.Region, Mapping: m.File, EventSQL: m.EventDate},
		index: len(t.inputs) + 1, mapping: m, table: t.Name, namespace: idNamespace(src), currency: src.Currency,
		csv: src.CSV, pipeline: p.zone, byName: map[string]*column{}, contract: map[string]string{}, auto: map[string]bool{},
	}
	if obj.CSV != nil {
		in.csv = *obj.CSV
	}
	if in.zone = in.csv.TimeZone; in.zone == "" {
		in.zone = p.zone
	}
	for _, c := range t.Contract.Columns {
		in.contract[c.Name] = c.Type
	}
	c := inputCompiler{in: in, project: p, table: t}
	c.columns()
	c.keys()
	c.references()
	c.money()
	c.reconstruct()
	c.waves()
	c.versionColumns()
	if in.EventSQL == "" {
		in.EventSQL = "known_at"
		if in.contract["created_at"] != "" && in.byName["created_at"] != nil {
			in.EventSQL = "created_at"
		}
		if in.contract["known_at"] == "" {
			in.EventSQL = "NULL"
		}
	}
	return in, c.problems
}

// idNamespace is the namespace of a source's ids.
func idNamespace(src config.Source) string {
	switch {
	case src.IDNamespace != nil:
		return *src.IDNamespace
	case src.Mapping == "salesforce":
		return ""
	}
	return src.Name
}

type inputCompiler struct {
	in       *inputPlan
	project  *Project
	table    *Table
	problems []error
}

func (c *inputCompiler) fail(field, format string, args ...any) {
	c.problems = append(c.problems, &MappingError{File: c.in.mapping.File, Field: field, Problem: fmt.Sprintf(format, args...)})
}

func (c *inputCompiler) columns() {
	for i, spec := range c.in.mapping.Columns {
		field := fmt.Sprintf("columns[%d] %s", i, spec.TargetColumn)
		contract, known := c.in.contract[spec.TargetColumn]
		switch {
		case !known && !helperColumn(spec.TargetColumn):
			c.fail(field, "table %s has no such column", c.in.table)
			continue
		case (len(spec.SourceColumn) > 0) == (spec.Expression != ""):
			c.fail(field, "needs either source_column or expression")
			continue
		case c.in.byName[spec.TargetColumn] != nil:
			c.fail(field, "is mapped twice")
			continue
		}
		typ, err := parseDataType(spec.DataType, contract)
		if err != nil {
			c.fail(field, "%v", err)
			continue
		}
		col := &column{spec: spec, name: spec.TargetColumn, typ: typ, dates: sourceFormats(c.in.csv, c.in.zone)}
		list := spec.Transformation
		if c.localNumbers(typ.kind) && len(spec.SourceColumn) > 0 && !hasStep(list, "parse_number", "percent_to_fraction") {
			list = append(slices.Clone(list), config.Step{Name: "parse_number"})
		}
		if col.steps, err = compileSteps(c.in, typ.kind, list); err != nil {
			c.fail(field, "%v", err)
			continue
		}
		if spec.Expression != "" && hasStep(spec.Transformation, "phone_e164") {
			c.fail(field, "phone_e164 needs a source column, not an expression")
		}
		col.notNull = !spec.Nullable || slices.Contains(c.in.mapping.Key, spec.TargetColumn)
		col.reject = spec.OnError == "reject" || (spec.OnError == "" && col.notNull)
		if col.notNull && spec.OnError == "null" {
			c.fail(field, "on_error null contradicts nullable false: a value that fails would have to be NULL")
		}
		col.mask = c.sensitive(spec)
		c.in.columns = append(c.in.columns, col)
		c.in.byName[col.name] = col
	}
	for _, name := range automaticColumns {
		if _, has := c.in.contract[name]; has && c.in.byName[name] == nil {
			c.in.auto[name] = true
		}
	}
	c.neverNull()
}

// neverNull holds the mapping against what the contract says is never NULL.
func (c *inputCompiler) neverNull() {
	for _, want := range c.table.Contract.Columns {
		col := c.in.byName[want.Name]
		switch {
		case want.Nullable || c.in.auto[want.Name]:
		case col == nil:
			c.fail("columns", "%s is not mapped, and the table's contract says that it is never NULL", want.Name)
		case !col.notNull:
			c.fail("columns", "%s is nullable, and the table's contract says that it is never NULL: map it with nullable false, so that rows without it are rejected, or let the contract say nullable true", want.Name)
		}
	}
}

func (c *inputCompiler) localNumbers(kind dataKind) bool {
	csv := c.in.csv
	return kind.isNumber() && (csv.Thousands != "" || (csv.Decimal != "" && csv.Decimal != "."))
}

func hasStep(list []config.Step, names ...string) bool {
	return slices.ContainsFunc(list, func(s config.Step) bool { return slices.Contains(names, s.Name) })
}

// keys checks the key, and gives its columns the id namespace.
func (c *inputCompiler) keys() {
	key := c.in.mapping.Key
	if !sameSet(key, c.table.Contract.Key) {
		c.fail("key", "is (%s), the table's key is (%s)", strings.Join(key, ", "), strings.Join(c.table.Contract.Key, ", "))
		return
	}
	namespaced := c.in.mapping.Namespaced == nil || *c.in.mapping.Namespaced
	for _, name := range c.table.Contract.Key {
		if c.in.history() && name == "valid_from" {
			continue
		}
		col := c.in.byName[name]
		c.in.keyNames = append(c.in.keyNames, name)
		c.in.keys = append(c.in.keys, col)
		if col == nil {
			if !c.in.auto[name] || (name != "source_system" && name != "source_region" && name != "region") {
				c.fail("key", "column %s is not mapped", name)
			}
			continue
		}
		own := len(key) == 1 || strings.HasSuffix(name, "_id")
		if namespaced && own && c.in.namespace != "" && col.typ.kind == kindString && !c.isReference(name) {
			col.prefix = c.in.namespace + ":"
		}
	}
}

func (c *inputCompiler) isReference(name string) bool {
	return slices.ContainsFunc(c.in.mapping.References, func(r config.Reference) bool { return r.Column == name })
}

func (c *inputCompiler) references() {
	for i, r := range c.in.mapping.References {
		field := fmt.Sprintf("references[%d] %s", i, r.Column)
		col := c.in.byName[r.Column]
		target, known := c.project.contracts[r.Table]
		switch {
		case col == nil:
			c.fail(field, "column %q is not mapped", r.Column)
			continue
		case !known:
			c.fail(field, "there is no silver table %q", r.Table)
			continue
		case col.typ.kind != kindString:
			c.fail(field, "a reference must be a string")
			continue
		}
		if r.LookupBy == "" {
			switch r.Namespace {
			case "":
				if c.in.namespace != "" {
					col.prefix = c.in.namespace + ":"
				}
			case "none":
			default:
				col.prefix = r.Namespace + ":"
			}
			continue
		}
		switch {
		case slices.Contains(c.in.mapping.Key, r.Column):
			c.fail(field, "a key column cannot be looked up")
		case r.Table == c.in.table:
			c.fail(field, "a table cannot be looked up in itself")
		case len(target.Key) != 1:
			c.fail(field, "table %s has a key of several columns and cannot be looked up", r.Table)
		case !hasColumn(target, r.LookupBy):
			c.fail(field, "table %s has no column %q", r.Table, r.LookupBy)
		default:
			col.ref = &refPlan{table: r.Table, by: r.LookupBy, alias: fmt.Sprintf("ref%d", i+1)}
			if r.Namespace != "" && r.Namespace != "none" {
				col.ref.source = r.Namespace
			}
			c.table.DependsOn = append(c.table.DependsOn, r.Table)
		}
	}
}

func hasColumn(c config.Contract, name string) bool {
	return slices.ContainsFunc(c.Columns, func(col config.ContractColumn) bool { return col.Name == name })
}

func sameSet(a, b []string) bool {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	return slices.Equal(a, b)
}

// waves orders expression columns after the columns they use.
func (c *inputCompiler) waves() {
	state := map[*column]int{}
	var visit func(col *column, path []string) int
	visit = func(col *column, path []string) int {
		if col.spec.Expression == "" {
			return 0
		}
		switch state[col] {
		case 1:
			c.fail("columns", "expressions refer to each other in a circle: %s", strings.Join(append(path, col.name), " -> "))
			return 0
		case 2:
			return col.wave
		}
		state[col] = 1
		for _, name := range identifiers(col.spec.Expression) {
			if used := c.in.byName[name]; used != nil && used != col {
				col.uses = append(col.uses, used)
				col.wave = max(col.wave, visit(used, append(path, col.name)))
			}
		}
		state[col] = 2
		col.wave++
		return col.wave
	}
	for _, col := range c.in.columns {
		visit(col, nil)
	}
}

// versionColumns checks that what all versions need can be computed without lookups.
func (c *inputCompiler) versionColumns() {
	for col := range c.in.versionNeeds() {
		for _, s := range col.steps {
			if s.lookup != nil && s.lookup.phone != nil {
				c.fail("columns "+col.name, "phone_e164 cannot feed a key or known_at")
			}
		}
	}
}

// versionNeeds are the columns behind the key and known_at.
func (in *inputPlan) versionNeeds() map[*column]bool {
	need := map[*column]bool{}
	var add func(col *column)
	add = func(col *column) {
		if col == nil || need[col] {
			return
		}
		need[col] = true
		for _, u := range col.uses {
			add(u)
		}
	}
	for _, k := range in.keys {
		add(k)
	}
	for _, name := range identifiers(in.mapping.KnownAt) {
		add(in.byName[name])
	}
	return need
}
