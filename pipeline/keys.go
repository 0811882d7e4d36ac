package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/gold"
)

// maxKeySamples is how many broken keys a result names.
const maxKeySamples = 5

// checkedKeys tells whether a table's key is looked at: rejects are keyed by the sequence
// of their source rows and may hold several of one.
func checkedKeys(table, layer string) bool {
	return strings.HasPrefix(table, layer+"/") && !strings.HasPrefix(table, layer+"/rejected_")
}

// keys examines the keys of a layer's tables: unique, and never NULL.
func (c checks) keys(ctx context.Context, layer string, tables []string) (CheckResult, error) {
	res := keyResult(layer)
	sess, err := c.engine.Session(ctx)
	if err != nil {
		return res, err
	}
	defer sess.Close()
	for _, table := range tables {
		files, err := c.files(table)
		if err != nil {
			return res, err
		}
		contract := c.cfg.Contracts[table]
		if len(files) == 0 || len(contract.Key) == 0 {
			continue
		}
		if err := sess.RegisterParquet(ctx, contract.Layer, contract.Table, c.paths(files, nil), columnsOf(contract)); err != nil {
			return res, err
		}
		found, err := gold.ExamineKey(ctx, sess, engine.Ident(contract.Layer)+"."+engine.Ident(contract.Table), contract.Key, contract.Key)
		if err != nil {
			return res, err
		}
		res.TotalRows += found.Rows
		res.FailingRows += found.Broken()
		if found.Doubles > 0 {
			res.SampleKeys = append(res.SampleKeys, contract.Table+"|"+found.Sample)
		}
		for _, n := range found.Nulls {
			res.SampleKeys = append(res.SampleKeys, fmt.Sprintf("%s: %s is NULL in %d rows", contract.Table, n.Column, n.Rows))
		}
	}
	res.SampleKeys = res.SampleKeys[:min(len(res.SampleKeys), maxKeySamples)]
	res.Passed = res.FailingRows == 0
	return res, nil
}

func keyResult(layer string) CheckResult {
	return CheckResult{ID: layer + "_keys", Table: layer, Dimension: "uniqueness", Severity: "error", Passed: true,
		About: "Keys of " + layer + " tables are unique and never NULL. A double key means that a join multiplies rows."}
}

// checkKeys tells of the keys of the tables that this run built; the others were examined
// when they were built. A gold model with a broken key is no table at all: its build
// fails, so for gold only the rows are counted.
func (u *run) checkKeys(ctx context.Context, c checks) ([]CheckResult, error) {
	var built []string
	goldKeys := keyResult("gold")
	for table := range u.state.built {
		if checkedKeys(table, "silver") {
			built = append(built, table)
		}
		if checkedKeys(table, "gold") {
			goldKeys.TotalRows += u.state.rows(table)
		}
	}
	slices.Sort(built)
	silverKeys, err := c.keys(ctx, "silver", built)
	return []CheckResult{silverKeys, goldKeys}, err
}
