package silver

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/customer360/pipeline/pipeline/timespan"
)

// account counts what became of every bronze row, and refuses a build that does not
// add up.
func (b *builder) account(ctx context.Context) error {
	if err := b.countVersions(ctx, b.counts); err != nil {
		return err
	}
	if err := b.countParsed(ctx, b.counts); err != nil {
		return err
	}
	if err := b.countMissingRates(ctx, b.counts); err != nil {
		return err
	}
	for _, in := range b.inputs {
		b.res.Counts = append(b.res.Counts, *b.counts[in.index])
	}
	return b.conserve()
}

// countBronze counts the rows in the files themselves, claimed and not, and finds the
// first load of every object.
func (b *builder) countBronze(ctx context.Context, g *group) error {
	g.firstBatch = map[int]string{}
	for _, in := range g.inputs {
		b.counts[in.index] = &Counts{Source: in.Source, Object: in.Object, Mapping: in.Mapping}
	}
	return b.each(ctx, g.countSQL(g.have(b.columnsOf)), func(scan func(...any) error) error {
		var input sql.NullInt64
		var batch string
		var claimed, filtered, lost int64
		if err := scan(&input, &batch, &claimed, &filtered, &lost); err != nil {
			return err
		}
		c := b.counts[int(input.Int64)]
		if c == nil {
			return fmt.Errorf("mapping %s: %d bronze rows come from none of the sources that it reads", g.lead().Mapping, claimed+filtered)
		}
		c.Bronze, c.Filtered = claimed, filtered
		g.firstBatch[int(input.Int64)] = batch
		if lost > 0 {
			b.note("%s/%s: %d rows are left out by the mappings' filters", c.Source, c.Object, lost)
		}
		return nil
	})
}

// countSQL counts the rows of each input: those that the mapping's filter claims, the
// others, and those that no mapping of the object claims.
func (g *group) countSQL(have []string) string {
	in := g.lead()
	c := &chain{group: g, missing: in.missingSources(have)}
	c.source("bronze."+g.view(), "*, "+g.inputSQL()+` AS "#input"`)
	claimed, unclaimed := "true", "false"
	if in.mapping.Filter != "" {
		claimed = claimSQL(in.mapping.Filter)
		unclaimed = g.each(func(in *inputPlan) string {
			claims := make([]string, len(in.filters))
			for i, f := range in.filters {
				claims[i] = claimSQL(f)
			}
			return "NOT (" + strings.Join(claims, " OR ") + ")"
		})
	}
	return c.query(fmt.Sprintf(`SELECT "#input", min(_batch_id), count(*) FILTER (%s), count(*) FILTER (NOT (%s)), count(*) FILTER (%s) FROM %s GROUP BY "#input" ORDER BY "#input"`,
		claimed, claimed, unclaimed, c.last()))
}

// claimSQL tells whether a filter claims a row; no filter claims all.
func claimSQL(filter string) string {
	if filter == "" {
		return "true"
	}
	return "coalesce((" + filter + "), false)"
}

func (b *builder) countVersions(ctx context.Context, counts map[int]*Counts) error {
	err := b.countStatuses(ctx, counts)
	for _, in := range b.inputs {
		if c := counts[in.index]; c.UnreadableStamps > 0 {
			b.warn("%s/%s: %d rows have a modification stamp that cannot be read; their order and when they were known rest on their file",
				c.Source, c.Object, c.UnreadableStamps)
		}
	}
	return err
}

// countStatuses counts what became of the versions of each input.
func (b *builder) countStatuses(ctx context.Context, counts map[int]*Counts) error {
	query := `SELECT "#input", "#status", count(*), count(*) FILTER ("#basis" = 'loaded'), count(*) FILTER ("#reconstructed"), count(*) FILTER ("#unreadable")
FROM versions GROUP BY ALL ORDER BY ALL`
	return b.each(ctx, query, func(scan func(...any) error) error {
		var input int
		var status string
		var n, loaded, reconstructed, unreadable int64
		if err := scan(&input, &status, &n, &loaded, &reconstructed, &unreadable); err != nil {
			return err
		}
		c := counts[input]
		c.Reconstructed += reconstructed
		c.UnreadableStamps += unreadable
		switch status {
		case statusSuperseded:
			c.Superseded = n
		case statusNotYetKnown:
			c.NotYetKnown, c.DroppedLoaded = n, loaded
			if loaded > 0 {
				b.warn("%s/%s: %d versions count as not yet known at %s because only their load time is known; set exported_at for the source, map a modification stamp, or use a later as-of", c.Source, c.Object, loaded, b.in.AsOf)
			}
		case statusSoftDeleted:
			c.SoftDeleted = n
		}
		return nil
	})
}

func (b *builder) countParsed(ctx context.Context, counts map[int]*Counts) error {
	query := `SELECT "#input", count(*) FILTER (NOT "#rejected"), count(*) FILTER ("#rejected"),
  coalesce(sum(len("#defects")) FILTER (NOT "#rejected"), 0)::BIGINT, coalesce(sum("#rounded") FILTER (NOT "#rejected"), 0)::BIGINT, coalesce(sum("#unmapped") FILTER (NOT "#rejected"), 0)::BIGINT
FROM parsed GROUP BY ALL`
	err := b.each(ctx, query, func(scan func(...any) error) error {
		var input int
		var c Counts
		if err := scan(&input, &c.Silver, &c.Rejected, &c.RejectedValues, &c.Rounded, &c.Unmapped); err != nil {
			return err
		}
		counts[input].addParsed(c)
		return nil
	})
	if err == nil && b.plan != nil {
		err = b.countKept(ctx, counts)
	}
	for _, in := range b.inputs {
		if c := counts[in.index]; c.Unmapped > 0 {
			b.warn("%s/%s: %d values stand in no value table and were kept as they are", c.Source, c.Object, c.Unmapped)
		}
	}
	return err
}

// uncleaned are the parts that stay, and whose rows this build never looked at.
func (b *builder) uncleaned() []Part {
	if b.plan == nil {
		return nil
	}
	return b.res.Kept
}

// countKept adds what stays of the earlier build: rows of its parts, and rows that it refused.
func (b *builder) countKept(ctx context.Context, counts map[int]*Counts) error {
	for _, p := range b.uncleaned() {
		for _, in := range b.inputs {
			f := p.Facts.Inputs[in.name()]
			counts[in.index].addParsed(Counts{Silver: f.Rows, RejectedValues: f.RejectedValues, Rounded: f.Rounded, Unmapped: f.Unmapped})
		}
	}
	query := fmt.Sprintf(`SELECT "#input", count(*) FROM %s WHERE "#month" = %d GROUP BY ALL`, matchedTable, rejectedMonth)
	return b.each(ctx, query, func(scan func(...any) error) error {
		var input int
		var n int64
		if err := scan(&input, &n); err != nil {
			return err
		}
		counts[input].Rejected += n
		return nil
	})
}

// countMissingRates counts the rows without exchange rate, by input and currency.
func (b *builder) countMissingRates(ctx context.Context, counts map[int]*Counts) error {
	if len(b.t.money) == 0 {
		return nil
	}
	missing := map[int]map[string]int64{}
	add := func(input int, currency string, n int64) {
		if missing[input] == nil {
			missing[input] = map[string]int64{}
		}
		missing[input][currency] += n
	}
	if err := b.eachMissingRate(ctx, func(_, input int, currency string, n int64) { add(input, currency, n) }); err != nil {
		return err
	}
	for _, p := range b.uncleaned() {
		for _, in := range b.inputs {
			for currency, n := range p.Facts.Inputs[in.name()].FxMissing {
				add(in.index, currency, n)
			}
		}
	}
	for _, input := range sortedInts(missing) {
		c := counts[input]
		for _, currency := range sortedKeys(missing[input]) {
			n := missing[input][currency]
			c.FxMissing += n
			b.warn("%s/%s: %d rows in %s have no exchange rate, their USD amounts are NULL", c.Source, c.Object, n, currency)
		}
	}
	return nil
}

// eachMissingRate tells of the cleaned rows without exchange rate, by month (0 in a table
// that is not partitioned), input and currency.
func (b *builder) eachMissingRate(ctx context.Context, row func(month, input int, currency string, n int64)) error {
	unconverted := make([]string, len(b.t.money))
	for i, m := range b.t.money {
		unconverted[i] = "(" + m.missingSQL() + ")"
	}
	month := "0"
	if b.t.partitioned() {
		month = timespan.MonthSQL("p." + id(b.t.Contract.PartitionBy))
	}
	query := fmt.Sprintf(`SELECT %s, p."#input", coalesce(p."#fx1_currency", '(none)'), count(*) FROM parsed p%s WHERE NOT p."#rejected" AND (%s) GROUP BY ALL ORDER BY ALL`,
		month, b.t.fxJoins(), strings.Join(unconverted, " OR "))
	return b.each(ctx, query, func(scan func(...any) error) error {
		var month, input int
		var currency string
		var n int64
		err := scan(&month, &input, &currency, &n)
		if err == nil {
			row(month, input, currency, n)
		}
		return err
	})
}

// conserve compares what was counted in bronze, in versions and in the written files.
func (b *builder) conserve() error {
	var silver, rejected, values int64
	for _, c := range b.res.Counts {
		silver, rejected, values = silver+c.Silver, rejected+c.Rejected, values+c.RejectedValues
		sum := c.Superseded + c.NotYetKnown + c.SoftDeleted + c.Rejected + c.Silver
		if sum != c.Bronze {
			return &ConservationError{b.t.Name, Problem{fmt.Sprintf("bronze rows of %s/%s", c.Source, c.Object), c.Bronze, sum}}
		}
	}
	for _, p := range []Problem{
		{"rows written", silver, b.res.Rows()},
		{"rejected rows written", rejected, b.res.RejectedRows.Rows},
		{"rejected values written", values, b.res.RejectedValues.Rows},
	} {
		if p.Want != p.Got {
			return &ConservationError{b.t.Name, p}
		}
	}
	return nil
}

func (b *builder) warn(format string, args ...any) {
	b.res.Warnings = append(b.res.Warnings, fmt.Sprintf(b.t.Name+": "+format, args...))
}

// note tells what is worth knowing and not wrong.
func (b *builder) note(format string, args ...any) {
	b.res.Notes = append(b.res.Notes, fmt.Sprintf(b.t.Name+": "+format, args...))
}
