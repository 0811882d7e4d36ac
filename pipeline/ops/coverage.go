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
	t, err := newTables(ctx, sess)
	if err != nil {
		return nil, fmt.Errorf("coverage: %w", err)
	}
	var order []key
	merged := map[key]Row{}
	for _, f := range feeds {
		row, err := t.measure(ctx, f)
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

func (t *tables) measure(ctx context.Context, f Feed) (Row, error) {
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
	found, err := t.of(ctx, f)
	if err != nil {
		return nil, err
	}
	row["row_count"] = found.rows
	if found.first.Valid {
		row["first_event_at"], row["last_event_at"] = found.first.Time.UTC().Format(time.RFC3339Nano), found.last.Time.UTC().Format(time.RFC3339Nano)
	}
	if all := t.accounts[f.Region]; f.HasAccount && all > 0 {
		row["account_coverage"] = float64(found.accounts) / float64(all)
	}
	return row, nil
}

// tables are silver tables, measured once for all sources that feed them.
type tables struct {
	sess     engine.Session
	accounts map[string]int64 // by region
	measured map[string]map[string]measured
}

// measured is what a table holds of one source.
type measured struct {
	rows, accounts int64
	first, last    sql.NullTime
}

// newTables counts the accounts of the regions.
func newTables(ctx context.Context, sess engine.Session) (*tables, error) {
	t := &tables{sess: sess, accounts: map[string]int64{}, measured: map[string]map[string]measured{}}
	rows, err := sess.Query(ctx, "SELECT source_region, count(*) FROM silver.account WHERE source_region IS NOT NULL GROUP BY source_region")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var region string
		var n int64
		if err := rows.Scan(&region, &n); err != nil {
			return nil, err
		}
		t.accounts[region] = n
	}
	return t, rows.Err()
}

// of is what the table that a feed feeds holds of its source.
func (t *tables) of(ctx context.Context, f Feed) (measured, error) {
	covered := "0"
	if f.HasAccount {
		covered = "count(DISTINCT account_id)"
	}
	query := fmt.Sprintf(`SELECT source_system, count(*), min(CAST(%[1]s AS TIMESTAMPTZ)), max(CAST(%[1]s AS TIMESTAMPTZ)), %[2]s
		FROM silver.%[3]s WHERE source_system IS NOT NULL GROUP BY source_system`, f.EventSQL, covered, engine.Ident(f.SilverTable))
	if t.measured[query] != nil {
		return t.measured[query][f.Source], nil
	}
	rows, err := t.sess.Query(ctx, query)
	if err != nil {
		return measured{}, err
	}
	defer rows.Close()
	found := map[string]measured{}
	for rows.Next() {
		var source string
		var m measured
		if err := rows.Scan(&source, &m.rows, &m.first, &m.last, &m.accounts); err != nil {
			return measured{}, err
		}
		found[source] = m
	}
	t.measured[query] = found
	return found[f.Source], rows.Err()
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
