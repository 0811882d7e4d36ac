package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"slices"

	"github.com/customer360/pipeline/pipeline/lake/delta"
)

// checkDelta compares the Delta logs to the lake: the newest version of every log shows
// the head. Full: every version and checkpoint is whole, and shows the version of the
// lake that it names.
func (v *verifier) checkDelta() error {
	l, seen := v.lake, map[string]bool{}
	d := &deltaVerifier{verifier: v, commits: map[int64]*Commit{v.head.Version: v.head}}
	for _, table := range v.head.deltaTables() {
		seen[table] = true
		if err := d.checkLog(table); err != nil {
			return err
		}
	}
	for _, layer := range projectedLayers {
		entries, err := os.ReadDir(l.path(layer))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return readError("verify", l.path(layer), err)
		}
		for _, e := range entries {
			table := layer + "/" + e.Name()
			if _, err := os.Stat(l.deltaDir(table)); err != nil || seen[table] {
				continue
			}
			if err := d.checkLog(table); err != nil {
				return err
			}
		}
	}
	return nil
}

// deltaVerifier is the part of a verifier that looks at Delta logs.
type deltaVerifier struct {
	*verifier
	commits map[int64]*Commit
}

func (v *deltaVerifier) commitOf(version int64) (*Commit, error) {
	if c := v.commits[version]; c != nil {
		return c, nil
	}
	c, _, err := v.lake.readCommit(version)
	v.commits[version] = c
	return c, err
}

func (v *deltaVerifier) problemOf(table, hint, format string, args ...any) {
	where := table + "/" + delta.LogDir
	if v.busy {
		v.report.Notes = append(v.report.Notes, where+" is not at the head yet; a run is at work")
		return
	}
	v.problem(Problem{Code: ProblemDelta, Path: where, Table: table, Version: v.head.Version, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// checkLog checks one log. What is wrong with its files is a problem, too.
func (v *deltaVerifier) checkLog(table string) error {
	list, err := v.lake.deltaList(table)
	if err == nil {
		err = v.checkTail(table, list)
	}
	if err == nil && !v.report.Quick {
		err = v.checkVersions(table, list)
	}
	var bad *delta.LogError
	switch {
	case errors.As(err, &bad):
		v.problemOf(table, bad.Hint(), "%v: %v", bad.Kind, fmt.Sprintf("%s: %v", v.relative(bad.Path), bad.Err))
		return nil
	case errors.Is(err, fs.ErrNotExist) && v.busy:
		return nil // it is being trimmed
	case err != nil && !errors.Is(err, ErrCorrupt):
		return deltaError(table, err)
	}
	return nil // damage to manifests is reported where they are read
}

// checkTail: the newest version shows the head, and what should be beside it is there.
func (v *deltaVerifier) checkTail(table string, list delta.Listing) error {
	want, wanted := v.head.Tables[table], slices.Contains(v.head.Delta, layerOf(table))
	info, err := v.lake.deltaShows(table, list)
	if err != nil {
		return err
	}
	switch {
	case info == nil && !wanted:
	case !wanted:
		v.problemOf(table, hintRecover, "the layer has no Delta logs any more")
	case info == nil:
		can, err := v.lake.deltaCan(v.head, table)
		if err != nil {
			return err
		}
		if !can {
			v.report.Notes = append(v.report.Notes, table+" has no Delta log, because Delta has no type for one of its columns")
			return nil
		}
		v.problemOf(table, hintRecover, "there is no log")
	case info.Manifest != want:
		v.problemOf(table, hintRecover, "it shows version %d of the lake, not the head", info.Lake)
	case len(list.Due(v.lake.every)) > 0:
		v.problemOf(table, hintRecover, "checkpoint %d is missing", list.Due(v.lake.every)[0])
	default:
		v.report.DeltaLogs++
		_, holds, err := list.Pointer()
		if err == nil && !holds {
			v.problemOf(table, hintRecover, "%s does not tell of the newest checkpoint", delta.LastCheckpoint)
		}
		return err
	}
	return nil
}

// checkVersions: every version of the log is whole and shows what the lake's version has.
func (v *deltaVerifier) checkVersions(table string, list delta.Listing) error {
	return list.Check(v.lake.deltaOwner(table), func(info delta.Info, s *delta.State) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		if info.Lake < v.head.KeepFrom && info.Version < list.Tail() {
			return nil // its manifest may have been vacuumed
		}
		if info.Lake > v.head.Version {
			v.problemOf(table, hintRecover, "version %d shows version %d of the lake, which is not there yet", info.Version, info.Lake)
			return nil
		}
		c, err := v.commitOf(info.Lake)
		if err != nil {
			return err
		}
		if c.Tables[table] != info.Manifest {
			v.problemOf(table, againDelta, "version %d does not show what version %d of the lake has", info.Version, info.Lake)
			return nil
		}
		want := map[string]int64{}
		if info.Manifest != "" {
			m, err := v.lake.readManifest(table, info.Manifest)
			if err != nil {
				return err
			}
			for _, f := range m.Files {
				want[path.Base(f.Path)] = f.Bytes
			}
		}
		if !maps.Equal(want, s.Files()) {
			v.problemOf(table, againDelta, "the files of version %d are not those of version %d of the lake", info.Version, info.Lake)
		}
		return nil
	})
}

const againDelta = "move this directory away, then " + hintRecover
