// Package source says what a source of records is. Implementations stand in the
// packages below it; bronze consumes them. A source knows its wire or file format
// and nothing of the lake.
package source

import (
	"time"
)

// Batch is one unit of new records: a file of a CSV source, a window of an API.
// Its records have been counted and checked; the good ones stand in Clean.
type Batch struct {
	Name       string    // file path relative to the source, or window description
	Hash       string    // identity: content hash (xxh3-128 of the bytes as found), with the export time where the name tells it
	Bytes      int64     // size as found
	ExportedAt time.Time // zero if unknown
	Header     []string  // source column names as received, in file order
	Clean      CleanCSV  // the good records
	Records    int64     // records found, malformed included, header and stripped footer not
	Malformed  []Malformed
	Notes      []string // what a reader of the run report should know (BOM removed, footer stripped)
}

// CleanCSV is a file every record of which is known to be well formed: UTF-8, one
// header record, one delimiter, the same number of fields everywhere.
type CleanCSV struct {
	Path       string
	Delimiter  byte
	Quote      byte   // 0 = no quoting
	NewLine    string // "\n" or "\r\n"
	Rows       int64
	ValueBytes int64 // bytes of all values, quoting removed: what a second reader must find as well
	MaxRecord  int64 // bytes of the longest record
	Size       int64 // of the file when it was checked; another size or time means it changed
	ModTime    time.Time
	Temporary  bool // written by the source under the staging directory; the consumer removes it
}

// Malformed is a record that is kept but not loaded.
type Malformed struct {
	Line   int64 // 1-based line on which the record starts
	Offset int64 // byte offset of its start in the decoded text
	Reason string
	Raw    string
}
