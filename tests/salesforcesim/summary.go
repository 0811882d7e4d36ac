package salesforcesim

import (
	"fmt"
	"math/big"
	"strconv"
	"strings"

	"github.com/customer360/pipeline/tests/salesforcesim/soql"
)

// tally gathers one aggregate.
type tally struct {
	item     soql.Item
	at       *path // nil for COUNT()
	count    int
	distinct map[string]bool
	least    string
	greatest string
	sum      *big.Rat
}

// summary answers a query of aggregates over all rows.
func (p *plan) summary(c *call) *reply {
	var tallies []*tally
	for _, it := range p.aggregates {
		t := &tally{item: it, distinct: map[string]bool{}, sum: new(big.Rat)}
		if it.Path != "" {
			t.at, _ = p.resolve(it.Path, it.At, p.tested) // it was resolved before
		}
		tallies = append(tallies, t)
	}
	// No row is kept: what LIMIT would cut is not cut from a count, as in SOQL.
	rows := p.count(func(v []string) {
		for _, t := range tallies {
			t.add(v)
		}
	})
	if len(tallies) == 1 && tallies[0].at == nil {
		if c.faulty(WrongCount) {
			rows++
		}
		return bytesReply(200, jsonType, fmt.Appendf(nil, `{"totalSize":%d,"done":true,"records":[]}`, rows))
	}
	b := []byte(`{"totalSize":1,"done":true,"records":[{"attributes":{"type":"AggregateResult"}`)
	for i, t := range tallies {
		name := t.item.Alias
		if name == "" {
			name = "expr" + strconv.Itoa(i)
		}
		b = append(appendString(append(b, ','), name), ':')
		b = t.append(b)
	}
	return bytesReply(200, jsonType, append(b, "}]}"...))
}

// count shows every row that fits and returns how many there are.
func (p *plan) count(visit func([]string)) int {
	n := 0
	t := p.org.objects[strings.ToLower(p.object.Name)].rows
	from, to := p.span(t)
	t.scan(from, to, p.tested, func(v []string) verdict {
		if p.fits(v) {
			n++
			visit(v)
		}
		return skip
	})
	return n
}

// either is what is read to find rows and to show them.
func (p *plan) either() []bool {
	out := make([]bool, len(p.tested))
	for i := range out {
		out[i] = p.tested[i] || p.needed[i]
	}
	return out
}

func (t *tally) add(values []string) {
	if t.at == nil {
		t.count++
		return
	}
	v := t.at.get(values)
	if v == "" {
		return
	}
	if t.count++; t.count == 1 || compareValues(t.at.field, v, t.least) < 0 {
		t.least = strings.Clone(v)
	}
	if t.count == 1 || compareValues(t.at.field, v, t.greatest) > 0 {
		t.greatest = strings.Clone(v)
	}
	switch t.item.Func {
	case "COUNT_DISTINCT":
		t.distinct[strings.Clone(v)] = true
	case "SUM", "AVG":
		if n, ok := new(big.Rat).SetString(v); ok {
			t.sum.Add(t.sum, n)
		}
	}
}

func (t *tally) append(b []byte) []byte {
	switch {
	case t.item.Func == "COUNT":
		return strconv.AppendInt(b, int64(t.count), 10)
	case t.item.Func == "COUNT_DISTINCT":
		return strconv.AppendInt(b, int64(len(t.distinct)), 10)
	case t.count == 0:
		return append(b, "null"...)
	case t.item.Func == "MIN":
		return appendJSON(b, t.at.field, t.least)
	case t.item.Func == "MAX":
		return appendJSON(b, t.at.field, t.greatest)
	case t.item.Func == "AVG":
		t.sum.Quo(t.sum, new(big.Rat).SetInt64(int64(t.count)))
	}
	f, _ := t.sum.Float64()
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}
