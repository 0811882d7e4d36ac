// Package docs writes browsable documentation of what a configuration makes: tables,
// columns, what they mean, where they come from, what is checked and what can be asked.
//
// It must not know the lake or how anything runs: it is given a Site and writes static
// pages that need no network and work from a directory.
package docs

import (
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
)

// Site is everything that is documented.
type Site struct {
	Tables    []Table
	Checks    []Check
	Questions []Question
}

// Table is a table of silver, gold or ops.
type Table struct {
	config.Contract
	About       string                    // why it is as it is
	Columns     []config.MetricDefinition // gold and ops: by the contract's columns; silver: what the contract says
	Inputs      []string                  // nodes it is made from: salesforce/Account, silver.account, …
	Past        []string                  // tables of which it reads earlier as-of dates
	Files       []string                  // SQL and mapping files
	SQL         string
	Params      []Param
	Operational bool // written by the run itself
}

// Param is a parameter that a model asks for.
type Param struct{ Path, Value string }

// Check is one check of sql/checks.
type Check struct {
	ID, Severity, Table, About, Path, SQL string
	Inputs                                []string
}

// Question is one question that can be asked.
type Question struct {
	ID, Title, AskedBy, About, SQL string
	Tables, Sources                []string
	Customer, Owner                bool
}

// Name is the table as SQL names it.
func (t Table) Name() string { return t.Layer + "." + t.Table }

// Layers of the lineage, from left to right.
const (
	layerBronze = "bronze"
	layerSilver = "silver"
	layerGold   = "gold"
	layerOps    = "ops"
)

// layerOf says to which layer a node of the lineage belongs: a name with a slash is an
// object of a source.
func layerOf(node string) string {
	if strings.Contains(node, "/") {
		return layerBronze
	}
	layer, _, _ := strings.Cut(node, ".")
	return layer
}

// graph is who is made from whom.
type graph struct {
	inputs  map[string][]string
	readers map[string][]string
}

func (s Site) graph() graph {
	g := graph{inputs: map[string][]string{}, readers: map[string][]string{}}
	for _, t := range s.Tables {
		in := slices.Clone(t.Inputs)
		slices.Sort(in)
		g.inputs[t.Name()] = slices.Compact(in)
	}
	for _, t := range s.Tables {
		for _, in := range g.inputs[t.Name()] {
			g.readers[in] = append(g.readers[in], t.Name())
		}
	}
	return g
}

// around are the nodes that lead to a table, all the way from the sources, and those
// that read it directly.
func (g graph) around(table string) map[string]bool {
	seen := map[string]bool{}
	var up func(string)
	up = func(n string) {
		if seen[n] {
			return
		}
		seen[n] = true
		for _, in := range g.inputs[n] {
			up(in)
		}
	}
	up(table)
	for _, r := range g.readers[table] {
		seen[r] = true
	}
	return seen
}

// depth is the column of every node: objects of sources at 0, silver at 1, and a gold
// table one further than the furthest that it reads.
func (g graph) depth(nodes map[string]bool) map[string]int {
	out := map[string]int{}
	var at func(n string) int
	at = func(n string) int {
		if d, ok := out[n]; ok {
			return d
		}
		d := 0
		switch layerOf(n) {
		case layerSilver:
			d = 1
		case layerGold, layerOps:
			d = 2
		}
		out[n] = d
		if layerOf(n) != layerSilver { // silver tables refer to each other only to look things up
			for _, in := range g.inputs[n] {
				if nodes[in] {
					d = max(d, at(in)+1)
				}
			}
		}
		out[n] = d
		return d
	}
	for n := range nodes {
		at(n)
	}
	return out
}
