package silver

import (
	"context"
	"fmt"
	"strings"
)

// SQLError is a fault in SQL that a mapping contains.
type SQLError struct {
	File, Field, SQL string
	Err              error
}

func (e *SQLError) Error() string {
	return fmt.Sprintf("mapping %s: %s: %s: %v", e.File, e.Field, e.SQL, e.Err)
}

func (e *SQLError) Unwrap() error { return e.Err }

// explain looks for the part of a mapping that made a statement fail: each piece of SQL
// of each input is tried alone, over rows of the right columns.
func (b *builder) explain(ctx context.Context, failed error) error {
	if ctx.Err() != nil {
		return failed
	}
	for _, in := range b.inputs {
		if err := b.explainInput(ctx, in); err != nil {
			return err
		}
	}
	return failed
}

func (b *builder) explainInput(ctx context.Context, in *inputPlan) error {
	try := func(field, text, from string) error {
		if text == "" {
			return nil
		}
		if err := b.define(ctx, text); err != nil {
			return err
		}
		if _, err := b.sess.Describe(ctx, "SELECT ("+text+") FROM "+from); err != nil {
			return &SQLError{File: in.Mapping, Field: field, SQL: text, Err: err}
		}
		return nil
	}
	source := "(SELECT *"
	for _, m := range in.missingSources(b.have[in]) {
		source += ", NULL::VARCHAR AS " + id(m)
	}
	source += fmt.Sprintf(" FROM bronze.%s)", in.view())
	typed := in.typedRow()
	for _, err := range []error{
		try("filter", in.mapping.Filter, source),
		try("soft_delete", in.mapping.SoftDelete, source),
		try("known_at", in.mapping.KnownAt, typed),
	} {
		if err != nil {
			return err
		}
	}
	for _, col := range in.columns {
		if err := try("column "+col.name, col.spec.Expression, typed); err != nil {
			return err
		}
	}
	for i, m := range in.mapping.Money {
		if err := try(fmt.Sprintf("money[%d].rate_date", i), m.RateDate, typed); err != nil {
			return err
		}
	}
	return nil
}

// typedRow is a row of the input's target columns, for trying expressions on.
func (in *inputPlan) typedRow() string {
	var list []string
	for _, col := range in.columns {
		list = append(list, "NULL::"+col.typ.sql+" AS "+id(col.name))
	}
	types := map[string]string{}
	for _, n := range []string{"source_system", "source_region", "source_object", "record_hash", "known_at_basis"} {
		types[n] = "NULL::VARCHAR"
	}
	for _, n := range []string{"known_at", "valid_from", "valid_to"} {
		types[n] = "NULL::TIMESTAMPTZ"
	}
	types["is_current"] = "NULL::BOOLEAN"
	for _, a := range in.visible(types) {
		list = append(list, a.sql+" AS "+id(a.name))
	}
	return "(SELECT " + strings.Join(list, ", ") + ")"
}

// expressionsSQL computes the expressions of the mapping over a row without values: what
// types they have is known before anything is read. "" = there are none.
func (in *inputPlan) expressionsSQL() string {
	var list []string
	for _, col := range in.columns {
		if col.spec.Expression != "" {
			list = append(list, "("+col.spec.Expression+") AS "+id(col.name))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return "SELECT " + strings.Join(list, ", ") + " FROM " + in.typedRow()
}

// nearest is the name most like the wanted one, "" if none is alike.
func nearest(want string, names []string) string {
	best, distance := "", len(want)/3+1
	for _, n := range names {
		if bronzeMeta[strings.ToLower(n)] {
			continue
		}
		if d := editDistance(strings.ToLower(want), strings.ToLower(n)); d < distance {
			best, distance = n, d
		}
	}
	return best
}

func editDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		last := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			last, row[j] = row[j], min(row[j]+1, row[j-1]+1, last+cost)
		}
	}
	return row[len(b)]
}
