package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// mappingCheck is the check of one mapping against the contracts.
type mappingCheck struct {
	*loading
	doc      *document
	m        LoadedMapping
	contract Contract
	types    map[string]string // contract column → type
}

func (c *mappingCheck) report(field, message, hint string) {
	c.problems.List = append(c.problems.List, c.doc.problem(field, message, hint))
}

// checkMapping checks what a schema cannot: names of tables, columns and transformations.
func (l *loading) checkMapping(doc *document, m LoadedMapping) {
	c := mappingCheck{loading: l, doc: doc, m: m, types: map[string]string{}}
	contract, ok := l.out.Contracts["silver/"+m.TargetTable]
	if !ok {
		c.report("target_table", fmt.Sprintf("there is no silver table %q", m.TargetTable), didYouMean(m.TargetTable, l.silverTables()))
		return
	}
	c.contract = contract
	for _, col := range contract.Columns {
		c.types[col.Name] = col.Type
	}
	c.columns()
	c.key()
	c.money()
	c.references()
	c.reconstruct()
	c.checks()
}

func (l *loading) silverTables() []string {
	var names []string
	for name := range l.out.Contracts {
		if table, ok := strings.CutPrefix(name, "silver/"); ok {
			names = append(names, table)
		}
	}
	slices.Sort(names)
	return names
}

// column checks that the contract has a column.
func (c *mappingCheck) column(field, name string) bool {
	if _, ok := c.types[name]; ok || name == "" {
		return ok
	}
	c.report(field, fmt.Sprintf("table %s has no column %q", c.m.TargetTable, name), didYouMean(name, c.contract.ColumnNames()))
	return false
}

// value checks that a name is a contract column or a helper column of the mapping.
func (c *mappingCheck) value(field, name string) {
	if slices.ContainsFunc(c.m.Columns, func(col Column) bool { return col.TargetColumn == name }) {
		return
	}
	c.column(field, name)
}

// misspelt tells that a field of an object was not known: what seems to be missing in
// it may only be misspelt.
func (c *mappingCheck) misspelt(at string) bool {
	return slices.ContainsFunc(c.problems.List, func(p Problem) bool {
		return p.File == c.doc.file && parentPath(p.Field) == at && strings.HasPrefix(p.Message, unknownField)
	})
}

// isHelper tells that a target column serves expressions and is not stored.
func isHelper(name string) bool { return strings.HasPrefix(name, "_") }

func (c *mappingCheck) columns() {
	seen := map[string]int{}
	for i, col := range c.m.Columns {
		at := indexPath("columns", i)
		if first, twice := seen[col.TargetColumn]; twice {
			c.report(at+".target_column", fmt.Sprintf("column %q is mapped twice", col.TargetColumn),
				fmt.Sprintf("the other is columns[%d]; several source columns may feed one target: \"source_column\": [\"A\", \"B\"]", first))
		}
		seen[col.TargetColumn] = i
		switch given := len(col.SourceColumn) > 0; {
		case given && col.Expression != "":
			c.report(at, fmt.Sprintf("column %q has both source_column and expression", col.TargetColumn), "give one of them")
		case !given && col.Expression == "" && !c.misspelt(at):
			c.report(at, fmt.Sprintf("column %q has neither source_column nor expression", col.TargetColumn), "give one of them")
		}
		if slices.Contains(col.SourceColumn, "") {
			c.report(at+".source_column", "a column name is empty", "")
		}
		if !isHelper(col.TargetColumn) && c.column(at+".target_column", col.TargetColumn) {
			if want := c.types[col.TargetColumn]; !fits(col.DataType, want) {
				c.report(at+".data_type", fmt.Sprintf("%s does not fit column %s %s", col.DataType, col.TargetColumn, want), "use "+dataTypeFor(want))
			}
		}
		if _, _, isDecimal := decimalOf(col.DataType); !isDecimal && !contains(dataTypes, col.DataType) && col.DataType != "" {
			c.report(at+".data_type", fmt.Sprintf("unknown data type %q", col.DataType), didYouMean(col.DataType, append([]string{"decimal(18,2)"}, dataTypes...)))
		}
		for j, step := range col.Transformation {
			if message, hint := checkStep(step); message != "" {
				c.report(indexPath(at+".transformation", j), message, hint)
			}
		}
	}
}

// dataTypes are the data types of the mapping language beside decimal(p,s).
var dataTypes = []string{"string", "integer", "double", "boolean", "date", "timestamp", "list"}

var decimal = regexp.MustCompile(`(?i)^decimal\( *(\d{1,2}) *, *(\d{1,2}) *\)$`)

func decimalOf(t string) (precision, scale int, ok bool) {
	found := decimal.FindStringSubmatch(t)
	if found == nil {
		return 0, 0, false
	}
	precision, _ = strconv.Atoi(found[1]) // two digits always convert
	scale, _ = strconv.Atoi(found[2])
	return precision, scale, precision >= 1 && precision <= 38 && scale <= precision
}

// fits tells whether every value of a data type can be stored in a contract type
// without changing. An unknown data type is reported elsewhere.
func fits(dataType, contract string) bool {
	precision, scale, isDecimal := decimalOf(contract)
	switch dataType {
	case "string":
		return contract == "VARCHAR"
	case "integer":
		return contract == "INTEGER" || contract == "BIGINT" || contract == "DOUBLE" || isDecimal
	case "double":
		return contract == "DOUBLE"
	case "boolean":
		return contract == "BOOLEAN"
	case "date":
		return contract == "DATE"
	case "timestamp":
		return contract == "TIMESTAMPTZ"
	case "list":
		return contract == "VARCHAR[]"
	}
	if p, s, ok := decimalOf(dataType); ok {
		return contract == "DOUBLE" || (isDecimal && s <= scale && p-s <= precision-scale)
	}
	return true
}

// dataTypeFor is the data type to write for a contract type.
func dataTypeFor(contract string) string {
	switch contract {
	case "VARCHAR":
		return "string"
	case "INTEGER", "BIGINT":
		return "integer"
	case "TIMESTAMPTZ":
		return "timestamp"
	case "VARCHAR[]":
		return "list"
	}
	return strings.ToLower(contract)
}

// key: the mapping's must be the contract's, and every column of it must come from somewhere.
func (c *mappingCheck) key() {
	if len(c.m.Key) == 0 {
		return
	}
	if !sameNames(c.m.Key, c.contract.Key) {
		c.report("key", fmt.Sprintf("the key of table %s is %s, not %s",
			c.m.TargetTable, strings.Join(c.contract.Key, ", "), strings.Join(c.m.Key, ", ")), "")
		return
	}
	for i, name := range c.m.Key {
		mapped := slices.ContainsFunc(c.m.Columns, func(col Column) bool { return col.TargetColumn == name })
		if !mapped && !isAutomatic(name) {
			c.report(indexPath("key", i), fmt.Sprintf("key column %q is not mapped", name), "add it to columns")
		}
	}
}

func (c *mappingCheck) money() {
	for i, m := range c.m.Money {
		at := indexPath("money", i)
		c.value(at+".amount", m.Amount)
		c.value(at+".currency", m.Currency)
		if m.USD != "" {
			c.column(at+".usd", m.USD)
		}
	}
}

func (c *mappingCheck) references() {
	for i, r := range c.m.References {
		at := indexPath("references", i)
		c.column(at+".column", r.Column)
		target, ok := c.out.Contracts["silver/"+r.Table]
		if !ok {
			c.report(at+".table", fmt.Sprintf("there is no silver table %q", r.Table), didYouMean(r.Table, c.silverTables()))
			continue
		}
		if r.LookupBy != "" && !contains(target.ColumnNames(), r.LookupBy) {
			c.report(at+".lookup_by", fmt.Sprintf("table %s has no column %q", r.Table, r.LookupBy), didYouMean(r.LookupBy, target.ColumnNames()))
		}
		if names := c.sourceNames(); r.Namespace != "" && r.Namespace != "none" && !contains(names, r.Namespace) {
			c.report(at+".namespace", fmt.Sprintf("there is no source %q", r.Namespace), didYouMean(r.Namespace, append(names, "none")))
		}
	}
}

func (c *mappingCheck) sourceNames() []string {
	var names []string
	for _, s := range c.out.Pipeline.Sources {
		names = append(names, s.Name)
	}
	return names
}

func (c *mappingCheck) reconstruct() {
	if c.m.Reconstruct == nil {
		return
	}
	for i, name := range c.m.Reconstruct.BlankAfterAsOf {
		c.column(indexPath("reconstruct.blank_after_as_of", i), name)
	}
	o := c.m.Reconstruct.Overlay
	if o == nil {
		return
	}
	for name := range o.Columns {
		c.column("reconstruct.overlay.columns."+name, name)
	}
	history, ok := c.out.Contracts["silver/"+o.Table]
	if !ok {
		c.report("reconstruct.overlay.table", fmt.Sprintf("there is no silver table %q", o.Table), didYouMean(o.Table, c.silverTables()))
		return
	}
	for i, name := range append([]string{o.Key}, o.Order...) {
		if !contains(history.ColumnNames(), name) {
			field := "reconstruct.overlay.key"
			if i > 0 {
				field = indexPath("reconstruct.overlay.order", i-1)
			}
			c.report(field, fmt.Sprintf("table %s has no column %q", o.Table, name), didYouMean(name, history.ColumnNames()))
		}
	}
}

func (c *mappingCheck) checks() {
	names := map[string]bool{}
	for i, check := range c.m.Checks {
		at := indexPath("checks", i)
		if names[check.Name] {
			c.report(at+".name", fmt.Sprintf("check %q is given twice", check.Name), "")
		}
		names[check.Name] = true
		c.column(at+".column", check.Column)
		switch {
		case check.SQL == "" && len(check.Accepted) == 0:
			c.report(at, fmt.Sprintf("check %q has neither accepted nor sql", check.Name), "give one of them")
		case len(check.Accepted) > 0 && check.Column == "":
			c.report(at, fmt.Sprintf("check %q names no column", check.Name), "accepted values are those of a column")
		}
	}
}

// checkContract checks a table contract in itself.
func (l *loading) checkContract(doc *document, name string, c Contract) {
	report := func(field, message, hint string) {
		l.problems.List = append(l.problems.List, doc.problem(field, message, hint))
	}
	if want := c.Layer + "/" + c.Table + ".json"; want != name {
		report("table", fmt.Sprintf("the file is %s, its content says %s", name, want), "name the file after the table")
	}
	types := map[string]string{}
	for i, col := range c.Columns {
		if _, twice := types[col.Name]; twice {
			report(indexPath("columns", i)+".name", fmt.Sprintf("column %q is given twice", col.Name), "")
		}
		types[col.Name] = col.Type
	}
	for i, key := range c.Key {
		if types[key] == "" {
			report(indexPath("key", i), fmt.Sprintf("there is no column %q", key), didYouMean(key, c.ColumnNames()))
		}
	}
	switch {
	case c.Storage == "single" && c.PartitionBy != "":
		report("partition_by", `means nothing with "storage": "single"`, "")
	case c.Storage != "single" && c.PartitionBy == "":
		if c.Storage == "partitioned" || c.Storage == "state" {
			report("partition_by", "field \"partition_by\""+isMissing, fmt.Sprintf("storage %q needs it", c.Storage))
		}
	case c.Storage != "single" && types[c.PartitionBy] == "":
		report("partition_by", fmt.Sprintf("there is no column %q", c.PartitionBy), didYouMean(c.PartitionBy, c.ColumnNames()))
	}
}
