package docs

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed page/*
var page embed.FS

// view is what a template is given.
type view struct {
	Site
	Title, Root, Section string
	Layers               []layer
	Table                Table
	Checks               []Check
	Questions            []Question
	Drawing              template.HTML
	Readers              []string
	References           []reference
}

// layer is a list of tables.
type layer struct {
	Name, About string
	Tables      []Table
}

// reference is a formula or rule and the columns that follow it.
type reference struct {
	ID      string
	Columns []column
}

// column is a column with its table.
type column struct {
	Table string
	Type  string
	Def   definition
}

// Write writes the site into a directory, which it makes if need be. Pages of an earlier
// writing are overwritten; nothing else is touched.
func Write(dir string, s Site) error {
	pages, err := s.pages()
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return fmt.Errorf("write documentation: %w", err)
		}
		if err := os.WriteFile(file, pages[name], 0o644); err != nil {
			return fmt.Errorf("write documentation: %w", err)
		}
	}
	return nil
}

// pages are the files of the site by their path.
func (s Site) pages() (map[string][]byte, error) {
	known := map[string]bool{}
	for _, t := range s.Tables {
		known[t.Name()] = true
	}
	templates, err := template.New("").Funcs(template.FuncMap{
		"href": tablePage, "known": func(t string) bool { return known[t] }, "join": strings.Join, "lower": strings.ToLower, "definition": newDefinition,
		"short": func(t string) string { return strings.TrimPrefix(t, "gold.") },
	}).ParseFS(page, "page/*.html")
	if err != nil {
		return nil, fmt.Errorf("documentation templates: %w", err)
	}
	out := map[string][]byte{}
	for _, asset := range []string{"style.css", "search.js"} {
		if out[asset], err = page.ReadFile("page/" + asset); err != nil {
			return nil, fmt.Errorf("documentation assets: %w", err)
		}
	}
	render := func(file, name string, v view) {
		if err != nil {
			return
		}
		v.Site = s
		v.Root = strings.Repeat("../", strings.Count(file, "/"))
		var b bytes.Buffer
		if err = templates.ExecuteTemplate(&b, name, v); err != nil {
			err = fmt.Errorf("documentation page %s: %w", file, err)
		}
		out[file] = b.Bytes()
	}
	g := s.graph()
	render("index.html", "index.html", view{Title: "Tables", Section: "tables", Layers: s.layers()})
	render("metrics.html", "metrics.html", view{Title: "Metrics", Section: "metrics", References: s.references()})
	render("checks.html", "checks.html", view{Title: "Checks", Section: "checks", Checks: s.Checks})
	render("questions.html", "questions.html", view{Title: "Questions", Section: "questions", Questions: s.Questions})
	render("lineage.html", "lineage.html", view{Title: "Lineage", Section: "lineage", Drawing: template.HTML(g.draw(g.all(), "", s.link("")))}) //nolint:gosec // names are escaped by draw
	for _, t := range s.Tables {
		render(tablePage(t.Name()), "table.html", view{Title: t.Name(), Section: "tables", Table: t, Readers: g.readers[t.Name()],
			Checks: s.checksOf(t.Name()), Questions: s.questionsOf(t.Name()),
			Drawing: template.HTML(g.draw(g.around(t.Name()), t.Name(), s.link("../")))})
	}
	return out, err
}

// tablePage is the page of a table, from the site's root.
func tablePage(table string) string { return "tables/" + table + ".html" }

// link gives the page of a node, seen from a page at root.
func (s Site) link(root string) func(string) string {
	return func(n string) string {
		if layerOf(n) == layerBronze {
			return ""
		}
		return root + tablePage(n)
	}
}

// all are the nodes that stand in the way from the sources to the tables.
func (g graph) all() map[string]bool {
	nodes := map[string]bool{}
	for to, from := range g.inputs {
		if len(from) == 0 && len(g.readers[to]) == 0 {
			continue
		}
		nodes[to] = true
		for _, n := range from {
			nodes[n] = true
		}
	}
	return nodes
}

func (s Site) layers() []layer {
	out := []layer{
		{Name: layerGold, About: "What users read: customers, money, service, scores, actions, events."},
		{Name: layerOps, About: "What ran, what was checked, what the sources cover, what columns mean."},
		{Name: layerSilver, About: "Typed and cleaned records of the sources, USD beside the original amounts."},
	}
	for i := range out {
		for _, t := range s.Tables {
			if t.Layer == out[i].Name {
				out[i].Tables = append(out[i].Tables, t)
			}
		}
	}
	return out
}

func (s Site) checksOf(table string) (out []Check) {
	for _, c := range s.Checks {
		if c.Table == table || slices.Contains(c.Inputs, table) {
			out = append(out, c)
		}
	}
	return out
}

func (s Site) questionsOf(table string) (out []Question) {
	for _, q := range s.Questions {
		if slices.Contains(q.Tables, table) {
			out = append(out, q)
		}
	}
	return out
}

// references are the measures of gold by the formula that they follow.
func (s Site) references() []reference {
	by := map[string][]column{}
	for _, t := range s.Tables {
		if strings.HasPrefix(t.Description, "Internal.") { // a step on the way
			continue
		}
		for i, d := range t.Columns {
			if t.Layer == layerGold && strings.HasPrefix(d.StandardRef, "F") {
				id, _, _ := strings.Cut(d.StandardRef, ",")
				by[id] = append(by[id], column{Table: t.Name(), Type: t.Contract.Columns[i].Type, Def: newDefinition(d)})
			}
		}
	}
	var out []reference
	for _, id := range slices.Sorted(maps.Keys(by)) {
		out = append(out, reference{ID: id, Columns: by[id]})
	}
	return out
}
