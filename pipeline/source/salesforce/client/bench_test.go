package client

import (
	"fmt"
	"strings"
	"testing"
)

// countSink takes rows and keeps nothing.
type countSink struct{ values int }

func (*countSink) Begin() error { return nil }

func (s *countSink) Row(values [][]byte) error {
	s.values += len(values)
	return nil
}

// benchColumns are a hundred columns of five types, with values as each transport
// spells them.
func benchColumns() (columns []Column, json, csv []string) {
	samples := []struct{ kind, json, csv string }{
		{"string", `"some text value here"`, "some text value here"},
		{"double", "1234.50", "1234.50"},
		{"datetime", `"2020-10-22T21:03:23.000+0000"`, "2020-10-22T21:03:23.000Z"},
		{"boolean", "true", "true"},
		{"int", "10", "10.0"},
	}
	for i := range 100 {
		s := samples[i%len(samples)]
		name := fmt.Sprintf("Field_%d__c", i)
		columns = append(columns, Column{name, s.kind})
		json = append(json, fmt.Sprintf("%q:%s", name, s.json))
		csv = append(csv, fmt.Sprintf("%q", s.csv))
	}
	return columns, json, csv
}

func benchRow(b *testing.B, columns []Column) *row {
	l, err := newLayout(columns)
	if err != nil {
		b.Fatal(err)
	}
	r, err := newRow(l, &countSink{})
	if err != nil {
		b.Fatal(err)
	}
	return r
}

func BenchmarkBulkPage(b *testing.B) {
	columns, _, csv := benchColumns()
	header := make([]string, len(columns))
	for i, c := range columns {
		header[i] = fmt.Sprintf("%q", c.Name)
	}
	text := strings.Join(header, ",") + "\n" + strings.Repeat(strings.Join(csv, ",")+"\n", 5000)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := readCSV(benchRow(b, columns), strings.NewReader(text), false); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkQueryPage(b *testing.B) {
	columns, json, _ := benchColumns()
	record := `{"attributes":{"type":"A","url":"/services/data/v64.0/sobjects/A/1"},` + strings.Join(json, ",") + "}"
	text := `{"totalSize":2000,"done":true,"records":[` + strings.Repeat(record+",", 1999) + record + "]}"
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		list := &records{list: "records", row: benchRow(b, columns)}
		if err := list.read(strings.NewReader(text)); err != nil {
			b.Fatal(err)
		}
	}
}
