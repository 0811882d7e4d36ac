package salesforce

import (
	"sync/atomic"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/source/salesforce/client"
)

// budget bounds the calls of a run. It is asked before every call, retries included.
type budget struct {
	source string
	bounds config.SalesforceBudget
	usage  func() client.Usage
	calls  atomic.Int64
}

// free are calls that the org does not count, and those that clean up after others.
var free = map[client.Kind]bool{client.KindLogin: true, client.KindVersions: true, client.KindBulkEnd: true}

// before refuses a call beyond the bounds.
func (b *budget) before(kind client.Kind) error {
	if free[kind] {
		return nil
	}
	used := b.calls.Load()
	gauge := b.usage().Org
	if gauge.Known && gauge.Max > 0 {
		if gauge.Used*100 >= gauge.Max*int64(b.bounds.OrgPercent) {
			return &BudgetError{Source: b.source, Used: gauge.Used, Max: gauge.Max, Percent: b.bounds.OrgPercent}
		}
		if used*100 >= gauge.Max*int64(b.bounds.RunPercent) {
			return &BudgetError{Source: b.source, Used: used, Max: gauge.Max, Percent: b.bounds.RunPercent, ByRun: true}
		}
	}
	b.calls.Add(1)
	return nil
}
