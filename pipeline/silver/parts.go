package silver

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/timespan"
)

// Part is a written file: a whole table, or one span of a partitioned one.
type Part struct {
	Path  string
	Rows  int64
	Label string // the span; "" for a whole table
	Facts Facts  // of a span
}

// Facts are what a later build must know of a part to tell whether it can stay as it is.
type Facts struct {
	// Due is the first as-of (YYYY-MM-DD) for which its rows may be others though bronze has
	// no news of them; "" = none.
	Due     string                `json:"due,omitempty"`
	RatesTo string                `json:"rates_to,omitempty"` // last day whose exchange rates its rows use; "" = they use none
	Inputs  map[string]InputFacts `json:"inputs"`             // by "source/object"
}

// InputFacts count the rows of a part that come from one input, for the account of a
// build that does not read them.
type InputFacts struct {
	Rows           int64            `json:"rows"`
	RejectedValues int64            `json:"rejected_values,omitempty"`
	Rounded        int64            `json:"rounded,omitempty"`
	Unmapped       int64            `json:"unmapped,omitempty"`
	FxMissing      map[string]int64 `json:"fx_missing,omitempty"` // rows by currency
}

func (f Facts) dueBy(asOf string) bool { return f.Due != "" && f.Due <= asOf }

func (f Facts) usesRatesSince(day string) bool { return day != "" && f.RatesTo >= day }

// writeSpans writes the spans of a partitioned table that do not stay as they are.
func (b *builder) writeSpans(ctx context.Context) error {
	months, err := b.monthFacts(ctx)
	if err != nil {
		return err
	}
	rows := map[int]int64{}
	for month, f := range months {
		for _, in := range f.Inputs {
			rows[month] += in.Rows
		}
	}
	cleaned := maps.Clone(rows)
	if b.plan != nil {
		for month, n := range b.plan.stay {
			rows[month] += n
		}
	}
	same, err := b.sameRows(ctx)
	if err != nil {
		return err
	}
	for _, s := range timespan.Cut(rows, b.in.SpanRows) {
		if kept := b.keptPart(s); kept != nil {
			b.res.Kept = append(b.res.Kept, *kept)
			continue
		}
		if b.plan != nil && !slices.Contains(b.plan.rebuilt, s) {
			return errSpans
		}
		facts := Facts{Inputs: map[string]InputFacts{}}
		for month, f := range months {
			if s.Holds(month) && cleaned[month] > 0 {
				facts.add(f)
			}
		}
		if kept := same(s, facts); kept != nil {
			b.res.Kept = append(b.res.Kept, *kept)
			continue
		}
		part, err := b.writeSpan(ctx, s)
		if err != nil {
			return err
		}
		part.Facts = facts
		b.res.Parts = append(b.res.Parts, part)
	}
	if b.plan != nil && len(b.res.Kept) != len(b.plan.kept) {
		return errSpans
	}
	return nil
}

// manyRows are more than fit into memory, cleaned, on the machines this is made for.
const manyRows = 10_000_000

// clustered tells whether there are so many rows to clean that they must be put in order:
// where they do not fit into memory every span would else read all of them back, and push
// others out.
func (b *builder) clustered(ctx context.Context) (bool, error) {
	if !b.t.partitioned() {
		return false, nil
	}
	from := "versions"
	if b.plan != nil {
		from = wantedTable
	}
	n, err := b.number(ctx, `SELECT count(*) FROM `+from+` WHERE "#status" = 'latest'`)
	return n >= cmp.Or(b.in.ClusterRows, manyRows), err
}

// errSpans says that a table is cut otherwise than was foreseen before its rows were
// cleaned: some were refused. It is built anew then.
var errSpans = errors.New("the spans are others than was foreseen")

func (b *builder) keptPart(s timespan.Span) *Part {
	if b.plan == nil {
		return nil
	}
	for i, p := range b.plan.kept {
		if p.Label == s.Label {
			return &b.plan.kept[i]
		}
	}
	return nil
}

func (b *builder) writeSpan(ctx context.Context, s timespan.Span) (Part, error) {
	c := b.t.Contract
	where := " AND " + s.Condition("p."+id(c.PartitionBy), columnType(c, c.PartitionBy))
	part, err := b.write(ctx, c.Table+"-"+s.Label, c, b.t.finalSQL(where))
	part.Label = s.Label
	return part, err
}

// monthFacts are the facts of the cleaned rows, by month.
func (b *builder) monthFacts(ctx context.Context) (map[int]Facts, error) {
	rates := []string{"NULL::DATE"}
	for i := range b.t.fx {
		rates = append(rates, id(fxColumn(i, "date")))
	}
	query := fmt.Sprintf(`SELECT %s, "#input", count(*), coalesce(sum(len("#defects")), 0)::BIGINT, coalesce(sum("#rounded"), 0)::BIGINT, coalesce(sum("#unmapped"), 0)::BIGINT,
  min("#due")::VARCHAR, max(greatest(%s))::VARCHAR
FROM parsed WHERE NOT "#rejected" GROUP BY ALL`, timespan.MonthSQL(id(b.t.Contract.PartitionBy)), strings.Join(rates, ", "))
	out := map[int]Facts{}
	err := b.each(ctx, query, func(scan func(...any) error) error {
		var month, input int
		var in InputFacts
		var due, rates sql.NullString
		if err := scan(&month, &input, &in.Rows, &in.RejectedValues, &in.Rounded, &in.Unmapped, &due, &rates); err != nil {
			return err
		}
		f := Facts{Due: due.String, RatesTo: rates.String, Inputs: map[string]InputFacts{b.input(input).name(): in}}
		have := out[month]
		have.add(f)
		out[month] = have
		return nil
	})
	if err != nil || len(b.t.money) == 0 {
		return out, err
	}
	return out, b.eachMissingRate(ctx, func(month, input int, currency string, n int64) {
		name := b.input(input).name()
		in := out[month].Inputs[name]
		if in.FxMissing == nil {
			in.FxMissing = map[string]int64{}
		}
		in.FxMissing[currency] += n
		out[month].Inputs[name] = in
	})
}

func (b *builder) input(index int) *inputPlan {
	for _, in := range b.inputs {
		if in.index == index {
			return in
		}
	}
	return nil
}

// add joins the facts of further rows.
func (f *Facts) add(g Facts) {
	if g.Due != "" && (f.Due == "" || g.Due < f.Due) {
		f.Due = g.Due
	}
	f.RatesTo = max(f.RatesTo, g.RatesTo)
	if f.Inputs == nil {
		f.Inputs = map[string]InputFacts{}
	}
	for name, more := range g.Inputs {
		in := f.Inputs[name]
		in.Rows += more.Rows
		in.RejectedValues += more.RejectedValues
		in.Rounded += more.Rounded
		in.Unmapped += more.Unmapped
		for currency, n := range more.FxMissing {
			if in.FxMissing == nil {
				in.FxMissing = map[string]int64{}
			}
			in.FxMissing[currency] += n
		}
		f.Inputs[name] = in
	}
}

// partitioned tells whether the table is stored by spans of its event date.
func (t *Table) partitioned() bool { return t.Contract.Storage == "partitioned" }

func columnType(c config.Contract, name string) string {
	for _, col := range c.Columns {
		if col.Name == name {
			return col.Type
		}
	}
	return ""
}
