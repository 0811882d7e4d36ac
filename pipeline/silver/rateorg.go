package silver

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// loadRateOrg returns the SELECT of an org's rates, "" if it has none.
func (b *builder) loadRateOrg(ctx context.Context, o *rateOrg) (string, error) {
	have := map[string]bool{}
	for _, object := range []string{o.currencyType, o.dated} {
		name := o.source + "/" + strings.ToLower(object)
		if object == "" || len(b.in.Bronze[name]) == 0 {
			continue
		}
		columns, err := b.registerBronze(ctx, o.view(object), name, b.in.Bronze[name])
		if err != nil {
			return "", err
		}
		if err := b.run(ctx, name, "DROP TABLE IF EXISTS "+o.table(object)+"; "+"CREATE TABLE "+o.table(object)+" AS "+o.versionsSQL(object, columns...)); err != nil {
			return "", err
		}
		if err := b.countRateOrg(ctx, o, object); err != nil {
			return "", err
		}
		have[object] = true
	}
	if !have[o.currencyType] {
		return "", nil
	}
	usable, err := b.number(ctx, fmt.Sprintf("SELECT count(*) FROM %s WHERE status = 'latest' AND currency = 'USD'", o.table(o.currencyType)))
	if err != nil {
		return "", err
	}
	if usable == 0 {
		b.warn("%s: CurrencyType has no USD row, the org's rates cannot be expressed in USD", o.source)
		return "", nil
	}
	return o.ratesSQL(true, o.dated != "" && have[o.dated]), nil
}

func (o *rateOrg) view(object string) string {
	return fmt.Sprintf("org%d_%s", o.index, strings.ToLower(object))
}
func (o *rateOrg) table(object string) string { return "rates_" + o.view(object) }

// versionsSQL reads CurrencyType or DatedConversionRate rows and decides about them.
func (o *rateOrg) versionsSQL(object string, have ...string) string {
	source := func(name string) string {
		if i := slices.IndexFunc(have, func(h string) bool { return strings.EqualFold(h, name) }); i >= 0 {
			return "trim(" + id(have[i]) + ")"
		}
		return "NULL::VARCHAR"
	}
	day := o.dates.dateSQL(source("StartDate"))
	key := "concat_ws('|', currency, day)"
	if strings.EqualFold(object, o.currencyType) {
		day, key = "NULL::DATE", "currency"
	}
	stamp := "coalesce(" + o.dates.timestampSQL(source("SystemModstamp")) + ", " + o.dates.timestampSQL(source("LastModifiedDate")) + ")"
	return fmt.Sprintf(`WITH read AS (
  SELECT _seq AS seq, _watermark, _is_deleted OR coalesce(silver_boolean(%s), false) AS deleted, upper(%s) AS currency, silver_double(%s) AS rate,
    coalesce(silver_boolean(%s), false) AS corporate, %s AS day, %s AS stamp
  FROM bronze.%s
),
ranked AS (
  SELECT *, coalesce(stamp < as_of_end(), _watermark < as_of_end(), true) AND (day IS NULL OR day <= as_of()) AS known FROM read
)
SELECT *, CASE WHEN NOT known THEN 'not_yet_known'
    WHEN row_number() OVER (PARTITION BY known, coalesce(%s, CAST(seq AS VARCHAR)) ORDER BY stamp DESC NULLS LAST, seq DESC) > 1 THEN 'superseded'
    WHEN deleted THEN 'soft_deleted' WHEN currency IS NULL OR rate IS NULL OR rate <= 0 OR (%t AND day IS NULL) THEN 'rejected' ELSE 'latest' END AS status
FROM ranked`, source("IsDeleted"), source("IsoCode"), source("ConversionRate"), source("IsCorporate"), day, stamp, o.view(object), key, !strings.EqualFold(object, o.currencyType))
}

// ratesSQL expresses the org's rates per USD. A dated rate is crossed with the dated
// rate of USD then in force, else with the static one.
func (o *rateOrg) ratesSQL(static, dated bool) string {
	types := o.table(o.currencyType)
	usd := fmt.Sprintf("(SELECT CASE WHEN bool_or(corporate) THEN 1.0 ELSE max(rate) END FROM %s WHERE status = 'latest' AND currency = 'USD')", types)
	var parts []string
	if static {
		parts = append(parts, fmt.Sprintf(`SELECT currency, coalesce(CAST(stamp AS DATE), CAST(_watermark AS DATE), DATE '1900-01-01') AS day,
  CASE WHEN corporate THEN 1.0 ELSE rate END / %s AS units_per_usd, %s AS rate_source, CAST(%d AS INTEGER) AS priority, 'static' AS rate_kind
FROM %s WHERE status = 'latest'`, usd, lit(o.source+":CurrencyType"), o.priority, types))
	}
	if dated {
		table := o.table(o.dated)
		parts = append(parts, fmt.Sprintf(`SELECT r.currency, r.day, r.rate / coalesce(u.rate, %s) AS units_per_usd, %s AS rate_source, CAST(%d AS INTEGER) AS priority, 'dated' AS rate_kind
FROM (SELECT * FROM %s WHERE status = 'latest') r
ASOF LEFT JOIN (SELECT day, rate FROM %s WHERE status = 'latest' AND currency = 'USD') u ON r.day >= u.day`,
			usd, lit(o.source+":DatedConversionRate"), o.priority, table, table))
	}
	return strings.Join(parts, "\nUNION ALL ")
}

func (b *builder) countRateOrg(ctx context.Context, o *rateOrg, object string) error {
	c := Counts{Source: o.source, Object: object}
	err := b.each(ctx, "SELECT status, count(*) FROM "+o.table(object)+" GROUP BY ALL", func(scan func(...any) error) error {
		var status string
		var n int64
		if err := scan(&status, &n); err != nil {
			return err
		}
		c.add(status, n)
		return nil
	})
	if err != nil {
		return err
	}
	if c.Bronze, err = b.number(ctx, "SELECT count(*) FROM bronze."+id(o.view(object))); err != nil {
		return err
	}
	if c.Rejected > 0 {
		b.warn("%s/%s: %d rows have no usable currency, rate or start date", c.Source, c.Object, c.Rejected)
	}
	if sum := c.Superseded + c.NotYetKnown + c.SoftDeleted + c.Rejected + c.Silver; sum != c.Bronze {
		return &ConservationError{b.t.Name, Problem{"bronze rows of " + o.source + "/" + object, c.Bronze, sum}}
	}
	b.res.Counts = append(b.res.Counts, c)
	return nil
}
