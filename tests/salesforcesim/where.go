package salesforcesim

import (
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim/soql"
)

// condition says whether a row fits. read gives the values of the row.
type condition func(values []string) bool

// compile turns a condition into a function. Fields were checked before.
func (p *plan) compile(e soql.Expr) (condition, error) {
	switch e := e.(type) {
	case nil:
		return func([]string) bool { return true }, nil
	case soql.And:
		return p.compileAll(e, false)
	case soql.Or:
		return p.compileAll(e, true)
	case soql.Not:
		of, err := p.compile(e.Of)
		return func(v []string) bool { return !of(v) }, err
	case *soql.Compare:
		return p.comparison(e)
	}
	return nil, &wireError{400, "MALFORMED_QUERY", "unexpected condition", nil}
}

// compileAll joins conditions; until is the outcome that decides.
func (p *plan) compileAll(parts []soql.Expr, until bool) (condition, error) {
	conditions := make([]condition, len(parts))
	for i, part := range parts {
		var err error
		if conditions[i], err = p.compile(part); err != nil {
			return nil, err
		}
	}
	return func(v []string) bool {
		for _, c := range conditions {
			if c(v) == until {
				return until
			}
		}
		return !until
	}, nil
}

func (p *plan) comparison(c *soql.Compare) (condition, error) {
	at, err := p.resolve(c.Path, c.At, p.tested)
	if err != nil {
		return nil, err
	}
	if at.field.NoFilter || at.field.facts().noFilter {
		return nil, p.fault(c.At, "INVALID_FIELD", "field '%s' can not be filtered in a query call", at.field.Name)
	}
	if c.Sub != nil {
		return p.semiJoin(at, c)
	}
	tests := make([]func(string) bool, len(c.Values))
	for i, v := range c.Values {
		op := c.Op
		if op == "IN" || op == "NOT IN" {
			op = "="
		}
		if tests[i], err = p.test(at.field, op, v); err != nil {
			return nil, err
		}
	}
	switch c.Op {
	case "IN", "INCLUDES":
		return func(v []string) bool { return anyOf(tests, at.get(v)) }, nil
	case "NOT IN", "EXCLUDES":
		return func(v []string) bool { return !anyOf(tests, at.get(v)) }, nil
	}
	return func(v []string) bool { return tests[0](at.get(v)) }, nil
}

func anyOf(tests []func(string) bool, value string) bool {
	for _, t := range tests {
		if t(value) {
			return true
		}
	}
	return false
}

// semiJoin keeps rows whose value another query finds.
func (p *plan) semiJoin(at *path, c *soql.Compare) (condition, error) {
	if c.Op != "IN" && c.Op != "NOT IN" {
		return nil, p.fault(c.At, "MALFORMED_QUERY", "unexpected subquery")
	}
	sub, err := p.org.plan(c.Sub, p.version, p.all, false)
	if err != nil {
		return nil, err
	}
	if len(sub.leaves) != 1 {
		return nil, p.fault(c.At, "MALFORMED_QUERY", "a nested query must select one field")
	}
	found := map[string]bool{}
	sub.tested = sub.either()
	sub.count(func(values []string) { found[strings.Clone(sub.leaves[0].get(values))] = true })
	delete(found, "")
	want := c.Op == "IN"
	return func(v []string) bool { return found[at.get(v)] == want }, nil
}

// test compares one value with a literal, by the type of the field.
func (p *plan) test(f *Field, op string, v soql.Value) (func(string) bool, error) {
	t := f.facts()
	if v.Kind == soql.Null {
		if op != "=" && op != "!=" {
			return nil, p.fault(v.At, "MALFORMED_QUERY", "null can only be compared with = and !=")
		}
		return func(s string) bool { return (s == "") == (op == "=") }, nil
	}
	wrong := func() error {
		return p.fault(v.At, "INVALID_FIELD", "value of filter criterion for field '%s' must be of type %s and should %sbe enclosed in quotes", f.Name, strings.TrimPrefix(t.soap, "xsd:"),
			map[bool]string{true: "", false: "not "}[!t.bare && f.Type != "date" && f.Type != "datetime" && f.Type != "time"])
	}
	switch {
	case op == "INCLUDES" || op == "EXCLUDES":
		if f.Type != "multipicklist" || v.Kind != soql.Text {
			return nil, wrong()
		}
		return includes(v.Text), nil
	case op == "LIKE":
		if !t.textual || v.Kind != soql.Text {
			return nil, p.fault(v.At, "INVALID_QUERY_FILTER_OPERATOR", "invalid operator on %s field", f.Type)
		}
		pattern := strings.ToLower(v.Text)
		return func(s string) bool { return s != "" && like(strings.ToLower(s), pattern) }, nil
	case t.numeric || t.whole:
		if v.Kind != soql.Number {
			return nil, wrong()
		}
		return numberTest(op, v.Text), nil
	case f.Type == "date" || f.Type == "datetime":
		return p.dateTest(f, op, v, wrong)
	case f.Type == "time":
		at, ok := soql.ParseTime(v.Text)
		if !ok {
			return nil, wrong()
		}
		return orderTest(op, at.Format("15:04:05.000Z")), nil
	case f.Type == "boolean":
		if v.Kind != soql.Bool || op != "=" && op != "!=" {
			return nil, wrong()
		}
		return func(s string) bool { return (s == v.Text) == (op == "=") }, nil
	case v.Kind != soql.Text:
		return nil, wrong()
	}
	text := strings.ReplaceAll(v.Text, string(soql.Escape), "")
	if f.Type == "id" || f.Type == "reference" {
		return orderTest(op, fullID(text)), nil
	}
	if op == "=" || op == "!=" {
		return func(s string) bool { return strings.EqualFold(s, text) == (op == "=") }, nil
	}
	lower := orderTest(op, strings.ToLower(text))
	return func(s string) bool { return s != "" && lower(strings.ToLower(s)) }, nil
}

// orderTest compares texts that sort as their values do.
func orderTest(op, than string) func(string) bool {
	switch op {
	case "=":
		return func(s string) bool { return s == than }
	case "!=":
		return func(s string) bool { return s != than }
	case "<":
		return func(s string) bool { return s != "" && s < than }
	case "<=":
		return func(s string) bool { return s != "" && s <= than }
	case ">":
		return func(s string) bool { return s > than }
	}
	return func(s string) bool { return s != "" && s >= than }
}

func numberTest(op, literal string) func(string) bool {
	return func(s string) bool {
		if s == "" {
			return op == "!="
		}
		c := compareNumbers(s, literal)
		return map[string]bool{"=": c == 0, "!=": c != 0, "<": c < 0, "<=": c <= 0, ">": c > 0, ">=": c >= 0}[op]
	}
}

// compareNumbers compares exactly: floating point decides only where it can.
func compareNumbers(a, b string) int {
	x, errX := strconv.ParseFloat(a, 64)
	y, errY := strconv.ParseFloat(b, 64)
	if errX == nil && errY == nil && x != y {
		if x < y {
			return -1
		}
		return 1
	}
	p, okP := new(big.Rat).SetString(a)
	q, okQ := new(big.Rat).SetString(b)
	if !okP || !okQ {
		return strings.Compare(a, b)
	}
	return p.Cmp(q)
}

// dateTest compares days and instants. A period such as TODAY is a span: equal means
// within, less means before it begins, greater means after it ends.
func (p *plan) dateTest(f *Field, op string, v soql.Value, wrong func() error) (func(string) bool, error) {
	layout := stampLayout
	if f.Type == "date" {
		layout = time.DateOnly
	}
	switch {
	case v.Kind == soql.Period:
		from, to := v.Range(p.now)
		return spanTest(op, from.Format(layout), to.Format(layout)), nil
	case v.Kind == soql.Date && f.Type == "date":
		return orderTest(op, v.Text), nil
	case v.Kind == soql.DateTime && f.Type == "datetime":
		at, _ := soql.ParseDateTime(v.Text)
		return orderTest(op, stamped(at)), nil
	}
	return nil, wrong()
}

func spanTest(op, from, to string) func(string) bool {
	switch op {
	case "=":
		return func(s string) bool { return s >= from && s < to }
	case "!=":
		return func(s string) bool { return s < from || s >= to }
	case "<":
		return func(s string) bool { return s != "" && s < from }
	case "<=":
		return func(s string) bool { return s != "" && s < to }
	case ">":
		return func(s string) bool { return s >= to }
	}
	return func(s string) bool { return s >= from }
}

// includes looks for a;b: all of the values must be chosen.
func includes(wanted string) func(string) bool {
	return func(s string) bool {
		chosen := ";" + strings.ToLower(s) + ";"
		for _, w := range strings.Split(strings.ToLower(wanted), ";") {
			if !strings.Contains(chosen, ";"+w+";") {
				return false
			}
		}
		return true
	}
}

// like matches % and _, both of which may be escaped.
func like(s, pattern string) bool {
	p, t := []rune(pattern), []rune(s)
	i, j, star, mark := 0, 0, -1, 0
	for j < len(t) {
		switch {
		case i < len(p) && p[i] == '%':
			star, mark = i, j
			i++
		case i < len(p) && p[i] == soql.Escape && i+1 < len(p) && p[i+1] == t[j]:
			i, j = i+2, j+1
		case i < len(p) && p[i] != soql.Escape && (p[i] == '_' || p[i] == t[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '%' {
		i++
	}
	return i == len(p)
}
