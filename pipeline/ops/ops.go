// Package ops writes the operational tables: what ran, what was checked, what the
// sources covered. It is given rows and contracts; it must not know how a run works.
package ops

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/customer360/pipeline/pipeline/config"
	"github.com/customer360/pipeline/pipeline/engine"
)

// Row is one row of an ops table, by column name. Times are RFC 3339 text; a column
// that is left out is NULL.
type Row map[string]any

// Write writes rows as the contract's table to path, ordered by its key.
// It returns the number of rows written. It does not fsync.
func Write(ctx context.Context, sess engine.Session, contract config.Contract, ids map[string]int, rows []Row, path string) (int64, error) {
	lines := path + ".ndjson"
	if err := writeLines(lines, rows); err != nil {
		return 0, fmt.Errorf("ops.%s: %w", contract.Table, err)
	}
	defer os.Remove(lines) // staging is swept anyway
	var read, cast, key []string
	cols := make([]engine.Column, len(contract.Columns))
	for i, c := range contract.Columns {
		cols[i] = engine.Column{Name: c.Name, Type: c.Type, FieldID: ids[c.Name], Comment: c.Description}
		raw := "VARCHAR"
		if strings.HasSuffix(c.Type, "[]") {
			raw = c.Type
		}
		read = append(read, engine.Literal(c.Name)+": "+engine.Literal(raw))
		cast = append(cast, fmt.Sprintf("CAST(%s AS %s) AS %s", engine.Ident(c.Name), c.Type, engine.Ident(c.Name)))
	}
	for _, k := range contract.Key {
		key = append(key, engine.Ident(k))
	}
	from := fmt.Sprintf("read_json(%s, format = 'newline_delimited', columns = {%s})", engine.Literal(lines), strings.Join(read, ", "))
	query := fmt.Sprintf("SELECT %s FROM %s ORDER BY %s", strings.Join(cast, ", "), from, strings.Join(key, ", "))
	n, err := sess.WriteParquet(ctx, query, path, cols)
	if err != nil {
		return 0, fmt.Errorf("ops.%s: %w", contract.Table, err)
	}
	return n, nil
}

func writeLines(path string, rows []Row) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, r := range rows {
		if err := enc.Encode(r); err != nil {
			return err
		}
	}
	return w.Flush()
}
