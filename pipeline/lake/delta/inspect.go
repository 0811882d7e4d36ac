package delta

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
)

// Inspect looks for what another program left beside the commits, which have checksums.
// It must be cheap, because every run begins with it: of checkpoints it reads the footers
// of the newest, which readers take, and of those at versions where none is due.
func (l Listing) Inspect(every int64) error {
	for _, v := range l.Checkpoints {
		if v%every == 0 && v != l.newest() {
			continue
		}
		path := filepath.Join(l.Dir, CheckpointName(v))
		if err := inspectCheckpoint(path); err != nil {
			return err
		}
	}
	if !l.last {
		return nil
	}
	return l.inspectPointer()
}

// inspectPointer: LastCheckpoint has our spelling and describes a checkpoint that is
// there. An older one than the newest is what a crash leaves.
func (l Listing) inspectPointer() error {
	path := filepath.Join(l.Dir, LastCheckpoint)
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var p pointer
	if err := json.Unmarshal(raw, &p); err != nil {
		return damaged(path, "%w", err)
	}
	if again, err := encode(p); err != nil || !bytes.Equal(again, raw) {
		return foreign(path, "it is not spelled as in a lake's log")
	}
	if !slices.Contains(l.Checkpoints, p.Version) {
		return damaged(path, "it tells of checkpoint %d, which is not there", p.Version)
	}
	info, err := os.Stat(filepath.Join(l.Dir, CheckpointName(p.Version)))
	if err == nil && info.Size() != int64(p.SizeInBytes) {
		err = damaged(path, "it tells of %d bytes of checkpoint %d, which has %d", p.SizeInBytes, p.Version, info.Size())
	}
	return err
}

func inspectCheckpoint(path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	defer func() {
		if r := recover(); r != nil { // the reader may panic on bytes that are no Parquet
			err = damaged(path, "%w", fmt.Errorf("it cannot be read: %v", r))
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	p, err := parquet.OpenFile(f, info.Size(), parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return damaged(path, "%w", err)
	}
	if by := p.Metadata().CreatedBy; !strings.HasPrefix(by, Engine+" ") {
		return foreign(path, "this checkpoint was written by %q", by)
	}
	return nil
}
