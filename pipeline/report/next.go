package report

import (
	"fmt"
	"path/filepath"
)

// NextSteps tells a newcomer what there is now and what to try.
func NextSteps(lake, config string, s Style) string {
	current := filepath.Join(shortPath(lake), "current")
	tables, views := filepath.Join(current, "gold"), filepath.Join(current, "customer360.duckdb")
	return fmt.Sprintf(`
%s
  %-*s   a file for each table, a folder for those kept by month or date; also silver and ops beside it
  %-*s   all of them as views, for any DuckDB

%s
  bin/pipeline query --config %s "SELECT account_name, region, revenue_ttm_usd, overdue_usd FROM gold.customer_360 ORDER BY revenue_ttm_usd DESC NULLS LAST LIMIT 10"
  bin/pipeline rejects --config %s     what was refused, and why
  bin/pipeline run --config %s         again: nothing is new, nothing is done
`, s.Bold("What you have"), len(views), tables, len(views), views,
		s.Bold("What to try next"), config, config, config)
}

// shortPath shows a path relative to the working directory where that is shorter.
func shortPath(p string) string {
	wd, err := filepath.Abs(".")
	if err != nil {
		return p
	}
	if rel, err := filepath.Rel(wd, p); err == nil && len(rel) < len(p) {
		return rel
	}
	return p
}
