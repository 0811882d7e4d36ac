package demo

import (
	"bytes"
	"strconv"
	"strings"
)

// record is one row being written: cells in the order of the object's columns, in
// the dialect of the system.
type record struct {
	dialect *dialect
	object  *object
	buf     []byte
	ends    []int
}

func (r *record) reset(d *dialect, o *object) *record {
	r.dialect, r.object, r.buf, r.ends = d, o, r.buf[:0], r.ends[:0]
	return r
}

func (r *record) done() *record {
	r.ends = append(r.ends, len(r.buf))
	return r
}

func (r *record) cell(i int) []byte {
	start := 0
	if i > 0 {
		start = r.ends[i-1]
	}
	return r.buf[start:r.ends[i]]
}

// set replaces the value of cell i.
func (r *record) set(i int, value string) {
	old := r.cell(i)
	tail := bytes.Clone(r.buf[r.ends[i]:])
	r.buf = append(append(r.buf[:r.ends[i]-len(old)], value...), tail...)
	for j := i; j < len(r.ends); j++ {
		r.ends[j] += len(value) - len(old)
	}
}

// text adds a string as it is; "" is an empty field.
func (r *record) text(values ...string) *record {
	for _, v := range values {
		r.buf = append(r.buf, v...)
		r.done()
	}
	return r
}

// int adds a whole number without thousands separators.
func (r *record) int(n int) *record {
	r.buf = strconv.AppendInt(r.buf, int64(n), 10)
	return r.done()
}

// flag adds a boolean.
func (r *record) flag(b bool) *record {
	if b {
		return r.text(r.dialect.yes)
	}
	return r.text(r.dialect.no)
}

// date adds a day; 0 is an empty field.
func (r *record) date(d day) *record {
	if d != 0 {
		r.buf = d.time().AppendFormat(r.buf, r.dialect.dateLayout)
	}
	return r.done()
}

// instant adds a moment; 0 is an empty field.
func (r *record) instant(m moment) *record {
	if m != 0 {
		r.buf = (m + moment(r.dialect.zoneHours)*3600).time().AppendFormat(r.buf, r.dialect.timeLayout)
	}
	return r.done()
}

// money adds an amount in hundredths.
func (r *record) money(cents int64) *record { return r.decimal(cents, 2) }

// optMoney adds an amount, 0 as an empty field.
func (r *record) optMoney(cents int64) *record {
	if cents == 0 {
		return r.done()
	}
	return r.decimal(cents, 2)
}

// decimal adds a number given in units of 10^-scale.
func (r *record) decimal(n int64, scale int) *record {
	if n < 0 {
		r.buf = append(r.buf, '-')
		n = -n
	}
	pow := int64(1)
	for range scale {
		pow *= 10
	}
	r.group(strconv.FormatInt(n/pow, 10))
	mark := r.dialect.csv.Decimal
	if mark == "" {
		mark = "."
	}
	r.buf = append(r.buf, mark...)
	fraction := strconv.FormatInt(n%pow, 10)
	for range scale - len(fraction) {
		r.buf = append(r.buf, '0')
	}
	r.buf = append(r.buf, fraction...)
	return r.done()
}

// group adds digits with the dialect's thousands separator.
func (r *record) group(digits string) {
	sep := r.dialect.csv.Thousands
	if sep == "" {
		r.buf = append(r.buf, digits...)
		return
	}
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			r.buf = append(r.buf, sep...)
		}
		r.buf = append(r.buf, digits[i])
	}
}

// appendLine adds the record as a line of the file to b.
func (r *record) appendLine(b []byte) []byte {
	for i := range r.ends {
		if i > 0 {
			b = append(b, r.dialect.delimiter()...)
		}
		b = r.dialect.appendField(b, r.cell(i))
	}
	return append(b, r.dialect.newline...)
}

func (d *dialect) delimiter() string {
	if d.csv.Delimiter == "" {
		return ","
	}
	return d.csv.Delimiter
}

// appendField adds one field to b, quoted where it must be.
func (d *dialect) appendField(b, field []byte) []byte {
	if !d.quoteAll && !bytes.ContainsAny(field, "\"\r\n"+d.delimiter()) {
		return append(b, field...)
	}
	b = append(b, '"')
	for _, c := range field {
		if c == '"' {
			b = append(b, '"')
		}
		b = append(b, c)
	}
	return append(b, '"')
}

// header returns the first line of a file.
func (d *dialect) header(o *object) []byte {
	r := (&record{}).reset(d, o)
	for _, c := range o.columns {
		if d.upperNames {
			r.text(strings.ToUpper(c.name))
		} else {
			r.text(c.name)
		}
	}
	return r.appendLine(nil)
}
