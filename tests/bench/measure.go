package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sort"
	"strings"
	"syscall"
	"time"
)

// sample is what one process cost.
type sample struct {
	wall, cpu time.Duration
	peak      int64 // bytes resident
}

func (s sample) memory() string { return fmt.Sprintf("%.2f GiB peak", float64(s.peak)/(1<<30)) }

// measure runs a command to its end. Its peak memory is the kernel's own count.
func measure(cmd *exec.Cmd) (sample, error) {
	var said bytes.Buffer
	cmd.Stderr = &said
	start := time.Now()
	err := cmd.Run()
	wall := time.Since(start)
	if err != nil {
		return sample{}, fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, said.Bytes())
	}
	s := sample{wall: wall, cpu: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		s.peak = usage.Maxrss << 10
	}
	return s, nil
}

func median(list []sample) sample {
	sort.Slice(list, func(a, b int) bool { return list[a].wall < list[b].wall })
	return list[len(list)/2]
}

// machine is one line about where this ran.
func machine() string {
	model := "unknown processor"
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(raw)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	load := ""
	if raw, err := os.ReadFile("/proc/loadavg"); err == nil {
		load = ", load average " + strings.Join(strings.Fields(string(raw))[:3], " ")
	}
	return fmt.Sprintf("%s %s, %d cores, %s%s", time.Now().UTC().Format(time.DateOnly), model, runtime.NumCPU(), runtime.Version(), load)
}

// table prints rows as they come.
type table struct{}

func (table) head() {
	fmt.Printf("%-36s %10s %10s %10s   %s\n", "", "wall s", "cpu s", "peak GiB", "pipeline / bare")
}

// row prints a side; of a bare one also the ratio of the pipeline to it.
func (table) row(name string, s sample, target float64, pipeline sample) {
	ratio := ""
	if target > 0 {
		ratio = fmt.Sprintf("%.2f× wall, %.2f× cpu (target %.1f×)", pipeline.wall.Seconds()/s.wall.Seconds(), pipeline.cpu.Seconds()/s.cpu.Seconds(), target)
	}
	fmt.Println(strings.TrimRight(fmt.Sprintf("%-36s %10.2f %10.2f %10.2f   %s", name, s.wall.Seconds(), s.cpu.Seconds(), float64(s.peak)/(1<<30), ratio), " "))
}

func errorsOf(errs ...error) error { return errors.Join(errs...) }
