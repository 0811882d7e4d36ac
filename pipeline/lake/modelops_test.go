package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// model is what a lake should be: the tables of every version, and which are pinned.
type model struct {
	versions []map[string]string // tables of version i+1: table to rows of its files
	pins     map[int64]bool
	expired  map[int64]bool
}

func (m *model) head() int64 { return int64(len(m.versions)) }

func (m *model) add(tables map[string]string) { m.versions = append(m.versions, tables) }

// TestFaultModel does random operations on a lake and on a model of it in memory, some of
// them failing at a random step, and compares the two after each.
func TestFaultModel(t *testing.T) {
	seed := uint64(20261122)
	if faultsLong() {
		seed = uint64(time.Now().UnixNano())
	}
	operations := times(200, 20_000)
	fixtures := makeParquet(t, nightQueries(5))
	counts := map[string]int{}
	for done, round := 0, 0; done < operations; round++ {
		s := &simulation{t: t, seed: seed, round: round, rnd: rand.New(rand.NewPCG(seed, uint64(round))), fixtures: fixtures,
			model: &model{pins: map[int64]bool{}, expired: map[int64]bool{}}, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
		var err error
		s.lake, err = Create(filepath.Join(quickDir(t), "lake"), Options{Now: func() time.Time { s.now = s.now.Add(time.Second); return s.now }})
		if err != nil {
			t.Fatal(err)
		}
		s.lake.keep = 2
		for range min(50, operations-done) {
			name := s.step()
			counts[name]++
			done++
			if t.Failed() {
				t.Fatalf("seed %d, round %d, operation %d: %s", seed, round, done, name)
			}
		}
		wantClean(t, s.lake)
	}
	t.Logf("%d operations agree with the model, seed %d: %v", operations, seed, counts)
}

type simulation struct {
	t        *testing.T
	seed     uint64
	round    int
	rnd      *rand.Rand
	lake     *Lake
	model    *model
	fixtures string
	now      time.Time
	count    int
}

// step does one random operation; every fourth fails at a random step, and is then either
// done or not, but never in part.
func (s *simulation) step() string {
	s.count++
	run := fmt.Sprintf("OP%d", s.count)
	ctx := context.Background()
	before := s.model.head()
	var name string
	var did func() error
	var then func()
	pick := func() int64 { return 1 + s.rnd.Int64N(max(1, before)) }
	switch n := s.rnd.IntN(10); {
	case before == 0 || n < 4:
		name = "publish"
		tables := s.draw()
		did = func() error { return s.publish(run, tables) }
		then = func() {
			next := map[string]string{}
			if before > 0 {
				next = maps.Clone(s.model.versions[before-1])
			}
			maps.Copy(next, tables)
			s.model.add(next)
		}
	case n < 6:
		name = "rollback"
		to := pick()
		did = func() error {
			r, err := s.lake.Rollback(ctx, fmt.Sprint(to), RollbackOptions{Run: run})
			if errors.Is(err, ErrExpired) != s.model.expired[to] && (err == nil || errors.Is(err, ErrExpired)) {
				s.t.Errorf("roll back to %d: %+v, %v; expired %v", to, r, err, s.model.expired[to])
			}
			if errors.Is(err, ErrExpired) {
				return nil
			}
			return err
		}
		then = func() { s.model.add(maps.Clone(s.model.versions[to-1])) }
	case n < 7:
		name = "pin"
		at := pick()
		did = func() error {
			_, err := s.lake.Pin(ctx, run, fmt.Sprint(at), "")
			if errors.Is(err, ErrExpired) {
				return nil // its files may be gone
			}
			return err
		}
		then = func() { s.model.add(maps.Clone(s.model.versions[before-1])) }
	case n < 8:
		name = "unpin"
		at := pick()
		did = func() error {
			if _, err := s.lake.Unpin(ctx, run, fmt.Sprint(at)); !errors.Is(err, ErrNotFound) {
				return err
			}
			return nil
		}
		then = func() { s.model.add(maps.Clone(s.model.versions[before-1])) }
	case n < 9:
		name = "vacuum"
		keep := 1 + s.rnd.IntN(4)
		did = func() error {
			_, err := s.lake.Vacuum(ctx, VacuumOptions{Run: run, KeepCommits: keep, Apply: true})
			return err
		}
		then = func() { s.model.add(maps.Clone(s.model.versions[before-1])) }
	default:
		name = "recover"
		did = func() error { _, err := s.lake.Recover(ctx); return err }
		then = func() {}
	}
	if s.rnd.IntN(4) == 0 {
		name += ", failing"
		s.failing(did)
	} else if err := did(); err != nil {
		s.t.Errorf("%s: %v", name, err)
	}
	s.settle(then)
	s.compare()
	return name
}

// failing lets a random step of an operation fail, before or after its I/O.
func (s *simulation) failing(did func() error) {
	left := s.rnd.IntN(40)
	s.lake.disk.step = func(at string) error {
		if left--; left == -1 {
			return fmt.Errorf("%s: %w", at, errors.ErrUnsupported)
		}
		return nil
	}
	_ = did() // whether it was done is read back from the lake
	s.lake.disk.step = nil
	if _, err := s.lake.Recover(context.Background()); err != nil {
		s.t.Errorf("recover: %v", err)
	}
}

// settle reads back which versions an operation made: none or one.
func (s *simulation) settle(then func()) {
	head, err := s.lake.Head()
	if err != nil {
		s.t.Fatal(err)
	}
	if head == nil {
		return
	}
	if head.Version == s.model.head()+1 {
		then()
	}
	if head.Version != s.model.head() {
		s.t.Errorf("the lake is at %d, the model at %d", head.Version, s.model.head())
	}
	s.model.pins = map[int64]bool{}
	for _, p := range head.Pins {
		s.model.pins[p.Version] = true
	}
	for v := range s.model.versions {
		n := int64(v) + 1
		s.model.expired[n] = n < head.KeepFrom && !s.model.pins[n]
	}
}

// draw chooses tables to publish, by the fixture that each shows.
func (s *simulation) draw() map[string]string {
	out := map[string]string{}
	for _, table := range []string{"gold/accounts", "silver/account", "ops/run_log", "gold/late"} {
		if len(out) == 0 || s.rnd.IntN(2) == 0 {
			out[table] = fmt.Sprintf("account.%d", 1+s.rnd.IntN(5))
		}
	}
	return out
}

func (s *simulation) publish(run string, tables map[string]string) (err error) {
	ctx := context.Background()
	lock, err := s.lake.Lock(run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	tx, _, err := s.lake.Begin(ctx, lock, run)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, tx.Close()) }()
	p := Publish{Operation: "publish", AsOf: "2026-01-31", Tables: map[string]Manifest{}}
	for table, fixture := range tables {
		f, err := stage(tx, filepath.Join(s.fixtures, fixture+".src"), table, FileOptions{})
		if err != nil {
			return err
		}
		p.Tables[table] = Manifest{Storage: StorageSingle, Schema: idName, Files: []File{f}}
	}
	_, err = tx.Publish(ctx, p)
	return err
}

// compare reads a random version as a reader does, and the head, and checks their files.
func (s *simulation) compare() {
	if s.model.head() == 0 {
		return
	}
	for _, v := range []int64{s.model.head(), 1 + s.rnd.Int64N(s.model.head())} {
		view, err := s.lake.View(fmt.Sprint(v))
		if errors.Is(err, ErrExpired) != s.model.expired[v] {
			s.t.Errorf("version %d: %v; expired %v", v, err, s.model.expired[v])
		}
		if err != nil {
			continue
		}
		want := s.model.versions[v-1]
		if !slices.Equal(view.Tables(), slices.Sorted(maps.Keys(want))) {
			s.t.Errorf("version %d has %v, want %v", v, view.Tables(), want)
		}
		for table, fixture := range want {
			m, err := view.Manifest(table)
			if err != nil {
				s.t.Error(err)
				continue
			}
			if err := view.Check(table); err != nil {
				s.t.Errorf("version %d: %v", v, err)
			}
			if rows := int64(3 * int(fixture[len(fixture)-1]-'0')); m.Rows() != rows {
				s.t.Errorf("version %d: %s has %d rows, want %d", v, table, m.Rows(), rows)
			}
		}
	}
}
