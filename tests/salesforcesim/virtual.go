package salesforcesim

import (
	"fmt"
	"sort"
	"strconv"
	"sync/atomic"
	"time"
)

// Virtual is an object whose rows are computed when they are asked for.
type Virtual struct {
	Object
	Rows int
	// Append adds the canonical value of a field of row i to dst. It is not asked for
	// Id, IsDeleted and stamps.
	Append func(dst []byte, field *Field, i int) []byte
	// Period is after how many rows the values that Append gives come again; 0 is never.
	// A short one is quick: the rows of one period are kept.
	Period int
	// Stamp is when row i was created and changed last. It must not fall as i grows.
	Stamp func(i int) time.Time
}

// virtual is the table of a Virtual.
type virtual struct {
	Virtual
	object *object
	pod    string
	period []atomic.Pointer[[]string] // values by slot, without those of the system
}

func (v *virtual) size() int { return v.Rows }

func (v *virtual) seek(id string) int {
	return sort.Search(v.Rows, func(i int) bool { return makeID(v.KeyPrefix, v.pod, uint64(i+1)) >= id })
}

// stampedFrom is the first row that was stamped at a time or later.
func (v *virtual) stampedFrom(at time.Time) int {
	return sort.Search(v.Rows, func(i int) bool { return !v.Stamp(i).Before(at) })
}

func (v *virtual) scan(from, to int, want []bool, visit func([]string) verdict) rows {
	object, copied := *v.object, *v // the object's fields may change while rows are read
	copied.object = &object
	kept := &virtualRows{of: &copied}
	values := make([]string, len(object.fields))
	for i := from; i < to; i++ {
		copied.read(i, values, want)
		switch visit(values) {
		case keep:
			kept.add(i)
		case stop:
			return kept
		}
	}
	return kept
}

// virtualRows are rows of a virtual table: a span, or a list where there are gaps.
type virtualRows struct {
	of       *virtual
	from, to int
	list     []int32
}

func (r *virtualRows) add(i int) {
	switch {
	case r.list != nil:
		r.list = append(r.list, int32(i))
	case r.to == 0:
		r.from, r.to = i, i+1
	case r.to == i:
		r.to++
	default:
		for at := r.from; at < r.to; at++ {
			r.list = append(r.list, int32(at))
		}
		r.list = append(r.list, int32(i))
	}
}

func (r *virtualRows) size() int {
	if r.list != nil {
		return len(r.list)
	}
	return r.to - r.from
}

func (r *virtualRows) place(i int) int {
	if r.list != nil {
		return int(r.list[i])
	}
	return r.from + i
}

func (r *virtualRows) read(i int, dst []string, want []bool) { r.of.read(r.place(i), dst, want) }

func (r *virtualRows) pick(places []int32) rows {
	out := &virtualRows{of: r.of, list: make([]int32, len(places))}
	for i, at := range places {
		out.list[i] = int32(r.place(int(at)))
	}
	return out
}

// read computes the wanted values of row i, all in one string.
func (v *virtual) read(i int, dst []string, want []bool) {
	if len(v.period) > 0 {
		copy(dst, v.repeated(i%len(v.period)))
		v.compute(i, dst, want, true)
		return
	}
	v.compute(i, dst, want, false)
}

// repeated returns the values of a place in the period.
func (v *virtual) repeated(i int) []string {
	if kept := v.period[i].Load(); kept != nil && len(*kept) == len(v.object.fields) {
		return *kept
	}
	values := make([]string, len(v.object.fields))
	v.compute(i, values, nil, false)
	v.period[i].Store(&values)
	return values
}

// compute writes the wanted values of row i, or only those of the system.
func (v *virtual) compute(i int, dst []string, want []bool, system bool) {
	var room [1024]byte
	var mark [128][2]int
	buf, ends := room[:0], mark[:0]
	for slot, f := range v.object.fields {
		if (want == nil || want[slot]) && (!system || f.Audit) {
			buf = v.value(buf, slot, f, i)
			ends = append(ends, [2]int{slot, len(buf)})
		}
	}
	all, from := string(buf), 0
	for _, e := range ends {
		dst[e[0]] = all[from:e[1]]
		from = e[1]
	}
}

func (v *virtual) value(buf []byte, slot int, f *Field, i int) []byte {
	o := v.object
	switch slot {
	case o.id:
		return appendID(buf, v.KeyPrefix, v.pod, uint64(i+1))
	case o.isDeleted:
		return append(buf, "false"...)
	case o.created, o.modified, o.stamp:
		return v.Stamp(i).UTC().AppendFormat(buf, stampLayout)
	case o.createdBy, o.modifiedBy:
		return appendID(buf, "005", v.pod, 1)
	}
	return v.Append(buf, f, i)
}

// WideObject is a virtual object of so many rows and fields (system fields included,
// at least 10), of the types a large org has, about ten bytes a field, no two of 4,093
// rows alike. Row i was stamped i seconds after 2020.
func WideObject(name string, rows, fields int) Virtual {
	kinds := []string{"string", "double", "picklist", "date", "currency", "boolean", "datetime", "int", "reference", "email"}
	v := Virtual{Object: Object{Name: name, KeyPrefix: "aW0"}, Rows: rows, Append: appendWide, Period: 4093}
	for n := len(v.withSystem(false)); n < fields; n++ {
		f := Field{Name: fmt.Sprintf("Field_%03d__c", n), Type: kinds[n%len(kinds)]}
		if f.Type == "reference" {
			f.ReferenceTo = []string{"User"}
		}
		v.Fields = append(v.Fields, f)
	}
	start := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	v.Stamp = func(i int) time.Time { return start.Add(time.Duration(i) * time.Second) }
	return v
}

var wideWords = []string{"Connectivity", "Mobile", "Voice", "Cloud", "Security", "Equipment", "say \"hello\"", "a, b"}

// appendWide computes a value of a wide object from its place alone.
func appendWide(dst []byte, f *Field, i int) []byte {
	h := mix(uint64(i)<<10 + uint64(len(f.Name))<<4 + uint64(f.Name[len(f.Name)-4]))
	if h%10 == 0 && f.Type != "boolean" {
		return dst // one in ten is empty
	}
	switch f.Type {
	case "string", "picklist":
		dst = append(dst, wideWords[h>>8%uint64(len(wideWords))]...)
		return strconv.AppendUint(append(dst, ' '), h>>20%1000, 10)
	case "email":
		return append(strconv.AppendUint(append(dst, "user"...), h>>8%100000, 10), "@example.com"...)
	case "double", "currency":
		dst = strconv.AppendUint(dst, h>>8%1000000, 10)
		return strconv.AppendUint(append(dst, '.'), 11+h>>40%80, 10)
	case "int":
		return strconv.AppendUint(dst, h>>8%100000, 10)
	case "boolean":
		return strconv.AppendBool(dst, h>>8%2 == 0)
	case "date":
		return time.Unix(int64(h>>8%1_700_000_000), 0).UTC().AppendFormat(dst, time.DateOnly)
	case "datetime":
		return time.Unix(int64(h>>8%1_700_000_000), 0).UTC().AppendFormat(dst, stampLayout)
	case "reference":
		return appendID(dst, "005", "000", h>>8%1000)
	}
	return dst
}
