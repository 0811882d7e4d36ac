package delta

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// Bounds are what a Parquet footer says of its columns, as text by column name: numbers in
// decimal, dates and timestamps in ISO 8601 (UTC), text possibly cut so that it still
// bounds. A column without known bounds, or whose NULLs were not counted, is absent.
type Bounds struct {
	Min, Max map[string]string
	Nulls    map[string]int64
}

// stats is the statistics of a file as Delta's add action has them: a JSON text.
func stats(rows int64, b Bounds, fields []Field) (string, error) {
	var low, high, nulls object
	for _, f := range fields {
		if lo, ok := bound(f.Type, b.Min[f.Name], false); ok {
			low.set(f.Name, lo)
		}
		if hi, ok := bound(f.Type, b.Max[f.Name], true); ok {
			high.set(f.Name, hi)
		}
		if n, ok := b.Nulls[f.Name]; ok {
			nulls.set(f.Name, json.RawMessage(strconv.FormatInt(n, 10)))
		}
	}
	raw, err := encode(struct {
		NumRecords int64           `json:"numRecords"`
		MinValues  json.RawMessage `json:"minValues"`
		MaxValues  json.RawMessage `json:"maxValues"`
		NullCount  json.RawMessage `json:"nullCount"`
	}{rows, low.json(), high.json(), nulls.json()})
	return string(raw), err
}

// bound is one bound as a JSON value. Delta keeps milliseconds of instants: a lower bound
// is rounded down, an upper one up.
func bound(kind, text string, upper bool) (json.RawMessage, bool) {
	if text == "" {
		return nil, false
	}
	switch kind {
	case "VARCHAR", "JSON":
		raw, err := encode(text)
		return raw, err == nil
	case "DATE":
		return quoted(text), len(text) == len(time.DateOnly)
	case "TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE":
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil || at.Year() < 1 || at.Year() > 9999 {
			return nil, false
		}
		floor := at.Truncate(time.Millisecond)
		if upper && floor.Before(at) {
			floor = floor.Add(time.Millisecond)
		}
		return quoted(floor.Format("2006-01-02T15:04:05.000Z")), true
	case "FLOAT", "DOUBLE":
		v, err := strconv.ParseFloat(text, 64)
		return json.RawMessage(text), err == nil && !math.IsNaN(v) && !math.IsInf(v, 0)
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT":
		return json.RawMessage(text), true
	}
	return json.RawMessage(text), strings.HasPrefix(kind, "DECIMAL(")
}

func quoted(s string) json.RawMessage { return json.RawMessage(`"` + s + `"`) }

// object is a JSON object that keeps the order in which its fields were set.
type object struct{ b bytes.Buffer }

func (o *object) set(name string, value json.RawMessage) {
	if o.b.Len() > 0 {
		o.b.WriteByte(',')
	}
	key, _ := encode(name) // a string always encodes
	o.b.Write(key)
	o.b.WriteByte(':')
	o.b.Write(value)
}

func (o *object) json() json.RawMessage {
	return json.RawMessage("{" + o.b.String() + "}")
}

// encode is the one spelling of JSON here: one line, map keys sorted, no HTML escapes.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
