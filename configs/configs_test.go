package configs_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/schemas"
)

// computed are the columns the silver compiler fills itself.
var computed = map[string]bool{
	"source_system": true, "source_region": true, "known_at": true, "known_at_basis": true,
	"record_hash": true, "is_deleted": true, "fx_rate": true, "fx_rate_date": true, "fx_status": true,
}

// historyColumns are filled by the compiler where a mapping keeps every version.
var historyColumns = map[string]bool{"valid_from": true, "valid_to": true, "is_current": true, "change_source": true}

// helper columns begin with an underscore; they feed expressions and are not stored.
func isHelper(name string) bool { return strings.HasPrefix(name, "_") }

type mappingFile struct {
	path string // slash path below the repository
	set  string
	config.Mapping
}

func TestMappings(t *testing.T) {
	contracts := loadContracts(t)
	unmapped := loadUnmapped(t)
	used := map[string]map[string]bool{}
	for _, m := range loadMappings(t) {
		t.Run(m.path, func(t *testing.T) {
			id := m.set + "/" + strings.TrimSuffix(filepath.Base(m.path), ".json")
			used[id] = map[string]bool{}
			c, ok := contracts[m.TargetTable]
			if !ok {
				t.Fatalf("target table %q has no contract", m.TargetTable)
			}
			base := strings.TrimSuffix(filepath.Base(m.path), ".json")
			if table, _, _ := strings.Cut(base, "__"); table != m.TargetTable {
				t.Errorf("the file name says %s, target_table says %s", table, m.TargetTable)
			}
			if !slices.Equal(m.Key, c.Key) {
				t.Errorf("key %v, the contract says %v", m.Key, c.Key)
			}
			checkColumns(t, m, c, unmapped[id], used[id])
			checkMoney(t, m, c, unmapped[id]["*"] != "")
			checkReferences(t, m, contracts)
			checkNames(t, m)
		})
	}
	for id, columns := range unmapped {
		for column := range columns {
			if !used[id][column] {
				t.Errorf("unmapped.json: %s.%s is mapped, or does not exist", id, column)
			}
		}
	}
}

// checkColumns compares what a mapping fills with what the contract promises.
func checkColumns(t *testing.T, m mappingFile, c config.Contract, unmapped map[string]string, used map[string]bool) {
	t.Helper()
	types := map[string]config.ContractColumn{}
	for _, col := range c.Columns {
		types[col.Name] = col
	}
	filled := map[string]bool{}
	for _, money := range m.Money {
		filled[money.USD] = true
	}
	for _, col := range m.Columns {
		if filled[col.TargetColumn] {
			t.Errorf("%s is filled twice", col.TargetColumn)
		}
		filled[col.TargetColumn] = true
		if len(col.SourceColumn) == 0 && col.Expression == "" {
			t.Errorf("%s has neither source_column nor expression", col.TargetColumn)
		}
		if isHelper(col.TargetColumn) {
			continue
		}
		want, ok := types[col.TargetColumn]
		if !ok {
			t.Errorf("%s is not a column of silver.%s", col.TargetColumn, m.TargetTable)
			continue
		}
		if !compatible(col.DataType, want.Type) {
			t.Errorf("%s is %s, the contract says %s", col.TargetColumn, col.DataType, want.Type)
		}
		if col.Nullable && !want.Nullable {
			t.Errorf("%s is nullable, the contract says it is not", col.TargetColumn)
		}
	}
	for _, col := range c.Columns {
		switch reason, listed := unmapped[col.Name]; {
		case filled[col.Name], computed[col.Name], m.Mode == "history" && historyColumns[col.Name]:
		case listed && reason != "":
			used[col.Name] = true
		case unmapped["*"] != "": // of a file that holds next to nothing, for all the rest
			used["*"] = true
		default:
			t.Errorf("%s is neither mapped nor listed with a reason in testdata/unmapped.json", col.Name)
		}
	}
}

func compatible(dataType, contractType string) bool {
	want := map[string][]string{
		"string": {"VARCHAR"}, "integer": {"INTEGER", "BIGINT"}, "double": {"DOUBLE"}, "boolean": {"BOOLEAN"},
		"date": {"DATE"}, "timestamp": {"TIMESTAMPTZ"}, "list": {"VARCHAR[]"},
	}[dataType]
	if strings.HasPrefix(dataType, "decimal(") {
		want = []string{strings.ToUpper(strings.ReplaceAll(dataType, " ", ""))}
	}
	return slices.Contains(want, contractType)
}

func checkMoney(t *testing.T, m mappingFile, c config.Contract, sparse bool) {
	t.Helper()
	names := targets(m)
	for _, money := range m.Money {
		if !names[money.Amount] || !names[money.Currency] {
			t.Errorf("money %s in %s: both must be target columns", money.Amount, money.Currency)
		}
		if money.USD != "" && !slices.ContainsFunc(c.Columns, func(x config.ContractColumn) bool { return x.Name == money.USD }) {
			t.Errorf("money column %s is not in the contract", money.USD)
		}
		if money.RateDate == "" {
			t.Errorf("money %s has no rate_date", money.Amount)
		}
	}
	if sparse && len(m.Money) == 0 {
		return // a file that holds next to nothing, which unmapped.json gives the reason for
	}
	if hasColumn(c, "fx_rate") != (len(m.Money) > 0) {
		t.Errorf("the contract has rate columns: %v, the mapping declares %d amounts", hasColumn(c, "fx_rate"), len(m.Money))
	}
}

func hasColumn(c config.Contract, name string) bool {
	return slices.ContainsFunc(c.Columns, func(x config.ContractColumn) bool { return x.Name == name })
}

func checkReferences(t *testing.T, m mappingFile, contracts map[string]config.Contract) {
	t.Helper()
	names := targets(m)
	for _, r := range m.References {
		if !names[r.Column] {
			t.Errorf("reference %s is not a target column", r.Column)
		}
		to, ok := contracts[r.Table]
		if !ok {
			t.Errorf("reference %s: no table silver.%s", r.Column, r.Table)
		}
		if r.LookupBy != "" && !hasColumn(to, r.LookupBy) {
			t.Errorf("reference %s: silver.%s has no column %s", r.Column, r.Table, r.LookupBy)
		}
	}
}

// checkNames finds columns of checks and overlays that do not exist.
func checkNames(t *testing.T, m mappingFile) {
	t.Helper()
	names := targets(m)
	if helper := regexp.MustCompile(`\b_[a-z]\w*`).FindString(m.EventDate); helper != "" {
		t.Errorf("event_date uses %s, which is not stored", helper)
	}
	for _, check := range m.Checks {
		if check.Column != "" && !names[check.Column] {
			t.Errorf("check %s: no column %s", check.Name, check.Column)
		}
	}
	if m.Reconstruct == nil {
		return
	}
	for _, col := range m.Reconstruct.BlankAfterAsOf {
		if !names[col] {
			t.Errorf("blank_after_as_of: no column %s", col)
		}
	}
	if o := m.Reconstruct.Overlay; o != nil {
		for col := range o.Columns {
			if !names[col] {
				t.Errorf("overlay: no column %s", col)
			}
		}
	}
}

func targets(m mappingFile) map[string]bool {
	names := map[string]bool{}
	for _, col := range m.Columns {
		names[col.TargetColumn] = true
	}
	return names
}

// TestExportConfigurations loads every configuration of tests/exports, and with them
// the mapping sets they use, as the program does.
func TestExportConfigurations(t *testing.T) {
	files, err := filepath.Glob("../tests/exports/*/pipeline.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no configurations: %v", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(filepath.Dir(f)), func(t *testing.T) {
			loader := config.Loader{Env: os.LookupEnv, Configs: configs.FS, Schemas: schemas.FS}
			if _, err := loader.Load(f); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestNoClockInMappings keeps the mappings free of what would make a silver table depend on
// the day it is built.
func TestNoClockInMappings(t *testing.T) {
	clock := regexp.MustCompile(`(?i)\b(now\(\)|current_date|current_timestamp|today\(\)|get_current_timestamp)`)
	for _, m := range loadMappings(t) {
		text, err := json.Marshal(m.Mapping)
		if err != nil {
			t.Fatal(err)
		}
		if hit := clock.Find(text); hit != nil {
			t.Errorf("%s uses the wall clock: %s", m.path, hit)
		}
	}
}

func loadMappings(t *testing.T) []mappingFile {
	t.Helper()
	var files []string
	for _, pattern := range []string{"bronze_to_silver/*/*.json", "../tests/exports/*/bronze_to_silver/*/*.json"} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	sort.Strings(files)
	if len(files) == 0 {
		t.Fatal("no mappings found")
	}
	var all []mappingFile
	for _, f := range files {
		m := mappingFile{path: filepath.ToSlash(f), set: filepath.Base(filepath.Dir(f))}
		if strings.HasPrefix(m.path, "../tests/exports/") {
			m.set = strings.Split(m.path, "/")[3] + "/" + m.set
		}
		decode(t, f, &m.Mapping)
		all = append(all, m)
	}
	return all
}

func loadContracts(t *testing.T) map[string]config.Contract {
	t.Helper()
	files, err := filepath.Glob("../schemas/tables/silver/*.json")
	if err != nil || len(files) == 0 {
		t.Fatalf("no contracts: %v", err)
	}
	all := map[string]config.Contract{}
	for _, f := range files {
		var c config.Contract
		decode(t, f, &c)
		all[c.Table] = c
	}
	return all
}

// loadUnmapped reads which contract columns a mapping leaves NULL, and why.
func loadUnmapped(t *testing.T) map[string]map[string]string {
	t.Helper()
	all := map[string]map[string]string{}
	decode(t, "testdata/unmapped.json", &all)
	return all
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
