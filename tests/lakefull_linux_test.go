package tests

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFaultFullDisk does the operations of the real binary with less and less space left:
// each succeeds, or exits 1, says that there is no space, and leaves the state before or after.
func TestFaultFullDisk(t *testing.T) {
	levels := 8
	if long() {
		levels = 40
	}
	mount := t.TempDir()
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=12m"); err != nil {
		t.Skipf("skipped: a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { _ = unix.Unmount(mount, unix.MNT_DETACH) })
	root, template := filepath.Join(mount, "lake"), filepath.Join(mount, "template")
	publishStates(t, root, 3)
	tokens := tokensOf(t, root)
	if err := os.Rename(root, template); err != nil {
		t.Fatal(err)
	}
	sess := memoryEngine(t)
	failed := 0
	for i := range levels {
		for _, op := range [][]string{{"lake", "rollback", "1"}, {"lake", "compact", "--min-files", "2"}} {
			linkTree(t, template, root)
			ballast := filepath.Join(mount, "ballast")
			fill(t, ballast)
			free := int64(i) * 640 << 10 / int64(levels)
			if info, err := os.Stat(ballast); err != nil || os.Truncate(ballast, info.Size()-free) != nil {
				t.Fatal(err)
			}
			r := pipeline(t, append(op, "--lake", root)...)
			switch {
			case r.code == 0:
			case r.code != 1 || !strings.Contains(r.stderr, "no space left") || !strings.Contains(r.stderr, "hint: "):
				t.Errorf("%v with %d KiB free: exit %d\n%s", op, free>>10, r.code, r.stderr)
			default:
				failed++
			}
			if err := os.Remove(ballast); err != nil {
				t.Fatal(err)
			}
			for _, v := range checkLedger(t, sess, root, tokens) {
				t.Errorf("%v with %d KiB free: %s", op, free>>10, v)
			}
			if again := pipeline(t, append(op, "--lake", root)...); again.code != 0 {
				t.Errorf("%v with space again: exit %d\n%s", op, again.code, again.stderr)
			}
		}
	}
	t.Logf("%d levels of 2 operations, %d refused for want of space", levels, failed)
	if failed < levels/2 {
		t.Errorf("only %d of %d operations met a full disk", failed, 2*levels)
	}
}
