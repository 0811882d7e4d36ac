package lake

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// SpaceReserve is what must stay free beside what an operation writes itself: for
// manifests, the commit and the catalog, without which it could not be published.
const SpaceReserve = 4 << 20

// NeedSpace refuses an operation that would write more than fits, before it starts.
func (l *Lake) NeedSpace(op string, bytes int64) error {
	var st unix.Statfs_t
	if err := unix.Statfs(l.root, &st); err != nil {
		return ioError(op, l.root, err)
	}
	free := int64(st.Bavail) * int64(st.Bsize) //nolint:unconvert // not 64 bits wide everywhere
	if need := bytes + SpaceReserve; free < need {
		return &Error{Op: op, Path: l.root, Kind: ErrNoSpace,
			Err:    fmt.Errorf("it needs about %s, %s are free", megabytes(need), megabytes(free)),
			Advice: "free some space and run again; nothing was written. `pipeline lake vacuum` shows what old versions hold"}
	}
	return nil
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
