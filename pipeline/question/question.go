// Package question owns the questions of sql/questions: what each asks, of whom, what it
// needs, and how its answer is found in the published tables.
//
// It must not know how tables come about, nor how an answer is printed: it is given a
// session in which the tables can be read, and hands back values.
package question

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Dir is where the questions lie below the SQL directory.
const Dir = "questions"

// The variables a question may use.
const (
	VarAsOf     = "as_of" // day at whose end is answered
	VarCustomer = "acct"  // one global customer
	VarOwner    = "me"    // one user, for "my accounts"
)

// Question is one file of sql/questions.
type Question struct {
	ID        string     // e.g. BC1
	Title     string     // the question itself
	AskedBy   string     // e.g. board chair
	Tables    []string   // that the answer is read from, e.g. gold.contracts
	Required  []string   // variables without which there is no answer
	Optional  []string   // variables that narrow the answer
	Sources   [][]string // silver tables: one of each group must have a source
	Formats   map[string]Format
	None      map[string]string // what is said where a column is false in every row
	Empty     string            // the answer when there are no rows
	About     string            // how to read the answer
	File, SQL string
}

// Format says how a column is written for people, where its name and type do not.
type Format string

// The formats that a header can name.
const (
	Percent Format = "percent" // 0.123 is 12.3 %
	Points  Format = "points"  // one digit, with sign
	Score   Format = "score"   // a whole number
	Rank    Format = "rank"    // a whole number
	Month   Format = "month"   // 2026-06
	Amount  Format = "amount"  // money with cents
	Whole   Format = "whole"   // a text that is never cut off
)

var formats = []Format{Percent, Points, Score, Rank, Month, Amount, Whole}

var (
	headerLine = regexp.MustCompile(`^-- (question|asked by|tables|variables|sources|columns|none|empty):\s*(.*)$`)
	idAndTitle = regexp.MustCompile(`^([A-Z]+[0-9]+) (\S.*)$`)
	layerTable = regexp.MustCompile(`^(silver|gold|ops)\.[a-z0-9_]+$`)
)

// Load reads the questions in order of who asks and number. All problems are reported
// at once.
func Load(files fs.FS) ([]Question, error) {
	names, err := fs.Glob(files, Dir+"/*.sql")
	if err != nil {
		return nil, err
	}
	var all []Question
	var problems []error
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", name, err)
		}
		q, err := parse(name, string(text))
		if err != nil {
			problems = append(problems, err)
			continue
		}
		if i := slices.IndexFunc(all, func(o Question) bool { return o.ID == q.ID }); i >= 0 {
			problems = append(problems, fmt.Errorf("%s: %s is also asked by %s", name, q.ID, all[i].File))
		}
		all = append(all, q)
	}
	slices.SortFunc(all, func(a, b Question) int { return strings.Compare(order(a.ID), order(b.ID)) })
	return all, errors.Join(problems...)
}

// askers is the order of the list: from the board to the account managers.
var askers = []string{"BC", "CEO", "OPS", "SAL", "SVC", "BIL", "AM"}

// order sorts BC before CEO, and 9 before 10.
func order(id string) string {
	letters := strings.TrimRight(id, "0123456789")
	at := slices.Index(askers, letters)
	if at < 0 {
		at = len(askers)
	}
	return fmt.Sprintf("%02d%s%6s", at, letters, id[len(letters):])
}

// parse reads the header and the statement of one file.
func parse(name, text string) (Question, error) {
	q := Question{File: name, Formats: map[string]Format{}, None: map[string]string{}}
	fields := map[string]string{}
	lines := strings.Split(text, "\n")
	body := 0
	var about []string
	for ; body < len(lines) && strings.HasPrefix(lines[body], "--"); body++ {
		if m := headerLine.FindStringSubmatch(lines[body]); m != nil {
			fields[m[1]] = strings.TrimSpace(m[2])
		} else if t := strings.TrimSpace(strings.TrimPrefix(lines[body], "--")); t != "" {
			about = append(about, t)
		}
	}
	q.SQL = strings.TrimRight(strings.TrimSpace(strings.Join(lines[body:], "\n")), ";")
	q.About, q.AskedBy, q.Empty = strings.Join(about, " "), fields["asked by"], fields["empty"]
	problem := func(format string, args ...any) error {
		return fmt.Errorf("%s: "+format, append([]any{name}, args...)...)
	}
	m := idAndTitle.FindStringSubmatch(fields["question"])
	if m == nil {
		return q, problem("the header needs a line like \"-- question: BC1 What is asked\"")
	}
	q.ID, q.Title = m[1], m[2]
	if want := strings.ToLower(q.ID) + "_"; !strings.HasPrefix(path.Base(name), want) {
		return q, problem("question %s belongs in a file that begins with %s", q.ID, want)
	}
	for _, need := range []string{"asked by", "tables", "variables", "sources"} {
		if fields[need] == "" {
			return q, problem("the header needs a line \"-- %s: …\"", need)
		}
	}
	q.Tables = list(fields["tables"], ",")
	for _, group := range list(fields["sources"], ",") {
		q.Sources = append(q.Sources, list(group, "|"))
	}
	for _, t := range slices.Concat(append(q.Sources, q.Tables)...) {
		if !layerTable.MatchString(t) {
			return q, problem("%q is no table: want e.g. gold.contracts", t)
		}
	}
	if err := q.variables(fields["variables"]); err != nil {
		return q, problem("%w", err)
	}
	if err := q.columns(fields["columns"]); err != nil {
		return q, problem("%w", err)
	}
	if err := q.none(fields["none"]); err != nil {
		return q, problem("%w", err)
	}
	if q.SQL == "" {
		return q, problem("there is no statement")
	}
	return q, nil
}

// variables reads "as_of, me?": a question mark makes a variable optional.
func (q *Question) variables(text string) error {
	for _, v := range list(text, ",") {
		name, optional := strings.CutSuffix(v, "?")
		if name != VarAsOf && name != VarCustomer && name != VarOwner {
			return fmt.Errorf("unknown variable %q: there are %s, %s and %s", name, VarAsOf, VarCustomer, VarOwner)
		}
		if !strings.Contains(q.SQL, "getvariable('"+name+"')") && name != VarAsOf {
			return fmt.Errorf("the statement does not use getvariable('%s')", name)
		}
		if optional {
			q.Optional = append(q.Optional, name)
		} else {
			q.Required = append(q.Required, name)
		}
	}
	return nil
}

// columns reads "nrr percent, nps points".
func (q *Question) columns(text string) error {
	for _, c := range list(text, ",") {
		name, format, _ := strings.Cut(c, " ")
		if !slices.Contains(formats, Format(format)) {
			return fmt.Errorf("unknown format %q of column %s: there are %v", format, name, formats)
		}
		q.Formats[name] = Format(format)
	}
	return nil
}

// none reads "is_late Nothing is late.": a column and a sentence.
func (q *Question) none(text string) error {
	if text == "" {
		return nil
	}
	column, sentence, _ := strings.Cut(text, " ")
	if sentence == "" || !strings.Contains(q.SQL, column) {
		return fmt.Errorf("\"-- none: %s\" needs a column of the statement and a sentence", text)
	}
	q.None[column] = sentence
	return nil
}

// Takes says whether a variable means something to the question.
func (q Question) Takes(variable string) bool {
	return slices.Contains(q.Required, variable) || slices.Contains(q.Optional, variable)
}

// list splits at a separator and trims; no text is no items.
func list(text, separator string) []string {
	var out []string
	for _, item := range strings.Split(text, separator) {
		if item = strings.TrimSpace(item); item != "" {
			out = append(out, item)
		}
	}
	return out
}
