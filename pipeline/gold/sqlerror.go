package gold

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// SQLError is a problem with a place in a SQL file.
type SQLError struct {
	Path    string
	Line    int // from 1
	Column  int // from 1; 0 = unknown
	Problem string
	Hint    string
	Err     error // the engine's own error, if any
}

// Error is "sql/gold/accounts.sql:12:8: problem; hint".
func (e *SQLError) Error() string {
	at := e.Path
	if e.Line > 0 {
		at += ":" + strconv.Itoa(e.Line)
		if e.Column > 0 {
			at += ":" + strconv.Itoa(e.Column)
		}
	}
	if e.Hint == "" {
		return at + ": " + e.Problem
	}
	return at + ": " + e.Problem + "; " + e.Hint
}

// Unwrap gives the engine's error.
func (e *SQLError) Unwrap() error { return e.Err }

var lineMark = regexp.MustCompile(`(?m)^LINE (\d+): (.*)\n( *)\^`)

// locate turns an engine error about a statement that holds text (beginning on the
// statement's first line) into one that names the file's line and column.
//
// The engine shows at most a window of a long line, so the column is found by looking
// for the shown piece in the line itself.
func locate(file, text string, err error) error {
	if err == nil {
		return nil
	}
	message := err.Error()
	e := &SQLError{Path: file, Problem: strings.TrimSpace(message), Err: err}
	mark := lineMark.FindStringSubmatchIndex(message)
	if mark == nil {
		return e
	}
	e.Problem = strings.TrimSpace(message[:mark[0]])
	number := message[mark[2]:mark[3]]
	e.Line, _ = strconv.Atoi(number) // the pattern only lets digits through
	shown := message[mark[4]:mark[5]]
	caret := mark[7] - mark[6] - len("LINE ") - len(number) - len(": ")
	lines := strings.Split(text, "\n")
	if e.Line < 1 || e.Line > len(lines) {
		return e
	}
	piece := strings.TrimSuffix(shown, "...")
	if cut, ok := strings.CutPrefix(piece, "..."); ok {
		piece, caret = cut, caret-len("...")
	}
	if at := strings.Index(lines[e.Line-1], piece); at >= 0 && caret >= 0 {
		e.Column = at + caret + 1
	}
	return e
}

// position turns a byte offset into line and column, both from 1.
func position(text string, offset int) (line, column int) {
	offset = min(max(offset, 0), len(text))
	before := text[:offset]
	line = strings.Count(before, "\n") + 1
	return line, offset - (strings.LastIndex(before, "\n") + 1) + 1
}

func at(file, text string, offset int, problem, hint string) error {
	line, column := position(text, offset)
	return &SQLError{Path: file, Line: line, Column: column, Problem: problem, Hint: hint}
}

func quoteList(names []string) string {
	return fmt.Sprintf("%q", names)
}
