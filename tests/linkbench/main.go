// Command linkbench measures how fast accounts are linked, in how much memory, and how well:
// a full run of 100,000 and of 1,000,000 made-up accounts, and an update that adds a hundredth
// to each. Each figure is taken in a process of its own.
//
//	go run ./tests/linkbench [-accounts 100000,1000000] [-seed 4001]
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/customer360/pipeline/configs"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
	"github.com/customer360/pipeline/pipeline/link"
	"github.com/customer360/pipeline/pipeline/link/truth"
	"github.com/customer360/pipeline/pipeline/report"
)

// figures are what one process measured.
type figures struct {
	Seconds, CPU float64
	link.Measures
	AsFull, Kept float64 // shares of accounts, of an update
	Saved        float64 // seconds to keep the state of an update for the next one
	GiB          float64 // most memory of the process, with the accounts it was given
}

func main() {
	sizes := flag.String("accounts", "100000,1000000", "numbers of accounts")
	seed := flag.Uint64("seed", 4001, "of the made-up accounts")
	part := flag.String("measure", "", "what to measure in this process: run or update")
	flag.Parse()
	if err := run(*sizes, *seed, *part); err != nil {
		fmt.Fprintln(os.Stderr, "linkbench:", err)
		os.Exit(1)
	}
}

func run(sizes string, seed uint64, part string) error {
	if part != "" {
		n, err := strconv.Atoi(sizes)
		if err != nil {
			return err
		}
		f, err := measure(n, seed, part == "update")
		if err != nil {
			return err
		}
		return json.NewEncoder(os.Stdout).Encode(f)
	}
	fmt.Printf("| Accounts | | Time | CPU | Memory | Pairs: precision / recall | B³ F1 | As a full run | Kept their id |\n|---:|---|---:|---:|---:|---|---:|---:|---:|\n")
	for _, size := range strings.Split(sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil {
			return err
		}
		for _, part := range []string{"run", "update"} {
			f, err := child(size, seed, part)
			if err != nil {
				return err
			}
			what, share, kept := "all", "| |", ""
			if part == "update" {
				kept = fmt.Sprintf(" + %.1f s", f.Saved)
				what, share = report.Count(int64(n/100))+" new", fmt.Sprintf("%.2f %% | %.2f %% |", 100*f.AsFull, 100*f.Kept)
			}
			fmt.Printf("| %s | %s | %.1f s%s | %.1f s | %.1f GiB | %.4f / %.4f | %.4f | %s\n", report.Count(int64(n)), what, f.Seconds, kept, f.CPU, f.GiB, f.PairPrecision, f.PairRecall, f.B3F1, share)
		}
	}
	fmt.Printf("\nseed %d · %d cores · the time of an update includes loading the state of the run before, + is for keeping its own · memory is that of the process at its most, the made-up accounts included\n", seed, runtime.NumCPU())
	return nil
}

// child measures in a new process.
func child(size string, seed uint64, part string) (f figures, err error) {
	self, err := os.Executable()
	if err != nil {
		return f, err
	}
	c := exec.Command(self, "-accounts", size, "-seed", fmt.Sprint(seed), "-measure", part)
	c.Stderr = os.Stderr
	out, err := c.Output()
	if err != nil {
		return f, fmt.Errorf("%s of %s accounts: %w", part, size, err)
	}
	if err := json.Unmarshal(out, &f); err != nil {
		return f, err
	}
	if usage, ok := c.ProcessState.SysUsage().(*syscall.Rusage); ok {
		f.GiB = float64(usage.Maxrss) / (1 << 20)
	}
	return f, nil
}

// measure links made-up accounts: all at once, or a hundredth more after a full run.
func measure(n int, seed uint64, update bool) (f figures, err error) {
	l, closeAll, err := open()
	if err != nil {
		return f, err
	}
	defer closeAll()
	ctx := context.Background()
	if !update {
		data := truth.Generate(truth.Options{Seed: seed, Accounts: n})
		runtime.GC()
		stop := watch(&f)
		r, err := l.Run(ctx, data.Accounts, nil)
		stop()
		if err != nil {
			return f, err
		}
		f.Measures = r.Measure(data)
		return f, nil
	}
	data := truth.Generate(truth.Options{Seed: seed, Accounts: n + n/100})
	for i := n; i < len(data.Accounts); i++ {
		data.Accounts[i].Recent = true
	}
	ids, err := before(ctx, l, data.Accounts[:n])
	if err != nil {
		return f, err
	}
	runtime.GC()
	stop := watch(&f)
	state, err := link.LoadState(l.Dir)
	if err != nil {
		return f, err
	}
	after, err := l.Update(ctx, data.Accounts, nil, state)
	stop()
	if err != nil {
		return f, err
	}
	began := time.Now()
	if err := after.State().Save(l.Dir); err != nil {
		return f, err
	}
	f.Saved = time.Since(began).Seconds()
	later, _ := after.AssignIDs(ids, nil)
	f.Measures, f.Kept = after.Measure(data), alike(ids, later)
	fresh, _ := after.AssignIDs(nil, nil)
	full, err := l.Run(ctx, data.Accounts, nil)
	if err != nil {
		return f, err
	}
	again, _ := full.AssignIDs(nil, nil)
	f.AsFull = alike(again, fresh)
	return f, nil
}

// before makes the full run that an update starts from, and leaves its state in the linker's
// directory.
func before(ctx context.Context, l *link.Linker, accounts []link.Account) ([]link.Assignment, error) {
	r, err := l.Run(ctx, accounts, nil)
	if err != nil {
		return nil, err
	}
	ids, _ := r.AssignIDs(nil, nil)
	return ids, r.State().Save(l.Dir)
}

// watch takes the time and the CPU time until it is stopped.
func watch(f *figures) (stop func()) {
	cpu := func() float64 {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
	}
	began, used := time.Now(), cpu()
	return func() { f.Seconds, f.CPU = time.Since(began).Seconds(), cpu()-used }
}

// alike is the share of accounts of a that have the same id in b.
func alike(a, b []link.Assignment) float64 {
	of := make(map[string]string, len(b))
	for _, x := range b {
		of[x.AccountID] = x.MasterAccountID
	}
	n := 0
	for _, x := range a {
		if of[x.AccountID] == x.MasterAccountID {
			n++
		}
	}
	return float64(n) / float64(len(a))
}

// open makes a linker with the built-in data.
func open() (*link.Linker, func(), error) {
	files, err := fs.Sub(configs.FS, "linking")
	if err != nil {
		return nil, nil, err
	}
	words, err := link.LoadVocabulary(files)
	if err != nil {
		return nil, nil, err
	}
	policy, err := link.LoadPolicy(files, "entity")
	if err != nil {
		return nil, nil, err
	}
	dir, err := os.MkdirTemp("", "linkbench-")
	if err != nil {
		return nil, nil, err
	}
	ctx := context.Background()
	db, err := duckdb.Open(ctx, engine.Options{TempDirectory: dir})
	if err != nil {
		return nil, nil, err
	}
	sess, err := db.Session(ctx)
	if err != nil {
		return nil, nil, err
	}
	return &link.Linker{Vocabulary: words, Policy: policy, Session: sess, Dir: dir}, func() { _ = errors.Join(sess.Close(), db.Close(), os.RemoveAll(dir)) }, nil
}
