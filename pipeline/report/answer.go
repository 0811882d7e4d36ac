package report

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// Answer is the frame around the rows that answer a question.
type Answer struct {
	ID, Title string
	AsOf      string
	Customer  string            // of whom, if the question is about one
	Owner     string            // of whose accounts
	NoSource  []string          // what has no source: then there are no rows
	Empty     string            // said in place of no rows
	About     string            // how to read it
	Notes     []string          // what the answer does not speak for
	None      map[string]string // what is said where a column is false in every row
	Kinds     map[string]string
	Labels    func(column string) string
}

// Write prints the answer; rows is nil if a source is missing. CSV is the rows alone.
func (a Answer) Write(w io.Writer, rows *sql.Rows, format Format) error {
	var r *rowReader
	if rows != nil {
		types, err := rows.ColumnTypes()
		if err != nil {
			return err
		}
		r = &rowReader{rows: rows, types: types}
	}
	switch format {
	case FormatCSV:
		if r == nil {
			return nil
		}
		_, err := r.csv(w)
		return err
	case FormatJSON:
		return a.json(w, r)
	case FormatTable, FormatMarkdown:
		return a.text(w, r, format == FormatMarkdown)
	}
	return fmt.Errorf("unknown format %q: use table, csv, json or markdown", format)
}

func (a Answer) json(w io.Writer, r *rowReader) error {
	out := struct {
		Question string          `json:"question"`
		Title    string          `json:"title"`
		AsOf     string          `json:"as_of"`
		Customer string          `json:"customer,omitempty"`
		Owner    string          `json:"owner,omitempty"`
		NoSource []string        `json:"no_source,omitempty"`
		Notes    []string        `json:"notes,omitempty"`
		Rows     json.RawMessage `json:"rows"`
	}{a.ID, a.Title, a.AsOf, a.Customer, a.Owner, a.NoSource, a.Notes, json.RawMessage("null")}
	if r != nil {
		var b bytes.Buffer
		if _, err := r.json(&b); err != nil {
			return err
		}
		out.Rows = b.Bytes()
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(out)
}

func (a Answer) text(w io.Writer, r *rowReader, markdown bool) error {
	var b strings.Builder
	scope := []string{"as of " + a.AsOf}
	if a.Customer != "" {
		scope = append(scope, "customer "+a.Customer)
	}
	if a.Owner != "" {
		scope = append(scope, "accounts of "+a.Owner)
	}
	if markdown {
		fmt.Fprintf(&b, "## %s %s\n\n%s\n\n", a.ID, a.Title, strings.Join(scope, " · "))
	} else {
		fmt.Fprintf(&b, "%s  %s\n%s\n\n", a.ID, a.Title, strings.Join(scope, " · "))
	}
	if r == nil {
		fmt.Fprintf(&b, "no source: %s\n", strings.Join(a.NoSource, "; "))
		_, err := io.WriteString(w, b.String())
		return err
	}
	grid, right, total, untrue, err := a.grid(r, markdown)
	if err != nil {
		return err
	}
	b.WriteString(a.rows(grid, right, total, markdown))
	if total > 0 {
		for _, column := range slices.Sorted(maps.Keys(a.None)) {
			if untrue[column] {
				b.WriteString("\n" + wrapped(a.None[column], 100) + "\n")
			}
		}
	}
	if total > 0 && a.About != "" {
		b.WriteString("\n" + wrapped(a.About, 100) + "\n")
	}
	for _, note := range a.Notes {
		b.WriteString("\n" + note + "\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// rows lays out what was read: nothing as a sentence, one row as a list, more as a table.
func (a Answer) rows(grid [][]string, right map[int]bool, total int, markdown bool) string {
	switch {
	case total == 0:
		return a.Empty + "\n"
	case markdown:
		return markdownTable(grid, right)
	case total == 1:
		lines := make([][]string, len(grid[0]))
		for i := range lines {
			lines[i] = []string{grid[0][i], grid[1][i]}
		}
		return Table(lines, nil)
	case total > maxTableRows:
		return ruled(grid, right) + fmt.Sprintf("(%s rows; the first %s are shown, use --format csv for all)\n", Count(int64(total)), Count(maxTableRows))
	}
	return ruled(grid, right) + fmt.Sprintf("(%s)\n", Plural(total, "row"))
}

// longCell is where a text in a table of many rows is cut off for people.
const longCell = 60

// grid reads the rows as people read them; untrue are the columns that are false in all of them.
func (a Answer) grid(r *rowReader, markdown bool) (grid [][]string, right map[int]bool, total int, untrue map[string]bool, err error) {
	head, right, untrue := make([]string, len(r.types)), map[int]bool{}, map[string]bool{}
	for i, name := range r.names() {
		untrue[name] = true
		head[i], right[i] = name, isNumber(r.types[i].DatabaseTypeName())
		if a.Labels != nil {
			head[i] = a.Labels(name)
		}
	}
	grid = [][]string{head}
	for r.rows.Next() {
		values, err := r.next()
		if err != nil {
			return nil, nil, total, nil, err
		}
		for i, v := range values {
			if v != false {
				untrue[r.types[i].Name()] = false
			}
		}
		if total++; !markdown && total > maxTableRows {
			continue
		}
		line := make([]string, len(values))
		for i, v := range values {
			line[i] = human(v, r.types[i].DatabaseTypeName(), r.types[i].Name(), a.Kinds[r.types[i].Name()])
			if markdown {
				line[i] = strings.ReplaceAll(line[i], "|", `\|`)
			}
		}
		grid = append(grid, line)
	}
	if !markdown && total > 1 {
		for _, line := range grid[1:] {
			for i := range line {
				if a.Kinds[r.types[i].Name()] != "whole" {
					line[i] = cut(line[i], longCell)
				}
			}
		}
	}
	return grid, right, total, untrue, r.rows.Err()
}

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return strings.TrimRight(string([]rune(s)[:n-1]), " ") + "…"
}

// wrapped breaks a text into lines of at most n characters.
func wrapped(s string, n int) string {
	var b strings.Builder
	length := 0
	for i, word := range strings.Fields(s) {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case length+1+size > n:
			b.WriteByte('\n')
			length = 0
		default:
			b.WriteByte(' ')
			length++
		}
		b.WriteString(word)
		length += size
	}
	return b.String()
}
