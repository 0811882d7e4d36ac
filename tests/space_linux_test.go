package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
)

// TestNoSpaceToBegin: a run that surely does not fit is refused before it writes, says what
// it needs, what is free and where space may be found, and goes on once there is some.
func TestNoSpaceToBegin(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long; make test-all runs it")
	}
	mount := t.TempDir()
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=24m"); err != nil {
		t.Skipf("skipped: a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(mount, unix.MNT_DETACH) })
	config, root := ledgerProject(t, t.TempDir()), filepath.Join(mount, "lake")
	ledgerLake(t, config, root, 1)
	before := lakeFiles(t, root)
	ballast := filepath.Join(mount, "ballast")
	fill(t, ballast)
	info, err := os.Stat(ballast)
	if err != nil || os.Truncate(ballast, info.Size()-2<<20) != nil {
		t.Fatal(err)
	}
	tokenFile(t, config, "NEW")
	r := pipeline(t, "run", "--config", config, "--lake", root)
	for _, piece := range []string{"it needs about 4.", " MB are free", "hint: free some space", "lake vacuum"} {
		if r.code != 1 || !strings.Contains(r.stderr, piece) {
			t.Errorf("exit %d, does not say %q:\n%s", r.code, piece, r.stderr)
		}
	}
	if diff := cmp.Diff(before, lakeFiles(t, root)); diff != "" {
		t.Errorf("the lake changed (-before +after):\n%s", diff)
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	must(t, "run", "--quiet", "--config", config, "--lake", root)
	tidy(t, root)
}
