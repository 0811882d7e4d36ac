package silver

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/timespan"
)

// Held is what an earlier build of a partitioned table left: built by the same definition,
// for an as-of that was not later. A build that is given it cleans only the rows of spans
// in which something changed, and names the parts that stay as they are (BuildResult.Kept).
//
// Silver stays a function of bronze, mapping and as-of. Every night decides anew which
// version of each record counts, for all of bronze, but by its narrow columns only. A part
// stays if the rows that count in its span are those it was written from, and nothing else
// that its rows depend on is another: no day in its rows that a mapping compares with the
// as-of has come since, and no exchange rate that it used changed.
type Held struct {
	Parts          []Part
	RejectedRows   []string // files with the rows of this table, and maybe of others
	RejectedValues []string
	RatesSince     string // first day (YYYY-MM-DD) on which an exchange rate differs from that build's; "" = none does
}

const (
	refusedTable   = "refused" // rows, or values, on their way to a file
	wantedTable    = "wanted"  // the versions whose rows are cleaned
	matchedTable   = "matched" // rows that the earlier build made from the version that still counts
	rejectedMonth  = -1        // of a version that the earlier build refused
	heldSchema     = "held"
	wantedRanges   = 64
	rangeBlockBits = 16 // rows are looked for in blocks of 65536
)

// canHold tells whether parts of the table may stay: what a row becomes depends on nothing
// but its own version, exchange rates, and comparisons of its days with the as-of.
func (t *Table) canHold() bool {
	if !t.partitioned() || t.rates != nil || t.history() {
		return false
	}
	for _, name := range []string{"record_hash", "known_at", "known_at_basis"} {
		if columnType(t.Contract, name) == "" {
			return false
		}
	}
	for _, in := range t.inputs {
		if in.mapping.Reconstruct != nil && in.mapping.Reconstruct.Overlay != nil {
			return false
		}
		for _, col := range in.columns {
			if col.ref != nil || windowed.MatchString(col.spec.Expression) || !comparesAsOf(col.spec.Expression) {
				return false
			}
		}
		for _, m := range in.mapping.Money {
			if asOfCall.MatchString(m.RateDate) {
				return false
			}
		}
	}
	return true
}

var (
	windowed     = regexp.MustCompile(`(?i)\bOVER\s*\(`)
	asOfCall     = regexp.MustCompile(`\bas_of(_end)?\(\)`)
	asOfCompared = regexp.MustCompile(`[<>=]\s*as_of(_end)?\(\)|as_of(_end)?\(\)\s*[<>=]`)
)

// comparesAsOf tells whether all an expression does with the as-of is to compare with it.
func comparesAsOf(sql string) bool {
	return len(asOfCall.FindAllString(sql, -1)) == len(asOfCompared.FindAllString(sql, -1))
}

// readsAsOf tells whether an expression of the mapping reads the as-of.
func (in *inputPlan) readsAsOf() bool {
	return slices.ContainsFunc(in.columns, func(col *column) bool { return asOfCall.MatchString(col.spec.Expression) })
}

// dueSQL is the first as-of at which the row may be another although its version is the
// same: NULL = never. A moment counts from the day before, so that time zones do not matter.
func (t *Table) dueSQL(in *inputPlan) string {
	var days []string
	if in.readsAsOf() {
		for _, col := range in.columns {
			if day := "CAST(" + id(col.name) + " AS DATE)"; col.typ.kind == kindDate || col.typ.kind == kindTimestamp {
				days = append(days, fmt.Sprintf("CASE WHEN %[1]s >= as_of() THEN greatest(%[1]s - 1, as_of() + 1) END", day))
			}
		}
	}
	for _, pair := range in.pairs() { // such a row takes the newest rate until its day has come
		days = append(days, fmt.Sprintf("CASE WHEN CAST((%s) AS DATE) >= as_of() THEN as_of() + 1 END", pair[1]))
	}
	if len(days) == 0 {
		return "NULL::DATE"
	}
	return "CAST(least(" + strings.Join(append(days, "NULL"), ", ") + ") AS DATE)"
}

// refusesByAsOf tells whether a row may be refused at one as-of and not at another.
func (g *group) refusesByAsOf() bool {
	for n, col := range g.lead().columns {
		if asOfCall.MatchString(col.spec.Expression) && len(g.plan(n).defects) > 0 {
			return true
		}
	}
	return false
}

// usesHeld tells whether this build can keep parts of the earlier one.
func (b *builder) usesHeld() bool {
	if b.in.Held == nil || len(b.in.Held.Parts) == 0 || !b.t.canHold() {
		return false
	}
	for _, in := range b.inputs {
		if len(b.in.Bronze[in.bronze()+refreshOverlay]) > 0 {
			return false // fields changed in versions that stay the same
		}
	}
	known := func(s string) bool {
		return slices.ContainsFunc(b.inputs, func(in *inputPlan) bool { return in.name() == s })
	}
	for _, p := range b.in.Held.Parts {
		for name := range p.Facts.Inputs {
			if !known(name) {
				return false // a source that was taken away
			}
		}
		if p.Label == "" {
			return false
		}
	}
	return true
}

// name identifies the input among those of its table.
func (in *inputPlan) name() string { return in.Source + "/" + strings.ToLower(in.Object) }

// match finds the rows of the earlier build whose version still counts, and returns how
// many rows each month had and how many of them stay.
func (b *builder) match(ctx context.Context) (had, stay map[int]int64, err error) {
	if err := b.registerHeld(ctx); err != nil {
		return nil, nil, err
	}
	for name, files := range map[string][]string{RejectedRowTable: b.in.Held.RejectedRows, RejectedValueTable: b.in.Held.RejectedValues} {
		if err := b.sess.RegisterParquet(ctx, heldSchema, name, files, engineColumns(b.contracts[name], nil)); err != nil {
			return nil, nil, fmt.Errorf("what the earlier build refused: %w", err)
		}
	}
	if err := b.run(ctx, "rows that stay", b.matchSQL()); err != nil {
		return nil, nil, err
	}
	if !slices.ContainsFunc(b.groups, (*group).refusesByAsOf) {
		if err := b.run(ctx, "refused rows that stay", b.matchRejectedSQL()); err != nil {
			return nil, nil, err
		}
	}
	if had, err = b.byMonth(ctx, "SELECT "+timespan.MonthSQL(id(b.t.Contract.PartitionBy))+", count(*) FROM "+b.heldRows()+" GROUP BY ALL"); err != nil {
		return nil, nil, err
	}
	stay, err = b.byMonth(ctx, fmt.Sprintf(`SELECT "#month", count(*) FROM %s WHERE "#month" >= 0 GROUP BY ALL`, matchedTable))
	return had, stay, err
}

// registerHeld makes the rows of the earlier build visible.
func (b *builder) registerHeld(ctx context.Context) error {
	var files []string
	for _, p := range b.in.Held.Parts {
		files = append(files, p.Path)
	}
	if err := b.sess.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+heldSchema); err != nil {
		return err
	}
	if err := b.sess.RegisterParquet(ctx, heldSchema, b.t.Name, files, engineColumns(b.t.Contract, nil)); err != nil {
		return fmt.Errorf("rows of the earlier build: %w", err)
	}
	return nil
}

func (b *builder) heldRows() string { return heldSchema + "." + id(b.t.Name) }

// matchSQL joins versions with the rows that were made from them: same key, same fields,
// known since the same moment for the same reason. A row that was reconstructed hides what
// came after the as-of, so it is made anew every time.
func (b *builder) matchSQL() string {
	on := []string{`h.record_hash = lower(hex(v."#hash"))`, `h.known_at IS NOT DISTINCT FROM v."#known_at"`, `h.known_at_basis IS NOT DISTINCT FROM v."#basis"`}
	for i, key := range b.t.Contract.Key {
		on = append(on, fmt.Sprintf(`h.%s IS NOT DISTINCT FROM CAST(v."#key%d" AS %s)`, id(key), i+1, columnType(b.t.Contract, key)))
	}
	return fmt.Sprintf(`CREATE TABLE %s AS
SELECT v."#input", v."#seq", %s AS "#month"
FROM versions v JOIN %s h ON %s
WHERE v."#status" = 'latest' AND NOT v."#reconstructed"`, matchedTable, timespan.MonthSQL("h."+id(b.t.Contract.PartitionBy)), b.heldRows(), strings.Join(on, " AND "))
}

// matchRejectedSQL adds the versions that were refused and would be refused again.
func (b *builder) matchRejectedSQL() string {
	var inputs []string
	for _, in := range b.inputs {
		inputs = append(inputs, fmt.Sprintf("(%d, %s, %s)", in.index, lit(in.Source), lit(strings.ToLower(in.Object))))
	}
	return fmt.Sprintf(`INSERT INTO %s
SELECT v."#input", v."#seq", %d
FROM versions v JOIN (VALUES %s) i(input, source_name, source_object) ON i.input = v."#input"
JOIN %s.%s r ON r.seq = v."#seq" AND r.source_name = i.source_name AND r.source_object = i.source_object AND r.table_name = %s
WHERE v."#status" = 'latest' AND NOT v."#reconstructed"`, matchedTable, rejectedMonth, strings.Join(inputs, ", "), heldSchema, RejectedRowTable, lit(b.t.Name))
}

// byMonth reads counts by month.
func (b *builder) byMonth(ctx context.Context, query string) (map[int]int64, error) {
	out := map[int]int64{}
	err := b.each(ctx, query, func(scan func(...any) error) error {
		var month int
		var n int64
		if err := scan(&month, &n); err != nil {
			return err
		}
		out[month] += n
		return nil
	})
	return out, err
}

// hold decides which parts stay, and prepares the table wanted: the versions that are
// cleaned, which are those that are new and those in the spans of the other parts. Where
// the spans will be others than was foreseen, because a new row is refused, the table is
// built anew.
func (b *builder) hold(ctx context.Context, reconstructed bool) error {
	had, stay, err := b.match(ctx)
	if err != nil {
		return err
	}
	if err := b.want(ctx, "m.\"#seq\" IS NULL"); err != nil {
		return err
	}
	fresh, err := b.byMonth(ctx, b.t.monthsSQL(b.groups, b.columnsOf, reconstructed))
	if err != nil {
		return err
	}
	b.plan = b.planSpans(had, stay, fresh)
	if len(b.plan.kept) == 0 {
		b.release()
		return nil
	}
	return b.want(ctx, `m."#seq" IS NULL OR (`+b.plan.rebuiltSQL()+`)`)
}

// release forgets the earlier build: everything is cleaned.
func (b *builder) release() {
	b.plan = nil
	for _, g := range b.groups {
		g.wanted = nil
	}
}

// heldPlan is what a build does with the parts of the one before.
type heldPlan struct {
	kept    []Part
	rebuilt []timespan.Span
	stay    map[int]int64 // rows by month that need no cleaning, of kept parts
}

// planSpans compares the months as they were with what they will be.
func (b *builder) planSpans(had, stay, fresh map[int]int64) *heldPlan {
	rows := map[int]int64{}
	for month, n := range stay {
		rows[month] += n
	}
	for month, n := range fresh {
		rows[month] += n
	}
	old := map[string]Part{}
	for _, p := range b.in.Held.Parts {
		old[p.Label] = p
	}
	plan := &heldPlan{stay: map[int]int64{}}
	for _, s := range timespan.Cut(rows, b.in.SpanRows) {
		part, ok := old[s.Label]
		same := ok && !part.Facts.dueBy(b.in.AsOf) && !part.Facts.usesRatesSince(b.in.Held.RatesSince)
		for month := range had {
			same = same && (!s.Holds(month) || had[month] == stay[month])
		}
		for month := range fresh {
			same = same && !s.Holds(month)
		}
		if !same {
			plan.rebuilt = append(plan.rebuilt, s)
			continue
		}
		plan.kept = append(plan.kept, part)
		for month, n := range stay {
			if s.Holds(month) {
				plan.stay[month] = n
			}
		}
	}
	return plan
}

// rebuiltSQL is true for matched rows m whose span is written again.
func (p *heldPlan) rebuiltSQL() string {
	conditions := []string{"false"}
	for _, s := range p.rebuilt {
		conditions = append(conditions, fmt.Sprintf(`m."#month" BETWEEN %d AND %d`, s.From, s.To))
	}
	return strings.Join(conditions, " OR ")
}

// want fills the table wanted with the versions that count and meet a condition on their
// matched row m.
func (b *builder) want(ctx context.Context, condition string) error {
	err := b.run(ctx, "rows to clean", fmt.Sprintf(`CREATE OR REPLACE TABLE %s AS
SELECT v.* FROM versions v LEFT JOIN %s m ON m."#input" = v."#input" AND m."#seq" = v."#seq"
WHERE v."#status" = 'latest' AND (%s)`, wantedTable, matchedTable, condition))
	if err != nil {
		return err
	}
	for _, g := range b.groups {
		g.wanted = &wantedRows{}
		query := fmt.Sprintf(`SELECT min("#seq"), max("#seq") FROM %s WHERE "#input" IN (%s) GROUP BY "#seq" >> %d ORDER BY 1`, wantedTable, g.list(), rangeBlockBits)
		err := b.each(ctx, query, func(scan func(...any) error) error {
			var r [2]int64
			err := scan(&r[0], &r[1])
			g.wanted.ranges = append(g.wanted.ranges, r)
			return err
		})
		if err != nil {
			return err
		}
		g.wanted.join(wantedRanges)
	}
	return nil
}

// monthsSQL counts the wanted rows by the month they will stand in.
func (t *Table) monthsSQL(groups []*group, have func(*inputPlan) []string, overlay bool) string {
	parts := make([]string, len(groups))
	for i, g := range groups {
		known := g.have(have)
		c := &chain{group: g, missing: g.lead().missingSources(known), overlay: overlay}
		from, columns := g.latestFrom()
		c.source(from, columns)
		c.columns(func(*column) bool { return true }, g.parseMeta())
		value := fmt.Sprintf("CAST(%s AS %s)", g.contractColumn(t.Contract.PartitionBy), columnType(t.Contract, t.Contract.PartitionBy))
		parts[i] = "(" + c.query("SELECT "+timespan.MonthSQL(value)+" AS m FROM "+c.last()) + ")"
	}
	return "SELECT m, count(*) FROM (" + strings.Join(parts, " UNION ALL ") + ") GROUP BY ALL"
}

// wantedRows are where in bronze the wanted rows of a group stand.
type wantedRows struct {
	ranges [][2]int64 // of _seq, ascending
}

// join merges the ranges with the smallest gaps between them until few are left.
func (w *wantedRows) join(most int) {
	gap := func(i int) int64 { return w.ranges[i+1][0] - w.ranges[i][1] }
	if len(w.ranges) <= most {
		return
	}
	gaps := make([]int64, 0, len(w.ranges)-1)
	for i := range len(w.ranges) - 1 {
		gaps = append(gaps, gap(i))
	}
	slices.Sort(gaps)
	widest := gaps[len(gaps)-most] // gaps up to this one close
	merged := w.ranges[:1:1]
	for _, r := range w.ranges[1:] {
		if last := &merged[len(merged)-1]; r[0]-last[1] <= widest {
			last[1] = r[1]
		} else {
			merged = append(merged, r)
		}
	}
	w.ranges = merged
}

// from are the rows of a bronze view within the ranges: Parquet files and row groups
// outside them are not read.
func (w *wantedRows) from(view string) string {
	conditions := make([]string, len(w.ranges))
	for i, r := range w.ranges {
		conditions[i] = fmt.Sprintf("_seq BETWEEN %d AND %d", r[0], r[1])
	}
	return "(SELECT * FROM " + view + " WHERE " + disjunction(conditions) + ")"
}

func contractList(c config.Contract, alias string) string {
	list := make([]string, len(c.Columns))
	for i, col := range c.Columns {
		list[i] = alias + "." + id(col.Name)
	}
	return strings.Join(list, ", ")
}

// keptRejectedRowsSQL are the refused rows of the earlier build that are refused still.
func (b *builder) keptRejectedRowsSQL() string {
	var inputs []string
	for _, in := range b.inputs {
		inputs = append(inputs, fmt.Sprintf("(%d, %s, %s)", in.index, lit(in.Source), lit(strings.ToLower(in.Object))))
	}
	return fmt.Sprintf(`SELECT %s FROM %s.%s r JOIN (VALUES %s) i(input, source_name, source_object) ON r.source_name = i.source_name AND r.source_object = i.source_object
JOIN %s m ON m."#input" = i.input AND m."#seq" = r.seq AND m."#month" = %d WHERE r.table_name = %s`,
		contractList(b.contracts[RejectedRowTable], "r"), heldSchema, RejectedRowTable, strings.Join(inputs, ", "), matchedTable, rejectedMonth, lit(b.t.Name))
}

// keptRejectedValuesSQL are the values that became NULL in rows of parts that stay.
func (b *builder) keptRejectedValuesSQL() string {
	return fmt.Sprintf(`SELECT %s FROM %s.%s r WHERE r.table_name = %s AND EXISTS (
  SELECT 1 FROM versions v JOIN %s m ON m."#input" = v."#input" AND m."#seq" = v."#seq"
  WHERE v."#seq" = r.seq AND %s IS NOT DISTINCT FROM r.row_key AND m."#month" >= 0 AND NOT (%s))`,
		contractList(b.contracts[RejectedValueTable], "r"), heldSchema, RejectedValueTable, lit(b.t.Name), matchedTable,
		rowKeySQL(len(b.inputs[0].keyNames)), b.plan.rebuiltSQL())
}
