package silver

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// currencyCode is a column name of a wide rate file.
var currencyCode = regexp.MustCompile(`^[A-Za-z]{3}$`)

// cellsSQL brings a layout into one shape: a row per quotation with seq, deleted, day,
// natural key, currency, raw, and preference among quotations of one currency and day
// (lower is better).
func (f *rateFile) cellsSQL(have []string) (string, error) {
	dates := sourceFormats(f.CSV, f.zone)
	column := func(name string) (string, error) {
		found, err := f.findColumn(have, name)
		return id(found), err
	}
	from := "bronze." + f.table("in")
	day := func(col string) string { return f.periodEnd(dates.dateSQL("trim(" + col + ")")) }
	switch f.Layout {
	case "ecb":
		date, err := column("Date")
		if err != nil {
			return "", err
		}
		var codes []string
		for _, h := range have {
			if currencyCode.MatchString(h) {
				codes = append(codes, id(h))
			}
		}
		if len(codes) == 0 {
			return "", fmt.Errorf("rate source %s has no columns named by currency codes", f.Name)
		}
		return fmt.Sprintf(`SELECT seq, deleted, day, coalesce(CAST(day AS VARCHAR), CAST(seq AS VARCHAR)) AS natural_key, upper(currency) AS currency, raw, raw_date, 0 AS preference
  FROM (UNPIVOT (SELECT _seq AS seq, _is_deleted AS deleted, %s AS raw_date, %s AS day, %s FROM %s) ON %s INTO NAME currency VALUE raw)`,
			date, day(date), blankable(codes), from, strings.Join(codes, ", ")), nil
	case "imf":
		return f.longCells(have, "Date", "Currency", "Rate", from, dates, true)
	case "fed":
		date, e1 := column("Date")
		country, e2 := column("Country")
		rate, e3 := column(f.fedRate(have))
		if err := errors.Join(e1, e2, e3); err != nil {
			return "", err
		}
		return fmt.Sprintf(`SELECT _seq AS seq, _is_deleted AS deleted, %s AS day, concat_ws('|', coalesce(CAST(%s AS VARCHAR), CAST(_seq AS VARCHAR)), %s) AS natural_key, %s AS currency, %s AS raw, %s AS raw_date, 0 AS preference
  FROM %s`, day(date), day(date), country, f.countrySQL("trim("+country+")"), rate, date, from), nil
	}
	return f.longCells(have, f.Columns.Date, f.Columns.Currency, f.Columns.Rate, from, dates, false)
}

// blankable keeps a wide row with no quotation at all in the count: UNPIVOT drops NULL.
func blankable(codes []string) string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = fmt.Sprintf("coalesce(%s, '') AS %s", c, c)
	}
	return strings.Join(out, ", ")
}

// longCells is a layout with one quotation a row. Where a file has a row per country, the
// country that a currency is named after is preferred: others' rows may be older.
func (f *rateFile) longCells(have []string, dateName, currencyName, rateName, from string, dates dateFormats, countries bool) (string, error) {
	date, e1 := f.findColumn(have, dateName)
	currency, e2 := f.findColumn(have, currencyName)
	rate, e3 := f.findColumn(have, rateName)
	if err := errors.Join(e1, e2, e3); err != nil {
		return "", err
	}
	day := f.periodEnd(dates.dateSQL("trim(" + id(date) + ")"))
	preference, natural := "0", ""
	if countries {
		if code, err := f.findColumn(have, "Country code"); err == nil {
			preference = fmt.Sprintf("CASE WHEN upper(trim(%s)) = left(upper(trim(%s)), 2) THEN 0 ELSE 1 END", id(code), id(currency))
			natural += ", " + id(code)
		}
		if country, err := f.findColumn(have, "Country"); err == nil {
			natural += ", " + id(country)
		}
		if frequency, err := f.findColumn(have, "Frequency"); err == nil {
			natural += ", " + id(frequency)
			preference += fmt.Sprintf(" + CASE upper(trim(%s)) WHEN 'D' THEN 0 WHEN 'M' THEN 2 WHEN 'Q' THEN 4 ELSE 6 END", id(frequency))
			if f.Period == "" {
				day = fmt.Sprintf("CASE upper(trim(%s)) WHEN 'A' THEN make_date(year(%s), 12, 31) WHEN 'M' THEN last_day(%s) ELSE %s END", id(frequency), day, day, day)
			}
		}
	}
	return fmt.Sprintf(`SELECT _seq AS seq, _is_deleted AS deleted, %s AS day, concat_ws('|', coalesce(CAST(%s AS VARCHAR), CAST(_seq AS VARCHAR)), upper(trim(%s))%s) AS natural_key,
    nullif(upper(trim(%s)), '') AS currency, %s AS raw, %s AS raw_date, %s AS preference
  FROM %s`, day, day, id(currency), natural, id(currency), id(rate), id(date), preference, from), nil
}

// fedRate is the rate column of a Federal Reserve file, which has had two names.
func (f *rateFile) fedRate(have []string) string {
	if _, err := f.findColumn(have, "Value"); err == nil {
		return "Value"
	}
	return "Exchange rate"
}

// periodEnd dates an average: it is not known before its period is over.
func (f *rateFile) periodEnd(day string) string {
	switch f.Period {
	case "month":
		return "last_day(" + day + ")"
	case "year":
		return "make_date(year(" + day + "), 12, 31)"
	}
	return day
}

// countrySQL turns country names into currencies; countries that are not configured
// have none.
func (f *rateFile) countrySQL(in string) string {
	if len(f.Currencies) == 0 {
		return "NULL::VARCHAR"
	}
	out := "CASE lower(" + in + ")"
	for _, country := range sortedKeys(f.Currencies) {
		out += fmt.Sprintf(" WHEN %s THEN %s", lit(strings.ToLower(country)), lit(strings.ToUpper(f.Currencies[country])))
	}
	return out + " END"
}

// cutSQL decides about every quotation as of the as-of.
func (f *rateFile) cutSQL(cells string) string {
	number := "trim(raw)"
	if (f.CSV.Decimal != "" && f.CSV.Decimal != ".") || f.CSV.Thousands != "" {
		decimal, thousands := f.CSV.Decimal, f.CSV.Thousands
		if decimal == "" {
			decimal = "."
		}
		if thousands == "" {
			thousands = map[bool]string{true: ",", false: "."}[decimal == "."]
		}
		number = numberTextSQL("trim(raw)", decimal, thousands, false, false)
	}
	bad := "rate IS NULL OR rate <= 0"
	if f.wide() {
		bad = "false" // a bad cell does not refuse the other currencies of its row
	}
	return fmt.Sprintf(`WITH cells AS (
  %s
),
read AS (
  SELECT *, silver_double(%s) AS rate, coalesce(lower(trim(raw)), '') IN ('', %s) OR (currency IS NULL AND %t) AS no_quote,
    dense_rank() OVER (PARTITION BY natural_key ORDER BY seq DESC) AS rank
  FROM cells
)
SELECT *, CASE WHEN no_quote THEN 'none' WHEN rate IS NULL OR rate <= 0 THEN 'bad' ELSE 'good' END AS cell,
  CASE WHEN day > as_of() THEN 'not_yet_known' WHEN rank > 1 THEN 'superseded' WHEN deleted THEN 'soft_deleted'
    WHEN day IS NULL OR (currency IS NULL AND NOT no_quote) THEN 'rejected' WHEN no_quote AND %t THEN 'no_quote' WHEN %s THEN 'rejected' ELSE 'latest' END AS status
FROM read`, cells, number, literals(noQuote), f.Layout == "fed", !f.wide(), bad)
}

func (f *rateFile) wide() bool { return f.Layout == "ecb" }

// ratesSQL turns quotations into units per USD: by the declared direction to units per
// base, then crossed through USD on the same day if the base is another currency.
func (f *rateFile) ratesSQL() string {
	inverted := "false"
	if f.Quote == "base_per_unit" {
		inverted = "true"
	}
	direction := inverted
	if len(f.Exceptions) > 0 {
		direction = "CASE currency"
		for _, c := range sortedKeys(f.Exceptions) {
			direction += fmt.Sprintf(" WHEN %s THEN %t", lit(strings.ToUpper(c)), f.Exceptions[c] == "base_per_unit")
		}
		direction += " ELSE " + inverted + " END"
	}
	perUSD := "SELECT currency, day, per_base AS units_per_usd FROM once"
	if base := strings.ToUpper(f.Base); base != "USD" {
		perUSD = fmt.Sprintf(`SELECT o.currency, o.day, o.per_base / u.per_base AS units_per_usd FROM once o JOIN once u ON u.day = o.day AND u.currency = 'USD' WHERE o.currency <> %s
  UNION ALL SELECT %s, day, 1 / per_base FROM once WHERE currency = 'USD'`, lit(base), lit(base))
	}
	return fmt.Sprintf(`WITH quoted AS (
  SELECT currency, day, preference, CASE WHEN %s THEN 1 / rate ELSE rate END AS per_base, seq FROM %s WHERE status = 'latest' AND cell = 'good'
),
agreed AS (
  SELECT *, count(*) OVER (PARTITION BY currency, day, per_base) AS votes FROM quoted
),
once AS (
  SELECT currency, day, per_base FROM agreed
  QUALIFY row_number() OVER (PARTITION BY currency, day ORDER BY preference, votes DESC, per_base, seq) = 1
)
SELECT currency, day, units_per_usd, %s AS rate_source, CAST(%d AS INTEGER) AS priority, 'dated' AS rate_kind FROM (%s)`,
		direction, f.table("cells"), lit(f.Name), f.Priority, perUSD)
}

func (f *rateFile) refusedRowsSQL() string {
	return fmt.Sprintf(`SELECT 'exchange_rate' AS table_name, %s AS source_name, 'rates' AS source_object, min(natural_key) AS row_key, seq,
  CASE WHEN min(day) IS NULL THEN CAST(to_json([struct_pack("column" := 'rate_date', rule := 'date', raw := min(raw_date))]) AS VARCHAR)
    WHEN min(currency) IS NULL THEN CAST(to_json([struct_pack("column" := 'currency_iso_code', rule := 'required', raw := NULL::VARCHAR)]) AS VARCHAR)
    ELSE CAST(to_json([struct_pack("column" := 'units_per_usd', rule := 'rate', raw := min(raw))]) AS VARCHAR) END AS defects,
  CAST(json_object('date', min(raw_date), 'currency', min(currency), 'rate', min(raw)) AS VARCHAR) AS raw_row
FROM %s WHERE status = 'rejected' GROUP BY seq`, lit(f.Name), f.table("cells"))
}

func (f *rateFile) refusedValuesSQL() string {
	return fmt.Sprintf(`SELECT 'exchange_rate' AS table_name, natural_key AS row_key, currency AS column_name, 'rate' AS rule, raw AS raw_value, seq
FROM %s WHERE status = 'latest' AND cell = 'bad'`, f.table("cells"))
}
