package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/zeebo/xxh3"
)

// columnsMagic begins a file of columns; its number rises when a reader of the last one would
// misread it.
const columnsMagic = "customer360 link state 2\n"

// ErrDamaged says that a file of columns is not what was written.
var ErrDamaged = errors.New("the file is damaged or of another version")

// columns are arrays one after the other, each with its length, and a hash of them all at the
// end: a million accounts are read in a fraction of a second. One function names the arrays
// for writing and for reading.
type columns struct {
	bytes   []byte
	reading bool
	err     error
}

// number is what an array holds.
type number interface {
	int32 | int64 | uint64 | float32 | uint8 | bool
}

// column writes an array, or reads it.
func column[T number](c *columns, values *[]T) {
	if c.err != nil {
		return
	}
	if !c.reading {
		c.bytes = binary.LittleEndian.AppendUint64(c.bytes, uint64(len(*values)))
		c.bytes, c.err = binary.Append(c.bytes, binary.LittleEndian, *values)
		return
	}
	var one T
	size := binary.Size(one)
	if len(c.bytes) < 8 || binary.LittleEndian.Uint64(c.bytes) > uint64((len(c.bytes)-8)/size) {
		c.err = ErrDamaged
		return
	}
	n := int(binary.LittleEndian.Uint64(c.bytes))
	*values = make([]T, n)
	_, c.err = binary.Decode(c.bytes[8:8+n*size], binary.LittleEndian, *values)
	c.bytes = c.bytes[8+n*size:]
}

// kinds writes or reads an array of a type that stands for small numbers.
func kinds[T ~uint8](c *columns, values *[]T) {
	raw := make([]uint8, len(*values))
	for i, v := range *values {
		raw[i] = uint8(v)
	}
	column(c, &raw)
	if c.reading {
		*values = make([]T, len(raw))
		for i, v := range raw {
			(*values)[i] = T(v)
		}
	}
}

// texts writes or reads strings: their ends, and all of them in one.
func (c *columns) texts(values *[]string) {
	var ends []int32
	var all strings.Builder
	if !c.reading {
		for _, v := range *values {
			all.WriteString(v)
			ends = append(ends, int32(all.Len()))
		}
	}
	column(c, &ends)
	raw := []uint8(all.String())
	column(c, &raw)
	if !c.reading || c.err != nil {
		return
	}
	text, from := string(raw), int32(0)
	*values = make([]string, len(ends))
	for i, to := range ends {
		if to < from || int(to) > len(text) {
			c.err = ErrDamaged
			return
		}
		(*values)[i], from = text[from:to], to
	}
}

// writeColumns writes a file whole or not at all.
func writeColumns(path string, visit func(*columns)) error {
	c := &columns{bytes: []byte(columnsMagic)}
	visit(c)
	if c.err != nil {
		return c.err
	}
	c.bytes = binary.LittleEndian.AppendUint64(c.bytes, xxh3.Hash(c.bytes))
	if err := os.WriteFile(path+".new", c.bytes, 0o644); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// readColumns reads what writeColumns wrote.
func readColumns(path string, visit func(*columns)) error {
	bytes, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	end := len(bytes) - 8
	if end < len(columnsMagic) || string(bytes[:len(columnsMagic)]) != columnsMagic || xxh3.Hash(bytes[:end]) != binary.LittleEndian.Uint64(bytes[end:]) {
		return fmt.Errorf("%s: %w", path, ErrDamaged)
	}
	c := &columns{bytes: bytes[len(columnsMagic):end], reading: true}
	visit(c)
	if c.err == nil && len(c.bytes) > 0 {
		c.err = ErrDamaged
	}
	if c.err != nil {
		return fmt.Errorf("%s: %w", path, c.err)
	}
	return nil
}
