package ops

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"github.com/customer360/pipeline/pipeline/engine"
)

// Feed is one object of one source, and the silver table it feeds ("" = none).
type Feed struct {
	Source, Region, Object string
	SilverTable            string
	EventSQL               string // over the silver table's columns: when the thing happened
	HasAccount             bool   // the silver table has account_id
	Loaded                 bool   // at least one file was ever loaded: no rows then means zero
	BronzeRows             int64
	FirstExportedAt        *time.Time // earliest export time of its files, if known
	ExportedAt             *time.Time // greatest export time of its files, if known
}

// Coverage measures what each object of each region covers, from the silver tables
// registered in the session. "Missing is not zero" rests on it: a metric is 0 only
// where its source is available.
func Coverage(ctx context.Context, sess engine.Session, run string, feeds []Feed) ([]Row, error) {
	type key struct{ object, region, table string }
	var order []key
	merged := map[key]Row{}
	for _, f := range feeds {
		row, err := measure(ctx, sess, f)
		if err != nil {
			return nil, fmt.Errorf("coverage of %s in %s: %w", f.Object, f.Region, err)
		}
		k := key{f.Object, f.Region, f.SilverTable}
		old, ok := merged[k]
		if !ok {
			row["run_id"], row["source_object"], row["source_region"], row["silver_table"] = run, f.Object, f.Region, f.SilverTable
			merged[k] = row
			order = append(order, k)
			continue
		}
		merged[k] = combine(old, row)
	}
	rows := make([]Row, len(order))
	for i, k := range order {
		rows[i] = merged[k]
	}
	return rows, nil
}

func measure(ctx context.Context, sess engine.Session, f Feed) (Row, error) {
	row := Row{"is_available": f.Loaded, "row_count": f.BronzeRows}
	if f.FirstExportedAt != nil {
		row["first_exported_at"] = f.FirstExportedAt.UTC().Format(time.RFC3339Nano)
	}
	if f.ExportedAt != nil {
		row["last_exported_at"] = f.ExportedAt.UTC().Format(time.RFC3339Nano)
	}
	if f.SilverTable == "" {
		return row, nil
	}
	covered := "NULL::BIGINT"
	if f.HasAccount {
		covered = "count(DISTINCT account_id)"
	}
	query := fmt.Sprintf(`SELECT count(*), min(CAST(%s AS TIMESTAMPTZ)), max(CAST(%s AS TIMESTAMPTZ)), %s,
		(SELECT count(*) FROM silver.account WHERE source_region = $2)
		FROM silver.%s WHERE source_system = $1`, f.EventSQL, f.EventSQL, covered, engine.Ident(f.SilverTable))
	rows, err := sess.Query(ctx, query, f.Source, f.Region)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var n int64
	var first, last sql.NullTime
	var accounts, all sql.NullInt64
	if rows.Next() {
		if err := rows.Scan(&n, &first, &last, &accounts, &all); err != nil {
			return nil, err
		}
	}
	row["row_count"] = n
	if first.Valid {
		row["first_event_at"], row["last_event_at"] = first.Time.UTC().Format(time.RFC3339Nano), last.Time.UTC().Format(time.RFC3339Nano)
	}
	if accounts.Valid && all.Int64 > 0 {
		row["account_coverage"] = float64(accounts.Int64) / float64(all.Int64)
	}
	return row, rows.Err()
}

// combine adds up two sources of one region. Accounts are not told apart here, so the
// better covering source speaks for both.
func combine(a, b Row) Row {
	a["is_available"] = a["is_available"].(bool) || b["is_available"].(bool)
	a["row_count"] = a["row_count"].(int64) + b["row_count"].(int64)
	for _, k := range []string{"first_event_at", "last_event_at", "first_exported_at", "last_exported_at"} {
		x, okX := a[k].(string)
		y, okY := b[k].(string)
		if okY && (!okX || strings.HasPrefix(k, "first_") == (y < x)) {
			a[k] = y
		}
	}
	if y, ok := b["account_coverage"].(float64); ok {
		if x, ok := a["account_coverage"].(float64); !ok || y > x {
			a["account_coverage"] = y
		}
	}
	return a
}
