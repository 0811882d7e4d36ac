package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Problem is one thing the user must change in one file.
type Problem struct {
	File    string `json:"file"`             // as the user named it, or "built-in …"
	Field   string `json:"field,omitempty"`  // e.g. sources[0].objects[2].load_mode
	Line    int    `json:"line,omitempty"`   // 1-based; 0 = unknown
	Column  int    `json:"column,omitempty"` // 1-based, in characters
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do
}

// String is one line: file:line:column: field: message; hint.
func (p Problem) String() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d:%d", p.Line, p.Column)
	}
	b.WriteString(": ")
	if p.Field != "" {
		b.WriteString(p.Field + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString("; " + p.Hint)
	}
	return b.String()
}

// Problems is the error of a configuration that cannot be used: everything that is
// wrong in all of its files, in the order of the files and of the lines in them.
type Problems struct {
	List []Problem
}

// Summary says how much is wrong, without the details.
func (p *Problems) Summary() string {
	files := map[string]bool{}
	for _, one := range p.List {
		files[one.File] = true
	}
	return fmt.Sprintf("%s in %s", plural(len(p.List), "problem"), plural(len(files), "configuration file"))
}

// Error lists every problem on a line of its own.
func (p *Problems) Error() string {
	lines := make([]string, 0, len(p.List)+1)
	lines = append(lines, p.Summary())
	for _, one := range p.List {
		lines = append(lines, "  "+one.String())
	}
	return strings.Join(lines, "\n")
}

// err is the error to return: nil when nothing is wrong. Files keep the order in
// which they were first reported; inside a file positions rise. Of several problems
// of one field only the first is kept: the others usually follow from it.
func (p *Problems) err() error {
	if len(p.List) == 0 {
		return nil
	}
	type field struct{ file, name string }
	told := map[field]bool{}
	p.List = slices.DeleteFunc(p.List, func(one Problem) bool {
		at := field{one.File, one.Field}
		if one.Field == "" {
			at.name = one.Message
		}
		again := told[at]
		told[at] = true
		return again
	})
	order := map[string]int{}
	for _, one := range p.List {
		if _, ok := order[one.File]; !ok {
			order[one.File] = len(order)
		}
	}
	slices.SortStableFunc(p.List, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(order[a.File], order[b.File]), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return p
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
