package silver

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// dataKind is a data type of the mapping language without its parameters.
type dataKind string

const (
	kindString    dataKind = "string"
	kindInteger   dataKind = "integer"
	kindDecimal   dataKind = "decimal"
	kindDouble    dataKind = "double"
	kindBoolean   dataKind = "boolean"
	kindDate      dataKind = "date"
	kindTimestamp dataKind = "timestamp"
	kindList      dataKind = "list"
)

func (k dataKind) isNumber() bool { return k == kindInteger || k == kindDecimal || k == kindDouble }

// dataType is a data type of the mapping language and the SQL type it is stored as.
type dataType struct {
	kind  dataKind
	scale int    // decimal
	cast  string // SQL type of the checked cast
	sql   string // SQL type of the result
}

var decimalType = regexp.MustCompile(`(?i)^decimal\( *(\d+) *, *(\d+) *\)$`)

// parseDataType reads a data type; contract is the contract's SQL type, "" for helpers.
func parseDataType(text, contract string) (dataType, error) {
	if m := decimalType.FindStringSubmatch(text); m != nil {
		precision, _ := strconv.Atoi(m[1])
		scale, _ := strconv.Atoi(m[2])
		if precision < 1 || precision > 38 || scale > precision {
			return dataType{}, fmt.Errorf("data_type %s is out of range", text)
		}
		t := dataType{kind: kindDecimal, scale: scale, cast: fmt.Sprintf("DECIMAL(%d,%d)", precision, scale)}
		return t.in(contract)
	}
	simple := map[string]string{"string": "VARCHAR", "integer": "BIGINT", "double": "DOUBLE", "boolean": "BOOLEAN",
		"date": "DATE", "timestamp": "TIMESTAMPTZ", "list": "VARCHAR[]"}
	sql, ok := simple[strings.ToLower(text)]
	if !ok {
		return dataType{}, fmt.Errorf("unknown data_type %q", text)
	}
	t := dataType{kind: dataKind(strings.ToLower(text)), cast: sql}
	if t.kind == kindInteger && contract == "INTEGER" {
		t.cast = contract
	}
	return t.in(contract)
}

// in fixes the result type, and refuses contract types that could change a value.
func (t dataType) in(contract string) (dataType, error) {
	t.sql = t.cast
	if contract == "" || contract == t.cast {
		return t, nil
	}
	m := decimalType.FindStringSubmatch(contract)
	switch {
	case t.kind == kindDecimal && m != nil:
		from := decimalType.FindStringSubmatch(t.cast)
		if atoi(m[2]) < t.scale || atoi(m[1])-atoi(m[2]) < atoi(from[1])-t.scale {
			return t, fmt.Errorf("%s does not fit the contract's %s", t.cast, contract)
		}
	case t.kind == kindInteger && contract == "DOUBLE":
	case t.kind == kindInteger && m != nil:
		t.cast, t.kind, t.scale = contract, kindDecimal, 0
	default:
		return t, fmt.Errorf("data_type %s does not fit the contract's %s", t.kind, contract)
	}
	t.sql = contract
	return t, nil
}

func atoi(s string) int { n, _ := strconv.Atoi(s); return n }

// castSQL is the checked cast of the text column in; NULL where it would change the
// value. rounded is the condition under which an allowed rounding happened, "" if
// it cannot.
func (t dataType) castSQL(in string, round bool, dates dateFormats) (sql, rounded string) {
	switch t.kind {
	case kindInteger:
		return t.numberSQL(in, `[+-]?\d+(\.0*)?`, round)
	case kindDecimal:
		exact := fmt.Sprintf(`[+-]?(\d+\.?\d{0,%d}|\.\d{1,%d})0*`, t.scale, t.scale)
		if t.scale == 0 {
			exact = `[+-]?\d+(\.0*)?`
		}
		return t.numberSQL(in, exact, round)
	case kindDouble:
		sql = fmt.Sprintf("silver_double(%s)", in)
	case kindBoolean:
		sql = fmt.Sprintf("silver_boolean(%s)", in)
	case kindDate:
		sql = dates.dateSQL(in)
	case kindTimestamp:
		sql = dates.timestampSQL(in)
	case kindList:
		sql = splitSQL(";")(in)
	default:
		sql = in
	}
	if t.sql != t.cast {
		sql = fmt.Sprintf("CAST(%s AS %s)", sql, t.sql)
	}
	return sql, ""
}

// numberSQL casts a number whose text matches exact; scientific notation goes through
// DOUBLE and must come out the same; the rest fails, or is rounded where allowed.
func (t dataType) numberSQL(in, exact string, round bool) (sql, rounded string) {
	match := fmt.Sprintf("regexp_full_match(%s, %s)", in, engine.Literal(exact))
	const scientific = `[+-]?(\d+\.?\d*|\.\d+)[eE][+-]?\d+`
	viaDouble := fmt.Sprintf("TRY_CAST(TRY_CAST(%s AS DOUBLE) AS %s)", in, t.cast)
	otherwise := fmt.Sprintf("WHEN regexp_full_match(%s, '%s') AND CAST(%s AS DOUBLE) = TRY_CAST(%s AS DOUBLE) THEN %s", in, scientific, viaDouble, in, viaDouble)
	if round {
		rounded = fmt.Sprintf("silver_is_number(%s) AND NOT %s AND TRY_CAST(%s AS DOUBLE) IS DISTINCT FROM CAST(%s AS DOUBLE)", in, match, in, viaDouble)
		otherwise += fmt.Sprintf(" WHEN silver_is_number(%s) THEN TRY_CAST(%s AS %s)", in, in, t.cast)
	}
	sql = fmt.Sprintf("CASE WHEN %s THEN TRY_CAST(%s AS %s) %s END", match, in, t.cast, otherwise)
	if t.sql != t.cast {
		sql = fmt.Sprintf("CAST(%s AS %s)", sql, t.sql)
	}
	return sql, rounded
}

// valueSQL is the checked cast of an expression held in column in. from is the SQL type
// of the expression, "" if it is not known; then it is taken to be the wanted one.
func (t dataType) valueSQL(in, from string, round bool, dates dateFormats) (sql, rounded string) {
	if from == "" || from == t.sql || from == instantType && t.kind == kindTimestamp {
		if t.kind == kindDouble {
			return fmt.Sprintf("CASE WHEN isfinite(%s) THEN %s END", in, in), ""
		}
		return in, ""
	}
	typed := fmt.Sprintf("TRY_CAST(%s AS %s)", in, t.sql)
	number := t.kind == kindInteger || t.kind == kindDecimal
	switch {
	case t.kind == kindString, t.kind == kindList:
		return fmt.Sprintf("CAST(%s AS %s)", in, t.sql), ""
	case t.kind == kindDouble:
		return fmt.Sprintf("CASE WHEN isfinite(%s) THEN %s END", typed, typed), ""
	case number && round:
		return typed, fmt.Sprintf("%s IS DISTINCT FROM %s", typed, in)
	case from == "VARCHAR":
		sql, _ = t.castSQL(in, round, dates)
		return sql, ""
	case number:
		return fmt.Sprintf("CASE WHEN %s IS NOT DISTINCT FROM %s THEN %s END", typed, in, typed), ""
	case t.kind == kindTimestamp:
		return fmt.Sprintf("timezone(%s, CAST(%s AS TIMESTAMP))", engine.Literal(dates.zone), in), ""
	}
	return typed, ""
}

// instantType is how the engine spells TIMESTAMPTZ when it describes a query.
const instantType = "TIMESTAMP WITH TIME ZONE"

// dateFormats say how dates and timestamps of a column are written.
type dateFormats struct {
	dates, timestamps []string // strptime
	iso               bool
	zone              string // of timestamps without offset
}

func sourceFormats(csv config.CSV, zone string) dateFormats {
	return dateFormats{dates: csv.DateFormats, timestamps: csv.TimestampFormats, iso: true, zone: zone}
}

func (d dateFormats) utc() bool { return d.zone == "UTC" || d.zone == "Etc/UTC" || d.zone == "" }

func (d dateFormats) dateSQL(in string) string {
	var parts []string
	for _, list := range runs(slices.Concat(d.dates, d.timestamps)) {
		parts = append(parts, fmt.Sprintf("CAST(%s AS DATE)", strptimeSQL(in, list)))
	}
	if d.iso {
		parts = append(parts, fmt.Sprintf("silver_iso_date(%s)", in))
	}
	return d.notSpecial(in, coalesce(parts))
}

func (d dateFormats) timestampSQL(in string) string {
	var parts []string
	local := func(formats []string) {
		for _, list := range runs(formats) {
			parse := strptimeSQL(in, list)
			if !hasOffset(list[0]) && !d.utc() {
				parse = fmt.Sprintf("timezone(%s, %s)", engine.Literal(d.zone), parse)
			}
			parts = append(parts, fmt.Sprintf("CAST(%s AS TIMESTAMPTZ)", parse))
		}
	}
	local(d.timestamps)
	if d.iso {
		if d.utc() {
			parts = append(parts, fmt.Sprintf("silver_iso_utc(%s)", in))
		} else {
			parts = append(parts, fmt.Sprintf("silver_iso_local(%s, %s)", in, engine.Literal(d.zone)))
		}
	}
	local(d.dates)
	return d.notSpecial(in, coalesce(parts))
}

// notSpecial keeps words away from strptime that it takes for dates in any format. They
// are no ISO dates either.
func (d dateFormats) notSpecial(in, parse string) string {
	if len(d.dates)+len(d.timestamps) == 0 {
		return parse
	}
	return fmt.Sprintf("CASE WHEN lower(%s) NOT IN ('epoch', 'infinity', '-infinity') THEN %s END", in, parse)
}

// strptimeSQL tries formats in order. Only formats that all have an offset, or all have
// none, may share one call: the offset makes the result another type.
func strptimeSQL(in string, formats []string) string {
	if len(formats) == 1 {
		return fmt.Sprintf("try_strptime(%s, %s)", in, engine.Literal(formats[0]))
	}
	return fmt.Sprintf("try_strptime(%s, [%s])", in, literals(formats))
}

func hasOffset(format string) bool {
	return strings.Contains(format, "%z") || strings.Contains(format, "%Z")
}

// runs cuts a list of formats where those with and without an offset meet.
func runs(formats []string) [][]string {
	var out [][]string
	for i, f := range formats {
		if i == 0 || hasOffset(f) != hasOffset(formats[i-1]) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], f)
	}
	return out
}

func coalesce(parts []string) string {
	switch len(parts) {
	case 0:
		return "NULL"
	case 1:
		return parts[0]
	}
	return "coalesce(" + strings.Join(parts, ", ") + ")"
}

func compileParseDate(c stepContext, args json.RawMessage) (step, error) {
	var a struct {
		Formats config.StringList `json:"formats"`
		Zone    string            `json:"zone"`
		ISO     *bool             `json:"iso"`
	}
	if json.Unmarshal(args, &a.Formats) != nil {
		if err := decodeArgs(args, &a); err != nil {
			return step{}, err
		}
	}
	if !c.last || (c.kind != kindDate && c.kind != kindTimestamp) {
		return step{}, fmt.Errorf("must be the last step of a column of data_type date or timestamp")
	}
	if len(a.Formats) == 0 && a.Zone == "" {
		return step{}, fmt.Errorf("needs formats or a zone")
	}
	d := dateFormats{timestamps: a.Formats, iso: a.ISO == nil || *a.ISO, zone: a.Zone}
	if d.zone == "" {
		d.zone = c.input.zone
	}
	if c.kind == kindDate {
		return step{final: d.dateSQL}, nil
	}
	return step{final: d.timestampSQL}, nil
}

func compileParseNumber(c stepContext, args json.RawMessage) (step, error) {
	a := struct {
		Decimal     string `json:"decimal"`
		Thousands   string `json:"thousands"`
		Parentheses *bool  `json:"parentheses"`
		Symbols     *bool  `json:"currency_symbols"`
	}{Decimal: c.input.csv.Decimal, Thousands: c.input.csv.Thousands}
	sourceDecimal := a.Decimal
	if args != nil {
		if err := decodeArgs(args, &a); err != nil {
			return step{}, err
		}
	}
	if a.Decimal == "" {
		a.Decimal = "."
	}
	if a.Thousands == "" || (a.Thousands == a.Decimal && sourceDecimal != a.Decimal) {
		a.Thousands = map[bool]string{true: ",", false: "."}[a.Decimal == "."]
	}
	if a.Decimal == a.Thousands {
		return step{}, fmt.Errorf("decimal and thousands are both %q", a.Decimal)
	}
	parentheses := a.Parentheses == nil || *a.Parentheses
	symbols := a.Symbols == nil || *a.Symbols
	return step{own: true, defect: becameNull, sql: func(in string) string {
		return numberTextSQL(in, a.Decimal, a.Thousands, parentheses, symbols)
	}}, nil
}

// numberTextSQL rewrites a number in a local notation to the plain one. Text that is
// plain already is left alone, if plain and local notation agree on it.
func numberTextSQL(in, decimal, thousands string, parentheses, symbols bool) string {
	d, th := regexp.QuoteMeta(decimal), regexp.QuoteMeta(thousands)
	if thousands == " " {
		th = `[\s\p{Z}]`
	}
	if thousands == "'" {
		th = `['’]`
	}
	text := "silver_trim(" + in + ")"
	if symbols {
		text = "silver_strip_currency(" + text + ")"
	}
	if parentheses {
		text = "silver_strip_negative(" + text + ")"
	}
	valid := fmt.Sprintf(`^([+-]?(?:(?:\d{1,3}(?:%s\d{3})+|\d+)(?:%s\d*)?|%s\d+)(?:[eE][+-]?\d+)?)$`, th, d, d)
	text = fmt.Sprintf("nullif(regexp_extract(%s, %s, 1), '')", text, engine.Literal(valid))
	text = fmt.Sprintf("replace(regexp_replace(%s, %s, '', 'g'), %s, '.')", text, engine.Literal(th), engine.Literal(decimal))
	plain := `[+-]?\d+`
	if decimal == "." {
		plain = `[+-]?\d+(\.\d*)?`
	}
	return fmt.Sprintf("CASE WHEN regexp_full_match(%s, %s) THEN %s ELSE %s END", in, engine.Literal(plain), in, text)
}
