package main

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/customer360/pipeline/pipeline/config"
)

// What a machine should have; less is reported, not refused.
const (
	wantFree   = 1 << 30
	wantMemory = 2 << 30
)

// examineLake tries what publishing needs in the lake's directory, or in the nearest
// one that exists, and cleans up.
func examineLake(d *diagnosis, lake string) {
	dir := lake
	for {
		info, err := os.Stat(dir)
		if err == nil && !info.IsDir() {
			d.add(levelProblem, "lake", "name another with --lake", "%s is a file", dir)
			return
		}
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(dir) == dir {
			d.add(levelProblem, "lake", "name another with --lake", "%s cannot be used: %v", lake, err)
			return
		}
		dir = filepath.Dir(dir)
	}
	if dir != lake {
		d.add(levelNote, "lake", "", "%s does not exist yet; a run makes it", lake)
	}
	examineLinks(d, dir)
	examineSpace(d, dir)
	examineLock(d, lake)
}

// examineLinks writes a file and links it: publishing works by hard links.
func examineLinks(d *diagnosis, dir string) {
	probe, err := os.MkdirTemp(dir, ".doctor-*")
	if err != nil {
		d.add(levelProblem, "lake writable", "allow writing, or name another with --lake", "%s cannot be written: %v", dir, err)
		return
	}
	defer os.RemoveAll(probe) // a leftover probe does no harm: nothing reads it
	from := filepath.Join(probe, "a.part")
	if err := os.WriteFile(from, []byte("probe"), 0o644); err != nil {
		d.add(levelProblem, "lake writable", "free some space", "%s cannot be written: %v", dir, err)
		return
	}
	d.add(levelOK, "lake writable", "", "%s", dir)
	if err := os.Link(from, filepath.Join(probe, "b.parquet")); err != nil {
		d.add(levelProblem, "hard links", "put the lake on a file system that has them (ext4, xfs, btrfs, zfs, apfs; not exFAT)", "do not work: %v", err)
		return
	}
	if err := os.Symlink("a.part", filepath.Join(probe, "current")); err != nil {
		d.add(levelProblem, "symbolic links", "put the lake on a file system that has them", "do not work: %v", err)
		return
	}
	d.add(levelOK, "links", "", "hard and symbolic links work")
}

func examineSpace(d *diagnosis, dir string) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		d.add(levelNote, "disk", "", "free space is not known: %v", err)
		return
	}
	free := int64(st.Bavail) * st.Bsize
	if free < wantFree {
		d.add(levelProblem, "disk", "free some space, or name another disk with --lake", "only %s free", byteSize(free))
		return
	}
	d.add(levelOK, "disk", "", "%s free", byteSize(free))
}

// examineLock tells a running run from a lock that a dead one left: the kernel frees
// a dead process's lock, so a file alone means nothing.
func examineLock(d *diagnosis, lake string) {
	f, err := os.Open(filepath.Join(lake, "_lake", "lock"))
	if err != nil {
		return // no lake, or never locked
	}
	defer f.Close() // read only
	switch err := unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB); {
	case errors.Is(err, unix.EWOULDBLOCK):
		d.add(levelNote, "lock", "wait for it to end; nothing needs doing", "a run is under way")
	case err != nil:
		d.add(levelProblem, "lock", "put the lake on a local file system", "file locks do not work: %v", err)
	default:
		d.add(levelOK, "lock", "", "no run is under way")
	}
}

func examineMachine(d *diagnosis, l *config.Loaded) {
	d.add(levelOK, "cores", "", "%d%s", runtime.NumCPU(), limited(l.Engine.Threads > 0, fmt.Sprintf("engine.threads uses %d", l.Engine.Threads)))
	memory, err := availableMemory()
	switch {
	case err != nil:
		d.add(levelNote, "memory", "", "not known on this system")
	case memory < wantMemory:
		d.add(levelNote, "memory", `set "engine": {"memory_limit": "1GB"}; large tables then spill to disk`, "only %s available", byteSize(memory))
	default:
		d.add(levelOK, "memory", "", "%s available%s", byteSize(memory), limited(l.Engine.MemoryLimit != "", "engine.memory_limit is "+l.Engine.MemoryLimit))
	}
}

func limited(is bool, text string) string {
	if !is {
		return ""
	}
	return "; " + text
}

// availableMemory reads what Linux would give without swapping.
func availableMemory() (int64, error) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, err
	}
	defer f.Close() // read only
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if rest, ok := strings.CutPrefix(lines.Text(), "MemAvailable:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(rest, "kB")), 10, 64)
			return kib * 1024, err
		}
	}
	return 0, errors.Join(errors.New("no MemAvailable"), lines.Err())
}

func byteSize(n int64) string {
	units := []string{"bytes", "KiB", "MiB", "GiB", "TiB"}
	size, i := float64(n), 0
	for size >= 1024 && i < len(units)-1 {
		size, i = size/1024, i+1
	}
	if i == 0 {
		return fmt.Sprintf("%d bytes", n)
	}
	return fmt.Sprintf("%.1f %s", size, units[i])
}
