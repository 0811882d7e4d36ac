package client

import (
	"fmt"
	"strings"
)

// Column is one column of a query's result.
type Column struct {
	Name string // as in the SELECT; a parent's field by its path, e.g. Owner.Name
	Type string // the describe's type
}

// Sink receives a page.
type Sink interface {
	// Begin is called at the start of every try of a page: what came since the last
	// finished page is void.
	Begin() error
	// Row takes one record: canonical texts in the order of the columns, empty = NULL.
	// They are valid only until it returns. Errors of a Sink end the page and come back
	// unchanged.
	Row(values [][]byte) error
}

// Page says what came with one page.
type Page struct {
	Rows    int64
	Bytes   int64   // of the body, decompressed
	Misfits []int64 // per column: values kept as received because they do not fit their type
}

// layout knows the columns of a result.
type layout struct {
	columns []Column
	forms   []form
	index   map[string]int   // path → column, in the given spelling and in lower case
	parents map[string][]int // lower-case path of a parent → columns below it
}

func newLayout(columns []Column) (*layout, error) {
	l := &layout{columns: columns, index: map[string]int{}, parents: map[string][]int{}}
	for i, c := range columns {
		lower := strings.ToLower(c.Name)
		if _, twice := l.index[lower]; twice || c.Name == "" {
			return nil, fmt.Errorf("salesforce: column %q is empty or there twice", c.Name)
		}
		l.index[lower], l.index[c.Name] = i, i
		l.forms = append(l.forms, forms[c.Type])
		for at, ch := range lower {
			if ch == '.' {
				l.parents[lower[:at]] = append(l.parents[lower[:at]], i)
			}
		}
	}
	return l, nil
}

// column finds a column by its path without regard to case.
func (l *layout) column(path string) (int, bool) {
	i, ok := l.index[path]
	if !ok {
		i, ok = l.index[strings.ToLower(path)]
	}
	return i, ok
}

// row is one record in the making.
type row struct {
	*layout
	sink   Sink
	page   Page
	write  writer
	values [][]byte
	set    []bool
	unset  int
}

func newRow(l *layout, sink Sink) (*row, error) {
	if err := sink.Begin(); err != nil {
		return nil, &sinkError{err}
	}
	n := len(l.columns)
	return &row{layout: l, sink: sink, page: Page{Misfits: make([]int64, n)}, values: make([][]byte, n), set: make([]bool, n), unset: n}, nil
}

// begin starts the next record.
func (r *row) begin() {
	r.write.reset()
	clear(r.values)
	clear(r.set)
	r.unset = len(r.columns)
}

// put sets a column to what came; nil is NULL.
func (r *row) put(i int, value []byte) {
	out, fits := r.write.canonical(r.forms[i], value)
	if !fits {
		r.page.Misfits[i]++
	}
	r.values[i] = out
	if !r.set[i] {
		r.set[i] = true
		r.unset--
	}
}

// end hands the record over. A column that did not come is no NULL: the reply is not
// the query's.
func (r *row) end() error {
	if r.unset > 0 {
		for i, set := range r.set {
			if !set {
				return fmt.Errorf("%w: a record lacks %s", ErrProtocol, r.columns[i].Name)
			}
		}
	}
	if err := r.sink.Row(r.values); err != nil {
		return &sinkError{err}
	}
	r.page.Rows++
	return nil
}
