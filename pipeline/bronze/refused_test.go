package bronze

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/source"
)

func TestMalformedTable(t *testing.T) {
	tab := newTable(t, session(t), t.TempDir(), config.Object{}, "Id")
	if _, err := tab.run("Id,Name\n1,a\n2\n3,c,d\n", "Id,Name\n4\n"); err != nil {
		t.Fatal(err)
	}
	got := values(t, tab.sess, "SELECT source_file, line, byte_offset, reason, raw, _seq - (_seq >> 32 << 32), _batch_id, epoch_us(_extracted_at) FROM read_parquet("+engine.Literal(tab.malformed[0])+")")
	at := fmt.Sprint(testClock.UnixMicro())
	want := [][]string{
		{"night01.csv", "3", "12", "has 1 field, the header has 2", "2", "1", "01J", at},
		{"night01.csv", "4", "14", "has 3 fields, the header has 2", "3,c,d", "2", "01J", at},
		{"night02.csv", "2", "8", "has 1 field, the header has 2", "4", "1", "01J", at},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRefused(t *testing.T) {
	sess := session(t)
	for _, c := range []struct {
		name, text string
		change     func(b *source.Batch) error
		want       error
	}{
		{"key column missing", "Name\na\n", nil, ErrKey},
		{"column named like metadata", "Id,_SEQ\n1,2\n", nil, ErrReserved},
		{"column that begins like metadata", "Id,_row_hash_2\n1,2\n", nil, ErrReserved},
		{"fewer rows than counted", "Id\n1\n", func(b *source.Batch) error { b.Records, b.Clean.Rows = 2, 2; return nil }, ErrConservation},
		{"other values than counted", "Id\n1\n", func(b *source.Batch) error { b.Clean.ValueBytes++; return nil }, ErrConservation},
		{"account that does not add up", "Id\n1\n", func(b *source.Batch) error { b.Records++; return nil }, ErrConservation},
		{"file grown", "Id\n1\n", func(b *source.Batch) error { return os.WriteFile(b.Clean.Path, []byte("Id\n1\n2\n"), 0o600) }, ErrChanged},
		{"file written again", "Id\n1\n", func(b *source.Batch) error {
			return os.Chtimes(b.Clean.Path, time.Time{}, b.Clean.ModTime.Add(time.Second))
		}, ErrChanged},
		{"file gone", "Id\n1\n", func(b *source.Batch) error { return os.Remove(b.Clean.Path) }, os.ErrNotExist},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := newTable(t, sess, t.TempDir(), config.Object{}, "Id")
			batches, err := tab.scan(c.text)
			if err != nil {
				t.Fatal(err)
			}
			if c.change != nil {
				if err := c.change(&batches[0].Batch); err != nil {
					t.Fatal(err)
				}
			}
			_, err = tab.load(batches)
			if !errors.Is(err, c.want) {
				t.Errorf("got %v, want %v", err, c.want)
			}
			if err != nil && !strings.Contains(err.Error(), "night01.csv") {
				t.Errorf("does not name the file: %v", err)
			}
		})
	}
}

// Scratch copies go as they are read.
func TestTemporaryFilesAreRemoved(t *testing.T) {
	tab := newTable(t, session(t), t.TempDir(), config.Object{}, "Id")
	batches, err := tab.scan("Id,Name\r1,a\r2,b\r")
	if err != nil {
		t.Fatal(err)
	}
	if !batches[0].Clean.Temporary {
		t.Fatal("not a scratch copy")
	}
	if _, err := tab.load(batches); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(batches[0].Clean.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("still there: %v", err)
	}
	if diff := cmp.Diff([]string{"1:1 1 a stored", "1:2 2 b stored"}, tab.rows(t, version)); diff != "" {
		t.Error(diff)
	}
}
