package gold_test

import (
	"io/fs"
	"strings"
	"testing"
)

// The checks of keys are written out, one SELECT per table. A table added to the
// contracts must be added to them, with the columns of its key.
func TestKeyChecksNameEveryTable(t *testing.T) {
	opt := options(t)
	text := map[string]string{}
	for _, layer := range []string{"silver", "gold"} {
		data, err := fs.ReadFile(opt.SQL, "checks/"+layer+"_keys.sql")
		if err != nil {
			t.Fatal(err)
		}
		text[layer] = strings.ReplaceAll(string(data), `"`, "")
	}
	for _, c := range opt.Contracts {
		sql, ok := text[c.Layer]
		if !ok || strings.HasPrefix(c.Table, "rejected_") {
			continue // rejects are keyed by the sequence of their source row
		}
		want := "FROM " + c.Layer + "." + c.Table + "\nGROUP BY " + strings.Join(c.Key, ", ") + " HAVING"
		if !strings.Contains(sql, want) {
			t.Errorf("sql/checks/%s_keys.sql has no SELECT for %s.%s by %s", c.Layer, c.Layer, c.Table, strings.Join(c.Key, ", "))
		}
	}
}
