package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"
	"time"
)

// Kinds of failure to branch on with errors.Is.
var (
	ErrNoLake      = errors.New("no lake here")
	ErrNewerFormat = errors.New("the lake was written by a newer program")
	ErrNotFound    = errors.New("not found")
	ErrExpired     = errors.New("this version has expired")
	ErrCorrupt     = errors.New("the lake is damaged")
	ErrReadOnly    = errors.New("the lake is read-only")
	ErrNoSpace     = errors.New("no space left on the lake's disk")
	ErrNoHardLinks = errors.New("the lake's file system does not allow hard links")
	// ErrNotDurable: the disk failed to keep what was written. It was given up, not retried:
	// a second fsync may succeed although the bytes are lost.
	ErrNotDurable = errors.New("the disk did not keep what was written")
	// ErrConflict: the version or file that was to be created exists with other content.
	ErrConflict = errors.New("someone else wrote this first")
	// ErrUnknownOutcome: the commit may or may not have become durable. Nothing was
	// removed; the next command reads the head back and goes on from there.
	ErrUnknownOutcome = errors.New("it is not known whether the commit is durable")
)

// Error says what failed, on what, of which kind, and what to do.
type Error struct {
	Op     string
	Path   string
	Kind   error // one of the Err… values, or nil
	Err    error // the cause, or nil
	Advice string
}

// Hint says what to do; "" if there is nothing to say.
func (e *Error) Hint() string { return e.Advice }

func (e *Error) Error() string {
	s := e.Op
	if e.Path != "" {
		s += " " + e.Path
	}
	if e.Kind != nil && (e.Err == nil || !errors.Is(e.Kind, ErrNotFound)) { // what is not found, the cause says
		s += ": " + e.Kind.Error()
	}
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

// Unwrap lets errors.Is and errors.As see the kind and the cause.
func (e *Error) Unwrap() []error {
	var out []error
	if e.Kind != nil {
		out = append(out, e.Kind)
	}
	if e.Err != nil {
		out = append(out, e.Err)
	}
	return out
}

// LockedError says who holds the lock. Fields are empty if the holder could not be read.
type LockedError struct {
	Run   string    `json:"run"`
	PID   int       `json:"pid"`
	Host  string    `json:"host"`
	Since time.Time `json:"since"`
}

func (e *LockedError) Error() string {
	if e.Run == "" {
		return "the lake is locked by another run"
	}
	return fmt.Sprintf("the lake is locked by run %s (process %d on %s, since %s)",
		e.Run, e.PID, e.Host, e.Since.UTC().Format(time.RFC3339))
}

// Hint says what to do.
func (e *LockedError) Hint() string {
	return "wait until that run has ended; the lock ends with its process"
}

// ProjectionError says that a commit is published and durable, but the files derived
// from it (releases/, current, customer360.duckdb) are not up to date yet. The next
// command that writes, or `lake recover`, rolls them forward.
type ProjectionError struct {
	Version int64
	Err     error
}

func (e *ProjectionError) Error() string {
	var logs *DeltaError
	if errors.As(e.Err, &logs) { // they come last
		return fmt.Sprintf("version %d is published and %s shows it, but %v", e.Version, currentLink, logs)
	}
	return fmt.Sprintf("version %d is published, but %s does not show it yet: %v", e.Version, currentLink, e.Err)
}

// Hint says what to do.
func (e *ProjectionError) Hint() string {
	var logs *DeltaError
	if errors.As(e.Err, &logs) && len(logs.Tables) > 0 && logs.Hint() != "" {
		return "nothing is lost: " + logs.Hint() // recovery alone does not help
	}
	hint := "nothing is lost: `pipeline lake recover`, or the next run, brings it up to date"
	var cause *Error
	if errors.As(e.Err, &cause) && cause.Advice != "" {
		hint = cause.Advice + "; " + hint
	}
	return hint
}

// Unwrap returns the cause.
func (e *ProjectionError) Unwrap() error { return e.Err }

// DeltaError says that Delta logs are not at the head. The tables themselves are.
type DeltaError struct {
	Tables  []string // whose logs are damaged or foreign; recovery leaves them as they are
	Stopped error    // what held up the other logs, too; nil = they are at the head
	Err     error    // all causes
}

func (e *DeltaError) Error() string {
	const most = 3
	var says []string
	if n := len(e.Tables); n > 0 {
		of := "log of " + e.Tables[0]
		if n > 1 {
			of = "logs of " + strings.Join(e.Tables[:min(n, most)], ", ")
		}
		if n > most {
			of += fmt.Sprintf(" and %d more", n-most)
		}
		first, _, _ := strings.Cut(e.Err.Error(), "\n")
		says = append(says, "the Delta "+of+" cannot be carried on: "+first)
	}
	if e.Stopped != nil {
		says = append(says, "not all Delta logs are up to date: "+e.Stopped.Error())
	}
	return strings.Join(says, "; ")
}

// Hint says what to do.
func (e *DeltaError) Hint() string {
	var hinted interface{ Hint() string }
	if !errors.As(e.Err, &hinted) {
		return ""
	}
	if len(e.Tables) > 1 {
		return hinted.Hint() + "; `pipeline lake verify --quick` names every such log"
	}
	return hinted.Hint()
}

// Unwrap returns the causes.
func (e *DeltaError) Unwrap() error { return e.Err }

// ioError classifies a failed file operation and adds the hint; nil stays nil.
func ioError(op, path string, err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	e := &Error{Op: op, Path: path, Err: err}
	var unsynced *syncError
	switch {
	case errors.As(err, &unsynced) && !errors.Is(err, syscall.ENOSPC) && !errors.Is(err, syscall.EDQUOT):
		e.Kind = ErrNotDurable
		e.Advice = "check the disk (its log shows the error), then run again; the published state is not touched"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		e.Kind = ErrNoSpace
		e.Advice = "free some space and run again; the published state is not touched"
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		e.Kind = ErrReadOnly
		e.Advice = "reading works; to write, give this user write permission on the lake"
	}
	return e
}

// readError is ioError for what only reads: a refusal there is about reading.
func readError(op, path string, err error) error {
	var known *Error
	if err == nil || errors.As(err, &known) {
		return err
	}
	e := &Error{Op: op, Path: path, Err: err}
	if errors.Is(err, fs.ErrPermission) {
		e.Advice = "give this user permission to read the lake"
	}
	return e
}

// linkError is ioError for link(2).
func linkError(op, path string, err error) error {
	for _, no := range []error{syscall.EPERM, syscall.ENOTSUP, syscall.EOPNOTSUPP, syscall.EXDEV, syscall.ENOSYS} {
		if errors.Is(err, no) {
			return &Error{Op: op, Path: path, Kind: ErrNoHardLinks, Err: err,
				Advice: "put the lake on one local file system with hard links (ext4, xfs, btrfs, zfs, apfs; not exfat or most network shares), " +
					"and run as the user who owns its files"}
		}
	}
	return ioError(op, path, err)
}

func corrupt(op, path string, format string, args ...any) error {
	return &Error{Op: op, Path: path, Kind: ErrCorrupt, Err: fmt.Errorf(format, args...),
		Advice: "run `pipeline lake verify` to see all damage, then restore the named files from a backup; nothing was changed"}
}
