package silver

import (
	"fmt"
	"strings"
)

// chain renders the common table expressions that lead from the source columns of a
// group of inputs to their target columns. Each layer is one SELECT over the one before;
// the layers of a column are "c#raw" (as received), "c#0", "c#1" … (after its
// transformations), "c" (typed) and "c#rule" (which rule it broke). A layer holds only
// what a later one uses: planning time grows with every column of every layer.
type chain struct {
	*group
	missing []string // source columns that bronze lacks
	overlay bool     // reconstructed rows exist
	judge   bool     // broken rules are wanted
	layers  []layer
}

// layer is one SELECT of a chain.
type layer struct {
	name    string
	text    string       // of the source: the whole SELECT
	starts  bool         // the columns before it end here
	columns []assignment // new columns, and new values of columns
	joins   string       // what is joined with the layer before, which is called r
}

// assignment is a column and the SQL of its value.
type assignment struct{ name, sql string }

// last is the name of the last layer.
func (c *chain) last() string { return c.layers[len(c.layers)-1].name }

// add appends a layer.
func (c *chain) add(l layer) {
	l.name = fmt.Sprintf("in%d_%s", c.lead().index, l.name)
	c.layers = append(c.layers, l)
}

// extend adds a layer with further columns, or new values of columns.
func (c *chain) extend(name string, columns []assignment, joins string) {
	if len(columns) > 0 {
		c.add(layer{name: name, columns: columns, joins: joins})
	}
}

// source starts the chain: the source columns, those that bronze lacks as NULL.
func (c *chain) source(from, columns string) {
	body := "  SELECT " + columns
	for _, m := range c.missing {
		body += ", NULL::VARCHAR AS " + id(m)
	}
	c.add(layer{name: "source", text: body + "\n  FROM " + from})
}

// filter keeps the rows that the mapping's filter claims.
func (c *chain) filter() {
	if f := c.lead().mapping.Filter; f != "" {
		c.add(layer{name: "claimed", text: "  SELECT * FROM " + c.last() + "\n  WHERE " + claimSQL(f)})
	}
}

// query is a SELECT over the last layer, after the layers with the columns it needs.
func (c *chain) query(final string) string {
	used := names(final)
	texts := make([]string, len(c.layers))
	for i := len(c.layers) - 1; i >= 0; i-- {
		if c.layers[i].text != "" {
			texts[i] = c.layers[i].text
			continue
		}
		texts[i], used = c.render(i, used)
	}
	for i, l := range c.layers {
		texts[i] = fmt.Sprintf("%s AS (\n%s\n)", l.name, texts[i])
	}
	return "WITH " + strings.Join(texts, ",\n") + "\n" + final
}

// render writes the i-th layer with the columns that are used after it, and returns what
// it uses itself.
func (c *chain) render(i int, used map[string]bool) (text string, needs map[string]bool) {
	l := c.layers[i]
	own := map[string]bool{}
	var list []string
	for _, a := range l.columns {
		own[strings.ToLower(a.name)] = true
		if used[strings.ToLower(a.name)] {
			list = append(list, a.sql+" AS "+id(a.name))
		}
	}
	needs = names(l.joins + " " + strings.Join(list, " "))
	if !l.starts {
		var kept []string
		for _, name := range c.available(i - 1) {
			if lower := strings.ToLower(name); used[lower] && !own[lower] {
				kept = append(kept, "r."+id(name))
				needs[lower] = true
			}
		}
		list = append(kept, list...)
	}
	return "  SELECT\n    " + strings.Join(list, ",\n    ") + "\n  FROM " + c.layers[i-1].name + " r" + l.joins, needs
}

// available lists the columns of the i-th layer if none were left out.
func (c *chain) available(i int) []string {
	var out []string
	seen := map[string]bool{}
	for ; i >= 0; i-- {
		for _, a := range c.layers[i].columns {
			if !seen[a.name] {
				seen[a.name] = true
				out = append(out, a.name)
			}
		}
		if c.layers[i].starts {
			break
		}
	}
	return out
}

// names is the set of names that may be columns in a text.
func names(sql string) map[string]bool {
	out := map[string]bool{}
	for _, name := range identifiers(sql) {
		out[name] = true
	}
	return out
}
