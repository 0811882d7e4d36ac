package tests

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestFaultPowerCuts copies a file system at random moments while a process writes a lake on
// it, and mounts the copy as after a power cut: what was acknowledged before the copy must be
// there. With fsync switched off it must not: that control is caught every time.
func TestFaultPowerCuts(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	cuts, controls := 10, 2
	if long() {
		cuts, controls = 100, 10
	}
	d := newDisk(t)
	lost := 0
	for i := range cuts {
		if v, n := d.cut(t, uint64(i), false); len(v) > 0 {
			t.Errorf("cut %d, %d acknowledged: %s", i+1, n, strings.Join(v, "; "))
		} else {
			lost += n
		}
	}
	caught := 0
	for i := range controls {
		if v, _ := d.cut(t, uint64(i), true); len(v) > 0 {
			caught++
		}
	}
	t.Logf("%d power cuts, %d acknowledged versions, none lost; without fsync %d of %d cuts lost some", cuts, lost, caught, controls)
	if caught < controls {
		t.Errorf("without fsync only %d of %d cuts were caught", caught, controls)
	}
	if lost < cuts {
		t.Errorf("only %d versions were acknowledged before %d cuts", lost, cuts)
	}
}

// disk is an ext4 file system in a file, of which fresh ones are copied.
type disk struct{ empty, image, copied, mount, second string }

func newDisk(t *testing.T) disk {
	t.Helper()
	dir := quickDir(t) // a copy takes no time there
	d := disk{empty: dir + "/empty", image: dir + "/image", copied: dir + "/copied", mount: dir + "/mount", second: dir + "/second"}
	for _, step := range [][]string{{"mkdir", d.mount, d.second}, {"truncate", "-s", "24M", d.empty}, {"mkfs.ext4", "-q", "-E", "lazy_itable_init=0,lazy_journal_init=0", d.empty},
		{"mount", "-o", "loop", d.empty, d.mount}, {"umount", d.mount}} {
		if out, err := exec.Command(step[0], step[1:]...).CombinedOutput(); err != nil {
			t.Skipf("skipped: file systems in files cannot be mounted here: %v: %v %s", step, err, out)
		}
	}
	return d
}

// cut writes until a random moment, cuts, and holds the copy against what was acknowledged.
func (d disk) cut(t *testing.T, seed uint64, unsynced bool) (violations []string, acknowledged int) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(seed, 3))
	mustDo(t, "cp", d.empty, d.image)
	mustDo(t, "mount", "-o", "loop,commit=60", d.image, d.mount)
	mounted := true
	defer func() {
		if mounted {
			unmount(t, d.mount)
		}
	}()
	acks := filepath.Join(t.TempDir(), "acks")
	c := worker(filepath.Join(d.mount, "lake"), acks, 0, 0)
	if unsynced {
		c.Args = append([]string{"strace", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "inject=fsync,fdatasync:retval=0", c.Path}, c.Args[1:]...)
		path, err := exec.LookPath("strace")
		if err != nil {
			t.Skip("skipped: without strace fsync cannot be switched off")
		}
		c.Path = path
	}
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(30 * time.Second); len(noted(acks)) < 1 && time.Now().Before(deadline); {
		time.Sleep(2 * time.Millisecond)
	}
	time.Sleep(time.Duration(rnd.IntN(150)) * time.Millisecond)
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGSTOP) // so that the device comes to rest; nothing is flushed by it
	tokens := d.copy(t, acks)
	_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
	_ = c.Wait() // it was killed
	unmount(t, d.mount)
	mounted = false
	mustDo(t, "mount", "-o", "loop", d.copied, d.second)
	defer unmount(t, d.second)
	return checkLedger(t, memoryEngine(t), filepath.Join(d.second, "lake"), tokens), len(tokens)
}

// copy copies the image as it is at one moment: a copy during which the device was written
// to is no such moment. It returns what was acknowledged before.
func (d disk) copy(t *testing.T, acks string) []string {
	t.Helper()
	for range 2000 {
		tokens := noted(acks)
		before, err := d.written()
		if err != nil {
			t.Fatal(err)
		}
		mustDo(t, "cp", "--sparse=never", d.image, d.copied)
		after, err := d.written()
		if err != nil {
			t.Fatal(err)
		}
		if before == after {
			return tokens
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatal("the device is never still")
	return nil
}

// written is what was written to the loop device so far, and that nothing is on its way.
func (d disk) written() (string, error) {
	out, err := exec.Command("losetup", "-n", "-O", "NAME", "-j", d.image).Output()
	if err != nil {
		return "", fmt.Errorf("losetup: %w", err)
	}
	stat, err := os.ReadFile("/sys/block/" + filepath.Base(strings.TrimSpace(string(out))) + "/stat")
	if err != nil {
		return "", err
	}
	f := strings.Fields(string(stat))
	if f[8] != "0" { // requests in flight: no moment at all
		return fmt.Sprint("in flight ", time.Now().UnixNano()), nil
	}
	return f[4] + " " + f[6], nil
}

// unmount waits for the last of a killed process to go.
func unmount(t *testing.T, dir string) {
	t.Helper()
	var err error
	for range 500 {
		if err = unix.Unmount(dir, 0); err == nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("unmount %s: %v", dir, err)
}

func mustDo(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v %s", name, args, err, out)
	}
}
