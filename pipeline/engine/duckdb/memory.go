package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	driver "github.com/duckdb/duckdb-go/v2" // also the database/sql driver "duckdb"

	"github.com/customer360/pipeline/pipeline/engine"
)

// defaultMemory is what a run may use unless the configuration says otherwise. DuckDB itself
// would take 80 % of the machine, which is not ours alone; what does not fit spills to disk.
const defaultMemory = "3GB"

// MemorySetting is the statement that bounds memory; an empty limit is the default.
func MemorySetting(limit string) string {
	if limit != "" {
		return "SET memory_limit = " + engine.Literal(limit)
	}
	return fmt.Sprintf("SET memory_limit = least(parse_formatted_bytes(current_setting('memory_limit')), parse_formatted_bytes(%s)) || 'B'",
		engine.Literal(defaultMemory))
}

// memory bounds what statements use. Most steps spill what does not fit, but not all of
// them can: where nobody has set a limit, a statement that runs out is tried once more with
// all that DuckDB would take, so that a large night ends late instead of failing.
type memory struct {
	limit string // in force; "3GB"
	most  string // for a second try; "" = there is none, somebody has set the limit
}

// bound sets the limit and finds out how much there is.
func bound(ctx context.Context, db *sql.DB, limit string) (memory, error) {
	var m memory
	const current = "SELECT current_setting('memory_limit')"
	if limit == "" {
		if err := db.QueryRowContext(ctx, current).Scan(&m.most); err != nil {
			return m, fmt.Errorf("duckdb: memory limit: %w", err)
		}
	}
	if _, err := db.ExecContext(ctx, MemorySetting(limit)); err != nil {
		return m, fmt.Errorf("duckdb: memory limit: %w", err)
	}
	err := db.QueryRowContext(ctx, current).Scan(&m.limit)
	return m, err
}

// exec runs a statement, or several, again if memory ran out.
func (m memory) exec(ctx context.Context, conn *sql.Conn, stmt string, args ...any) (sql.Result, error) {
	res, err := conn.ExecContext(ctx, stmt, args...)
	if !isOutOfMemory(err) {
		return res, err
	}
	first := &OutOfMemoryError{Limit: m.limit, Err: err}
	if m.most == "" || m.most == m.limit {
		return nil, first
	}
	if _, err := conn.ExecContext(ctx, MemorySetting(m.most)); err != nil {
		return nil, errors.Join(first, err)
	}
	res, err = conn.ExecContext(ctx, stmt, args...)
	switch {
	case isOutOfMemory(err):
		err = &OutOfMemoryError{Limit: m.most, Err: err}
	case err != nil: // of several statements, or of what the first try left behind
		err = first
	}
	_, back := conn.ExecContext(ctx, MemorySetting(m.limit))
	return res, errors.Join(err, back)
}

func isOutOfMemory(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) && e.Type == driver.ErrorTypeOutOfMemory
}

// OutOfMemoryError says that a statement needs more memory than it may use, even with
// spilling to disk.
type OutOfMemoryError struct {
	Limit string
	Err   error
}

func (e *OutOfMemoryError) Error() string {
	what, _, _ := strings.Cut(e.Err.Error(), "\n") // what follows are settings of DuckDB, which are not ours to give
	return fmt.Sprintf("out of memory at %s: %s", e.Limit, strings.TrimPrefix(what, "Out of Memory Error: "))
}

// Unwrap gives DuckDB's error.
func (e *OutOfMemoryError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *OutOfMemoryError) Hint() string {
	return "set engine.memory_limit in pipeline.json higher than " + e.Limit + ", or engine.threads lower, or run where there is more memory"
}
