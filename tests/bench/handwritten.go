package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// handWritten is one big silver table as someone would write it who knew that the data
// is clean: no rules, no rejects, no accounts of what became of the rows.
const handWritten = `WITH all_rows AS (
  SELECT CaseId, OldValue, NewValue, Field, CreatedById, Id, CreatedDate, _seq, _row_hash, _source_system, _source_region FROM read_parquet('%s/bronze/sf_*/casehistory/*.parquet', union_by_name = true)
),
typed AS (
  SELECT trim(Id) AS case_history_id, trim(CaseId) AS case_id, lower(trim(Field)) AS field, nullif(trim(OldValue), '') AS old_value, nullif(trim(NewValue), '') AS new_value,
    trim(CreatedById) AS changed_by_id,
    coalesce(TRY_CAST(CreatedDate AS TIMESTAMPTZ), timezone('Africa/Nairobi', try_strptime(CreatedDate, '%%d/%%m/%%Y %%H:%%M:%%S'))) AS changed_at,
    _source_system AS source_system, _source_region AS source_region, lower(hex(_row_hash)) AS record_hash, _seq
  FROM all_rows
)
SELECT * EXCLUDE (_seq) FROM typed WHERE changed_at < TIMESTAMPTZ '2026-11-01 00:00:00+00'
QUALIFY row_number() OVER (PARTITION BY case_history_id ORDER BY changed_at DESC, _seq DESC) = 1
ORDER BY case_history_id`

// handWritten puts the build of one table beside a query by hand.
func (b bench) handWritten(ctx context.Context, t *table) error {
	var hand script
	hand.add(copyTo(fmt.Sprintf(handWritten, b.path("lake")), "case_history"))
	if err := hand.save(b.path("hand.json")); err != nil {
		return err
	}
	s, err := b.pairs(func() error { return os.RemoveAll(b.path("bare")) }, func() *exec.Cmd { return b.bare(ctx, "hand.json") },
		func() *exec.Cmd {
			cmd := b.layer(ctx, "exports", "lake", "silver")
			cmd.Args = append(cmd.Args, "--table", "case_history")
			return cmd
		})
	if err != nil {
		return err
	}
	t.row("silver case_history alone", s[1], 0, sample{})
	t.row("  hand-written query, clean data", s[0], 0, sample{})
	return nil
}
