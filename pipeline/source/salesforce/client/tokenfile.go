package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// FileStore keeps a rotating refresh token in a file that only its owner can read.
// Use it by pointer.
type FileStore struct {
	Path string
	Seed Secret // the token of the configuration: where the chain of tokens begins

	mu      sync.Mutex
	pending Secret // given by the server, but not yet durable
}

// tokenFile is the file. A new seed means that the user has authorized again: the
// stored token, of the old seed's chain, is then void.
type tokenFile struct {
	RefreshToken string `json:"refresh_token"`
	SeedSHA256   string `json:"seed_sha256"`
}

// Rotate implements TokenStore. What could keep the new token from being stored – a
// missing directory, no right to write, a full disk – is found out before the present
// token is used up.
func (s *FileStore) Rotate(ctx context.Context, use func(context.Context, Secret) (Secret, error)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	unlock, err := lockFile(ctx, s.Path+".lock")
	if err != nil {
		return fmt.Errorf("refresh token store %s: %w", s.Path, err)
	}
	defer unlock()
	present, err := s.present()
	if err != nil {
		return fmt.Errorf("refresh token store %s: %w", s.Path, err)
	}
	room, err := reserve(s.Path)
	if err != nil {
		return fmt.Errorf("refresh token store %s: %w", s.Path, err)
	}
	defer room.discard() //nolint:errcheck // what is left of it is harmless
	next, err := use(ctx, present)
	if err != nil {
		return err
	}
	if next.Empty() || next.Reveal() == present.Reveal() && s.pending.Empty() {
		return nil
	}
	s.pending = next
	if err := s.write(room, next); err != nil {
		return fmt.Errorf("refresh token store %s: the new token could not be kept, and the old one is used up: %w", s.Path, err)
	}
	s.pending = Secret{}
	return nil
}

// present is the newest token known.
func (s *FileStore) present() (Secret, error) {
	if !s.pending.Empty() {
		return s.pending, nil
	}
	text, err := os.ReadFile(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return s.seed()
	}
	if err != nil {
		return Secret{}, err
	}
	var file tokenFile
	if err := json.Unmarshal(text, &file); err != nil || file.RefreshToken == "" {
		return Secret{}, errors.New("not a token file; remove it to begin with the configured token")
	}
	if !s.Seed.Empty() && file.SeedSHA256 != seedHash(s.Seed) {
		return s.seed()
	}
	return NewSecret(file.RefreshToken), nil
}

func (s *FileStore) seed() (Secret, error) {
	if s.Seed.Empty() {
		return Secret{}, errors.New("no refresh token is configured or stored")
	}
	return s.Seed, nil
}

func (s *FileStore) write(room *reserved, next Secret) error {
	text, err := json.Marshal(tokenFile{RefreshToken: next.Reveal(), SeedSHA256: seedHash(s.Seed)})
	if err != nil {
		return err
	}
	return room.commit(append(text, '\n'))
}

func seedHash(seed Secret) string {
	sum := sha256.Sum256([]byte(seed.Reveal()))
	return hex.EncodeToString(sum[:])
}

// reserved is a temporary file beside its final place, with its blocks allocated.
type reserved struct {
	file *os.File
	path string
}

// reserve makes the temporary file, as large as a token file may become.
func reserve(path string) (*reserved, error) {
	file, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.part") // mode 0600
	if err != nil {
		return nil, err
	}
	r := &reserved{file: file, path: path}
	if _, err := file.Write(make([]byte, 4096)); err != nil {
		return nil, errors.Join(err, r.discard())
	}
	if err := file.Sync(); err != nil {
		return nil, errors.Join(err, r.discard())
	}
	return r, nil
}

// commit writes the text and puts the file in its place, durably.
func (r *reserved) commit(text []byte) error {
	if _, err := r.file.WriteAt(text, 0); err != nil {
		return err
	}
	if err := errors.Join(r.file.Truncate(int64(len(text))), r.file.Sync()); err != nil {
		return err
	}
	if err := os.Rename(r.file.Name(), r.path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(r.path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// discard removes what was not committed.
func (r *reserved) discard() error {
	err := r.file.Close()
	if removed := os.Remove(r.file.Name()); !errors.Is(removed, fs.ErrNotExist) {
		err = errors.Join(err, removed)
	}
	return err
}

// lockFile waits until no other process uses the store.
func lockFile(ctx context.Context, path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	const pause = 50 * time.Millisecond
	for {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		switch {
		case err == nil:
			return func() { _ = file.Close() }, nil // closing gives the lock back
		case !errors.Is(err, unix.EWOULDBLOCK) && !errors.Is(err, unix.EINTR):
			return nil, errors.Join(err, file.Close())
		}
		if err := sleep(ctx, pause); err != nil {
			return nil, errors.Join(err, file.Close())
		}
	}
}
