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
// tables whose logs were touched. A log that another program wrote into stops it.
func (l *Lake) projectDelta(ctx context.Context, head *Commit) ([]string, error) {
	logs, err := l.deltaLogs()
	if err != nil || len(head.Delta) == 0 && len(logs) == 0 {
		return nil, err
	}
	p := &deltaProjection{lake: l, head: head, logs: logs, touched: map[string]bool{}}
	for _, step := range []func(context.Context) error{p.follow, p.checkpoints, p.trim, p.forget} {
		if err := step(ctx); err != nil {
			return p.tables(), err
		}
	}
	return p.tables(), nil
}

// deltaProjection is one pass over all logs.
type deltaProjection struct {
	lake    *Lake
	head    *Commit
	logs    map[string]delta.Listing
	touched map[string]bool
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
	return want
}

// follow writes the versions that logs lack.
func (p *deltaProjection) follow(ctx context.Context) error {
	shown := map[string]delta.Info{} // of the logs that are behind
	for _, table := range p.wanted() {
		info, err := p.lake.deltaShows(table, p.logs[table])
		if err != nil {
			return err
		}
		switch {
		case info == nil:
			can, err := p.lake.deltaCan(p.head, table)
			if err != nil {
				return err
			}
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
			return err
		}
	}
	if err := batch.link(); err != nil {
		return err
	}
	return p.look(slices.Collect(maps.Keys(batch.tables)))
}

// look lists logs again that were written to.
func (p *deltaProjection) look(tables []string) error {
	for _, table := range tables {
		list, err := delta.List(p.lake.deltaDir(table))
		if err != nil {
			return deltaError(table, err)
		}
		p.logs[table] = list
		p.touched[table] = true
	}
	return nil
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
				return err
			}
		}
	}
	if err := p.publishCheckpoints(batch); err != nil {
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

func (p *deltaProjection) publishCheckpoints(batch *deltaBatch) error {
	if err := batch.link(); err != nil {
		return err
	}
	return p.look(slices.Collect(maps.Keys(batch.tables)))
}

// point makes _last_checkpoint tell of the newest checkpoint.
func (p *deltaProjection) point(context.Context) error {
	for _, table := range slices.Sorted(maps.Keys(p.logs)) {
		list := p.logs[table]
		newest, holds, err := list.Pointer()
		if err != nil {
			return deltaError(table, err)
		}
		if holds || newest < 0 {
			continue
		}
		state, err := list.Read(newest, p.lake.deltaOwner(table))
		if err != nil {
			return deltaError(table, err)
		}
		_, last, err := state.Checkpoint()
		if err != nil {
			return err
		}
		if err := p.lake.replaceInLog(filepath.Join(list.Dir, delta.LastCheckpoint), last); err != nil {
			return err
		}
		if err := p.look([]string{table}); err != nil {
			return err
		}
	}
	return nil
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
			return err
		}
		list := p.logs[table]
		if first <= 0 || len(list.Before(first)) == 0 {
			continue
		}
		firsts[table] = first
		if !slices.Contains(list.Checkpoints, first) {
			if err := p.checkpoint(batch, table, first); err != nil {
				return err
			}
		}
	}
	if len(firsts) == 0 {
		return nil
	}
	if err := p.publishCheckpoints(batch); err != nil {
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
		if err := p.look([]string{table}); err != nil {
			return err
		}
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
			return err // not ours to remove
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
