package tests

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/customer360/pipeline/pipeline/engine"
)

// straced are the operations whose system calls fail, on the real binary. Each begins with
// the same lake and may be repeated.
var straced = map[string][]string{
	"rollback": {"lake", "rollback", "2"},
	"compact":  {"lake", "compact", "--min-files", "2"},
	"vacuum":   {"lake", "vacuum", "--keep-days", "0", "--keep-versions", "1", "--grace", "0s", "--apply"},
	"pin":      {"lake", "pin", "2"},
	"recover":  {"lake", "recover"},
}

// calls are the system calls that fail, and how.
var calls = map[string][]string{
	"linkat":    {"error=EIO", "error=ENOSPC", "error=EPERM", "signal=KILL"},
	"fsync":     {"error=EIO", "error=ENOSPC", "signal=KILL"},
	"unlinkat":  {"error=EIO", "signal=KILL"},
	"openat":    {"error=EMFILE", "error=EIO", "signal=KILL"},
	"write":     {"error=ENOSPC", "error=EIO", "signal=KILL"},
	"renameat":  {"error=EIO", "signal=KILL"},
	"symlinkat": {"error=EIO"},
	"mkdirat":   {"error=ENOSPC"},
}

// TestFaultSystemCalls lets the k-th call of a kind fail in a real process that changes a
// lake. Whatever happens, the state is the one before or after, what was acknowledged
// stays, and the operation succeeds when it is done again.
func TestFaultSystemCalls(t *testing.T) {
	t.Parallel()
	mustInject(t)
	dir := quickDir(t)
	root, template := filepath.Join(dir, "lake"), filepath.Join(dir, "template")
	publishStates(t, root, 4)
	tokens := tokensOf(t, root)
	if err := os.Rename(root, template); err != nil { // its paths hold for copies at root
		t.Fatal(err)
	}
	s := &struck{template: template, root: root, dir: dir, tokens: tokens, sess: memoryEngine(t)}
	for _, op := range slices.Sorted(maps.Keys(straced)) {
		s.ops = append(s.ops, append(slices.Clone(straced[op]), "--lake", root))
	}
	want := 30
	switch {
	case long():
		want = 250
	case testing.Short():
		want = 12
	}
	s.strike(t, want)
}

// TestFaultSystemCallsOfRuns does the same with whole runs, from the first file that they
// read to the last that they publish: done again, a run ends with the same tables as one
// that nothing happened to, and what a run said it published is there.
func TestFaultSystemCallsOfRuns(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	t.Parallel()
	mustInject(t)
	dir := quickDir(t)
	config, root, template := ledgerProject(t, dir), filepath.Join(dir, "lake"), filepath.Join(dir, "template")
	s := &struck{template: template, root: root, dir: dir, tokens: ledgerLake(t, config, root, 2), sess: memoryEngine(t)}
	if err := os.Rename(root, template); err != nil {
		t.Fatal(err)
	}
	tokenFile(t, config, "NEW")
	s.ops = [][]string{{"run", "--quiet", "--config", config, "--lake", root}}
	linkTree(t, template, root)
	must(t, s.ops[0]...)
	calm := tables(t, root, "silver", "gold")
	s.acknowledged = []string{"NEW"}
	s.again = func(t *testing.T, what string) {
		same(t, what, calm, tables(t, root, "silver", "gold"))
		if lost := strays(t, root); len(lost) > 0 {
			t.Errorf("%s: files that no version names: %v", what, lost)
		}
	}
	want := 60
	if long() {
		want = 300
	}
	s.strike(t, want)
}

func mustInject(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("strace", "-e", "inject=fsync:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("skipped: system calls cannot be made to fail here (strace): %v %s", err, out)
	}
}

// struck is a lake on which operations are struck by failing system calls, each time from
// the same state.
type struck struct {
	template, root, dir string
	ops                 [][]string // command lines
	tokens              []string   // acknowledged before
	acknowledged        []string   // and by an operation that exits with 0
	again               func(t *testing.T, what string)
	sess                engine.Session
}

// strike lets so many faults fire, at calls drawn evenly from the kinds that an operation makes.
func (s *struck) strike(t *testing.T, want int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(20261122, uint64(want)))
	fired, tries, byCall := 0, 0, map[string]int{}
	counts := make([]map[string]int, len(s.ops))
	for i, op := range s.ops {
		counts[i] = s.count(t, op)
	}
	done := map[string]bool{}
	for ; fired < want && tries < 6*want && !t.Failed(); tries++ {
		i := tries % len(s.ops)
		made := slices.Sorted(maps.Keys(counts[i]))
		var f fault
		for range 20 { // rather one that was not drawn before
			call := made[rnd.IntN(len(made))]
			f = fault{op: s.ops[i], call: call, how: calls[call][rnd.IntN(len(calls[call]))], at: 1 + rnd.IntN(counts[i][call])}
			if !done[f.String()] {
				break
			}
		}
		done[f.String()] = true
		linkTree(t, s.template, s.root)
		if s.fires(t, f) {
			fired++
			byCall[f.call]++
		}
	}
	t.Logf("%d faults fired in %d processes: %v; a thread of an undisturbed one makes up to %v", fired, tries, byCall, counts)
	if fired < want {
		t.Errorf("%d faults fired, want %d", fired, want)
	}
}

// count does an operation undisturbed and counts the system calls of the thread that makes
// most of a kind: strace counts them by thread.
func (s *struck) count(t *testing.T, op []string) map[string]int {
	t.Helper()
	linkTree(t, s.template, s.root)
	kinds := strings.Join(slices.Sorted(maps.Keys(calls)), ",")
	r, said := s.trace(t, op, "-e", "trace="+kinds)
	if r.code != 0 {
		t.Fatalf("%v under strace: exit %d\n%s", op, r.code, r.stderr)
	}
	counts := map[string]int{}
	byThread := map[string]int{}
	for line := range strings.Lines(said) {
		thread, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		call, _, isCall := strings.Cut(strings.TrimSpace(rest), "(")
		if _, known := calls[call]; isCall && known {
			byThread[thread+call]++
			counts[call] = max(counts[call], byThread[thread+call])
		}
	}
	return counts
}

// trace does an operation under strace, and gives what that saw.
func (s *struck) trace(t *testing.T, op []string, options ...string) (result, string) {
	t.Helper()
	file := filepath.Join(s.dir, "trace")
	args := append([]string{"-f", "-qq", "--seccomp-bpf", "-o", file}, options...)
	r := command(t, exec.Command("strace", append(append(args, binary), op...)...))
	said, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return r, string(said)
}

// fault is one system call that fails in one operation.
type fault struct {
	op        []string
	call, how string
	at        int
}

func (f fault) String() string {
	return fmt.Sprintf("%s with %s of the %d. %s", strings.Join(f.op[:min(2, len(f.op))], " "), f.how, f.at, f.call)
}

// fires does the operation under the fault, holds the lake to its promises if it was hit,
// and tells whether it was.
func (s *struck) fires(t *testing.T, f fault) bool {
	t.Helper()
	r, said := s.trace(t, f.op, "-e", "trace="+f.call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", f.call, f.how, f.at))
	if !strings.Contains(said, "(INJECTED)") && !strings.Contains(said, "killed by SIGKILL") {
		return false
	}
	if r.code != 0 && !strings.Contains(f.how, "KILL") && !strings.Contains(r.stderr, "pipeline: ") && f.call != "openat" && f.call != "write" {
		t.Errorf("%s: exit %d without a word: %s", f, r.code, r.stderr)
	}
	tokens := s.tokens
	if r.code == 0 {
		tokens = append(slices.Clone(tokens), s.acknowledged...)
	}
	for _, v := range checkLedger(t, s.sess, s.root, tokens) {
		t.Errorf("%s: exit %d, %s\n%s", f, r.code, v, r.stderr)
	}
	if f.at%4 != 1 && !long() && s.again == nil {
		return true
	}
	if again := pipeline(t, f.op...); again.code != 0 {
		t.Errorf("%s: done again: exit %d\n%s", f, again.code, again.stderr)
	} else if s.again != nil {
		s.again(t, f.String())
	}
	return true
}

// tokensOf are the tokens that a lake holds.
func tokensOf(t *testing.T, root string) []string {
	t.Helper()
	r := read(t, root, "")
	return strings.Fields(r.one(t, `SELECT string_agg(token, ' ') FROM bronze.w__o`))
}
