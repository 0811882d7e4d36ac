package link

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/parquet-go/parquet-go"

	"github.com/customer360/pipeline/pipeline/engine"
)

//go:embed block.sql
var blockSQL string

//go:embed identifier.sql
var identifierSQL string

type nameKey struct {
	Key   int64 `parquet:"key"`
	Name  int32 `parquet:"name"`
	Fresh bool  `parquet:"is_fresh"`
}

type identifierRow struct {
	Kind    int32 `parquet:"kind"`
	Value   int64 `parquet:"value"`
	Account int32 `parquet:"account"`
	Name    int32 `parquet:"name"`
	Fresh   bool  `parquet:"is_fresh"`
}

type pairRow struct {
	Pair int64 `parquet:"pair"`
}

// blocker finds the pairs worth comparing, by SQL in a session. Rows go in and out as Parquet
// files in dir, so that memory is the engine's, with its limit, and not ours.
type blocker struct {
	sess engine.Session
	dir  string
}

// namePairs are pairs of names, each as a<<32|b with a < b, ordered. fresh limits them to
// those with a name that is fresh; nil = all are.
func (b blocker) namePairs(ctx context.Context, c *corpus, fresh []bool) ([]int64, error) {
	path := filepath.Join(b.dir, "name_key.parquet")
	err := writeRows(path, func(put func(...nameKey) error) error {
		return eachChunkInOrder(len(c.names), func(from, to int) []nameKey {
			var sink keySink
			var rows []nameKey
			for i := from; i < to; i++ {
				for _, k := range c.blockingKeys(c.names[i], &sink) {
					rows = append(rows, nameKey{k, int32(i), fresh == nil || fresh[i]})
				}
			}
			return rows
		}, put)
	})
	if err != nil {
		return nil, fmt.Errorf("block names: %w", err)
	}
	query := fill(blockSQL, map[string]string{"max_block": strconv.Itoa(c.policy.MaxBlock), "neighbours": strconv.Itoa(c.policy.Neighbours)})
	return b.pairs(ctx, path, "name_key", query, "name_pair")
}

// accountPairs are pairs of accounts that share an identifier, and the identifiers shared by
// too many to say anything.
func (b blocker) accountPairs(ctx context.Context, c *corpus, fresh []bool) (pairs []int64, many map[int64]bool, err error) {
	path := filepath.Join(b.dir, "identifier.parquet")
	err = writeRows(path, func(put func(...identifierRow) error) error {
		return eachChunkInOrder(len(c.accounts), func(from, to int) []identifierRow {
			var rows []identifierRow
			for i := from; i < to; i++ {
				name := int32(-1 - i)
				if n := c.nameOf[i]; n >= 0 {
					name = c.brand[n]
				}
				for _, id := range c.identifiers[i] {
					rows = append(rows, identifierRow{int32(id.kind), id.hash, int32(i), name, fresh == nil || fresh[i]})
				}
			}
			return rows
		}, put)
	})
	if err != nil {
		return nil, nil, fmt.Errorf("block identifiers: %w", err)
	}
	var limits strings.Builder
	for k, name := range identifierNames {
		fmt.Fprintf(&limits, " WHEN %d THEN %d", k, c.policy.MaxNames[name])
	}
	query := fill(identifierSQL, map[string]string{"limits": limits.String(), "max_accounts": strconv.Itoa(c.policy.MaxShared)})
	pairs, err = b.pairs(ctx, path, "identifier", query, "account_pair")
	if err != nil {
		return nil, nil, err
	}
	values, err := b.export(ctx, "SELECT value AS pair FROM shared_by_many")
	if err != nil {
		return nil, nil, err
	}
	many = make(map[int64]bool, len(values))
	for _, v := range values {
		many[v] = true
	}
	return pairs, many, nil
}

// pairs runs a blocking query over a file and fetches its pairs.
func (b blocker) pairs(ctx context.Context, path, input, query, result string) ([]int64, error) {
	setup := fmt.Sprintf("CREATE OR REPLACE TEMP TABLE %s AS SELECT * FROM read_parquet(%s);", input, engine.Literal(path))
	if err := b.sess.Exec(ctx, setup+query); err != nil {
		return nil, fmt.Errorf("block %s: %w", input, err)
	}
	if err := os.Remove(path); err != nil {
		return nil, err
	}
	pairs, err := b.export(ctx, fmt.Sprintf("SELECT a::BIGINT << 32 | b::BIGINT AS pair FROM %s", result))
	if err != nil {
		return nil, err
	}
	slices.Sort(pairs)
	return pairs, b.sess.Exec(ctx, fmt.Sprintf("DROP TABLE %s; DROP TABLE %s", input, result))
}

// export fetches one column of whole numbers.
func (b blocker) export(ctx context.Context, query string) ([]int64, error) {
	path := filepath.Join(b.dir, "out.parquet")
	n, err := b.sess.WriteParquet(ctx, query, path, nil)
	if err != nil {
		return nil, fmt.Errorf("fetch pairs: %w", err)
	}
	defer os.Remove(path)
	values := make([]int64, 0, n)
	err = readRows(path, func(rows []pairRow) {
		for _, r := range rows {
			values = append(values, r.Pair)
		}
	})
	return values, err
}

// fill puts settings into SQL.
func fill(query string, values map[string]string) string {
	for name, value := range values {
		query = strings.ReplaceAll(query, "{{"+name+"}}", value)
	}
	return query
}

// writeRows writes a Parquet file of rows.
func writeRows[T any](path string, produce func(put func(...T) error) error) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := parquet.NewGenericWriter[T](f, parquet.MaxRowsPerRowGroup(1<<18))
	if err := produce(func(rows ...T) error {
		_, err := w.Write(rows)
		return err
	}); err != nil {
		return err
	}
	return w.Close()
}

// readRows reads a Parquet file of rows.
func readRows[T any](path string, visit func([]T)) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	r := parquet.NewGenericReader[T](f)
	rows := make([]T, 8192)
	for {
		n, err := r.Read(rows)
		visit(rows[:n])
		if errors.Is(err, io.EOF) {
			return r.Close()
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", path, err)
		}
	}
}
