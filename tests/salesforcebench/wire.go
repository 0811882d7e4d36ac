package main

import (
	"compress/gzip"
	"io"
)

func gunzip(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }

// fieldsOf lists the fields that an extraction reads, too.
func fieldsOf(describe func(into any) error) (names []string, err error) {
	var d struct {
		Fields []struct{ Name, Type string }
	}
	if err := describe(&d); err != nil {
		return nil, err
	}
	for _, f := range d.Fields {
		if f.Type != "address" && f.Type != "location" && f.Type != "base64" && f.Type != "json" {
			names = append(names, f.Name)
		}
	}
	return names, nil
}
