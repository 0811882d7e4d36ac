package pipeline

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/customer360/pipeline/pipeline/gold"
	"github.com/customer360/pipeline/pipeline/lake"
)

// modelWork names what is kept of gold models between runs.
const modelWork = "gold"

// keptReason is the reason of a step whose result an earlier run had left.
const keptReason = "kept from a run that did not finish"

// worthKeeping is how long a model must take: keeping it costs a few syncs of the disk, and
// what is built about as fast is built anew.
const worthKeeping = 100 * time.Millisecond

// keptOrRun gives the files of a model: those that an earlier run finished and did not live
// to publish, if they were made from what there is now, else it builds and keeps them. So a
// run that is killed, or fails, costs the models it was at and no more.
func (u *run) keptOrRun(ctx context.Context, m gold.Model, in gold.BuildInput, fp fingerprint) (files []lake.StagedFile, kept bool, err error) {
	if u.draft != nil || u.opt.Out != "" { // nothing of it is published
		files, err = u.runModel(ctx, m, in)
		return files, false, err
	}
	key, err := u.modelKey(m, fp)
	if err != nil {
		return nil, false, err
	}
	if !u.opt.FullRefresh {
		if files, kept, err = u.tx.TakeUp(modelWork, m.Table(), key); kept || err != nil {
			return files, kept, err
		}
	}
	began := u.Now()
	files, err = u.runModel(ctx, m, in)
	// Parts that stay are published already; the next run finds them itself.
	published := func(f lake.StagedFile) bool { return f.Part == "" }
	if err == nil && u.Now().Sub(began) >= worthKeeping && !slices.ContainsFunc(files, published) {
		err = u.tx.Keep(modelWork, m.Table(), key, files)
	}
	return files, false, err
}

// modelKey is a hash of all that a model's files are made from: beside what its fingerprint
// covers these are the program and the ids of the columns.
func (u *run) modelKey(m gold.Model, fp fingerprint) (string, error) {
	table := m.Schema + "/" + m.Name
	ids, err := json.Marshal(u.state.fieldIDs(table, u.Config.Contracts[table].ColumnNames()))
	return digest(map[string]string{"code": u.CodeVersion, "fingerprint": fp.String(), "ids": string(ids)}), err
}
