package lake

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/customer360/pipeline/pipeline/lake/delta"
)

// projectDelta brings the Delta logs up to the head: every version of the lake that
// changed a table becomes a version of its log. What the logs should hold follows from
// the commits alone, so that it may be cut off anywhere and repeated. It returns the
// tables whose logs were touched. A log that is damaged, or that another program wrote
// into, is left as it is and does not hold up the others; *DeltaError names it.
func (l *Lake) projectDelta(ctx context.Context, head *Commit) ([]string, error) {
	logs, bad, err := l.deltaLogs()
	if err != nil {
		return nil, &DeltaError{Stopped: err, Err: err}
	}
	p := &deltaProjection{lake: l, head: head, logs: logs, bad: bad, touched: map[string]bool{}}
	for _, step := range []func(context.Context) error{p.follow, p.checkpoints, p.trim, p.forget} {
		if err = step(ctx); err != nil {
			break
		}
	}
	return p.tables(), p.failed(err)
}

// deltaProjection is one pass over all logs.
type deltaProjection struct {
	lake    *Lake
	head    *Commit
	logs    map[string]delta.Listing
	bad     map[string]error // logs that cannot be carried on; they are not in logs
	touched map[string]bool
}

// fail takes a log out of the pass; the others go on.
func (p *deltaProjection) fail(table string, err error) {
	p.bad[table] = err
	delete(p.logs, table)
}

// failed is the error of the pass: of logs that were taken out, and of what stopped it.
func (p *deltaProjection) failed(err error) error {
	if err == nil && len(p.bad) == 0 {
		return nil
	}
	e := &DeltaError{Tables: slices.Sorted(maps.Keys(p.bad)), Stopped: err}
	var all []error
	for _, table := range e.Tables {
		all = append(all, p.bad[table])
	}
	e.Err = errors.Join(append(all, err)...)
	return e
}

func (p *deltaProjection) tables() []string { return slices.Sorted(maps.Keys(p.touched)) }

// wanted are the tables that have a log by the head, and those that it dropped.
func (p *deltaProjection) wanted() []string {
	want := p.head.deltaTables()
	for table := range p.logs {
		if slices.Contains(p.head.Delta, layerOf(table)) && p.head.Tables[table] == "" {
			want = append(want, table)
		}
	}
	slices.Sort(want)
	return slices.DeleteFunc(want, func(table string) bool { return p.bad[table] != nil })
}

// follow writes the versions that logs lack.
func (p *deltaProjection) follow(ctx context.Context) error {
	shown := map[string]delta.Info{} // of the logs that are behind
	for _, table := range p.wanted() {
		info, err := p.lake.deltaShows(table, p.logs[table])
		can := false
		if err == nil && info == nil {
			can, err = p.lake.deltaCan(p.head, table)
		}
		switch {
		case err != nil:
			p.fail(table, err)
		case info == nil:
			if can { // verify tells of those that cannot
				shown[table] = delta.Info{Version: -1}
			}
		case info.Manifest != p.head.Tables[table]:
			shown[table] = *info
		}
	}
	if len(shown) == 0 {
		return nil
	}
	commits, err := p.lake.deltaCommits(p.head, shown)
	if err != nil {
		return err
	}
	batch := newDeltaBatch(p.lake)
	for _, table := range slices.Sorted(maps.Keys(shown)) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.followTable(batch, table, shown[table], commits); err != nil {
			p.fail(table, err)
		}
	}
	return p.publish(batch)
}

// publish links files of logs and looks at these logs again.
func (p *deltaProjection) publish(batch *deltaBatch) error {
	if err := batch.link(); err != nil {
		return err
	}
	for table := range batch.tables {
		p.look(table)
	}
	return nil
}

// look lists a log again that was written to.
func (p *deltaProjection) look(table string) {
	p.touched[table] = true
	if p.bad[table] != nil {
		return
	}
	list, err := delta.List(p.lake.deltaDir(table))
	if err != nil {
		p.fail(table, deltaError(table, err))
		return
	}
	p.logs[table] = list
}

// deltaCommits are the kept commits, oldest first, that some log may not show yet.
func (l *Lake) deltaCommits(head *Commit, shown map[string]delta.Info) ([]*Commit, error) {
	from := head.Version
	for _, info := range shown {
		from = min(from, info.Lake+1)
	}
	from = max(from, head.KeepFrom, 1)
	commits := []*Commit{head}
	for v := head.Version - 1; v >= from; v-- {
		c, err := l.readLinked(v)
		if err != nil {
			return nil, err
		}
		commits = append(commits, c)
	}
	slices.Reverse(commits)
	return commits, nil
}

func (p *deltaProjection) followTable(batch *deltaBatch, table string, shown delta.Info, commits []*Commit) error {
	l, list := p.lake, p.logs[table]
	state := delta.Empty(l.deltaOwner(table))
	if shown.Version >= 0 {
		var err error
		if state, err = list.Read(shown.Version, l.deltaOwner(table)); err != nil {
			return deltaError(table, err)
		}
	}
	for _, c := range commits {
		sha := c.Tables[table]
		if c.Version <= shown.Lake || sha == state.Manifest || state.Version < 0 && sha == "" {
			continue
		}
		change, err := l.deltaChange(c, table)
		if err != nil {
			return err
		}
		raw, err := state.Commit(change)
		if errors.Is(err, delta.ErrType) {
			continue // a version that Delta cannot show
		}
		if err != nil {
			return err
		}
		batch.add(table, delta.CommitName(state.Version), raw, c.CreatedAt)
	}
	return nil
}

// checkpoints writes those that are due, and tells readers of the newest.
func (p *deltaProjection) checkpoints(ctx context.Context) error {
	batch := newDeltaBatch(p.lake)
	for _, table := range slices.Sorted(maps.Keys(p.logs)) {
		for _, due := range p.logs[table].Due(p.lake.every) {
			if err := p.checkpoint(batch, table, due); err != nil {
				p.fail(table, err)
				break
			}
		}
	}
	if err := p.publish(batch); err != nil {
		return err
	}
	return p.point(ctx)
}

func (p *deltaProjection) checkpoint(batch *deltaBatch, table string, version int64) error {
	list := p.logs[table]
	state, err := list.Read(version, p.lake.deltaOwner(table))
	if err != nil {
		return deltaError(table, err)
	}
	raw, _, err := state.Checkpoint()
	if err != nil {
		return err
	}
	batch.add(table, delta.CheckpointName(version), raw, state.At())
	return nil
}

// point makes _last_checkpoint tell of the newest checkpoint.
func (p *deltaProjection) point(context.Context) error {
	for _, table := range slices.Sorted(maps.Keys(p.logs)) {
		list := p.logs[table]
		last, err := p.pointer(table)
		if err != nil {
			p.fail(table, deltaError(table, err))
			continue
		}
		if last == nil {
			continue
		}
		if err := p.lake.replaceInLog(filepath.Join(list.Dir, delta.LastCheckpoint), last); err != nil {
			return err
		}
		p.look(table)
	}
	return nil
}

// pointer is what _last_checkpoint should be; nil = it is that already.
func (p *deltaProjection) pointer(table string) ([]byte, error) {
	list := p.logs[table]
	newest, holds, err := list.Pointer()
	if err != nil || holds || newest < 0 {
		return nil, err
	}
	state, err := list.Read(newest, p.lake.deltaOwner(table))
	if err != nil {
		return nil, err
	}
	_, last, err := state.Checkpoint()
	return last, err
}

// trim removes the versions that expired: readers of them get Delta's own error instead of
// one about a file that vacuum took. What the oldest kept version of the lake shows
// becomes a checkpoint before.
func (p *deltaProjection) trim(ctx context.Context) error {
	firsts := map[string]int64{}
	batch := newDeltaBatch(p.lake)
	for _, table := range slices.Sorted(maps.Keys(p.logs)) {
		first, err := p.firstKept(table)
		if err != nil {
			p.fail(table, err)
			continue
		}
		list := p.logs[table]
		if first <= 0 || len(list.Before(first)) == 0 {
			continue
		}
		if !slices.Contains(list.Checkpoints, first) {
			if err := p.checkpoint(batch, table, first); err != nil {
				p.fail(table, err)
				continue
			}
		}
		firsts[table] = first
	}
	if len(firsts) == 0 {
		return nil
	}
	if err := p.publish(batch); err != nil {
		return err
	}
	if err := p.point(ctx); err != nil {
		return err
	}
	for _, table := range slices.Sorted(maps.Keys(firsts)) {
		for _, name := range p.logs[table].Before(firsts[table]) {
			file := filepath.Join(p.logs[table].Dir, name)
			if err := p.lake.disk.do(StepTrimDelta, func() error { return os.Remove(file) }); err != nil {
				return ioError("trim delta log", file, err)
			}
		}
		p.look(table)
	}
	return nil
}

// firstKept is the version of a log that shows the oldest kept version of the lake.
func (p *deltaProjection) firstKept(table string) (int64, error) {
	list := p.logs[table]
	first := list.First()
	if p.head.KeepFrom <= 1 {
		return first, nil
	}
	for ; first < list.Tail(); first++ {
		next, err := list.Info(first+1, p.lake.deltaOwner(table))
		if err != nil {
			return first, deltaError(table, err)
		}
		if next.Lake > p.head.KeepFrom {
			break
		}
	}
	return first, nil
}

// forget removes the logs of layers that have none any more.
func (p *deltaProjection) forget(context.Context) error {
	for _, table := range slices.Sorted(maps.Keys(p.logs)) {
		if slices.Contains(p.head.Delta, layerOf(table)) {
			continue
		}
		if _, err := p.lake.deltaShows(table, p.logs[table]); err != nil {
			p.fail(table, err) // not ours to remove
			continue
		}
		dir := p.lake.deltaDir(table)
		hidden := p.lake.path(tmpDir, deltaStage)
		err := p.lake.disk.do(StepForgetDelta, func() error {
			return errors.Join(os.RemoveAll(hidden), os.Rename(dir, hidden), syncDir(filepath.Dir(dir)), os.RemoveAll(hidden))
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return ioError("forget delta log", dir, err)
		}
		delete(p.logs, table)
		p.touched[table] = true
	}
	return nil
}
