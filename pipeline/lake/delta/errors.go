package delta

import (
	"errors"
	"fmt"
)

// Kinds of failure to branch on with errors.Is.
var (
	// ErrForeign: another program wrote into the log.
	ErrForeign = errors.New("another program wrote into this Delta log")
	// ErrDamaged: the log is not what was written.
	ErrDamaged = errors.New("this Delta log is damaged")
	// ErrType: a column's type has no counterpart that every Delta reader knows.
	ErrType = errors.New("no portable Delta type")
)

// LogError says which file of a log is not as this package wrote it.
type LogError struct {
	Path string
	Kind error // ErrForeign or ErrDamaged
	Err  error // what was seen
}

func (e *LogError) Error() string { return fmt.Sprintf("%s: %v: %v", e.Path, e.Kind, e.Err) }

// Unwrap lets errors.Is see the kind and the cause.
func (e *LogError) Unwrap() []error { return []error{e.Kind, e.Err} }

// Hint says what to do.
func (e *LogError) Hint() string {
	const again = "move the directory " + LogDir + " away; `pipeline lake recover` then writes a new one from the lake's versions"
	if errors.Is(e.Kind, ErrForeign) {
		return "the tables of a lake are read-only for others: what was written there is not in the lake. Copy it if you need it, take the " +
			"other program's right to write, then " + again
	}
	return "the table itself is not touched; " + again
}

func foreign(path, format string, args ...any) error {
	return &LogError{Path: path, Kind: ErrForeign, Err: fmt.Errorf(format, args...)}
}

func damaged(path, format string, args ...any) error {
	return &LogError{Path: path, Kind: ErrDamaged, Err: fmt.Errorf(format, args...)}
}
