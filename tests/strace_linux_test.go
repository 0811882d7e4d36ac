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

// TestFaultSystemCalls lets the k-th call of a kind fail in a real process. Whatever
// happens, the state is the one before or after, what was acknowledged stays, and the
// operation succeeds when it is done again.
func TestFaultSystemCalls(t *testing.T) {
	t.Parallel()
	if out, err := exec.Command("strace", "-e", "inject=fsync:error=EIO", "true").CombinedOutput(); err != nil {
		t.Skipf("skipped: system calls cannot be made to fail here (strace): %v %s", err, out)
	}
	want := 60
	switch {
	case long():
		want = 500
	case testing.Short():
		want = 12
	}
	rnd := rand.New(rand.NewPCG(20261122, uint64(want)))
	dir := quickDir(t)
	root, template := filepath.Join(dir, "lake"), filepath.Join(dir, "template")
	publishStates(t, root, 4)
	tokens := tokensOf(t, root)
	if err := os.Rename(root, template); err != nil { // its paths hold for copies at root
		t.Fatal(err)
	}
	sess := memoryEngine(t)
	fired, tries, byCall := 0, 0, map[string]int{}
	ops := slices.Sorted(maps.Keys(straced))
	counts := map[string]map[string]int{}
	for _, op := range ops {
		counts[op] = countCalls(t, op, template, root)
	}
	for i := 0; fired < want && tries < 6*want; i++ {
		tries++
		op := ops[i%len(ops)]
		made := slices.Sorted(maps.Keys(counts[op]))
		call := made[rnd.IntN(len(made))]
		how := calls[call][rnd.IntN(len(calls[call]))]
		at := 1 + rnd.IntN(counts[op][call])
		c := fault{op: op, call: call, how: how, at: at, root: root, dir: dir}
		linkTree(t, template, root)
		if c.run(t, sess, tokens) {
			fired++
			byCall[call]++
		}
		if t.Failed() {
			return
		}
	}
	t.Logf("%d faults fired in %d processes: %v", fired, tries, byCall)
	if fired < want {
		t.Errorf("%d faults fired, want %d", fired, want)
	}
}

// countCalls does the operation undisturbed and counts its system calls.
func countCalls(t *testing.T, op, template, root string) map[string]int {
	t.Helper()
	linkTree(t, template, root)
	trace := filepath.Join(filepath.Dir(root), "trace")
	kinds := strings.Join(slices.Sorted(maps.Keys(calls)), ",")
	args := append([]string{"-f", "-qq", "--seccomp-bpf", "-o", trace, "-e", "trace=" + kinds, binary}, append(straced[op], "--lake", root)...)
	if r := command(t, exec.Command("strace", args...)); r.code != 0 {
		t.Fatalf("%s under strace: exit %d\n%s", op, r.code, r.stderr)
	}
	raw, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	counts := map[string]int{}
	for call := range calls {
		if n := strings.Count(string(raw), " "+call+"("); n > 0 {
			counts[call] = n
		}
	}
	return counts
}

// fault is one system call that fails in one operation.
type fault struct {
	op, call, how string
	at            int
	root, dir     string
}

func (f fault) String() string {
	return fmt.Sprintf("%s with %s of the %d. %s", f.op, f.how, f.at, f.call)
}

// run does the operation under the fault and tells whether it was hit.
func (f fault) run(t *testing.T, sess engine.Session, tokens []string) bool {
	t.Helper()
	trace := filepath.Join(f.dir, "trace")
	args := append([]string{"-f", "-qq", "--seccomp-bpf", "-o", trace, "-e", "trace=" + f.call, "-e", fmt.Sprintf("inject=%s:%s:when=%d", f.call, f.how, f.at), binary},
		append(straced[f.op], "--lake", f.root)...)
	r := command(t, exec.Command("strace", args...))
	said, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	hit := strings.Contains(string(said), "(INJECTED)") || strings.Contains(string(said), "killed by SIGKILL")
	if hit && r.code != 0 && !strings.Contains(f.how, "KILL") && !strings.Contains(r.stderr, "pipeline: ") && f.call != "openat" && f.call != "write" {
		t.Errorf("%s: exit %d without a word: %s", f, r.code, r.stderr)
	}
	if !hit {
		return false
	}
	for _, v := range checkLedger(t, sess, f.root, tokens) {
		t.Errorf("%s: exit %d, %s\n%s", f, r.code, v, r.stderr)
	}
	if f.at%4 != 1 && !long() {
		return true
	}
	if again := pipeline(t, append(straced[f.op], "--lake", f.root)...); again.code != 0 {
		t.Errorf("%s: done again: exit %d\n%s", f, again.code, again.stderr)
	}
	return true
}

// tokensOf are the tokens that a lake holds.
func tokensOf(t *testing.T, root string) []string {
	t.Helper()
	r := read(t, root, "")
	return strings.Fields(r.one(t, `SELECT string_agg(token, ' ') FROM bronze.w__o`))
}
