package delta

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/parquet-go/parquet-go"
)

// CheckpointEvery is after how many versions of a log the next checkpoint comes, so that
// readers need not read all versions before it. It is Delta's default.
const CheckpointEvery = 10

// LastCheckpoint is the file that tells readers where the newest checkpoint is.
const LastCheckpoint = "_last_checkpoint"

// CheckpointName is the file of a checkpoint.
func CheckpointName(version int64) string {
	return fmt.Sprintf("%020d.checkpoint.parquet", version)
}

// pointer is the content of LastCheckpoint.
type pointer struct {
	Version       int64 `json:"version"`
	Size          int   `json:"size"`
	SizeInBytes   int   `json:"sizeInBytes"`
	NumOfAddFiles int   `json:"numOfAddFiles"`
}

// Checkpoint is the whole state as Parquet, and the content of LastCheckpoint for it.
func (s *State) Checkpoint() (parquetBytes, last []byte, err error) {
	rows := s.rows()
	raw, err := encodeRows(rows)
	if err != nil {
		return nil, nil, fmt.Errorf("checkpoint of the delta log of %s: %w", s.owner.Table, err)
	}
	last, err = encode(pointer{s.Version, len(rows), len(raw), len(s.files)})
	return raw, last, err
}

// rows are the actions of a checkpoint: what holds, and what was removed of late.
func (s *State) rows() []action {
	rows := []action{{Protocol: s.protocol}, {MetaData: s.meta}, {Txn: &txn{AppID: s.owner.app(), Version: s.Lake, LastUpdated: s.at}}}
	for _, path := range slices.Sorted(maps.Keys(s.files)) {
		a := *s.files[path]
		a.DataChange = false // of the checkpoint itself
		rows = append(rows, action{Add: &a})
	}
	for _, path := range slices.Sorted(maps.Keys(s.removed)) {
		r := *s.removed[path]
		r.DataChange = false
		if time.Duration(s.at-r.DeletionTimestamp)*time.Millisecond < tombstoneLife {
			rows = append(rows, action{Remove: &r})
		}
	}
	return rows
}

func encodeRows(rows []action) ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[action](&b, parquet.Compression(&parquet.Snappy), parquet.CreatedBy(Engine, "", ""))
	if _, err := w.Write(rows); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// readCheckpoint reads a checkpoint back. Writing is a function of the rows, so that the
// rows of an undamaged file give the same bytes again.
func readCheckpoint(dir string, version int64, o Owner) (s *State, err error) {
	path := filepath.Join(dir, CheckpointName(version))
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rows, err := decodeRows(raw)
	if err != nil {
		return nil, damaged(path, "%w", err)
	}
	s = Empty(o)
	for _, a := range rows {
		s.apply(a)
	}
	s.Version = version
	if s.protocol == nil || s.meta == nil || s.Lake == 0 {
		return nil, foreign(path, "it is not a checkpoint of this table's log")
	}
	return s, nil
}

func decodeRows(raw []byte) (rows []action, err error) {
	defer func() {
		if r := recover(); r != nil { // the reader may panic on bytes that are no Parquet
			err = fmt.Errorf("it cannot be read: %v", r)
		}
	}()
	f, err := parquet.OpenFile(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return nil, err
	}
	r := parquet.NewGenericReader[action](f)
	rows = make([]action, r.NumRows())
	n, err := r.Read(rows)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if n != len(rows) {
		return nil, fmt.Errorf("it has %d rows, not %d", n, len(rows))
	}
	again, err := encodeRows(rows)
	if err == nil && !bytes.Equal(again, raw) {
		err = errors.New("its bytes are not those of its content")
	}
	return rows, err
}
