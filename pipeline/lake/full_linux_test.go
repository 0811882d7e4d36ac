package lake

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestFullDisk fills a small file system night by night: every failure says that space
// is missing, leaves whole versions, and is over once there is space again.
func TestFullDisk(t *testing.T) {
	mount := t.TempDir()
	if err := unix.Mount("tmpfs", mount, "tmpfs", 0, "size=3m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(mount, unix.MNT_DETACH) })
	const nights = 30
	fixtures := makeParquet(t, nightQueries(nights))
	l, err := Create(filepath.Join(mount, "lake"), Options{Now: clock()})
	if err != nil {
		t.Fatal(err)
	}
	l.keep = nights
	night := 1
	for ; err == nil && night <= nights; night++ {
		err = runNight(l, fixtures, night)
	}
	night--
	if !errors.Is(err, ErrNoSpace) {
		t.Fatalf("night %d on a full disk: %v", night, err)
	}
	for _, p := range mustVerify(t, l, false).Problems {
		if p.Code != ProblemProjection {
			t.Errorf("night %d: %+v", night, p)
		}
	}
	for _, old := range []string{"2", "4", "6"} {
		if err := os.RemoveAll(l.path(releasesDir, old)); err != nil {
			t.Fatal(err)
		}
	}
	l.keep = 3
	mustRun(t, l, fixtures, night)
	wantClean(t, l)
}
