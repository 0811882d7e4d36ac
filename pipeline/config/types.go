// Package config loads and checks the JSON that adapts the pipeline to a company:
// pipeline.json, the mappings under bronze_to_silver/, gold_metrics.json and the
// table contracts of schemas/tables.
//
// It owns defaults, strictness (an unknown field is an error) and secrets. It knows
// nothing of how the configuration is used.
package config

// Pipeline is pipeline.json. Paths in it are relative to the file; Load makes them absolute.
type Pipeline struct {
	Schema      string      `json:"$schema,omitempty"`
	Lake        string      `json:"lake,omitempty"`         // default "lake"
	TimeZone    string      `json:"time_zone,omitempty"`    // IANA name; default UTC
	AsOf        string      `json:"as_of,omitempty"`        // YYYY-MM-DD; default yesterday in TimeZone
	Mappings    string      `json:"mappings,omitempty"`     // directory bronze_to_silver; default: built in
	GoldMetrics string      `json:"gold_metrics,omitempty"` // gold_metrics.json; default: built in
	SQL         string      `json:"sql,omitempty"`          // directory with prelude/, gold/, checks/; default: built in
	Definitions string      `json:"definitions,omitempty"`  // directory with definitions of columns; default: built in
	Tables      string      `json:"tables,omitempty"`       // directory with table contracts; default: built in
	Linking     string      `json:"linking,omitempty"`      // directory with words and policies of account linking; default: built in
	Engine      Engine      `json:"engine,omitempty"`
	Sources     []Source    `json:"sources"`
	Rates       []Rate      `json:"rates,omitempty"`
	Migrations  []Migration `json:"migrations,omitempty"` // changes of columns that readers were told of
	Delta       []string    `json:"delta,omitempty"`      // layers whose tables have a Delta Lake log; default: gold; empty = none
	OnFailure   string      `json:"on_failure,omitempty"` // when an object of an API source fails: "stop" after bronze (default) | "continue" with silver and gold
}

// Engine bounds the SQL engine.
type Engine struct {
	Threads     int    `json:"threads,omitempty"`      // default: all cores
	MemoryLimit string `json:"memory_limit,omitempty"` // e.g. "8GB"; "" = 3GB
}

// Source is one system to load from.
type Source struct {
	Name        string      `json:"name"`                   // [a-z][a-z0-9_]*; part of lake paths
	Type        string      `json:"type"`                   // "csv" | "salesforce"
	Region      string      `json:"region"`                 // e.g. "South Africa"
	Mapping     string      `json:"mapping"`                // mapping set: a directory under bronze_to_silver
	Currency    string      `json:"currency,omitempty"`     // ISO code of amounts whose record names none (an org with one currency exports no CurrencyIsoCode)
	IDNamespace *string     `json:"id_namespace,omitempty"` // "" = none; default: none for mapping set salesforce, else Name
	Path        string      `json:"path,omitempty"`         // csv: directory of the files
	CSV         CSV         `json:"csv,omitempty"`          // csv: defaults for all objects
	Salesforce  *Salesforce `json:"salesforce,omitempty"`   // salesforce: the org and how it is read
	Objects     []Object    `json:"objects"`
}

// Object is one kind of record of a source.
type Object struct {
	Name             string            `json:"name"`                         // e.g. "Account"; lower-cased in lake paths
	Files            []string          `json:"files,omitempty"`              // csv: globs below Source.Path
	Key              []string          `json:"key,omitempty"`                // source columns; default: those behind the mapping's key, else Id
	LoadMode         string            `json:"load_mode,omitempty"`          // "increment" (default) | "snapshot"
	MissingIsDeleted bool              `json:"missing_is_deleted,omitempty"` // snapshot: a key absent from the newer file was deleted
	Optional         bool              `json:"optional,omitempty"`           // no file is no error
	CSV              *CSV              `json:"csv,omitempty"`                // overrides, field by field
	Salesforce       *SalesforceObject `json:"salesforce,omitempty"`         // salesforce: which fields, and how they are read

	// Added tells an object that nobody configured: every org has it, and others refer to it.
	Added bool `json:"-"`
}

// CSV says how files are written. Nothing is sniffed but the BOM and, where a field
// is left empty, the documented default applies.
type CSV struct {
	Encoding         string      `json:"encoding,omitempty"`          // utf-8 (default) | utf-16 | utf-16le | utf-16be | windows-1252 | iso-8859-1
	Delimiter        string      `json:"delimiter,omitempty"`         // "," (default) | ";" | "\t" | "|"
	Quote            string      `json:"quote,omitempty"`             // default "\""
	DateFormats      []string    `json:"date_formats,omitempty"`      // strptime, tried in order; default ISO 8601
	TimestampFormats []string    `json:"timestamp_formats,omitempty"` // strptime, tried in order; default ISO 8601
	TimeZone         string      `json:"time_zone,omitempty"`         // of timestamps without offset; default the pipeline's
	Decimal          string      `json:"decimal,omitempty"`           // "." (default) | ","
	Thousands        string      `json:"thousands,omitempty"`         // "" (default) | "," | "." | " " | "'"
	Footer           string      `json:"footer,omitempty"`            // "refuse" (default) | "strip"
	SkipLines        int         `json:"skip_lines,omitempty"`        // lines before the header
	ExportedAt       *ExportedAt `json:"exported_at,omitempty"`
}

// ExportedAt says when a file was exported: from its name, or fixed.
type ExportedAt struct {
	Pattern string `json:"pattern,omitempty"` // regular expression with one group, on the file's base name
	Layout  string `json:"layout,omitempty"`  // strptime of the group; default %Y-%m-%d. A bare date means the end of that day
	Value   string `json:"value,omitempty"`   // ISO date or timestamp for all files
}

// Rate is one source of exchange rates. It is loaded into bronze like any other
// CSV source (source = Name, object = "rates").
type Rate struct {
	Name       string            `json:"name"`
	Path       string            `json:"path"`
	Files      []string          `json:"files"`
	Layout     string            `json:"layout"`               // generic | ecb | imf | fed
	Base       string            `json:"base"`                 // ISO code, e.g. "USD", "EUR"
	Quote      string            `json:"quote"`                // units_per_base | base_per_unit
	Exceptions map[string]string `json:"exceptions,omitempty"` // currency -> the other quote
	Priority   int               `json:"priority"`             // 1 is asked first
	Period     string            `json:"period,omitempty"`     // day (default) | month | year: averages, dated the last day of the period
	Columns    RateColumns       `json:"columns,omitempty"`    // generic: the names of the columns
	Currencies map[string]string `json:"currencies,omitempty"` // fed: country -> ISO code
	CSV        CSV               `json:"csv,omitempty"`
}

// RateColumns names the columns of a generic rate file.
type RateColumns struct {
	Date     string `json:"date,omitempty"`     // default rate_date
	Currency string `json:"currency,omitempty"` // default currency_iso_code
	Rate     string `json:"rate,omitempty"`     // default rate
}

// Mapping is bronze_to_silver/<set>/<table>.json (or <table>__<variant>.json when
// several objects of a set feed one table).
type Mapping struct {
	Schema       string        `json:"$schema,omitempty"`
	Description  string        `json:"description,omitempty"`
	TargetTable  string        `json:"target_table"`          // silver table
	SourceObject string        `json:"source_object"`         // e.g. "Account", without regard to case
	Filter       string        `json:"filter,omitempty"`      // SQL over source columns; rows that fail belong to another mapping
	Mode         string        `json:"mode,omitempty"`        // "latest" (default) | "history" (every version: valid_from, valid_to)
	Key          []string      `json:"key"`                   // target columns; must equal the contract's key
	Namespaced   *bool         `json:"namespaced,omitempty"`  // default true: single-column keys carry the source's id namespace
	Modified     []string      `json:"modified,omitempty"`    // source columns of the row's own modification stamp, first non-empty; known_at and version order
	Created      []string      `json:"created,omitempty"`     // source columns of creation or event date: known_at 'assumed' on a first load, and reconstruction
	KnownAt      string        `json:"known_at,omitempty"`    // SQL over target columns, where there is no modification stamp
	EventDate    string        `json:"event_date,omitempty"`  // SQL over target columns: when the thing happened (coverage); default created_at, else known_at
	SoftDelete   string        `json:"soft_delete,omitempty"` // SQL over source columns; true = the version is a deletion
	Sensitive    []string      `json:"sensitive,omitempty"`   // source columns masked where rejects show raw values, beside those recognised by themselves
	Columns      []Column      `json:"columns"`
	Money        []Money       `json:"money,omitempty"`
	References   []Reference   `json:"references,omitempty"`
	Reconstruct  *Reconstruct  `json:"reconstruct,omitempty"`
	Checks       []ColumnCheck `json:"checks,omitempty"`
}

// Column maps source columns to one target column. Either SourceColumn or Expression is given.
type Column struct {
	SourceColumn   StringList `json:"source_column,omitempty"` // first non-empty wins
	TargetColumn   string     `json:"target_column"`
	DataType       string     `json:"data_type"` // string | integer | decimal(p,s) | double | boolean | date | timestamp | list
	Transformation []Step     `json:"transformation,omitempty"`
	Nullable       bool       `json:"nullable"`
	OnError        string     `json:"on_error,omitempty"`   // null | reject; default null for nullable, reject otherwise
	Expression     string     `json:"expression,omitempty"` // SQL over target columns computed from source columns
	Round          bool       `json:"round,omitempty"`      // allow a cast to round; counted
	Required       bool       `json:"required,omitempty"`   // the source column must exist (else drift is reported and the column is NULL)
}

// Money declares the conversion of one amount.
type Money struct {
	Amount   string `json:"amount"`        // target column
	USD      string `json:"usd,omitempty"` // target column for the converted amount; "" = only rate columns (a balance, converted in gold)
	Currency string `json:"currency"`      // target column with the ISO code
	RateDate string `json:"rate_date"`     // SQL over target columns giving a DATE; as_of() is available. Capped at as-of
}

// Reference points to the key of another silver table.
type Reference struct {
	Column    string `json:"column"`              // target column
	Table     string `json:"table"`               // silver table
	Namespace string `json:"namespace,omitempty"` // "" (default) = the source's own | "none" | a source's name
	LookupBy  string `json:"lookup_by,omitempty"` // business key: column of Table that holds the value; replaced by Table's key
}

// Reconstruct lets a record exist at an as-of before its oldest held version, if it
// was created by then: the oldest version is taken, columns of Overlay come from a
// history table, and dates after as-of are blanked (metrics.md G1). The overlay also
// serves an as-of between two held versions.
type Reconstruct struct {
	BlankAfterAsOf []string `json:"blank_after_as_of,omitempty"` // date and timestamp columns
	Overlay        *Overlay `json:"overlay,omitempty"`
}

// Overlay takes columns from the last row of a history table at or before as-of.
type Overlay struct {
	Table   string            `json:"table"`            // silver table, e.g. opportunity_history
	Key     string            `json:"key"`              // its column that equals this table's key
	Order   []string          `json:"order"`            // its columns that order the rows
	Filter  string            `json:"filter,omitempty"` // SQL over the history row h: which rows count
	Columns map[string]string `json:"columns"`          // target column -> SQL over the history row h and the row itself r
}

// ColumnCheck is a data check on a silver table, run after it is built.
type ColumnCheck struct {
	Name     string   `json:"name"`
	Column   string   `json:"column,omitempty"`
	Accepted []string `json:"accepted,omitempty"` // allowed values (NULL is always allowed)
	SQL      string   `json:"sql,omitempty"`      // boolean over target columns: true = the row fails
	Severity string   `json:"severity,omitempty"` // warning (default) | error
}

// Definitions is silver_to_gold/definitions/<layer>/<table>.json: what the columns of a
// table mean. Owner to StandardRef hold for entries that do not say.
type Definitions struct {
	Schema      string       `json:"$schema,omitempty"`
	Owner       string       `json:"owner,omitempty"`
	WindowRule  string       `json:"window_rule,omitempty"`
	NullRule    string       `json:"null_rule,omitempty"`
	StandardRef string       `json:"standard_ref,omitempty"`
	Columns     []Definition `json:"columns"`
}

// Definition is what one column means.
type Definition struct {
	Column      string `json:"column"`
	SameAs      string `json:"same_as,omitempty"` // an entry of shared.json
	MetricID    string `json:"metric_id,omitempty"`
	Version     int    `json:"version,omitempty"`
	Label       string `json:"label,omitempty"`
	Description string `json:"description,omitempty"`
	MetricType  string `json:"metric_type,omitempty"`
	Numerator   string `json:"numerator,omitempty"`
	Denominator string `json:"denominator,omitempty"`
	Expression  string `json:"expression,omitempty"`
	Unit        string `json:"unit,omitempty"`
	NullRule    string `json:"null_rule,omitempty"`
	WindowRule  string `json:"window_rule,omitempty"`
	Owner       string `json:"owner,omitempty"`
	StandardRef string `json:"standard_ref,omitempty"`
	ValidFrom   string `json:"valid_from,omitempty"`
}

// MetricDefinition is a row of ops.metric_definitions: a definition with everything
// filled in that its file, the shared entries and the column say.
type MetricDefinition struct {
	MetricID    string `json:"metric_id"`
	Version     int    `json:"version"`
	Label       string `json:"label"`
	Description string `json:"description"`
	MetricType  string `json:"metric_type,omitempty"`
	Numerator   string `json:"numerator,omitempty"`
	Denominator string `json:"denominator,omitempty"`
	Expression  string `json:"expression,omitempty"`
	Grain       string `json:"grain,omitempty"`
	Unit        string `json:"unit,omitempty"`
	NullRule    string `json:"null_rule,omitempty"`
	WindowRule  string `json:"window_rule,omitempty"`
	Owner       string `json:"owner,omitempty"`
	StandardRef string `json:"standard_ref,omitempty"`
	GoldTable   string `json:"gold_table,omitempty"`
	GoldColumn  string `json:"gold_column,omitempty"`
	ValidFrom   string `json:"valid_from,omitempty"`
}

// Contract is schemas/tables/<layer>/<table>.json: what readers may rely on.
type Contract struct {
	Schema      string           `json:"$schema,omitempty"`
	Layer       string           `json:"layer"` // silver | gold | ops
	Table       string           `json:"table"`
	Grain       string           `json:"grain"`
	Description string           `json:"description,omitempty"`
	Key         []string         `json:"key"`
	Storage     string           `json:"storage"`                // single | partitioned | state
	PartitionBy string           `json:"partition_by,omitempty"` // partitioned: a date column (by its month); state: the column that names a set of rows
	Columns     []ContractColumn `json:"columns"`
}

// ColumnNames are the names of the columns, in their order.
func (c Contract) ColumnNames() []string {
	names := make([]string, len(c.Columns))
	for i, col := range c.Columns {
		names[i] = col.Name
	}
	return names
}

// ContractColumn is one column of a contract.
type ContractColumn struct {
	Name        string `json:"name"`
	Type        string `json:"type"` // VARCHAR, BIGINT, INTEGER, DOUBLE, BOOLEAN, DATE, TIMESTAMPTZ, DECIMAL(p,s), VARCHAR[], DOUBLE[]
	Nullable    bool   `json:"nullable"`
	Description string `json:"description,omitempty"`
}
