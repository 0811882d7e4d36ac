package report

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// QuestionLine is one question in the list of those that can be asked.
type QuestionLine struct {
	ID       string   `json:"id"`
	Title    string   `json:"title"`
	AskedBy  string   `json:"asked_by"`
	Tables   []string `json:"tables"`
	Sources  []string `json:"sources"`
	Customer string   `json:"customer,omitempty"` // needed | possible
	Owner    string   `json:"owner,omitempty"`    // needed | possible
}

// Questions lists what can be asked.
func Questions(w io.Writer, lines []QuestionLine, format Format) error {
	switch format {
	case FormatJSON:
		e := json.NewEncoder(w)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		return e.Encode(lines)
	case FormatCSV:
		c := csv.NewWriter(w)
		rows := append([][]string{{"id", "title", "asked_by", "tables", "sources", "customer", "owner"}}, nil...)
		for _, q := range lines {
			rows = append(rows, []string{q.ID, q.Title, q.AskedBy, strings.Join(q.Tables, ", "), strings.Join(q.Sources, "; "), q.Customer, q.Owner})
		}
		return c.WriteAll(rows)
	case FormatMarkdown:
		grid := [][]string{{"id", "question", "sources", "--customer", "--owner"}}
		for _, q := range lines {
			grid = append(grid, []string{q.ID, q.Title, strings.Join(q.Sources, "; "), q.Customer, q.Owner})
		}
		_, err := io.WriteString(w, markdownTable(grid, nil))
		return err
	}
	var b strings.Builder
	asker := ""
	for i, q := range lines {
		if q.AskedBy != asker {
			if i > 0 {
				b.WriteByte('\n')
			}
			asker = q.AskedBy
			b.WriteString(strings.ToUpper(asker[:1]) + asker[1:] + "\n")
		}
		fmt.Fprintf(&b, "  %-5s %s%s\n", q.ID, q.Title, flagsOf(q))
	}
	_, err := io.WriteString(w, b.String()+"\nAsk one with `pipeline ask ID`; --format json also lists the sources that each needs.\n")
	return err
}

// flagsOf says which flags a question needs or takes.
func flagsOf(q QuestionLine) string {
	var needed, possible []string
	for _, f := range [][2]string{{"--customer", q.Customer}, {"--owner", q.Owner}} {
		switch f[1] {
		case "needed":
			needed = append(needed, f[0])
		case "possible":
			possible = append(possible, f[0])
		}
	}
	var parts []string
	if len(needed) > 0 {
		parts = append(parts, "needs "+strings.Join(needed, ", "))
	}
	if len(possible) > 0 {
		parts = append(parts, "takes "+strings.Join(possible, ", "))
	}
	if len(parts) == 0 {
		return ""
	}
	return "  (" + strings.Join(parts, "; ") + ")"
}
