package soql

import (
	"fmt"
	"strconv"
	"strings"
)

// maxDepth bounds nested parentheses.
const maxDepth = 100

// Parse reads one SELECT.
func Parse(query string) (*Query, error) {
	tokens, err := lex(query)
	if err != nil {
		return nil, err
	}
	p := &parser{query: query, tokens: tokens}
	q := p.selection()
	if p.err == nil && p.peek().kind != end {
		p.unexpected()
	}
	if p.err != nil {
		return nil, p.err
	}
	q.Text = query
	return q, nil
}

// parser reads tokens from left to right. After an error it reads no more.
type parser struct {
	query  string
	tokens []token
	at     int
	depth  int
	err    error
}

func (p *parser) peek() token { return p.tokens[p.at] }

func (p *parser) next() token {
	t := p.tokens[p.at]
	if t.kind != end {
		p.at++
	}
	return t
}

func (p *parser) fail(at int, format string, args ...any) {
	if p.err == nil {
		p.err = &Error{fmt.Sprintf(format, args...), p.query, at}
	}
	p.at = len(p.tokens) - 1
}

func (p *parser) unexpected() { t := p.peek(); p.fail(t.start, "unexpected token: '%s'", t.text) }

// is says whether the next token is one of the words or symbols.
func (p *parser) is(words ...string) bool {
	t := p.peek()
	for _, w := range words {
		if (t.kind == word || t.kind == symbol) && strings.EqualFold(t.text, w) {
			return true
		}
	}
	return false
}

// accept takes the words if they come next, all of them.
func (p *parser) accept(words ...string) bool {
	from := p.at
	for _, w := range words {
		if !p.is(w) {
			p.at = from
			return false
		}
		p.next()
	}
	return true
}

func (p *parser) expect(w string) {
	if !p.accept(w) {
		p.unexpected()
	}
}

func (p *parser) name() token {
	if p.peek().kind != word {
		p.unexpected()
	}
	return p.next()
}

func (p *parser) selection() *Query {
	q := &Query{Limit: -1, Offset: -1}
	p.expect("SELECT")
	for {
		q.Select = append(q.Select, p.item())
		if !p.accept(",") {
			break
		}
	}
	p.expect("FROM")
	from := p.name()
	q.From, q.FromAt = from.text, from.start
	alias := ""
	if p.peek().kind == word && !p.is("WHERE", "GROUP", "ORDER", "LIMIT", "OFFSET", "ALL", "FOR", "USING", "WITH") {
		alias = p.next().text
	}
	if p.accept("USING", "SCOPE") {
		p.name()
	}
	if p.accept("WHERE") {
		q.Where = p.or()
	}
	if p.accept("GROUP", "BY") {
		q.GroupBy = p.names()
	}
	if p.accept("ORDER", "BY") {
		q.OrderBy = p.orders()
	}
	if p.accept("LIMIT") {
		q.Limit = p.count()
	}
	if p.accept("OFFSET") {
		q.Offset = p.count()
	}
	if p.accept("ALL", "ROWS") {
		q.AllRows = true
	}
	if p.accept("FOR") {
		p.name()
	}
	q.strip(alias)
	return q
}

func (p *parser) names() (out []string) {
	for {
		out = append(out, p.name().text)
		if !p.accept(",") {
			return out
		}
	}
}

func (p *parser) count() int {
	t := p.next()
	n, err := strconv.Atoi(t.text)
	if t.kind != number || err != nil || n < 0 {
		p.fail(t.start, "unexpected token: '%s'", t.text)
	}
	return n
}

// functions a SELECT list may hold. Their argument may be empty for COUNT only.
var functions = map[string]bool{"COUNT": true, "COUNT_DISTINCT": true, "MIN": true, "MAX": true, "SUM": true, "AVG": true, "FIELDS": true, "TOLABEL": true, "FORMAT": true, "CONVERTCURRENCY": true}

func (p *parser) item() Item {
	if p.peek().text == "(" && p.peek().kind == symbol {
		at := p.next().start
		if !p.deeper() {
			return Item{}
		}
		sub := p.selection()
		p.depth--
		p.expect(")")
		return Item{Sub: sub, At: at}
	}
	t := p.name()
	it := Item{Path: t.text, At: t.start}
	if strings.EqualFold(t.text, "TYPEOF") && p.peek().kind == word && !p.is("FROM") {
		it.Type, it.Path = true, p.name().text
		for p.err == nil && !p.accept("END") {
			if p.next().kind == end {
				p.unexpected()
			}
		}
		return it
	}
	if p.accept("(") {
		it.Func = strings.ToUpper(t.text)
		if !functions[it.Func] {
			p.fail(t.start, "unknown function '%s'", t.text)
		}
		it.Path = ""
		if !p.is(")") || it.Func != "COUNT" {
			it.Path = p.name().text
		}
		p.expect(")")
	}
	if p.peek().kind == word && !p.is("FROM") {
		it.Alias = p.next().text
	}
	return it
}

func (p *parser) orders() (out []Order) {
	for {
		t := p.name()
		o := Order{Path: t.text, At: t.start}
		if p.accept("DESC") {
			o.Desc = true
		} else {
			p.accept("ASC")
		}
		if p.accept("NULLS", "LAST") {
			o.NullsLast = true
		} else {
			p.accept("NULLS", "FIRST")
		}
		out = append(out, o)
		if !p.accept(",") {
			return out
		}
	}
}

// deeper guards against queries that nest without end.
func (p *parser) deeper() bool {
	if p.depth++; p.depth > maxDepth {
		p.fail(p.peek().start, "query is nested too deeply")
		return false
	}
	return true
}

// strip removes the alias of the object, or its name, from the front of paths.
func (q *Query) strip(alias string) {
	cut := func(path string) string {
		for _, a := range []string{alias, q.From} {
			if a != "" && len(path) > len(a) && strings.EqualFold(path[:len(a)], a) && path[len(a)] == '.' {
				return path[len(a)+1:]
			}
		}
		return path
	}
	for i := range q.Select {
		q.Select[i].Path = cut(q.Select[i].Path)
	}
	for i := range q.OrderBy {
		q.OrderBy[i].Path = cut(q.OrderBy[i].Path)
	}
	for i := range q.GroupBy {
		q.GroupBy[i] = cut(q.GroupBy[i])
	}
	rename(q.Where, cut)
}

func rename(e Expr, cut func(string) string) {
	switch e := e.(type) {
	case And:
		for _, p := range e {
			rename(p, cut)
		}
	case Or:
		for _, p := range e {
			rename(p, cut)
		}
	case Not:
		rename(e.Of, cut)
	case *Compare:
		e.Path = cut(e.Path)
	}
}
