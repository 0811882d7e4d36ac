package salesforcesim

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim/soql"
)

// cursorLife is how long a query locator serves.
const cursorLife = 48 * time.Hour

// cursor is a query whose pages are read one after the other. It belongs to the
// session that opened it.
type cursor struct {
	id      string
	result  *result
	session string
	opened  time.Time
	page    int
}

type cursors struct {
	open map[string]*cursor
	next uint64
}

func newCursors() cursors { return cursors{open: map[string]*cursor{}, next: 1} }

// maxCursors bounds what is remembered of queries; real orgs have no such bound.
const maxCursors = 1000

// openCursor gives a cursor its id.
func (o *Org) openCursor(cur *cursor) {
	n := o.cursors.next
	o.cursors.next++
	cur.id = makeID("01g", o.pod, n)
	o.cursors.open[cur.id] = cur
	if n > maxCursors {
		delete(o.cursors.open, makeID("01g", o.pod, n-maxCursors))
	}
}

// queried is the object a query asks for, "" if it cannot be read.
func (c *call) queried() string {
	if q, err := soql.Parse(c.request.URL.Query().Get("q")); err == nil {
		return q.From
	}
	return ""
}

// continued is the object of a cursor.
func (c *call) continued() string {
	c.org.world.mu.Lock()
	defer c.org.world.mu.Unlock()
	id, _, _ := strings.Cut(c.rest[1], "-")
	if cur := c.org.cursors.open[id]; cur != nil {
		return cur.result.plan.object.Name
	}
	return ""
}

// query answers query and queryAll.
func (c *call) query() *reply {
	text := c.request.URL.Query().Get("q")
	if text == "" {
		return fail(400, "MALFORMED_QUERY", "SOQL statements cannot be empty or null")
	}
	q, err := soql.Parse(text)
	if err != nil {
		return errorReply(&wireError{400, "MALFORMED_QUERY", err.Error(), nil})
	}
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	p, err := o.plan(q, c.version, c.rest[0] == "queryAll", false)
	if err != nil {
		return errorReply(err)
	}
	if len(p.aggregates) > 0 {
		return p.summary(c)
	}
	cur := &cursor{result: p.run(), session: c.session, opened: o.world.now, page: c.pageRows()}
	if cur.result.size() > cur.page {
		o.openCursor(cur)
	}
	return cur.reply(c, 0)
}

// pageRows is how many rows a page holds.
func (c *call) pageRows() int {
	rows := c.org.options.PageRows
	for _, option := range strings.Split(c.request.Header.Get("Sforce-Query-Options"), ",") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(option), "batchSize="); ok {
			if n, err := strconv.Atoi(v); err == nil {
				rows = min(rows, max(200, n))
			}
		}
	}
	return rows
}

// queryMore answers a nextRecordsUrl.
func (c *call) queryMore() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	id, offset, _ := strings.Cut(c.rest[1], "-")
	from, err := strconv.Atoi(offset)
	cur := o.cursors.open[id]
	if cur == nil || err != nil || from < 0 || from > cur.result.size() || cur.session != c.session || o.world.now.Sub(cur.opened) > cursorLife {
		return fail(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	return cur.reply(c, from)
}

// reply answers with the page that begins at a row. The lock is held now and not
// when the body is written.
func (cur *cursor) reply(c *call, from int) *reply {
	total := cur.result.size()
	to := min(total, from+cur.page)
	if c.faulty(ShortPages) && to-from > 1 {
		to = from + (to-from+1)/2
		if cur.id == "" { // the rest needs a cursor now
			c.org.openCursor(cur)
		}
	}
	written := to
	if c.faulty(LostRows) && to > from {
		written--
	}
	var b []byte
	claimed := total
	if c.faulty(WrongCount) {
		claimed++
	}
	b = fmt.Appendf(b, `{"totalSize":%d,"done":%t`, claimed, to == total && !c.faulty(NoNextLink))
	if to < total && !c.faulty(NoNextLink) {
		next := to
		if c.faulty(EndlessLink) {
			next = from
		}
		b = fmt.Appendf(b, `,"nextRecordsUrl":"/services/data/v%d.0/query/%s-%d"`, c.version, cur.id, next)
	}
	b = append(b, `,"records":[`...)
	page := cur.result
	if c.org.options.LivePages {
		page = page.live(from, written)
		from, written = 0, written-from
	}
	return newReply(200, jsonType, func(w io.Writer) error { return page.writeJSON(w, b, from, written, c.version) })
}

// live returns rows of a result as they are now; a row that is gone meanwhile shows
// as it was.
func (r *result) live(from, to int) *result {
	p := r.plan
	t, ok := p.org.objects[strings.ToLower(p.object.Name)].rows.(*stored)
	if !ok || len(p.far) > 0 {
		places := make([]int32, 0, to-from)
		for i := from; i < to; i++ {
			places = append(places, int32(i))
		}
		out := &result{plan: p, rows: r.rows.pick(places)}
		if r.far != nil {
			out.far = r.far[from:to]
		}
		return out
	}
	values := make([]string, len(p.object.fields))
	var out packedRows
	for i := from; i < to; i++ {
		r.rows.read(i, values, nil)
		if e := t.byID[values[p.object.id]]; e != nil {
			out = append(out, e.packed)
		} else {
			out = append(out, pack(values))
		}
	}
	return &result{plan: p, rows: out}
}

// flushAt is how many bytes are gathered before they are written.
const flushAt = 64 << 10

// writeJSON writes rows [from, to) after a head.
func (r *result) writeJSON(w io.Writer, b []byte, from, to, version int) error {
	row := r.row(version)
	for i := from; i < to; i++ {
		if i > from {
			b = append(b, ',')
		}
		b = row.append(b, i)
		if len(b) > flushAt {
			if _, err := w.Write(b); err != nil {
				return err
			}
			b = b[:0]
		}
	}
	_, err := w.Write(append(b, "]}"...))
	return err
}

// rowWriter writes the rows of a result, one at a time.
type rowWriter struct {
	result      *result
	version     int
	values, far []string
}

func (r *result) row(version int) *rowWriter {
	return &rowWriter{result: r, version: version, values: make([]string, len(r.plan.object.fields)), far: make([]string, len(r.plan.far))}
}

func (w *rowWriter) append(b []byte, i int) []byte {
	w.result.read(i, w.values, w.far)
	o := w.result.plan.object
	return w.level(b, w.result.plan.tree, o.Name, w.values[o.id])
}

// level writes the fields of one object, and of its parents.
func (w *rowWriter) level(b []byte, n *node, entity, id string) []byte {
	b = fmt.Appendf(b, `{"attributes":{"type":"%s","url":"/services/data/v%d.0/sobjects/%s/%s"}`, entity, w.version, entity, id)
	for _, entry := range n.order {
		b = append(b, ',')
		switch e := entry.(type) {
		case *path:
			b = append(appendString(b, e.field.Name), ':')
			b = w.leaf(b, e)
		case *node:
			b = append(appendString(b, e.relation), ':')
			parent := w.value(e.through)
			if obj := w.result.plan.names[prefixOf(parent)]; parent == "" || obj == nil {
				b = append(b, "null"...)
			} else {
				b = w.level(b, e, obj.Name, parent)
			}
		}
	}
	return append(b, '}')
}

func prefixOf(id string) string { return id[:min(3, len(id))] }

// value is what a path leads to from the row being written.
func (w *rowWriter) value(at *path) string {
	if len(at.steps) > 0 {
		return w.far[at.far]
	}
	return w.values[at.slot]
}

func (w *rowWriter) leaf(b []byte, at *path) []byte {
	if at.field.facts().compound && len(at.steps) == 0 {
		return w.compound(b, at.field)
	}
	if at.field.Type == "base64" && w.value(at) != "" {
		o := w.result.plan.object
		return appendString(b, fmt.Sprintf("/services/data/v%d.0/sobjects/%s/%s/%s", w.version, o.Name, w.values[o.id], at.field.Name))
	}
	return appendJSON(b, at.field, w.value(at))
}

// compound writes an address or a location from its parts.
func (w *rowWriter) compound(b []byte, f *Field) []byte {
	o := w.result.plan.object
	empty, first := true, true
	from := len(b)
	b = append(b, '{')
	for _, slot := range o.parts[f.Name] {
		part := o.fields[slot]
		name := partName(part.Name)
		if f.Type == "location" {
			name = strings.TrimSuffix(name, "__s")
		}
		if !first {
			b = append(b, ',')
		}
		first, empty = false, empty && w.values[slot] == ""
		b = appendJSON(append(appendString(b, name), ':'), part, w.values[slot])
	}
	if empty {
		return append(b[:from], "null"...)
	}
	return append(b, '}')
}

// partName is what a part is called in its compound: BillingPostalCode is postalCode.
func partName(field string) string {
	for _, p := range []string{"Street", "City", "StateCode", "State", "PostalCode", "CountryCode", "Country", "Latitude", "Longitude", "GeocodeAccuracy"} {
		if strings.HasSuffix(strings.TrimSuffix(field, "__s"), p) {
			return strings.ToLower(p[:1]) + p[1:]
		}
	}
	return field
}
