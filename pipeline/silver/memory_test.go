package silver

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/customer360/pipeline/pipeline/engine"
)

// TestSpills: tables larger than the memory there is are cleaned, sorted and accounted for,
// of several sources, whether their rows go through or are refused.
func TestSpills(t *testing.T) {
	if testing.Short() {
		t.Skip("cleans three million rows in all; make test-all runs it")
	}
	const large, small = 800_000, 10
	sources := []string{"a", "b", "c"}
	for name, c := range map[string]struct {
		asset           string
		silver, refused int64
	}{
		"refused": {"02iKe%011d", 0, 2*large + small}, // one character too many for an id
		"clean":   {"02iKe%010d", 2*large + small, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			sess := sessionOf(t, engine.Options{Threads: 2, MemoryLimit: "200MB", TempDirectory: filepath.Join(dir, "spill")})
			p := compileObject(t, contracts(t), "usage", "usage_daily", sources...)
			in := BuildInput{AsOf: "2026-03-31", Bronze: map[string][]string{}, Silver: map[string][]string{}, ClusterRows: 1}
			build := func(load int, night string, rows map[string]int) BuildResult {
				for i, s := range sources {
					if n := rows[s]; n > 0 {
						path := filepath.Join(dir, s+night)
						usageBronze(t, sess, path, s, load*10+i, n, c.asset)
						in.Bronze[s+"/usage_daily"] = append(in.Bronze[s+"/usage_daily"], path)
					}
				}
				return buildTable(t, p, sess, "usage_daily", in, filepath.Join(dir, night))
			}
			first := build(1, "first", map[string]int{"a": small, "b": small, "c": small})
			in.Held = &Held{Parts: first.Parts, RejectedRows: []string{first.RejectedRows.Path}, RejectedValues: []string{first.RejectedValues.Path}}
			second := build(2, "second", map[string]int{"b": large, "c": large})
			var silver, refused int64
			for _, n := range second.Counts {
				silver, refused = silver+n.Silver, refused+n.Rejected
			}
			if silver != c.silver || refused != c.refused || second.RejectedRows.Rows != refused {
				t.Errorf("%d rows went through and %d were refused, %d of them written; want %d and %d", silver, refused, second.RejectedRows.Rows, c.silver, c.refused)
			}
		})
	}
}

// usageBronze writes usage of one service per row as bronze would; its asset's id is made by
// a format of the row's number.
func usageBronze(t *testing.T, sess engine.Session, path, source string, file, rows int, asset string) {
	t.Helper()
	query := fmt.Sprintf(`SELECT (DATE '2020-01-01' + (i %% 2000)::INTEGER)::VARCHAR AS usage_date, '001K' || %s || lpad(i::VARCHAR, 10, '0') AS account_id,
  printf(%s, i) AS asset_id, '01tKe0000000001IAA' AS product_id, 'data' AS usage_type, (i %% 997)::VARCHAR AS quantity, 'GB' AS unit, NULL::VARCHAR AS allowance,
  %s AS _source_system, 'x' AS _source_region, 'usage_daily' AS _source_object, 'f' AS _source_file, TIMESTAMPTZ '2026-03-01' AS _extracted_at, NULL::TIMESTAMPTZ AS _watermark,
  '01A' AS _batch_id, (%d::BIGINT << 32) + i AS _seq, unhex(md5(i::VARCHAR)) AS _row_hash, false AS _is_deleted
FROM range(%d) r(i)`, lit(source), lit(asset), lit(source), file, rows)
	if _, err := sess.WriteParquet(context.Background(), query, path, nil); err != nil {
		t.Fatal(err)
	}
}
