package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// state is the latest version of every record, by system, object and key.
type state map[string]string

func versionKey(s *system, o *object, key string) string {
	return s.name + "/" + o.name + "/" + key
}

// The base files and the nights after them, applied in order, give the same as an
// export of everything on the last night. Only records with dirt may differ.
func TestNightsAddUp(t *testing.T) {
	got := state{}
	dirty := map[string]bool{}
	for _, p := range plantedOf(t) {
		dirty[p.Source+"/"+p.Object+"/"+p.Key] = true
	}
	for n := range 4 {
		for _, s := range systems() {
			for _, o := range s.objects {
				if o == objUser {
					continue // a full file each night
				}
				tb := load(t, sample(t).Dir, s, o, baseDay(t)+day(n))
				if tb == nil {
					continue
				}
				for _, row := range tb.rows {
					k, v := versionKey(s, o, rowKey(tb, row)), strings.Join(row, "\x1f")
					if n > 0 && got[k] == v {
						t.Errorf("night %d repeats %s", n, k)
					}
					got[k] = v
				}
			}
		}
	}
	want := stateOn(t, baseDay(t)+3)
	for k, v := range want {
		if got[k] != v && !dirty[k] {
			t.Fatalf("%s\nis   %q\nwant %q", k, got[k], v)
		}
	}
}

func rowKey(tb *table, row []string) string {
	parts := make([]string, len(tb.object.key))
	for i, k := range tb.object.key {
		if at := tb.column[strings.ToLower(k)]; at < len(row) {
			parts[i] = row[at]
		}
	}
	return strings.Join(parts, "|")
}

// stateOn shows all stories of the sample on a day.
func stateOn(t *testing.T, on day) state {
	o := Options{Dir: "x", Accounts: sampleAccounts}
	if err := o.fill(); err != nil {
		t.Fatal(err)
	}
	g := &settings{seed: o.Seed, accounts: o.Accounts, meteredPer1000: meteredShare(o.Accounts), asOf: dayOf(o.AsOf)}
	g.start, g.horizon = g.asOf-historyDays, g.asOf+MaxDays
	out := state{}
	e := &emitter{at: on.end(), out: func(s *system, r *record) {
		cells := make([]string, len(r.ends))
		for i := range cells {
			cells[i] = string(r.cell(i))
		}
		if r.object != objUser && r.object != objRate {
			out[versionKey(s, r.object, keyOf(r))] = strings.Join(cells, "\x1f")
		}
	}}
	p := planner{seed: g.seed, want: g.accounts}
	for org := range orgCount {
		e.reference(g, org)
	}
	for c, more := p.plan(); more; c, more = p.plan() {
		for _, plan := range c.accounts {
			a := g.live(c, plan)
			e.account(a)
			e.usage(a, g.asOf-usageHistory, on)
		}
		e.decisions(g, c)
	}
	return out
}

// Some records go there and back, some are deleted and return, and one user of an
// org is missing from the second night on.
func TestNightsHoldTheHardCases(t *testing.T) {
	dir, on := sample(t).Dir, baseDay(t)
	s := &salesforceSystems[orgZA]
	ratings := map[string][]string{}
	for n := range 3 {
		tb := load(t, dir, s, objAccount, on+day(n))
		for _, row := range tb.rows {
			id := tb.get(row, "Id")
			ratings[id] = append(ratings[id], tb.get(row, "Rating"))
		}
	}
	back := 0
	for _, r := range ratings {
		if len(r) == 3 && r[0] == r[2] && r[0] != r[1] {
			back++
		}
	}
	if back == 0 {
		t.Error("no account's rating goes there and back")
	}
	flags := map[string]string{}
	for n := 1; n <= 3; n++ {
		for i := range salesforceSystems {
			s := &salesforceSystems[i]
			if tb := load(t, dir, s, objContact, on+day(n)); tb != nil {
				for _, row := range tb.rows {
					if tb.get(row, "IsDeleted") == s.dialect.yes {
						flags[tb.get(row, "Id")] += "D"
					} else {
						flags[tb.get(row, "Id")] += "R"
					}
				}
			}
		}
	}
	returned := 0
	for _, f := range flags {
		if f == "DR" {
			returned++
		}
	}
	if returned == 0 {
		t.Error("no contact is deleted and returns")
	}
	first, last := load(t, dir, s, objUser, on), load(t, dir, s, objUser, on+3)
	if len(last.rows) != len(first.rows)-1 {
		t.Errorf("%d users, then %d", len(first.rows), len(last.rows))
	}
}

// prints returns the sha256 of every file of a demo.
func prints(t *testing.T, o Options) map[string]string {
	t.Helper()
	o.Dir = t.TempDir()
	if _, err := Generate(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	err := filepath.WalkDir(o.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		sum := sha256.Sum256(b)
		rel, _ := filepath.Rel(o.Dir, path)
		out[rel] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestSameSeedSameBytes(t *testing.T) {
	first := prints(t, Options{Accounts: 150, Seed: 5})
	for name, sum := range prints(t, Options{Accounts: 150, Seed: 5}) {
		if first[name] != sum {
			t.Errorf("%s differs", name)
		}
	}
	nights := prints(t, Options{Accounts: 150, Seed: 5, Days: 1})
	for name, sum := range first {
		if nights[name] != sum && name != "pipeline.json" {
			t.Errorf("%s differs when a night is added", name)
		}
	}
	if len(nights) <= len(first) {
		t.Error("a night adds no files")
	}
	for name, sum := range prints(t, Options{Accounts: 150, Seed: 6}) {
		if first[name] == sum && strings.Contains(name, "Account_") {
			t.Errorf("%s is the same with another seed", name)
		}
	}
}

// More accounts with usage change the usage exports and nothing else.
func TestMeteredChangesUsageOnly(t *testing.T) {
	few := prints(t, Options{Accounts: 150, Seed: 5, Clean: true, Metered: 100})
	changed := 0
	for name, sum := range prints(t, Options{Accounts: 150, Seed: 5, Clean: true, Metered: 900}) {
		switch usage := strings.Contains(filepath.ToSlash(name), "exports/usage_"); {
		case few[name] == sum:
		case usage:
			changed++
		default:
			t.Errorf("%s differs", name)
		}
	}
	if changed == 0 {
		t.Error("no usage export differs")
	}
}

// The bytes are the same on every platform and with every version of this package
// that does not mean to change them.
func TestKnownBytes(t *testing.T) {
	const want = "9aa66a1006b924eca748cb0a26eb27319be1dc3739b9ff227374dfc90db57512"
	got := prints(t, Options{Accounts: 60, Seed: 3})[filepath.FromSlash("exports/sf_za/Opportunity_2026-10-31.csv")]
	if got != want {
		t.Errorf("the deals of a small demo have sha256 %s, not %s", got, want)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	for _, o := range []Options{{}, {Dir: dir, Accounts: -1}, {Dir: dir, Days: MaxDays + 1}, {Dir: dir, Days: -1}, {Dir: dir, Metered: 1001}, {Dir: dir, AsOf: time.Date(1950, 1, 1, 0, 0, 0, 0, time.UTC)}} {
		if _, err := Generate(ctx, o); err == nil {
			t.Errorf("%+v was accepted", o)
		}
	}
	if _, err := Generate(ctx, Options{Dir: dir, Accounts: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := Generate(ctx, Options{Dir: dir, Accounts: 3}); err == nil {
		t.Error("a second demo was written over the first")
	}
	if _, err := Generate(ctx, Options{Dir: dir, Accounts: 3, Replace: true}); err != nil {
		t.Error(err)
	}
	stopped, stop := context.WithCancel(ctx)
	stop()
	if _, err := Generate(stopped, Options{Dir: t.TempDir(), Accounts: 3}); err == nil {
		t.Error("went on after it was told to stop")
	}
}

// peakHeap generates a demo and returns the largest live heap seen on the way.
func peakHeap(tb testing.TB, accounts int) uint64 {
	tb.Helper()
	var peak uint64
	last := 0
	_, err := Generate(context.Background(), Options{Dir: tb.TempDir(), Accounts: accounts, Progress: func(done, _ int) {
		if done-last >= 250 {
			last = done
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			peak = max(peak, m.HeapAlloc)
		}
	}})
	if err != nil {
		tb.Fatal(err)
	}
	return peak
}

// Memory does not grow with the number of accounts.
func TestMemoryStaysFlat(t *testing.T) {
	small, large := peakHeap(t, 500), peakHeap(t, 2500)
	if large > small+8<<20 || large > 128<<20 {
		t.Errorf("%d MiB for 500 accounts, %d MiB for 2,500", small>>20, large>>20)
	}
}

func BenchmarkGenerate20000(b *testing.B) {
	for b.Loop() {
		b.ReportMetric(float64(peakHeap(b, 20_000))/(1<<20), "MiB-heap")
	}
}
