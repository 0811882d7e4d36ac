package csv

import (
	"errors"
	"fmt"
	"strings"
)

// Kinds of refusal, for errors.Is.
var (
	ErrNoFile       = errors.New("no file found")
	ErrUnreadable   = errors.New("cannot be read")
	ErrEmpty        = errors.New("no header")
	ErrCorrupt      = errors.New("compressed data is damaged")
	ErrEncoding     = errors.New("text is not in the declared encoding")
	ErrBinary       = errors.New("not a text file")
	ErrHeader       = errors.New("bad header")
	ErrUnterminated = errors.New("quote is not closed")
	ErrFooter       = errors.New("report footer")
	ErrMalformed    = errors.New("too many malformed records")
	ErrChanged      = errors.New("changed while it was read")
	ErrOption       = errors.New("bad option")
)

// FileError says why a file is refused, where, and what can be done.
type FileError struct {
	Kind    error // one of the Err variables
	File    string
	Line    int64 // 1-based; 0 = the file as a whole
	Offset  int64 // in the bytes as found or, for compressed files, as decompressed; -1 = not known
	Problem string
	Hint    string
	Err     error // what lies below, if anything
}

func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	fmt.Fprintf(&b, ": %s", e.Problem)
	if e.Offset >= 0 {
		fmt.Fprintf(&b, " (byte offset %d)", e.Offset)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	if e.Hint != "" {
		fmt.Fprintf(&b, "; %s", e.Hint)
	}
	return b.String()
}

// Unwrap gives the kind and the cause.
func (e *FileError) Unwrap() []error {
	if e.Err == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Err}
}

// refuse makes a FileError about a file as a whole; the caller fills in the name.
func refuse(kind error, hint, format string, args ...any) *FileError {
	return &FileError{Kind: kind, Offset: -1, Problem: fmt.Sprintf(format, args...), Hint: hint}
}
