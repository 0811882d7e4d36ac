package silver

import (
	"fmt"
	"slices"
	"strings"
)

// fxPair is one conversion a row needs: a currency and a date.
type fxPair struct{}

// moneyPlan is one converted amount of the table: which amount and pair feed it, by
// the index of the input.
type moneyPlan struct {
	usd   string
	scale int
	uses  map[int]moneyUse
}

type moneyUse struct {
	amount string
	pair   int
}

func fxColumn(pair int, what string) string { return fmt.Sprintf("#fx%d_%s", pair+1, what) }

// pairs are the distinct (currency, rate date) of a mapping, in order.
func (in *inputPlan) pairs() [][2]string {
	var out [][2]string
	for _, m := range in.mapping.Money {
		if p := [2]string{m.Currency, m.RateDate}; !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

// money checks the money entries of a mapping.
func (c *inputCompiler) money() {
	for i, m := range c.in.mapping.Money {
		field := fmt.Sprintf("money[%d]", i)
		if c.in.byName[m.Amount] == nil {
			c.fail(field, "amount column %q is not mapped", m.Amount)
		}
		if c.in.byName[m.Currency] == nil {
			c.fail(field, "currency column %q is not mapped", m.Currency)
		}
		if m.RateDate == "" {
			c.fail(field, "rate_date is missing")
		}
		switch {
		case m.USD == "":
		case c.in.byName[m.USD] != nil:
			c.fail(field, "column %q is mapped and converted", m.USD)
		case decimalType.FindStringSubmatch(c.in.contract[m.USD]) == nil:
			c.fail(field, "%q is no decimal column of table %s", m.USD, c.in.table)
		}
	}
	if len(c.in.mapping.Money) > 0 {
		c.table.DependsOn = append(c.table.DependsOn, RateTable)
	}
}

// planMoney joins the money entries of all inputs.
func (t *Table) planMoney() {
	for _, in := range t.inputs {
		pairs := in.pairs()
		for len(t.fx) < len(pairs) {
			t.fx = append(t.fx, fxPair{})
		}
		for _, m := range in.mapping.Money {
			if m.USD == "" {
				continue
			}
			i := slices.IndexFunc(t.money, func(p moneyPlan) bool { return p.usd == m.USD })
			if i < 0 {
				i = len(t.money)
				scale := decimalType.FindStringSubmatch(in.contract[m.USD])
				if scale == nil {
					continue // reported
				}
				t.money = append(t.money, moneyPlan{usd: m.USD, scale: atoi(scale[2]), uses: map[int]moneyUse{}})
			}
			t.money[i].uses[in.index] = moneyUse{m.Amount, slices.Index(pairs, [2]string{m.Currency, m.RateDate})}
		}
	}
}

// fxSelect are the columns of parsed that conversion joins on.
func (t *Table) fxSelect(in *inputPlan) []string {
	var list []string
	pairs := in.pairs()
	for i := range t.fx {
		currency, date := "NULL::VARCHAR", "NULL::DATE"
		if i < len(pairs) {
			currency = id(pairs[i][0])
			date = fmt.Sprintf("least(CAST((%s) AS DATE), as_of())", pairs[i][1])
			// least skips NULL: without a date there is no rate
			date = fmt.Sprintf("CASE WHEN (%s) IS NOT NULL THEN %s END", pairs[i][1], date)
		}
		list = append(list, currency+" AS "+id(fxColumn(i, "currency")), date+" AS "+id(fxColumn(i, "date")))
	}
	return list
}

// sourceCurrency fills the currency of the source in where a record names none.
func (g *group) sourceCurrency() []assignment {
	var out []assignment
	for _, m := range g.lead().mapping.Money {
		value := g.each(func(in *inputPlan) string {
			if in.currency == "" {
				return id(m.Currency)
			}
			return fmt.Sprintf("coalesce(%s, %s)", id(m.Currency), lit(in.currency))
		})
		if a := (assignment{m.Currency, value}); value != id(m.Currency) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// fxSQL creates the table fx: the rate of every currency and day that parsed needs, by
// the priority rule: the first source in priority whose rate is at most seven days
// old, else the youngest rate of any source, else a static one.
func (t *Table) fxSQL() string {
	var need []string
	for i := range t.fx {
		need = append(need, fmt.Sprintf(`SELECT %s AS currency, %s AS day FROM parsed WHERE NOT "#rejected"`, id(fxColumn(i, "currency")), id(fxColumn(i, "date"))))
	}
	return `CREATE TABLE fx AS
WITH need AS (
  SELECT DISTINCT currency, day FROM (` + strings.Join(need, " UNION ALL ") + `)
  WHERE currency IS NOT NULL AND currency <> 'USD' AND day IS NOT NULL
),
sources AS (
  SELECT DISTINCT rate_source, priority FROM silver.exchange_rate WHERE rate_kind = 'dated'
),
candidates AS (
  SELECT n.currency, n.day, n.priority, n.rate_source, r.rate_date, r.units_per_usd, n.day - r.rate_date <= 7 AS fresh
  FROM (SELECT * FROM need CROSS JOIN sources) n
  ASOF JOIN silver.exchange_rate r ON r.currency_iso_code = n.currency AND r.rate_source = n.rate_source AND n.day >= r.rate_date
),
dated AS (
  SELECT * FROM candidates
  QUALIFY row_number() OVER (PARTITION BY currency, day ORDER BY fresh DESC, CASE WHEN fresh THEN priority END, rate_date DESC, priority, rate_source) = 1
),
static AS (
  SELECT currency_iso_code AS currency, rate_date, units_per_usd FROM silver.exchange_rate WHERE rate_kind = 'static'
  QUALIFY row_number() OVER (PARTITION BY currency_iso_code ORDER BY priority, rate_date DESC, rate_source) = 1
)
SELECT n.currency, n.day,
  coalesce(d.units_per_usd, s.units_per_usd) AS rate,
  coalesce(d.rate_date, s.rate_date) AS rate_date,
  CASE WHEN d.fresh THEN 'dated' WHEN d.currency IS NOT NULL THEN 'prior' WHEN s.currency IS NOT NULL THEN 'static' ELSE 'missing' END AS status
FROM need n
LEFT JOIN dated d ON d.currency = n.currency AND d.day = n.day
LEFT JOIN static s ON s.currency = n.currency`
}

// fxJoins join parsed p with the rates of its pairs.
func (t *Table) fxJoins() string {
	out := ""
	for i := range t.fx {
		out += fmt.Sprintf("\nLEFT JOIN fx f%d ON f%d.currency = p.%s AND f%d.day = p.%s", i+1, i+1, id(fxColumn(i, "currency")), i+1, id(fxColumn(i, "date")))
	}
	return out
}

// fxValue is the SQL of the table's own rate columns, filled from the first pair.
func (t *Table) fxValue(name string) (string, bool) {
	if len(t.fx) == 0 {
		return "", false
	}
	usd := `p."#fx1_currency" = 'USD'`
	switch name {
	case "fx_rate":
		return "CASE WHEN " + usd + " THEN 1.0 ELSE f1.rate END", true
	case "fx_rate_date":
		return "CASE WHEN " + usd + ` THEN p."#fx1_date" ELSE f1.rate_date END`, true
	case "fx_status":
		return "CASE WHEN " + usd + " THEN 'identity' ELSE coalesce(f1.status, 'missing') END", true
	}
	return "", false
}

// usdSQL converts one amount. An unknown rate gives NULL, never 1.
func (m moneyPlan) usdSQL() string {
	type group struct {
		use    moneyUse
		inputs []int
	}
	var groups []group
	for _, input := range sortedInts(m.uses) {
		i := slices.IndexFunc(groups, func(g group) bool { return g.use == m.uses[input] })
		if i < 0 {
			i = len(groups)
			groups = append(groups, group{use: m.uses[input]})
		}
		groups[i].inputs = append(groups[i].inputs, input)
	}
	var b strings.Builder
	for _, g := range groups {
		list := strings.Trim(strings.ReplaceAll(fmt.Sprint(g.inputs), " ", ", "), "[]")
		macro := "silver_usd2"
		if m.scale > 2 {
			macro = "silver_usd6"
		}
		fmt.Fprintf(&b, ` WHEN p."#input" IN (%s) THEN CASE WHEN p.%s = 'USD' THEN TRY_CAST(p.%s AS DECIMAL(18,%d)) ELSE %s(p.%s, f%d.rate) END`,
			list, id(fxColumn(g.use.pair, "currency")), id(g.use.amount), m.scale, macro, id(g.use.amount), g.use.pair+1)
	}
	return "CASE" + b.String() + " END"
}

// missingSQL tells whether the amount stands unconverted.
func (m moneyPlan) missingSQL() string {
	var amounts []string
	for _, input := range sortedInts(m.uses) {
		amounts = append(amounts, fmt.Sprintf(`(p."#input" = %d AND p.%s IS NOT NULL)`, input, id(m.uses[input].amount)))
	}
	return fmt.Sprintf("%s AND (%s) IS NULL", disjunction(amounts), m.usdSQL())
}

func sortedInts[V any](m map[int]V) []int {
	out := make([]int, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
