package silver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// step is one compiled transformation of a column.
type step struct {
	name string
	// sql is the value, given the SQL of its input. Steps without own see an arbitrary
	// expression and use it once; steps with own see a plain column.
	sql func(in string) string
	own bool
	// confirm is the value, given plain input and what sql made of it; nil = sql's.
	confirm func(in, out string) string
	// defect is the condition, given plain input and output columns, under which the
	// step failed; nil = it cannot. The rule reported is rule, by default the name.
	defect func(in, out string) string
	rule   string
	reject bool // a defect rejects the row whatever on_error says
	note   func(in string) string
	lookup *lookup
	final  func(in string) string // parse_date, split: takes the place of the cast
}

// lookup is a step whose values come from a table joined on the text of its input.
type lookup struct {
	table string                 // its name in the session, column k = input, v = output
	key   func(in string) string // SQL of the join key over the input column
	rows  [][2]string            // fixed content
	phone *phoneOptions          // content comes from the values found
	hint  []string               // phone: source columns that name a country
	// region is the ISO code of telephone numbers that name no country, "" = only
	// international numbers count.
	region string
}

// stepContext is what a step may know about the column and source it stands in.
type stepContext struct {
	input *inputPlan
	kind  dataKind
	last  bool
	// trimmed tells that no white space is left around the text.
	trimmed bool
}

type stepCompiler func(c stepContext, args json.RawMessage) (step, error)

// steps lists the transformations by name.
func steps() map[string]stepCompiler {
	return map[string]stepCompiler{
		"trim":                call("silver_trim(%s)"),
		"collapse_whitespace": call("silver_collapse(%s)"),
		"upper":               call("upper(%s)"),
		"lower":               call("lower(%s)"),
		"title":               call("silver_title(%s)"),
		"nullify":             compileNullify,
		"default":             compileDefault,
		"map":                 compileMap,
		"regex_replace":       compileRegexReplace,
		"parse_date":          compileParseDate,
		"parse_number":        compileParseNumber,
		"percent_to_fraction": failing("silver_percent(%s)"),
		"salesforce_id_18":    compileSalesforceID,
		"email":               failing("silver_email(%s)"),
		"phone_e164":          compilePhone,
		"country_iso":         compileCountry,
		"web_domain":          failing("silver_domain(%s)"),
		"normalize_company":   ownCall("silver_company(%s)"),
		"hash":                compileHash,
		"split":               compileSplit,
	}
}

func call(format string) stepCompiler {
	return func(stepContext, json.RawMessage) (step, error) {
		return step{sql: func(in string) string { return fmt.Sprintf(format, in) }}, nil
	}
}

func ownCall(format string) stepCompiler {
	return func(stepContext, json.RawMessage) (step, error) {
		return step{own: true, sql: func(in string) string { return fmt.Sprintf(format, in) }}, nil
	}
}

func failing(format string) stepCompiler {
	return func(stepContext, json.RawMessage) (step, error) {
		return step{own: true, defect: becameNull, sql: func(in string) string { return fmt.Sprintf(format, in) }}, nil
	}
}

func becameNull(in, out string) string { return in + " IS NOT NULL AND " + out + " IS NULL" }

// compileSteps compiles the transformations of one column.
func compileSteps(in *inputPlan, kind dataKind, list []config.Step) ([]step, error) {
	known := steps()
	var out []step
	trimmed := kind != kindString // such columns are trimmed before their first step
	for i, s := range list {
		compile, ok := known[s.Name]
		if !ok {
			return nil, fmt.Errorf("unknown transformation %q", s.Name)
		}
		args := s.Args
		if bytes.Equal(bytes.TrimSpace(args), []byte("null")) {
			args = nil
		}
		compiled, err := compile(stepContext{input: in, kind: kind, last: i == len(list)-1, trimmed: trimmed}, args)
		if err != nil {
			return nil, fmt.Errorf("transformation %s: %w", s.Name, err)
		}
		switch s.Name {
		case "trim", "collapse_whitespace":
			trimmed = true
		case "upper", "lower", "nullify":
		default:
			trimmed = false
		}
		compiled.name = s.Name
		if compiled.rule == "" {
			compiled.rule = s.Name
		}
		out = append(out, compiled)
	}
	return out, nil
}

// decodeArgs reads an argument object strictly.
func decodeArgs(raw json.RawMessage, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// compileSalesforceID drafts the id in a stage of its own: its checksum is long, and
// used twice.
func compileSalesforceID(stepContext, json.RawMessage) (step, error) {
	return step{own: true, defect: becameNull,
		sql:     func(in string) string { return fmt.Sprintf("silver_sfdc_draft(%s)", in) },
		confirm: func(in, out string) string { return fmt.Sprintf("silver_sfdc_confirm(%s, %s)", in, out) }}, nil
}

func compileNullify(c stepContext, args json.RawMessage) (step, error) {
	tokens := []string{"n/a", "na", "#n/a", "null", "none", "nil", "-", "--", "?", "."}
	if args != nil {
		tokens = nil
		if err := json.Unmarshal(args, &tokens); err != nil {
			return step{}, fmt.Errorf("want a list of strings: %w", err)
		}
	}
	list := make([]string, len(tokens))
	for i, t := range tokens {
		list[i] = engine.Literal(strings.ToLower(strings.TrimSpace(t)))
	}
	macro := "silver_nullify"
	if c.trimmed {
		macro = "silver_nullify_trimmed"
	}
	return step{own: true, sql: func(in string) string {
		return fmt.Sprintf("%s(%s, [%s])", macro, in, strings.Join(list, ", "))
	}}, nil
}

func compileDefault(_ stepContext, args json.RawMessage) (step, error) {
	var value string
	if err := json.Unmarshal(args, &value); err != nil {
		return step{}, fmt.Errorf("want a string: %w", err)
	}
	return step{sql: func(in string) string { return fmt.Sprintf("coalesce(%s, %s)", in, engine.Literal(value)) }}, nil
}

func compileRegexReplace(_ stepContext, args json.RawMessage) (step, error) {
	var a struct {
		Pattern     string `json:"pattern"`
		Replacement string `json:"replacement"`
	}
	if err := decodeArgs(args, &a); err != nil {
		return step{}, err
	}
	if _, err := regexp.Compile(a.Pattern); err != nil || a.Pattern == "" {
		return step{}, fmt.Errorf("pattern %q is no regular expression", a.Pattern)
	}
	return step{sql: func(in string) string {
		return fmt.Sprintf("nullif(regexp_replace(%s, %s, %s, 'g'), '')", in, engine.Literal(a.Pattern), engine.Literal(a.Replacement))
	}}, nil
}

func compileHash(_ stepContext, args json.RawMessage) (step, error) {
	var a struct {
		Algorithm string `json:"algorithm"`
		Salt      string `json:"salt"`
	}
	if args != nil {
		if err := decodeArgs(args, &a); err != nil {
			return step{}, err
		}
	}
	if a.Algorithm == "" {
		a.Algorithm = "sha256"
	}
	if a.Algorithm != "sha256" && a.Algorithm != "md5" {
		return step{}, fmt.Errorf("algorithm %q is neither sha256 nor md5", a.Algorithm)
	}
	return step{sql: func(in string) string {
		if a.Salt != "" {
			in = engine.Literal(a.Salt) + " || " + in
		}
		return fmt.Sprintf("%s(%s)", a.Algorithm, in)
	}}, nil
}

func compileSplit(c stepContext, args json.RawMessage) (step, error) {
	separator := ";"
	var a struct {
		Separator string `json:"separator"`
	}
	switch {
	case args == nil:
	case json.Unmarshal(args, &separator) == nil:
	default:
		if err := decodeArgs(args, &a); err != nil {
			return step{}, err
		}
		separator = a.Separator
	}
	if separator == "" {
		return step{}, fmt.Errorf("the separator is empty")
	}
	if c.kind != kindList || !c.last {
		return step{}, fmt.Errorf("must be the last step of a column of data_type list")
	}
	return step{final: splitSQL(separator)}, nil
}

func splitSQL(separator string) func(string) string {
	return func(in string) string { return fmt.Sprintf("silver_split(%s, %s)", in, engine.Literal(separator)) }
}

// mapArgs are the arguments of map. A bare value table is accepted too.
type mapArgs struct {
	Values          map[string]*string `json:"values"`
	CaseInsensitive bool               `json:"case_insensitive"`
	Unmapped        string             `json:"unmapped"`
}

// bigMap is the size from which a value table is joined instead of spelled out.
const bigMap = 40

func compileMap(c stepContext, raw json.RawMessage) (step, error) {
	var a mapArgs
	if err := decodeArgs(raw, &a); err != nil || a.Values == nil {
		a = mapArgs{}
		if short := json.Unmarshal(raw, &a.Values); short != nil {
			return step{}, fmt.Errorf("want {values, case_insensitive, unmapped} or a value table: %w", short)
		}
	}
	switch a.Unmapped {
	case "":
		a.Unmapped = "keep"
	case "keep", "null", "reject":
	default:
		return step{}, fmt.Errorf("unmapped %q is none of keep, null, reject", a.Unmapped)
	}
	pairs, nulls := a.pairs()
	fold := func(in string) string {
		if a.CaseInsensitive {
			return "lower(" + in + ")"
		}
		return in
	}
	known := append(slices.Clone(nulls), pairKeys(pairs)...)
	unmapped := func(in string) string {
		if len(known) == 0 {
			return in + " IS NOT NULL"
		}
		return fmt.Sprintf("%s NOT IN (%s)", fold(in), literals(known))
	}
	s := step{own: true, rule: "unmapped", reject: a.Unmapped == "reject"}
	s.sql = func(in string) string { return mapSQL(fold(in), in, pairs, nulls, a.Unmapped == "keep") }
	if a.Unmapped == "keep" {
		s.note = unmapped
	} else {
		s.defect = func(in, _ string) string { return unmapped(in) }
	}
	if len(pairs) >= bigMap && len(nulls) == 0 && a.Unmapped != "keep" {
		s.lookup = &lookup{table: c.input.lookupName(), key: fold, rows: pairs}
	}
	return s, nil
}

// pairs returns the table as sorted (key, value) with the outputs mapped to
// themselves, and the keys that become NULL.
func (a mapArgs) pairs() (pairs [][2]string, nulls []string) {
	fold := func(s string) string {
		if a.CaseInsensitive {
			return strings.ToLower(s)
		}
		return s
	}
	table := map[string]string{}
	for _, k := range sortedKeys(a.Values) {
		if v := a.Values[k]; v == nil {
			nulls = append(nulls, fold(k))
		} else {
			table[fold(k)] = *v
		}
	}
	for _, k := range sortedKeys(a.Values) {
		if v := a.Values[k]; v != nil {
			if _, taken := table[fold(*v)]; !taken && !slices.Contains(nulls, fold(*v)) {
				table[fold(*v)] = *v
			}
		}
	}
	for _, k := range sortedKeys(table) {
		pairs = append(pairs, [2]string{k, table[k]})
	}
	return pairs, nulls
}

func mapSQL(key, in string, pairs [][2]string, nulls []string, keep bool) string {
	var b strings.Builder
	b.WriteString("CASE " + key)
	for _, p := range pairs {
		fmt.Fprintf(&b, " WHEN %s THEN %s", engine.Literal(p[0]), engine.Literal(p[1]))
	}
	for _, n := range nulls {
		fmt.Fprintf(&b, " WHEN %s THEN NULL", engine.Literal(n))
	}
	if keep {
		b.WriteString(" ELSE " + in)
	} else if len(pairs)+len(nulls) == 0 {
		return "NULL::VARCHAR"
	}
	if len(pairs)+len(nulls) == 0 {
		return in
	}
	return b.String() + " END"
}

func pairKeys(pairs [][2]string) []string {
	out := make([]string, len(pairs))
	for i, p := range pairs {
		out[i] = p[0]
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func literals(values []string) string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = engine.Literal(v)
	}
	return strings.Join(out, ", ")
}
