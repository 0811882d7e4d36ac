package client

import (
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

// rebuild reads a value by the scanner into what encoding/json would make of it.
func rebuild(s *jsonScanner) (any, error) {
	ch, err := s.peek()
	if err != nil {
		return nil, err
	}
	switch ch {
	case '{':
		object := map[string]any{}
		return object, s.object(func(key []byte) (err error) {
			name := string(key)
			object[name], err = rebuild(s)
			return err
		})
	case '[':
		list := []any{}
		return list, s.array(func() error {
			v, err := rebuild(s)
			list = append(list, v)
			return err
		})
	case '"':
		text, err := s.string()
		return string(text), err
	}
	text, err := s.literal()
	switch string(text) {
	case "null":
		return nil, err
	case "true", "false":
		return string(text) == "true", err
	}
	return json.Number(text), err
}

func anyJSON() *rapid.Generator[any] {
	text := rapid.StringMatching(`[a"\\/\n\x00-\x1f😀é ]{0,12}`)
	leaf := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.Int64(), func(i int64) any { return i }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Just[any](nil),
	)
	nested := rapid.OneOf(leaf, rapid.Map(rapid.SliceOfN(leaf, 0, 3), func(l []any) any { return l }))
	return rapid.OneOf(
		rapid.Map(rapid.MapOfN(text, nested, 0, 4), func(m map[string]any) any { return m }),
		rapid.Map(rapid.SliceOfN(nested, 0, 4), func(l []any) any { return l }),
	)
}

// Any JSON text, in any chunks and with any buffer, is read as encoding/json reads it;
// cut off anywhere, it is truncated.
func TestJSONScanner(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text, err := json.Marshal(anyJSON().Draw(t, "value"))
		if err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "indented") {
			text, _ = json.MarshalIndent(json.RawMessage(text), "", " ")
		}
		open := func(text string) *jsonScanner {
			chunks := rapid.SampledFrom([]func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader}).Draw(t, "chunks")
			s := newJSONScanner(chunks(strings.NewReader(text)))
			s.buf = s.buf[:rapid.IntRange(1, 40).Draw(t, "buffer")]
			return s
		}
		var want any
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.UseNumber()
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		got, err := rebuild(open(string(text)))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\nread as %#v, %v\nnot %#v", text, got, err, want)
		}
		cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
		if _, err := rebuild(open(string(text[:cut]))); !errors.Is(err, ErrTruncated) {
			t.Fatalf("%s cut at %d: %v", text, cut, err)
		}
	})
}

func TestJSONScannerStrings(t *testing.T) {
	cases := []struct{ in, want string }{
		{`"\u00e9\ud83d\ude00\/"`, "é😀/"},
		{`"\ud83d alone"`, "\ufffd alone"},
		{`"\ud83d\u0041"`, "\ufffdA"},
		{`"\\\""`, `\"`},
		{`"` + strings.Repeat(`\n`, 70000) + `"`, strings.Repeat("\n", 70000)},
	}
	for _, c := range cases {
		got, err := newJSONScanner(strings.NewReader(c.in)).string()
		if err != nil || string(got) != c.want {
			t.Errorf("%.40s read as %.40q, %v", c.in, got, err)
		}
	}
	for _, bad := range []string{`{"a":1`, `{"a" 1}`, `{a:1}`, `[1 2]`, `{"a":tru}`, `{"a":+1}`, `{"a":1.}`, `{"a":--1}`, `"\x"`, `"\u12g4"`, `<html>`, `{"a":}`, strings.Repeat("[", 200) + strings.Repeat("]", 200)} {
		if err := newJSONScanner(strings.NewReader(bad)).skip(0); err == nil {
			t.Errorf("%.40s is read", bad)
		}
	}
}

// Wherever the network cuts a reply in two, names and values are the same: what was
// read must not be overwritten by what follows.
func TestRecordsCutAnywhere(t *testing.T) {
	const text = `{"totalSize":2,"done":true,"records":[{"attributes":{"type":"A"},"Id":"first","Owner":{"Name":"An\"n"},"N":10.0},{"Id":"second","Owner":null,"N":null}]}`
	l, err := newLayout([]Column{{"N", "double"}, {"Id", "id"}, {"Owner.Name", "string"}})
	if err != nil {
		t.Fatal(err)
	}
	for cut := range len(text) {
		var sink kept
		r, err := newRow(l, &sink)
		if err != nil {
			t.Fatal(err)
		}
		list := &records{list: "records", row: r}
		err = list.read(io.MultiReader(strings.NewReader(text[:cut]), strings.NewReader(text[cut:])))
		if got := strings.Join(sink.rows, " "); err != nil || got != `10|first|An"n |second|` {
			t.Errorf("cut at %d: %s, %v", cut, got, err)
		}
	}
}
