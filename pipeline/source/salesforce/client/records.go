package client

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// records reads a JSON reply of the form {"…": scalar, …, "<list>": [record, …]} as a
// stream, one value at a time.
type records struct {
	list string // key of the array
	row  *row
	scan *jsonScanner
	head map[string]string // scalars beside the array: a string's content, or the literal
	seen bool              // the array was there
}

// read reads the whole reply. The scalars may stand before or after the array.
func (r *records) read(body io.Reader) error {
	r.scan = newJSONScanner(body)
	r.head = map[string]string{}
	err := r.scan.object(r.member)
	r.row.page.Bytes = r.scan.read
	if err == nil && !r.seen {
		err = fmt.Errorf("%w: it has no %s", ErrProtocol, r.list)
	}
	var sink *sinkError
	if errors.As(err, &sink) {
		return err
	}
	return jsonError(err)
}

func (r *records) member(name []byte) error {
	key := string(name)
	if key == r.list {
		r.seen = true
		return r.scan.array(r.record)
	}
	ch, err := r.scan.peek()
	if err != nil {
		return err
	}
	var text []byte
	switch ch {
	case '{', '[':
		return r.scan.skip(0)
	case '"':
		text, err = r.scan.string()
	default:
		text, err = r.scan.literal()
	}
	r.head[key] = string(text)
	return err
}

func (r *records) record() error {
	r.row.begin()
	if err := r.object(""); err != nil {
		return err
	}
	return r.row.end()
}

// object reads the members of a record or, below a prefix, of one of its parents.
func (r *records) object(prefix string) error {
	return r.scan.object(func(key []byte) error {
		ch, err := r.scan.peek()
		if err != nil {
			return err
		}
		column, wanted := r.column(prefix, key)
		switch {
		case ch == '{' && r.isParent(prefix, key):
			return r.object(prefix + string(key) + ".")
		case ch == '{' || ch == '[':
			if !wanted {
				return r.scan.skip(0)
			}
			return r.compound(column)
		case wanted:
			return r.scalar(column, ch)
		case ch == 'n':
			return r.absent(prefix + string(key))
		}
		return r.scan.skip(0)
	})
}

// column finds the column of a member; a plain field costs no allocation.
func (r *records) column(prefix string, key []byte) (int, bool) {
	if prefix == "" {
		if i, ok := r.row.index[string(key)]; ok {
			return i, true
		}
	}
	return r.row.column(prefix + string(key))
}

func (r *records) isParent(prefix string, key []byte) bool {
	return len(r.row.parents) > 0 && len(r.row.parents[strings.ToLower(prefix+string(key))]) > 0
}

// absent makes every column below a parent that is null NULL.
func (r *records) absent(path string) error {
	if len(r.row.parents) > 0 {
		for _, below := range r.row.parents[strings.ToLower(path)] {
			r.row.put(below, nil)
		}
	}
	return r.scan.skip(0)
}

// scalar puts a string or a literal into the row. It is copied, since the scanner's
// buffer moves before the row ends.
func (r *records) scalar(column int, first byte) error {
	var text []byte
	var err error
	if first == '"' {
		text, err = r.scan.string()
	} else if text, err = r.scan.literal(); string(text) == "null" {
		text = nil
	}
	if err == nil {
		r.row.put(column, r.row.write.keep(text))
	}
	return err
}

// compound keeps a value of many parts as JSON text. Extraction leaves such types out;
// should one come all the same, it is kept and counted.
func (r *records) compound(column int) error {
	text, err := r.scan.raw()
	if err != nil {
		return err
	}
	r.row.put(column, text)
	r.row.page.Misfits[column]++
	return nil
}

// number gives a scalar beside the array as a whole number.
func (r *records) number(key string) (int64, bool) {
	n, err := strconv.ParseInt(r.head[key], 10, 64)
	return n, err == nil
}

// boolean gives a scalar beside the array as a truth value.
func (r *records) boolean(key string) (value, known bool) {
	return r.head[key] == "true", r.head[key] == "true" || r.head[key] == "false"
}

// text gives a scalar beside the array as text; "" if it is not there.
func (r *records) text(key string) string {
	if r.head[key] == "null" {
		return ""
	}
	return r.head[key]
}
