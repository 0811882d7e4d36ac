package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// document is one JSON file with the place of everything in it.
type document struct {
	file   string // as printed
	data   []byte
	value  any            // decoded, numbers as json.Number
	places map[string]int // field path → byte offset of its key, or of its value in a list
	keys   map[string][]string
}

// parseDocument reads one JSON file. Syntax errors and duplicate keys are problems;
// a document with a syntax error is nil.
func parseDocument(file string, data []byte, problems *Problems) *document {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	d := &document{file: file, data: data, places: map[string]int{}, keys: map[string][]string{}}
	if problem := d.syntax(); problem != nil {
		problems.List = append(problems.List, *problem)
		return nil
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	r := &reader{doc: d, dec: dec, problems: problems}
	d.value = r.value("")
	return d
}

// syntax returns what makes the file no JSON.
func (d *document) syntax() *Problem {
	if !utf8.Valid(d.data) {
		at := 0
		for at < len(d.data) {
			r, size := utf8.DecodeRune(d.data[at:])
			if r == utf8.RuneError && size == 1 {
				break
			}
			at += size
		}
		return d.syntaxProblem(at, "the file is not UTF-8", "save it as UTF-8")
	}
	if json.Valid(d.data) {
		return nil
	}
	var v any
	err := json.Unmarshal(d.data, &v)
	var syntax *json.SyntaxError
	if err == nil || !errors.As(err, &syntax) {
		return nil
	}
	at := max(0, int(syntax.Offset)-1)
	if strings.HasPrefix(syntax.Error(), "unexpected end") {
		at = len(d.data)
	}
	before := bytes.TrimRight(d.data[:min(at, len(d.data))], " \t\r\n")
	switch {
	case len(bytes.TrimSpace(d.data)) == 0:
		return d.syntaxProblem(0, "the file is empty", "")
	case at < len(d.data) && (d.data[at] == '}' || d.data[at] == ']') && bytes.HasSuffix(before, []byte(",")):
		return d.syntaxProblem(len(before)-1, fmt.Sprintf("invalid JSON: a comma before %q", d.data[at]), "remove the comma")
	case at < len(d.data) && d.data[at] == '/':
		return d.syntaxProblem(at, "invalid JSON: JSON has no comments", `use a "description" field where there is one`)
	}
	return d.syntaxProblem(at, "invalid JSON: "+syntax.Error(), "")
}

func (d *document) syntaxProblem(at int, message, hint string) *Problem {
	line, column := d.position(at)
	return &Problem{File: d.file, Line: line, Column: column, Message: message, Hint: hint}
}

// position turns a byte offset into line and column, both from 1.
func (d *document) position(at int) (line, column int) {
	before := d.data[:min(at, len(d.data))]
	line = 1 + bytes.Count(before, []byte("\n"))
	return line, 1 + utf8.RuneCount(before[1+bytes.LastIndexByte(before, '\n'):])
}

// problem makes a Problem at a field; a path that is not in the file takes the place
// of the nearest enclosing one.
func (d *document) problem(path, message, hint string) Problem {
	p := Problem{File: d.file, Field: path, Message: message, Hint: hint}
	for at := path; ; at = parentPath(at) {
		if offset, ok := d.places[at]; ok {
			p.Line, p.Column = d.position(offset)
			return p
		}
		if at == "" {
			return p
		}
	}
}

// parentPath cuts the last name or index off a path.
func parentPath(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

// joinPath appends a field name to a path.
func joinPath(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func indexPath(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

// reader decodes a document that is known to be valid JSON and notes places.
type reader struct {
	doc      *document
	dec      *json.Decoder
	problems *Problems
}

// next returns the offset at which the next token starts.
func (r *reader) next() int {
	at := int(r.dec.InputOffset())
	for at < len(r.doc.data) && strings.IndexByte(" \t\r\n,:", r.doc.data[at]) >= 0 {
		at++
	}
	return at
}

func (r *reader) token() json.Token {
	t, err := r.dec.Token()
	if err != nil && !errors.Is(err, io.EOF) {
		panic(fmt.Sprintf("config: %s passed the syntax check: %v", r.doc.file, err))
	}
	return t
}

func (r *reader) value(path string) any {
	if _, ok := r.doc.places[path]; !ok {
		r.doc.places[path] = r.next()
	}
	switch t := r.token(); t {
	case json.Delim('{'):
		return r.object(path)
	case json.Delim('['):
		list := []any{}
		for i := 0; r.dec.More(); i++ {
			list = append(list, r.value(indexPath(path, i)))
		}
		r.token()
		return list
	default:
		return t
	}
}

func (r *reader) object(path string) any {
	object := map[string]any{}
	for r.dec.More() {
		at := r.next()
		key, _ := r.token().(string)
		child := joinPath(path, key)
		if _, twice := object[key]; twice {
			line, column := r.doc.position(at)
			r.problems.List = append(r.problems.List, Problem{
				File: r.doc.file, Field: child, Line: line, Column: column,
				Message: fmt.Sprintf("field %q is given twice", key), Hint: "keep one of them",
			})
		}
		r.doc.places[child] = at
		object[key] = r.value(child)
		r.doc.keys[path] = append(r.doc.keys[path], key)
	}
	r.token()
	return object
}
