package config

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// Layered is a file system in which a file of Upper wins over the file of the same
// path in Lower. It is how a user's directory replaces or extends the built-in one.
type Layered struct {
	Upper, Lower fs.FS // Upper may be nil
	EmptyHides   bool  // an empty file of Upper takes the file of Lower away
}

// Open implements fs.FS.
func (l Layered) Open(name string) (fs.File, error) {
	if l.Upper != nil {
		f, err := l.Upper.Open(name)
		if err == nil && l.EmptyHides && emptyFile(f) {
			return nil, errors.Join(&fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}, f.Close())
		}
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return f, err
		}
	}
	return l.Lower.Open(name)
}

// ReadDir lists the entries of both, each name once, in order.
func (l Layered) ReadDir(name string) ([]fs.DirEntry, error) {
	lower, err := fs.ReadDir(l.Lower, name)
	if l.Upper == nil {
		return lower, err
	}
	upper, upperErr := fs.ReadDir(l.Upper, name)
	switch {
	case upperErr != nil && errors.Is(upperErr, fs.ErrNotExist):
		return lower, err
	case upperErr != nil:
		return nil, upperErr
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, err
	}
	held := map[string]bool{}
	for _, e := range upper {
		held[e.Name()] = true
	}
	if l.EmptyHides {
		upper = slices.DeleteFunc(upper, func(e fs.DirEntry) bool {
			info, err := e.Info()
			return err == nil && info.Mode().IsRegular() && info.Size() == 0
		})
	}
	for _, e := range lower {
		if !held[e.Name()] {
			upper = append(upper, e)
		}
	}
	slices.SortFunc(upper, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return upper, nil
}

func emptyFile(f fs.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode().IsRegular() && info.Size() == 0
}

// fromUpper reports whether Upper is where name comes from.
func (l Layered) fromUpper(name string) bool {
	if l.Upper == nil {
		return false
	}
	_, err := fs.Stat(l.Upper, name)
	return err == nil
}
