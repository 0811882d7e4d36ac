package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// times scales a campaign: so many cases every day, so many when faults are looked for.
func times(daily, campaign int) int {
	if faultsLong() {
		return campaign
	}
	if testing.Short() {
		return daily / 5
	}
	return daily
}

// stored are the files that a lake cannot do without: commits, manifests and data.
func stored(t *testing.T, l *Lake) (out []string) {
	t.Helper()
	for _, dir := range []string{commitsDir, manifestsDir, layerBronze, layerSilver, layerGold, layerOps} {
		err := filepath.WalkDir(l.path(dir), func(p string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() {
				out = append(out, p)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// damages are the ways in which a file goes bad. Each returns other bytes than it was given.
var damages = []struct {
	name string
	do   func(rnd *rand.Rand, raw, other []byte) []byte
}{
	{"a bit flipped", func(rnd *rand.Rand, raw, _ []byte) []byte {
		raw[rnd.IntN(len(raw))] ^= 1 << rnd.IntN(8)
		return raw
	}},
	{"cut off", func(rnd *rand.Rand, raw, _ []byte) []byte { return raw[:rnd.IntN(len(raw))] }},
	{"a page zeroed", func(rnd *rand.Rand, raw, _ []byte) []byte {
		from := rnd.IntN(len(raw))
		for i := from; i < min(len(raw), from+512); i++ {
			raw[i] = 0
		}
		return raw
	}},
	{"swapped with another", func(_ *rand.Rand, _, other []byte) []byte { return other }},
	{"edited", func(rnd *rand.Rand, raw, _ []byte) []byte {
		digits := []int{}
		for i, b := range raw {
			if b >= '0' && b <= '8' {
				digits = append(digits, i)
			}
		}
		if len(digits) == 0 {
			return raw[:len(raw)-1]
		}
		raw[digits[rnd.IntN(len(digits))]]++
		return raw
	}},
	{"extended", func(rnd *rand.Rand, raw, _ []byte) []byte { return append(raw, byte(rnd.IntN(256))) }},
	{"gone", func(*rand.Rand, []byte, []byte) []byte { return nil }},
}

// TestFaultCorruption: verify finds every damage to what is stored, and a verified read of a
// state either gives what it gave before or refuses.
func TestFaultCorruption(t *testing.T) {
	const seed = 20261122
	rnd := rand.New(rand.NewPCG(seed, 1))
	p := prepare(t, makeParquet(t, nightQueries(2)), 1, 2)
	l := p.reset(t)
	files := stored(t, l)
	want := verifiedRead(t, l)
	cases, refused, byKind := times(300, 3000), 0, map[string]int{}
	for i := range cases {
		l := p.reset(t)
		file, other := files[rnd.IntN(len(files))], files[rnd.IntN(len(files))]
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		otherRaw, err := os.ReadFile(other)
		if err != nil {
			t.Fatal(err)
		}
		how := damages[i%len(damages)]
		bad := how.do(rnd, slices.Clone(raw), slices.Clone(otherRaw))
		if slices.Equal(bad, raw) && bad != nil {
			bad = append(bad, 'x') // two equal files, or zeros zeroed
		}
		if bad == nil {
			err = os.Remove(file)
		} else {
			replace(t, file, bad)
		}
		if err != nil {
			t.Fatal(err)
		}
		byKind[how.name]++
		name := fmt.Sprintf("seed %d case %d: %s %s", seed, i, l.relative(file), how.name)
		v, err := l.verify(context.Background(), false)
		if err != nil || v.report.OK() {
			t.Errorf("%s: verify did not find it: %v", name, err)
		}
		got, err := l.verifiedContent()
		switch {
		case err != nil && (errors.Is(err, ErrCorrupt) || errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "damaged")):
			refused++
		case err != nil:
			t.Errorf("%s: read: %v", name, err)
		case got != want && !strings.HasPrefix(l.relative(file), commitsDir):
			t.Errorf("%s: a verified read gave another answer", name)
		case got != want: // the newest commit is gone: an older state, whole
			refused++
		}
	}
	t.Logf("%d damaged lakes, all found; %d verified reads refused, the others right: %v", cases, refused, byKind)
}

func (l *Lake) relative(p string) string {
	rel, err := filepath.Rel(l.root, p)
	if err != nil {
		return p
	}
	return filepath.ToSlash(rel)
}

func verifiedRead(t *testing.T, l *Lake) string {
	t.Helper()
	got, err := l.verifiedContent()
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// verifiedContent reads a whole state as a careful reader does, and identifies its bytes.
func (l *Lake) verifiedContent() (string, error) {
	view, err := l.View("")
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, table := range view.Tables() {
		if err := view.Check(table); err != nil {
			return "", err
		}
		files, err := view.Files(table)
		if err != nil {
			return "", err
		}
		for _, f := range files {
			_, sum, err := hashFile(f)
			if err != nil {
				return "", err
			}
			fmt.Fprintln(&b, table, sum)
		}
	}
	return b.String(), nil
}
