package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// records reads a JSON reply of the form {"…": scalar, …, "<list>": [record, …]} as a
// stream: one token at a time, one record at a time.
type records struct {
	list string // key of the array
	row  *row
	dec  *json.Decoder
	head map[string]json.Token // scalars beside the array
	seen bool                  // the array was there
}

// read reads the whole reply. The scalars may stand before or after the array.
func (r *records) read(body io.Reader) error {
	counted := &countingReader{r: body}
	r.dec = json.NewDecoder(counted)
	r.dec.UseNumber()
	r.head = map[string]json.Token{}
	err := r.open('{')
	for err == nil && r.dec.More() {
		err = r.member()
	}
	if err == nil {
		_, err = r.dec.Token() // the closing brace
	}
	r.row.page.Bytes = counted.n
	if err == nil && !r.seen {
		err = fmt.Errorf("%w: it has no %s", ErrProtocol, r.list)
	}
	var sink *sinkError
	if errors.As(err, &sink) {
		return err
	}
	return jsonError(err)
}

type countingReader struct {
	r io.Reader
	n int64
}

func (c *countingReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func (r *records) open(want json.Delim) error {
	token, err := r.dec.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%w: %v is missing", ErrProtocol, want)
	}
	return nil
}

func (r *records) member() error {
	key, err := r.key()
	if err != nil {
		return err
	}
	if key == r.list {
		return r.array()
	}
	token, err := r.dec.Token()
	if err != nil {
		return err
	}
	if _, nested := token.(json.Delim); nested {
		return r.skip()
	}
	r.head[key] = token
	return nil
}

func (r *records) key() (string, error) {
	token, err := r.dec.Token()
	if err != nil {
		return "", err
	}
	key, ok := token.(string)
	if !ok {
		return "", fmt.Errorf("%w: a name is missing", ErrProtocol)
	}
	return key, nil
}

func (r *records) array() error {
	if err := r.open('['); err != nil {
		return err
	}
	r.seen = true
	for r.dec.More() {
		if err := r.open('{'); err != nil {
			return err
		}
		r.row.begin()
		if err := r.object(""); err != nil {
			return err
		}
		if err := r.row.end(); err != nil {
			return err
		}
	}
	_, err := r.dec.Token() // the closing bracket
	return err
}

// object reads the members of a record or, below a prefix, of one of its parents.
func (r *records) object(prefix string) error {
	for r.dec.More() {
		key, err := r.key()
		if err != nil {
			return err
		}
		if err := r.value(prefix + key); err != nil {
			return err
		}
	}
	_, err := r.dec.Token() // the closing brace
	return err
}

func (r *records) value(path string) error {
	token, err := r.dec.Token()
	if err != nil {
		return err
	}
	i, wanted := r.row.column(path)
	delim, nested := token.(json.Delim)
	switch {
	case nested && delim == '{' && r.isParent(path):
		return r.object(path + ".")
	case nested && wanted:
		return r.compound(i, delim)
	case nested:
		return r.skip()
	case wanted:
		r.scalar(i, token)
	case token == nil:
		for _, below := range r.row.parents[strings.ToLower(path)] {
			r.row.put(below, nil)
		}
	}
	return nil
}

func (r *records) isParent(path string) bool {
	return len(r.row.parents) > 0 && len(r.row.parents[strings.ToLower(path)]) > 0
}

func (r *records) scalar(i int, token json.Token) {
	switch v := token.(type) {
	case string:
		r.row.put(i, []byte(v))
	case json.Number:
		r.row.put(i, []byte(v))
	case bool:
		r.row.put(i, strconv.AppendBool(nil, v))
	default:
		r.row.put(i, nil)
	}
}

// compound keeps a value of many parts as JSON text. Extraction leaves such types out;
// should one come all the same, it is kept and counted.
func (r *records) compound(i int, open json.Delim) error {
	value, err := r.collect(open)
	if err != nil {
		return err
	}
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	r.row.put(i, text)
	r.row.page.Misfits[i]++
	return nil
}

// collect builds the value whose opening delimiter was read.
func (r *records) collect(open json.Delim) (any, error) {
	var list []any
	object := map[string]any{}
	for r.dec.More() {
		key := ""
		if open == '{' {
			var err error
			if key, err = r.key(); err != nil {
				return nil, err
			}
		}
		token, err := r.dec.Token()
		if err != nil {
			return nil, err
		}
		var value any = token
		if delim, nested := token.(json.Delim); nested {
			if value, err = r.collect(delim); err != nil {
				return nil, err
			}
		}
		list = append(list, value)
		object[key] = value
	}
	_, err := r.dec.Token() // the closing delimiter
	if open == '{' {
		return object, err
	}
	return list, err
}

// skip reads over the rest of a value whose opening delimiter was read.
func (r *records) skip() error {
	for depth := 1; depth > 0; {
		token, err := r.dec.Token()
		if err != nil {
			return err
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

// number gives a scalar beside the array as a whole number.
func (r *records) number(key string) (int64, bool) {
	n, ok := r.head[key].(json.Number)
	if !ok {
		return 0, false
	}
	v, err := n.Int64()
	return v, err == nil
}

// text gives a scalar beside the array as text; "" if it is not there.
func (r *records) text(key string) string {
	s, _ := r.head[key].(string)
	return s
}
