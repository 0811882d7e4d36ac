package salesforcesim

import (
	"sort"
	"strings"
	"time"

	"github.com/customer360/pipeline/tests/salesforcesim/soql"
)

// result is what a query found, fixed when it ran.
type result struct {
	plan *plan
	rows rows
	far  []string // packed values of other rows, one for each row; nil without any
}

func (r *result) size() int { return r.rows.size() }

// read puts row i into dst by slot, and its far values into far.
func (r *result) read(i int, dst, far []string) {
	r.rows.read(i, dst, r.plan.needed)
	if r.far != nil {
		unpack(r.far[i], far, nil)
	}
}

// run finds the rows. The lock is held.
func (p *plan) run() *result {
	r := &result{plan: p}
	limit, offset := p.query.Limit, max(0, p.query.Offset)
	sorted := p.natural()
	keys := p.keys()
	var keyed [][]string
	table := p.org.objects[strings.ToLower(p.object.Name)].rows
	far := make([]string, len(p.far))
	passed := 0
	from, to := p.span(table)
	r.rows = table.scan(from, to, p.tested, func(v []string) verdict {
		if !p.fits(v) {
			return skip
		}
		if sorted {
			if passed++; passed <= offset {
				return skip
			}
			if limit >= 0 && passed > offset+limit {
				return stop
			}
		} else {
			k := make([]string, len(keys))
			for i, at := range keys {
				k[i] = strings.Clone(at.get(v))
			}
			keyed = append(keyed, k)
		}
		if len(p.far) > 0 {
			for i, at := range p.far {
				far[i] = at.get(v)
			}
			r.far = append(r.far, pack(far))
		}
		return keep
	})
	if !sorted {
		r.arrange(p.sort(keyed, keys), offset, limit)
	}
	return r
}

// fits says whether a row is wanted. Only queryAll shows deleted rows, and archived
// activities.
func (p *plan) fits(v []string) bool {
	is := func(slot int) bool { return slot >= 0 && v[slot] == "true" }
	return (p.all || !is(p.object.isDeleted) && !is(p.object.isArchived)) && p.where(v)
}

// natural says whether the order of the table is the one wanted.
func (p *plan) natural() bool {
	o := p.query.OrderBy
	return len(o) == 0 || strings.EqualFold(o[0].Path, "Id") && !o[0].Desc
}

func (p *plan) keys() []*path {
	var out []*path
	for _, k := range p.query.OrderBy {
		at, err := p.resolve(k.Path, k.At, p.tested)
		if err == nil { // it was resolved before
			out = append(out, at)
		}
	}
	return out
}

// sort returns the order of rows by their keys. Equal ones stay in the order of ids.
func (p *plan) sort(keyed [][]string, keys []*path) []int32 {
	order := make([]int32, len(keyed))
	for i := range order {
		order[i] = int32(i)
	}
	sort.SliceStable(order, func(i, j int) bool {
		a, b := keyed[order[i]], keyed[order[j]]
		for k, by := range p.query.OrderBy {
			if a[k] == b[k] {
				continue
			}
			if a[k] == "" || b[k] == "" {
				return (a[k] == "") != by.NullsLast
			}
			if c := compareValues(keys[k].field, a[k], b[k]); c != 0 {
				return c < 0 != by.Desc
			}
		}
		return false
	})
	return order
}

func compareValues(f *Field, a, b string) int {
	switch t := f.facts(); {
	case t.numeric || t.whole:
		return compareNumbers(a, b)
	case t.textual:
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	}
	return strings.Compare(a, b)
}

// arrange puts the rows in order and cuts out what OFFSET and LIMIT ask for.
func (r *result) arrange(order []int32, offset, limit int) {
	order = order[min(offset, len(order)):]
	if limit >= 0 && limit < len(order) {
		order = order[:limit]
	}
	r.rows = r.rows.pick(order)
	if r.far != nil {
		far := make([]string, len(order))
		for i, at := range order {
			far[i] = r.far[at]
		}
		r.far = far
	}
}

// span is where a scan may begin and end: conditions on Id, and on the stamps of a
// table that is in their order, which every row must meet, spare it the others.
func (p *plan) span(t table) (from, to int) {
	parts, ok := p.query.Where.(soql.And)
	if !ok {
		parts = soql.And{p.query.Where}
	}
	from, to = 0, t.size()
	for _, e := range parts {
		c, ok := e.(*soql.Compare)
		if !ok || len(c.Values) != 1 {
			continue
		}
		v, isID := c.Values[0], strings.EqualFold(c.Path, "Id")
		ordered, _ := t.(*virtual)
		at, isTime := soql.ParseDateTime(v.Text)
		byStamp := ordered != nil && isTime && v.Kind == soql.DateTime && p.isStamp(c.Path)
		switch {
		case isID && v.Kind == soql.Text && (c.Op == ">" || c.Op == ">=" || c.Op == "="):
			from = max(from, t.seek(fullID(v.Text)))
		case byStamp && (c.Op == ">" || c.Op == ">=" || c.Op == "="):
			from = max(from, ordered.stampedFrom(at))
		case byStamp && (c.Op == "<" || c.Op == "<="):
			to = min(to, ordered.stampedFrom(at.Add(time.Millisecond)))
		}
	}
	return from, to
}

func (p *plan) isStamp(name string) bool {
	_, slot := p.object.field(name, p.version)
	return slot >= 0 && (slot == p.object.stamp || slot == p.object.modified || slot == p.object.created)
}
