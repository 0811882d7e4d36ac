package soql

import (
	"strconv"
	"strings"
)

// or reads conditions joined by OR. As in Salesforce, AND and OR do not mix without
// parentheses.
func (p *parser) or() Expr {
	first := p.term()
	joint := ""
	parts := []Expr{first}
	for p.is("AND", "OR") {
		t := p.next()
		j := strings.ToUpper(t.text)
		if joint != "" && j != joint {
			p.fail(t.start, "unexpected token: '%s'", t.text)
		}
		joint = j
		parts = append(parts, p.term())
	}
	switch joint {
	case "AND":
		return And(parts)
	case "OR":
		return Or(parts)
	}
	return first
}

// term reads one condition, a negation or a group.
func (p *parser) term() Expr {
	if !p.deeper() {
		return And(nil)
	}
	defer func() { p.depth-- }()
	if p.accept("NOT") {
		return Not{p.term()}
	}
	if p.accept("(") {
		e := p.or()
		p.expect(")")
		return e
	}
	return p.compare()
}

func (p *parser) compare() Expr {
	t := p.name()
	c := &Compare{Path: t.text, At: t.start}
	switch {
	case p.accept("NOT", "IN"):
		c.Op = "NOT IN"
	case p.is("IN", "LIKE", "INCLUDES", "EXCLUDES"):
		c.Op = strings.ToUpper(p.next().text)
	case p.is("=", "!=", "<>", "<", "<=", ">", ">="):
		if c.Op = p.next().text; c.Op == "<>" {
			c.Op = "!="
		}
	default:
		p.unexpected()
		return c
	}
	if c.Op != "IN" && c.Op != "NOT IN" && c.Op != "INCLUDES" && c.Op != "EXCLUDES" {
		c.Values = []Value{p.value()}
		return c
	}
	p.expect("(")
	if p.is("SELECT") {
		if p.deeper() {
			c.Sub = p.selection()
			p.depth--
		}
		p.expect(")")
		return c
	}
	for {
		c.Values = append(c.Values, p.value())
		if !p.accept(",") {
			break
		}
	}
	p.expect(")")
	return c
}

// value reads a literal.
func (p *parser) value() Value {
	t := p.next()
	v := Value{Text: t.text, At: t.start}
	switch t.kind {
	case text:
		v.Kind = Text
	case number:
		v.Kind = Number
		if _, err := strconv.ParseFloat(t.text, 64); err != nil {
			p.fail(t.start, "unexpected token: '%s'", t.text)
		}
	case moment:
		v.Kind = p.moment(t)
	case word:
		p.wordValue(t, &v)
	default:
		p.fail(t.start, "unexpected token: '%s'", t.text)
	}
	return v
}

func (p *parser) moment(t token) ValueKind {
	switch {
	case t.text[2] == ':':
		if _, ok := ParseTime(t.text); ok {
			return Time
		}
	case len(t.text) == len("2026-10-31"):
		if _, ok := ParseDate(t.text); ok {
			return Date
		}
	default:
		if _, ok := ParseDateTime(t.text); ok {
			return DateTime
		}
	}
	p.fail(t.start, "Invalid date or time: %s", t.text)
	return Date
}

func (p *parser) wordValue(t token, v *Value) {
	up := strings.ToUpper(t.text)
	switch {
	case up == "NULL":
		v.Kind, v.Text = Null, ""
	case up == "TRUE" || up == "FALSE":
		v.Kind, v.Text = Bool, strings.ToLower(up)
	case periods[up] != nil:
		v.Kind, v.Text = Period, up
	case countedPeriods[up] != nil:
		v.Kind, v.Text = Period, up
		p.expect(":")
		v.N = p.count()
	default:
		p.fail(t.start, "unexpected token: '%s'", t.text)
	}
}
