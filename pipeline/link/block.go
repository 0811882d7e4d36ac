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

//go:embed account_pair.sql
var accountPairSQL string

type nameKey struct {
	Key    int64 `parquet:"key"`
	Name   int32 `parquet:"name"`
	Fresh  bool  `parquet:"is_fresh"`
	Recent bool  `parquet:"is_recent"`
}

type identifierRow struct {
	Kind    int32 `parquet:"kind"`
	Value   int64 `parquet:"value"`
	Account int32 `parquet:"account"`
	Name    int32 `parquet:"name"`
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
	defer os.Remove(path)
	wanted := c.freshKeys(fresh)
	err := writeRows(path, func(put func(...nameKey) error) error {
		return eachChunkInOrder(len(c.names), func(from, to int) []nameKey {
			var sink keySink
			var rows []nameKey
			for i := from; i < to; i++ {
				for _, k := range c.blockingKeys(c.names[i], &sink) {
					if fresh == nil || wanted[k] {
						rows = append(rows, nameKey{k, int32(i), fresh == nil || fresh[i], c.recent[i]})
					}
				}
			}
			return rows
		}, put)
	})
	if err != nil {
		return nil, fmt.Errorf("block names: %w", err)
	}
	query := fill(blockSQL, map[string]string{"file": engine.Literal(path), "max_block": strconv.Itoa(c.policy.MaxBlock), "neighbours": strconv.Itoa(c.policy.Neighbours)})
	if err := b.sess.Exec(ctx, query); err != nil {
		return nil, fmt.Errorf("block names: %w", err)
	}
	pairs, err := b.export(ctx, "SELECT a::BIGINT << 32 | b::BIGINT AS pair FROM name_pair")
	if err != nil {
		return nil, err
	}
	slices.Sort(pairs)
	return pairs, b.sess.Exec(ctx, "DROP TABLE block; DROP TABLE sized; DROP TABLE name_pair")
}

// freshKeys are the keys of fresh names: blocks without one need not be looked at.
func (c *corpus) freshKeys(fresh []bool) map[int64]bool {
	wanted := map[int64]bool{}
	var sink keySink
	for i, is := range fresh {
		if is {
			for _, k := range c.blockingKeys(c.names[i], &sink) {
				wanted[k] = true
			}
		}
	}
	return wanted
}

// identifiers loads the identifiers of all accounts, or of them the values that are wanted,
// and finds those shared by too many to say anything.
func (b blocker) identifiers(ctx context.Context, c *corpus, wanted map[int64]bool) (many map[int64]bool, err error) {
	path := filepath.Join(b.dir, "identifier.parquet")
	defer os.Remove(path)
	err = writeRows(path, func(put func(...identifierRow) error) error {
		return eachChunkInOrder(len(c.accounts), func(from, to int) []identifierRow {
			var rows []identifierRow
			for i := from; i < to; i++ {
				name := int32(-1 - i)
				if n := c.nameOf[i]; n >= 0 {
					name = c.brand[n]
				}
				for _, id := range c.identifiers[i] {
					if wanted != nil && !wanted[id.hash] {
						continue
					}
					rows = append(rows, identifierRow{int32(id.kind), id.hash, int32(i), name})
				}
			}
			return rows
		}, put)
	})
	if err != nil {
		return nil, fmt.Errorf("block identifiers: %w", err)
	}
	var limits strings.Builder
	for k, name := range identifierNames {
		fmt.Fprintf(&limits, " WHEN %d THEN %d", k, c.policy.MaxNames[name])
	}
	query := fill(identifierSQL, map[string]string{"file": engine.Literal(path), "limits": limits.String(), "max_accounts": strconv.Itoa(c.policy.MaxShared)})
	if err := b.sess.Exec(ctx, query); err != nil {
		return nil, fmt.Errorf("block identifiers: %w", err)
	}
	values, err := b.export(ctx, "SELECT value AS pair FROM held WHERE is_many")
	if err != nil {
		return nil, err
	}
	many = make(map[int64]bool, len(values))
	for _, v := range values {
		many[v] = true
	}
	return many, nil
}

// accountPairs are pairs of accounts that share a usable identifier.
func (b blocker) accountPairs(ctx context.Context, c *corpus, fresh []bool) ([]int64, error) {
	path := filepath.Join(b.dir, "fresh.parquet")
	defer os.Remove(path)
	err := writeRows(path, func(put func(...pairRow) error) error {
		var rows []pairRow
		for i := range c.accounts {
			if fresh == nil || fresh[i] {
				rows = append(rows, pairRow{int64(i)})
			}
		}
		return put(rows...)
	})
	if err != nil {
		return nil, fmt.Errorf("block identifiers: %w", err)
	}
	if err := b.sess.Exec(ctx, fill(accountPairSQL, map[string]string{"file": engine.Literal(path)})); err != nil {
		return nil, fmt.Errorf("block identifiers: %w", err)
	}
	pairs, err := b.export(ctx, "SELECT a::BIGINT << 32 | b::BIGINT AS pair FROM account_pair")
	if err != nil {
		return nil, err
	}
	slices.Sort(pairs)
	return pairs, b.sess.Exec(ctx, "DROP TABLE identifier; DROP TABLE held; DROP TABLE account_pair")
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
