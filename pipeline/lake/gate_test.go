package lake

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestSchemaGate: which columns may come, change and go.
func TestSchemaGate(t *testing.T) {
	prev := &Manifest{Table: "gold/t", Schema: []Column{{1, "id", "VARCHAR"}, {2, "n", "INTEGER"}, {3, "amount", "DECIMAL(18,2)"}, {4, "at", "TIMESTAMPTZ"}}}
	with := func(change func([]Column) []Column) []Column { return change(append([]Column(nil), prev.Schema...)) }
	retype := func(i int, to string) []Column {
		return with(func(c []Column) []Column { c[i].Type = to; return c })
	}
	cases := map[string]struct {
		columns []Column
		by      Migration
		want    string // "" = passes
	}{
		"the same":                  {columns: prev.Schema},
		"another spelling":          {columns: retype(3, "TIMESTAMP WITH TIME ZONE")},
		"a new column":              {columns: append(retype(0, "VARCHAR"), Column{5, "x", "DATE[]"})},
		"wider integer":             {columns: retype(1, "BIGINT")},
		"integer to double":         {columns: retype(1, "DOUBLE")},
		"integer to decimal":        {columns: retype(1, "DECIMAL(18,2)")},
		"wider decimal":             {columns: retype(2, "DECIMAL(20,4)")},
		"narrower integer":          {columns: retype(1, "SMALLINT"), want: "column n would change from INTEGER to SMALLINT"},
		"more scale, fewer digits":  {columns: retype(2, "DECIMAL(18,6)"), want: "amount would change"},
		"decimal to double":         {columns: retype(2, "DOUBLE"), want: "amount would change"},
		"text to number":            {columns: retype(0, "BIGINT"), want: "id would change"},
		"number to text":            {columns: retype(1, "VARCHAR"), want: "n would change"},
		"narrower, allowed":         {columns: retype(1, "SMALLINT"), by: Migration{Retype: []string{"n"}}},
		"dropped":                   {columns: prev.Schema[:3], want: "column at would be dropped"},
		"dropped, allowed":          {columns: prev.Schema[:3], by: Migration{Drop: []string{"AT"}}},
		"renamed":                   {columns: with(func(c []Column) []Column { c[1].Name = "m"; return c }), want: "column n would be dropped"},
		"renamed, allowed":          {columns: with(func(c []Column) []Column { c[1].Name = "m"; return c }), by: Migration{Rename: map[string]string{"n": "m"}}},
		"renamed, allowed, to less": {columns: with(func(c []Column) []Column { c[1] = Column{2, "m", "SMALLINT"}; return c }), by: Migration{Rename: map[string]string{"n": "m"}}, want: "m would change"},
		"camel case":                {columns: append(retype(0, "VARCHAR"), Column{5, "accountId", "DATE"}), want: "snake_case"},
	}
	for _, bad := range []string{"UBIGINT", "HUGEINT", "TIME", "INTERVAL", "TIMESTAMP", "UNION(a INTEGER)", "UUID", "ENUM('a')", "TIMESTAMP_NS", "BIT"} {
		cases["type "+bad] = struct {
			columns []Column
			by      Migration
			want    string
		}{columns: append(retype(0, "VARCHAR"), Column{5, "x", bad}), want: "which not every reader knows"}
	}
	for name, c := range cases {
		err := CheckSchema("gold/t", prev, c.columns, c.by)
		var e *SchemaError
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !errors.As(err, &e) || !strings.Contains(e.Hint(), `"migrations"`)) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	// The hint is the migration of this very change.
	for want, columns := range map[string][]Column{`"rename": {"n":"m"}`: with(func(c []Column) []Column { c[1].Name = "m"; return c }),
		`"drop": ["at"]`: prev.Schema[:3], `"retype": ["n"]`: retype(1, "SMALLINT"),
		`"drop": ["n"]`: append([]Column{prev.Schema[0], prev.Schema[2], prev.Schema[3]}, Column{5, "m", "INTEGER"}, Column{6, "o", "INTEGER"})} {
		var e *SchemaError
		if err := CheckSchema("gold/t", prev, columns, Migration{}); !errors.As(err, &e) || !strings.Contains(e.Hint(), `[{"table": "gold/t", `+want+`}]`) {
			t.Errorf("want %s: %v", want, err)
		}
	}
	wrong := Migration{Rename: map[string]string{"nn": "m"}}
	if err := CheckSchema("gold/t", prev, prev.Schema[:3], wrong); err == nil || !strings.Contains(err.Error(), "renames nn, which the table does not have") {
		t.Errorf("a rename of nothing: %v", err)
	}
	if err := CheckSchema("bronze/crm/account", nil, []Column{{1, "Weird Name", "UBIGINT"}}, Migration{}); err != nil {
		t.Errorf("bronze: %v", err)
	}
}

// TestPublishGate: what does not pass is not published, and a rename keeps the field id.
func TestPublishGate(t *testing.T) {
	fixtures := makeParquet(t, map[string]string{"old": rowsQuery("a", 2), "new": "SELECT 'a' AS id, 1::DECIMAL(18,2) AS total"})
	l := mustLake(t, Options{})
	publishOne(t, l, "R1", Publish{}, map[string]string{"gold/accounts": filepath.Join(fixtures, "old.src")})
	before := mustHead(t, l)
	snapshot, err := l.Snapshot(before)
	if err != nil {
		t.Fatal(err)
	}
	prev, err := snapshot.Manifest("gold/accounts")
	if err != nil {
		t.Fatal(err)
	}
	by := Migration{Rename: map[string]string{"amount": "total"}}
	for _, c := range []struct {
		name       string
		migrations map[string]Migration
		schema     []Column
		bad        bool
	}{
		{"without a migration", nil, AssignIDs(prev, []Column{{Name: "id", Type: "VARCHAR"}, {Name: "total", Type: "DECIMAL(18,2)"}}), true},
		{"with it", map[string]Migration{"gold/accounts": by}, AssignIDs(prev.Migrated(by), []Column{{Name: "id", Type: "VARCHAR"}, {Name: "total", Type: "DECIMAL(18,2)"}}), false},
	} {
		err := l.change(t.Context(), "R2", func(tx *Tx, _ *Commit) error {
			f, err := stage(tx, filepath.Join(fixtures, "new.src"), "gold/accounts", FileOptions{})
			if err != nil {
				return err
			}
			_, err = tx.Publish(t.Context(), Publish{Migrations: c.migrations,
				Tables: map[string]Manifest{"gold/accounts": {Storage: StorageSingle, Schema: c.schema, Files: []File{f}}}})
			return err
		})
		var e *SchemaError
		if errors.As(err, &e) != c.bad || !c.bad && err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	snapshot, err = l.Snapshot(mustHead(t, l))
	if err != nil {
		t.Fatal(err)
	}
	m, err := snapshot.Manifest("gold/accounts")
	if err != nil || m.Schema[1] != (Column{2, "total", "DECIMAL(18,2)"}) || len(m.Dropped) != 0 {
		t.Errorf("%+v, %v", m, err)
	}
	wantClean(t, l)
}
