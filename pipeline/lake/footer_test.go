package lake

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFooterBounds(t *testing.T) {
	long := strings.Repeat("é", 40)
	for name, c := range map[string]struct{ query, min, max string }{
		"text":              {"SELECT unnest(['b', 'a', NULL]) AS c", "a", "b"},
		"empty text":        {"SELECT unnest(['', 'x']) AS c", "", "x"},
		"date":              {"SELECT unnest([DATE '1969-12-31', DATE '2026-02-28']) AS c", "1969-12-31", "2026-02-28"},
		"timestamptz":       {"SELECT unnest([TIMESTAMPTZ '1969-12-31 23:59:59.5+00', TIMESTAMPTZ '2026-01-01 01:00:00+00']) AS c", "1969-12-31T23:59:59.5Z", "2026-01-01T01:00:00Z"},
		"small decimal":     {"SELECT unnest([-0.05, 12.30])::DECIMAL(4,2) AS c", "-0.05", "12.30"},
		"decimal":           {"SELECT unnest([-10.5, 2])::DECIMAL(18,6) AS c", "-10.500000", "2.000000"},
		"wide decimal":      {"SELECT unnest([-10.5, 2])::DECIMAL(38,2) AS c", "-10.50", "2.00"},
		"bigint":            {"SELECT unnest([-5, 4294967296])::BIGINT AS c", "-5", "4294967296"},
		"integer":           {"SELECT unnest([-5, 7])::INTEGER AS c", "-5", "7"},
		"smallint":          {"SELECT unnest([-5, 7])::SMALLINT AS c", "-5", "7"},
		"double":            {"SELECT unnest([-0.5, 1e100]) AS c", "-0.5", "1e+100"},
		"boolean":           {"SELECT unnest([true, false]) AS c", "false", "true"},
		"all null":          {"SELECT NULL::VARCHAR AS c FROM range(3)", "", ""},
		"no rows":           {"SELECT 1 AS c WHERE false", "", ""},
		"list has none":     {"SELECT [1, 2] AS c", "", ""},
		"blob has none":     {"SELECT 'abc'::BLOB AS c", "", ""},
		"many row groups":   {"SELECT (i * 7919 % 300007)::BIGINT AS c FROM range(300007) t(i)", "0", "300006"},
		"groups of NULLs":   {"SELECT CASE WHEN i > 200000 THEN i END AS c FROM range(300000) t(i)", "200001", "299999"},
		"long text, if any": {"SELECT '" + long + "' AS c", strings.Repeat("é", boundLength), strings.Repeat("é", boundLength-1) + "ê"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := makeParquet(t, map[string]string{"f": c.query})
			f, err := readFooter(filepath.Join(dir, "f.src"))
			if err != nil {
				t.Fatal(err)
			}
			if name == "long text, if any" && len(f.min)+len(f.max) == 0 {
				t.Skip("the engine writes no bounds for long text")
			}
			want := map[string]map[string]string{"min": {}, "max": {}}
			if c.max != "" {
				want["min"]["c"], want["max"]["c"] = c.min, c.max
			}
			if diff := cmp.Diff(want, map[string]map[string]string{"min": f.min, "max": f.max}); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestCutHigh(t *testing.T) {
	top := "\U0010FFFF"
	for in, want := range map[string]string{
		"short":                       "short",
		strings.Repeat("a", 33):       strings.Repeat("a", 31) + "b",
		strings.Repeat(top, 33):       "",
		"a" + strings.Repeat(top, 40): "b",
	} {
		if got := cutHigh(in); got != want {
			t.Errorf("cutHigh(%q) = %q, want %q", in, got, want)
		}
	}
}
