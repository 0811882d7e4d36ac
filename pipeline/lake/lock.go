package lake

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Lock is the exclusive right to change the lake. The kernel releases it when the
// process ends in any way.
type Lock struct {
	file *os.File
	run  string
}

// Lock takes the lake's lock for a run, or fails at once with *LockedError.
func (l *Lake) Lock(run string) (*Lock, error) {
	if !runName.MatchString(run) {
		return nil, fmt.Errorf("lock: bad run id %q", run)
	}
	if l.now == nil {
		return nil, errors.New("lock: the lake was opened without a clock, for reading only")
	}
	path := l.path(lockFile)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, ioError("lock", path, err)
	}
	if err := flock(f); err != nil {
		holder, _ := l.Holder()
		if errors.Is(err, unix.EWOULDBLOCK) {
			_ = f.Close() // the answer is the holder; nothing was written through f
			return nil, &holder
		}
		return nil, errors.Join(ioError("lock", path, err), f.Close())
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	info, err := json.Marshal(LockedError{Run: run, PID: os.Getpid(), Host: host, Since: l.now().UTC()})
	if err == nil {
		err = errors.Join(f.Truncate(0), writeAt(f, append(info, '\n')))
	}
	if err != nil {
		return nil, errors.Join(ioError("lock", path, err), f.Close())
	}
	return &Lock{file: f, run: run}, nil
}

func flock(f *os.File) error {
	for {
		err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

func writeAt(f *os.File, b []byte) error {
	_, err := f.WriteAt(b, 0)
	return err
}

// Close gives the lock back. The file stays: removing it would let two runs hold
// locks on two files of one name.
func (k *Lock) Close() error {
	if k.file == nil {
		return nil
	}
	// Unlock before closing: a process being forked just now holds a copy of the
	// descriptor until it execs, and the lock with it.
	err := errors.Join(k.file.Truncate(0), unix.Flock(int(k.file.Fd()), unix.LOCK_UN), k.file.Close())
	k.file = nil
	return err
}

// Holder says who wrote the lock file last and whether that process may still be
// alive. It takes no lock, so that a reader never makes a run fail.
func (l *Lake) Holder() (LockedError, bool) {
	var h LockedError
	raw, err := os.ReadFile(l.path(lockFile))
	if err != nil || json.Unmarshal(raw, &h) != nil {
		return LockedError{}, false
	}
	if host, err := os.Hostname(); err != nil || host != h.Host {
		return h, true
	}
	err = unix.Kill(h.PID, 0)
	return h, err == nil || errors.Is(err, unix.EPERM)
}
