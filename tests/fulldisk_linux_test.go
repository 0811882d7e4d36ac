package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestFullDisk fills the lake's disk: the run says so, publishes nothing, and completes
// once there is space.
func TestFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=48m"); err != nil {
		t.Skipf("skipped: a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(mount, unix.MNT_DETACH) })
	dir := t.TempDir()
	copyLinks(t, firstNight(t), dir)
	copyLinks(t, dir, filepath.Join(mount, "night"))
	root := filepath.Join(mount, "night", "lake")
	config := filepath.Join(dir, "pipeline.json")
	writeFiles(t, dir, map[string]string{newFile: newAccounts})
	before := lakeFiles(t, root)
	ballast := filepath.Join(mount, "ballast")
	fill(t, ballast)
	r := pipeline(t, "run", "--config", config, "--lake", root)
	if r.code != 1 || !strings.Contains(r.stderr, "no space left") {
		t.Fatalf("exit %d on a full disk\n%s%s", r.code, r.stdout, r.stderr)
	}
	if diff := cmp.Diff(before, lakeFiles(t, root)); diff != "" {
		t.Errorf("the lake changed (-before +after):\n%s", diff)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	must(t, "run", "--quiet", "--config", config, "--lake", root)
	if got := askLake(t, root, "SELECT count(*) FROM gold.accounts")[0][0]; got != "3" {
		t.Errorf("%s accounts in the end", got)
	}
	must(t, "lake", "verify", "--lake", root)
}

// fill writes until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for block := make([]byte, 64<<10); len(block) > 0; {
		n, err := f.Write(block)
		if err != nil || n < len(block) {
			block = block[:len(block)/2]
		}
	}
}
