package delta

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

var (
	logFile = regexp.MustCompile(`^([0-9]{20})\.(json|checkpoint\.parquet)$`)
	// otherFile: checkpoints of other forms, compacted commits and checksums. Readers may
	// go by them, and a lake writes none.
	otherFile = regexp.MustCompile(`^[0-9]{20}\.`)
)

// Listing is what lies in the directory of a log.
type Listing struct {
	Dir         string
	Commits     []int64 // ascending
	Checkpoints []int64 // ascending
	last        bool    // there is a LastCheckpoint
}

// List looks into a log's directory. A directory that is not there is an empty log.
func List(dir string) (Listing, error) {
	l := Listing{Dir: dir}
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil
	}
	if err != nil {
		return l, err
	}
	for _, e := range entries {
		m := logFile.FindStringSubmatch(e.Name())
		switch {
		case e.Name() == LastCheckpoint:
			l.last = true
		case m == nil && otherFile.MatchString(e.Name()):
			return l, foreign(filepath.Join(dir, e.Name()), "a lake's log has no such file")
		case m == nil: // not a part of the log: readers ignore it, too
		default:
			v, err := strconv.ParseInt(m[1], 10, 64)
			if err != nil {
				return l, foreign(filepath.Join(dir, e.Name()), "the number is too great")
			}
			if m[2] == "json" {
				l.Commits = append(l.Commits, v)
			} else {
				l.Checkpoints = append(l.Checkpoints, v)
			}
		}
	}
	slices.Sort(l.Commits)
	slices.Sort(l.Checkpoints)
	return l, l.whole()
}

// whole checks that the versions follow one another and that those are there which a
// state is replayed from.
func (l Listing) whole() error {
	for i, v := range l.Commits {
		if i > 0 && v != l.Commits[i-1]+1 {
			return damaged(filepath.Join(l.Dir, CommitName(l.Commits[i-1]+1)), "the version is missing")
		}
	}
	if len(l.Commits) == 0 {
		if len(l.Checkpoints) > 0 || l.last {
			return damaged(l.Dir, "it has checkpoints and no versions")
		}
		return nil
	}
	if n := len(l.Checkpoints); n > 0 && l.Checkpoints[n-1] > l.Tail() {
		return foreign(filepath.Join(l.Dir, CheckpointName(l.Checkpoints[n-1])), "it is of a version that is not there")
	}
	if l.First() < 0 {
		return damaged(l.Dir, "its first versions are missing, and there is no checkpoint to begin with")
	}
	return nil
}

// Tail is the newest version; -1 = none.
func (l Listing) Tail() int64 {
	if len(l.Commits) == 0 {
		return -1
	}
	return l.Commits[len(l.Commits)-1]
}

// First is the oldest version that readers can go back to; -1 = none.
func (l Listing) First() int64 {
	if len(l.Commits) == 0 {
		return -1
	}
	if l.Commits[0] == 0 {
		return 0
	}
	for _, c := range l.Checkpoints {
		if c >= l.Commits[0]-1 {
			return c
		}
	}
	return -1
}

// Info tells which state of the lake a version of the log shows.
type Info struct {
	Version  int64
	Lake     int64
	Manifest string
}

// Info reads it for one version.
func (l Listing) Info(version int64, o Owner) (Info, error) {
	actions, err := readCommit(l.Dir, version, o)
	if err != nil {
		return Info{}, err
	}
	return Info{version, actions[0].CommitInfo.LakeVersion, actions[0].CommitInfo.LakeManifest}, nil
}

// Read replays the log up to a version, from the newest checkpoint that helps.
func (l Listing) Read(version int64, o Owner) (*State, error) {
	s := Empty(o)
	for _, c := range l.Checkpoints {
		if c <= version && c >= l.First() {
			s.Version = c
		}
	}
	if s.Version >= 0 {
		at, err := readCheckpoint(l.Dir, s.Version, o)
		if err != nil {
			return nil, err
		}
		s = at
		if info, err := l.Info(s.Version, o); err == nil { // a checkpoint has no place for the manifest
			s.Lake, s.Manifest = info.Lake, info.Manifest
		} else if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
	}
	return s, l.replay(s, version, nil)
}

// replay goes on from a state to a version; each sees the state of every version passed.
func (l Listing) replay(s *State, version int64, each func(*State) error) error {
	for s.Version < version {
		actions, err := readCommit(l.Dir, s.Version+1, s.owner)
		if err != nil {
			return err
		}
		for _, a := range actions {
			s.apply(a)
		}
		s.Version++
		if each != nil {
			if err := each(s); err != nil {
				return err
			}
		}
	}
	return nil
}

// Due are the versions whose checkpoints should be there and are not, if there is one
// after every so many versions.
func (l Listing) Due(every int64) []int64 {
	var due []int64
	for v := l.First()/every*every + every; v <= l.Tail(); v += every {
		if !slices.Contains(l.Checkpoints, v) {
			due = append(due, v)
		}
	}
	return due
}

func (l Listing) newest() int64 {
	if len(l.Checkpoints) == 0 {
		return -1
	}
	return l.Checkpoints[len(l.Checkpoints)-1]
}

// Before are the files of versions and checkpoints older than a version, in the order in
// which they may be removed.
func (l Listing) Before(version int64) []string {
	var names []string
	for _, v := range l.Commits {
		if v < version {
			names = append(names, CommitName(v))
		}
	}
	for _, v := range l.Checkpoints {
		if v < version {
			names = append(names, CheckpointName(v))
		}
	}
	return names
}

// Pointer says which checkpoint LastCheckpoint should tell of, and whether it does; -1 =
// there is no checkpoint.
func (l Listing) Pointer() (checkpoint int64, holds bool, err error) {
	newest := l.newest()
	if newest < 0 {
		return -1, !l.last, nil
	}
	if !l.last {
		return newest, false, nil
	}
	raw, err := os.ReadFile(filepath.Join(l.Dir, LastCheckpoint))
	if err != nil {
		return newest, false, err
	}
	return newest, bytes.HasPrefix(raw, []byte(`{"version":`+strconv.FormatInt(newest, 10)+`,`)), nil
}

// Check replays the whole log from its first version and compares every checkpoint, byte
// by byte, with what it should be. each is told of every version.
func (l Listing) Check(o Owner, each func(Info, *State) error) error {
	s, first := Empty(o), l.First()
	if first < 0 {
		return nil
	}
	see := func(s *State) error {
		if err := l.checkCheckpoint(s); err != nil {
			return err
		}
		return each(Info{s.Version, s.Lake, s.Manifest}, s)
	}
	if first > 0 {
		var err error
		if s, err = l.Read(first, o); err != nil {
			return err
		}
		if err := see(s); err != nil {
			return err
		}
	}
	return l.replay(s, l.Tail(), see)
}

func (l Listing) checkCheckpoint(s *State) error {
	if !slices.Contains(l.Checkpoints, s.Version) {
		return nil
	}
	want, last, err := s.Checkpoint()
	if err != nil {
		return err
	}
	path := filepath.Join(l.Dir, CheckpointName(s.Version))
	have, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if !bytes.Equal(have, want) {
		return damaged(path, "its bytes are not those that the versions before it give")
	}
	if s.Version != l.newest() || !l.last {
		return nil
	}
	path = filepath.Join(l.Dir, LastCheckpoint)
	if have, err = os.ReadFile(path); err == nil && !bytes.Equal(have, last) {
		err = damaged(path, "it does not describe the newest checkpoint")
	}
	return err
}
