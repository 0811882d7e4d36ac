package silver

import (
	"context"
	"fmt"
	"reflect"

	"github.com/customer360/pipeline/pipeline/timespan"
)

// sameRows finds what stays of a table whose rows hang on one another or on other tables
// (see canHold): all of it is cleaned anew, and then each span is held against what the
// earlier build wrote. A part with the very same rows and facts is not written again.
func (b *builder) sameRows(ctx context.Context) (func(timespan.Span, Facts) *Part, error) {
	none := func(timespan.Span, Facts) *Part { return nil }
	if b.in.Held == nil || len(b.in.Held.Parts) == 0 || b.usesHeld() {
		return none, nil
	}
	if err := b.registerHeld(ctx); err != nil {
		return nil, err
	}
	before, err := b.digests(ctx, b.heldRows())
	if err != nil {
		return nil, err
	}
	now, err := b.digests(ctx, "("+b.t.rowsSQL("")+")")
	if err != nil {
		return nil, err
	}
	return func(s timespan.Span, facts Facts) *Part {
		if sumOf(before, s) != sumOf(now, s) {
			return nil
		}
		for i, p := range b.in.Held.Parts {
			if p.Label == s.Label && reflect.DeepEqual(p.Facts, facts) {
				return &b.in.Held.Parts[i]
			}
		}
		return nil
	}, nil
}

// digests identify the rows of a table by month.
func (b *builder) digests(ctx context.Context, from string) (map[int]timespan.Digest, error) {
	query := fmt.Sprintf("SELECT month, %s FROM (SELECT %s AS month, %s AS h FROM %s) GROUP BY ALL",
		timespan.DigestSQL, timespan.MonthSQL(id(b.t.Contract.PartitionBy)), timespan.HashSQL(b.t.Contract.ColumnNames()), from)
	out := map[int]timespan.Digest{}
	err := b.each(ctx, query, func(scan func(...any) error) error {
		var month int
		var d timespan.Digest
		err := scan(&month, &d.Rows, &d.Sum, &d.Xor)
		out[month] = d
		return err
	})
	return out, err
}

func sumOf(months map[int]timespan.Digest, s timespan.Span) (sum timespan.Digest) {
	for month, d := range months {
		if s.Holds(month) {
			sum = sum.Add(d)
		}
	}
	return sum
}
