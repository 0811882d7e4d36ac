package salesforcesim

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"
	"time"
)

// table holds the rows of an object in the order of their ids.
type table interface {
	size() int
	// seek is the first place whose id is not less.
	seek(id string) int
	// scan shows the rows of a span, the wanted slots of them, and returns those that
	// visit keeps. The values are good until visit returns.
	scan(from, to int, want []bool, visit func(values []string) verdict) rows
}

// verdict is what becomes of a row in a scan.
type verdict byte

const (
	skip verdict = iota
	keep
	stop // without this row
)

// rows are rows fixed at a time: later changes do not show. Reading them needs no lock.
type rows interface {
	size() int
	// read puts the values of row i into dst by slot, "" for null. want says which slots
	// are needed, nil all of them.
	read(i int, dst []string, want []bool)
	// pick returns the rows at the given places.
	pick(places []int32) rows
}

// stored is a table held in memory, each row packed into one string.
type stored struct {
	byID    map[string]*entry
	entries []*entry
	sorted  bool
	width   int
}

// entry is the place of a row. The row in it is replaced, never changed.
type entry struct {
	id      string
	packed  string // "" when the row is gone
	deleted time.Time
}

func newStored(width int) *stored {
	return &stored{byID: map[string]*entry{}, sorted: true, width: width}
}

func (t *stored) order() {
	if !t.sorted {
		sort.Slice(t.entries, func(i, j int) bool { return t.entries[i].id < t.entries[j].id })
		t.sorted = true
	}
}

func (t *stored) size() int { return len(t.entries) }

func (t *stored) seek(id string) int {
	t.order()
	return sort.Search(len(t.entries), func(i int) bool { return t.entries[i].id >= id })
}

func (t *stored) scan(from, to int, want []bool, visit func([]string) verdict) rows {
	t.order()
	var kept packedRows
	values := make([]string, t.width)
	for _, e := range t.entries[min(from, to):to] {
		unpack(e.packed, values, want)
		switch visit(values) {
		case keep:
			kept = append(kept, e.packed)
		case stop:
			return kept
		}
	}
	return kept
}

// get returns the row of an id.
func (t *stored) get(id string, dst []string) bool {
	e := t.byID[id]
	if e == nil || e.packed == "" {
		return false
	}
	unpack(e.packed, dst, nil)
	return true
}

// set puts a row in its place.
func (t *stored) set(id string, values []string) *entry {
	e := t.byID[id]
	if e == nil {
		e = &entry{id: strings.Clone(id)}
		t.byID[e.id] = e
		t.sorted = t.sorted && (len(t.entries) == 0 || t.entries[len(t.entries)-1].id < id)
		t.entries = append(t.entries, e)
	}
	e.packed = pack(values)
	return e
}

// remove empties a place and forgets it.
func (t *stored) remove(id string) {
	e := t.byID[id]
	if e == nil {
		return
	}
	delete(t.byID, id)
	t.order()
	if i := t.seek(id); i < len(t.entries) && t.entries[i] == e {
		t.entries = slices.Delete(t.entries, i, i+1)
	}
}

// packedRows are rows of a stored table.
type packedRows []string

func (p packedRows) size() int { return len(p) }

func (p packedRows) read(i int, dst []string, want []bool) { unpack(p[i], dst, want) }

func (p packedRows) pick(places []int32) rows {
	out := make(packedRows, len(places))
	for i, at := range places {
		out[i] = p[at]
	}
	return out
}

// pack writes values one after the other, each with its length before it. Nulls at
// the end are left out.
func pack(values []string) string {
	n := len(values)
	for n > 0 && values[n-1] == "" {
		n--
	}
	size := 0
	for _, v := range values[:n] {
		size += len(v) + 2
	}
	b := make([]byte, 0, size)
	for _, v := range values[:n] {
		b = binary.AppendUvarint(b, uint64(len(v)))
		b = append(b, v...)
	}
	return string(b)
}

// unpack is the reverse of pack. dst may be wider than the row was.
func unpack(packed string, dst []string, want []bool) {
	last := len(dst)
	if want != nil {
		for last > 0 && !want[last-1] {
			last--
		}
	}
	for i := range last {
		if packed == "" {
			clear(dst[i:])
			return
		}
		n, size := uvarint(packed)
		dst[i] = packed[size : size+n]
		packed = packed[size+n:]
	}
}

func uvarint(s string) (value, size int) {
	for shift := 0; ; shift += 7 {
		c := s[size]
		size++
		value |= int(c&0x7F) << shift
		if c < 0x80 {
			return value, size
		}
	}
}
