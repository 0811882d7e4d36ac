package silver

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
)

// ratePlan is how silver.exchange_rate is made: rate files, then what CRM orgs say.
type ratePlan struct {
	files []*rateFile
	orgs  []*rateOrg
}

// rateFile is one rate source: a file in a layout.
type rateFile struct {
	config.Rate
	index int
	zone  string
}

// rateOrg is a CRM org with CurrencyType and, perhaps, DatedConversionRate rows. Their
// rates are units per one corporate currency.
type rateOrg struct {
	source, region string
	index          int
	priority       int
	dates          dateFormats
	currencyType   string // names of the objects as configured, "" = the org has none
	dated          string
}

// noQuote are cells in which a source says that there is no rate.
var noQuote = []string{"n/a", "na", "nd", "-", "--", ".", "null"}

// compileRates plans the rate table.
func (p *Project) compileRates(t *Table, c config.Pipeline) {
	plan := &ratePlan{}
	last := 0
	for i, r := range c.Rates {
		f := &rateFile{Rate: withRateDefaults(r), index: i + 1, zone: p.zone}
		last = max(last, f.Priority)
		plan.files = append(plan.files, f)
		t.Inputs = append(t.Inputs, Input{Source: r.Name, Object: RateObject, EventSQL: "CAST(rate_date AS TIMESTAMPTZ)"})
	}
	for i, src := range c.Sources {
		org := &rateOrg{source: src.Name, region: src.Region, index: i + 1, priority: last + 1 + i, dates: sourceFormats(src.CSV, p.zone)}
		if src.CSV.TimeZone != "" {
			org.dates.zone = src.CSV.TimeZone
		}
		for _, o := range src.Objects {
			switch strings.ToLower(o.Name) {
			case "currencytype":
				org.currencyType = o.Name
			case "datedconversionrate":
				org.dated = o.Name
			default:
				continue
			}
			t.Inputs = append(t.Inputs, Input{Source: src.Name, Object: o.Name, Region: src.Region, EventSQL: "CAST(rate_date AS TIMESTAMPTZ)"})
		}
		if org.currencyType != "" {
			plan.orgs = append(plan.orgs, org)
		}
	}
	t.rates = plan
}

func withRateDefaults(r config.Rate) config.Rate {
	if r.Base == "" {
		r.Base = map[bool]string{true: "EUR", false: "USD"}[r.Layout == "ecb"]
	}
	if r.Quote == "" {
		r.Quote = "units_per_base"
	}
	if r.Columns.Date == "" {
		r.Columns.Date = "rate_date"
	}
	if r.Columns.Currency == "" {
		r.Columns.Currency = "currency_iso_code"
	}
	if r.Columns.Rate == "" {
		r.Columns.Rate = "rate"
	}
	return r
}

// describe is what the plan depends on beside bronze, for the fingerprint. A rate source
// is described as JSON: printing it would print the addresses of its optional fields.
func (r *ratePlan) describe() []string {
	var out []string
	for _, f := range r.files {
		spec, err := json.Marshal(f.Rate)
		if err != nil {
			spec = []byte(err.Error()) // plain structs always marshal
		}
		out = append(out, string(spec), f.zone, f.cutSQL("SELECT 1"), f.ratesSQL())
	}
	for _, o := range r.orgs {
		out = append(out, fmt.Sprintf("%+v", *o), o.versionsSQL("d"), o.ratesSQL(true, true))
	}
	return append(out, rateTableSQL([]string{"SELECT 1"}, "UTC"))
}

// buildRates builds silver.exchange_rate.
func (b *builder) buildRates(ctx context.Context) error {
	var parts, refused, values []string
	for _, f := range b.t.rates.files {
		ok, err := b.loadRateFile(ctx, f)
		if err != nil {
			return err
		}
		if ok {
			parts = append(parts, "SELECT * FROM "+f.table("rates"))
			refused = append(refused, f.refusedRowsSQL())
			values = append(values, f.refusedValuesSQL())
		}
	}
	for _, o := range b.t.rates.orgs {
		part, err := b.loadRateOrg(ctx, o)
		if err != nil {
			return err
		}
		if part != "" {
			parts = append(parts, part)
		}
	}
	query := emptySQL(b.t.Contract)
	if len(parts) > 0 {
		query = contractSelect(b.t.Contract, rateTableSQL(parts, b.zone))
	}
	if err := b.writeAll(ctx, query); err != nil {
		return err
	}
	return b.writeRefusedRates(ctx, refused, values)
}

// writeRefusedRates replaces the empty reject files by what rate files contained.
func (b *builder) writeRefusedRates(ctx context.Context, refused, values []string) error {
	if len(refused) == 0 {
		return nil
	}
	var err error
	rows := b.contracts[RejectedRowTable]
	if b.res.RejectedRows, err = b.write(ctx, b.t.Name+"__"+RejectedRowTable, rows, contractSelect(rows, strings.Join(refused, "\n UNION ALL "))); err != nil {
		return err
	}
	cells := b.contracts[RejectedValueTable]
	b.res.RejectedValues, err = b.write(ctx, b.t.Name+"__"+RejectedValueTable, cells, contractSelect(cells, strings.Join(values, "\n UNION ALL ")))
	return err
}

// rateTableSQL is the table over the rates of all sources.
func rateTableSQL(parts []string, zone string) string {
	return `SELECT currency AS currency_iso_code, day AS rate_date,
    lead(day) OVER (PARTITION BY currency, rate_source ORDER BY day) AS next_rate_date,
    units_per_usd, rate_source, timezone(` + lit(zone) + `, CAST(day AS TIMESTAMP)) AS known_at, priority, rate_kind
  FROM (` + strings.Join(parts, "\n UNION ALL ") + `)
  WHERE currency <> 'USD' AND units_per_usd > 0 AND isfinite(units_per_usd)`
}

func (f *rateFile) table(what string) string { return fmt.Sprintf("%s_rate%d", what, f.index) }

// loadRateFile makes the rates of a source; ok is false when it was never loaded.
func (b *builder) loadRateFile(ctx context.Context, f *rateFile) (ok bool, err error) {
	name := f.Name + "/" + RateObject
	if len(b.in.Bronze[name]) == 0 {
		b.res.Counts = append(b.res.Counts, Counts{Source: f.Name, Object: RateObject})
		return false, nil
	}
	have, err := b.registerBronze(ctx, f.table("in"), name, b.in.Bronze[name])
	if err != nil {
		return false, err
	}
	cells, err := f.cellsSQL(have)
	if err != nil {
		return false, err
	}
	drop := fmt.Sprintf("DROP TABLE IF EXISTS %s; DROP TABLE IF EXISTS %s; ", f.table("cells"), f.table("rates"))
	if err := b.run(ctx, "rates "+f.Name, drop+"CREATE TABLE "+f.table("cells")+" AS "+f.cutSQL(cells)); err != nil {
		return false, err
	}
	if err := b.run(ctx, "rates "+f.Name, "CREATE TABLE "+f.table("rates")+" AS "+f.ratesSQL()); err != nil {
		return false, err
	}
	return true, b.countRateFile(ctx, f)
}

// countRateFile counts bronze rows, not cells: a wide row is one row.
func (b *builder) countRateFile(ctx context.Context, f *rateFile) error {
	c := Counts{Source: f.Name, Object: RateObject}
	query := `SELECT status, count(DISTINCT seq), count(*) FILTER (cell = 'bad') FROM ` + f.table("cells") + ` GROUP BY ALL`
	err := b.each(ctx, query, func(scan func(...any) error) error {
		var status string
		var n, bad int64
		if err := scan(&status, &n, &bad); err != nil {
			return err
		}
		c.add(status, n)
		if status == statusLatest {
			c.RejectedValues = bad
		}
		return nil
	})
	if err != nil {
		return err
	}
	total, err := b.number(ctx, "SELECT count(*) FROM bronze."+f.table("in"))
	if err != nil {
		return err
	}
	c.Bronze = total - c.Filtered
	if sum := c.Superseded + c.NotYetKnown + c.SoftDeleted + c.Rejected + c.Silver; sum != c.Bronze {
		return &ConservationError{b.t.Name, Problem{"bronze rows of " + f.Name, c.Bronze, sum}}
	}
	b.res.Counts = append(b.res.Counts, c)
	return nil
}

// findColumn is bronze's spelling of a column of a rate file.
func (f *rateFile) findColumn(have []string, name string) (string, error) {
	i := slices.IndexFunc(have, func(h string) bool { return strings.EqualFold(strings.TrimSpace(h), name) })
	if i < 0 {
		return "", &RequiredColumnError{Table: RateTable, File: "of rate source " + f.Name, Source: f.Name, Object: RateObject, Column: name, Nearest: nearest(name, have)}
	}
	return have[i], nil
}
