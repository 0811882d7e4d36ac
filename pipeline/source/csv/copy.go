package csv

import (
	"bufio"
	"io"
	"os"
)

// text is how the clean stream spells a line ending.
func (n newline) text() string {
	if n == crlf {
		return "\r\n"
	}
	return "\n"
}

// cleanCopy is the clean records of a file, written anew.
type cleanCopy struct {
	path    string
	file    *os.File
	w       *bufio.Writer
	newline string
	record  []byte // scratch for records that are quoted anew
}

func newCleanCopy(path string, n newline) (*cleanCopy, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	return &cleanCopy{path: path, file: file, w: bufio.NewWriterSize(file, 256<<10), newline: n.text()}, nil
}

// prefix copies the first n bytes behind the byte order mark of the file at path.
func (c *cleanCopy) prefix(path string, bom, n int64) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	if _, err := in.Seek(bom, io.SeekStart); err != nil {
		return err
	}
	_, err = io.CopyN(c.w, in, n)
	return err
}

func (c *cleanCopy) write(record []byte) error {
	if _, err := c.w.Write(record); err != nil {
		return err
	}
	_, err := c.w.WriteString(c.newline)
	return err
}

func (c *cleanCopy) close() error {
	if err := c.w.Flush(); err != nil {
		return err
	}
	return c.file.Close()
}

// abandon removes the copy of a refused file. There may be none.
func (c *cleanCopy) abandon() {
	if c == nil {
		return
	}
	_ = c.file.Close() // staging is swept anyway
	_ = os.Remove(c.path)
}
