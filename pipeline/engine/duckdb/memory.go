package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync"

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
// them can, and those that run beside each other share the limit. So a statement that runs
// out is tried again: first alone, with one thread, since each thread holds buffers of its
// own; then, where nobody has set a limit, with all that DuckDB would take. A large night
// ends late instead of failing.
type memory struct {
	limit   string // in force; "3GB"
	spill   string // folder for what does not fit
	most    string // for a last try; "" = there is none, somebody has set the limit
	lower   string // the statement that sets limit, which in words is rounded
	threads string // as many as statements have unless they run alone

	// A statement holds turn for reading; one that is alone holds it for writing.
	turn sync.RWMutex
}

// bound sets the limit and finds out how much there is.
func bound(ctx context.Context, db *sql.DB, limit, spill string) (*memory, error) {
	m := &memory{lower: MemorySetting(limit), spill: spill}
	const current = "SELECT current_setting('memory_limit')"
	if limit == "" {
		if err := db.QueryRowContext(ctx, current).Scan(&m.most); err != nil {
			return m, fmt.Errorf("duckdb: memory limit: %w", err)
		}
	}
	if _, err := db.ExecContext(ctx, m.lower); err != nil {
		return m, fmt.Errorf("duckdb: memory limit: %w", err)
	}
	err := db.QueryRowContext(ctx, "SELECT current_setting('memory_limit'), current_setting('threads')::VARCHAR").Scan(&m.limit, &m.threads)
	return m, err
}

// exec runs a statement, or several, again if memory ran out.
func (m *memory) exec(ctx context.Context, conn *sql.Conn, stmt string, args ...any) (res sql.Result, err error) {
	err = m.try(ctx, conn, func() error {
		res, err = conn.ExecContext(ctx, stmt, args...)
		return err
	})
	return res, err
}

// query runs a statement and gives its rows; it runs again if memory ran out before the
// first of them.
func (m *memory) query(ctx context.Context, conn *sql.Conn, stmt string, args ...any) (rows *sql.Rows, err error) {
	err = m.try(ctx, conn, func() error {
		rows, err = conn.QueryContext(ctx, stmt, args...) //nolint:rowserrcheck,sqlclosecheck // the reader asks and closes
		return err
	})
	return rows, err
}

// try does what runs statements beside those of other sessions, and alone if memory ran out.
func (m *memory) try(ctx context.Context, conn *sql.Conn, do func() error) error {
	err := m.beside(do)
	if !isOutOfMemory(err) {
		return err
	}
	first := &OutOfMemoryError{Limit: m.limit, Spill: m.spill, Err: err}
	m.turn.Lock() // once the statements that are under way have ended
	defer m.turn.Unlock()
	if ctx.Err() != nil {
		return first
	}
	if err := set(ctx, conn, "SET threads = 1"); err != nil {
		return errors.Join(first, err)
	}
	back := context.WithoutCancel(ctx) // the other sessions go on
	limit := m.limit
	if err = do(); isOutOfMemory(err) && m.most != "" && m.most != m.limit {
		limit = m.most
		if err := set(ctx, conn, MemorySetting(limit)); err != nil {
			return errors.Join(first, err, set(back, conn, "SET threads = "+m.threads))
		}
		err = do()
	}
	switch {
	case isOutOfMemory(err):
		err = &OutOfMemoryError{Limit: limit, Spill: m.spill, Err: err}
	case err != nil: // of several statements, or of what the first try left behind
		err = first
	}
	return errors.Join(err, set(back, conn, m.lower), set(back, conn, "SET threads = "+m.threads))
}

func (m *memory) beside(do func() error) error {
	m.turn.RLock()
	defer m.turn.RUnlock()
	return do()
}

func set(ctx context.Context, conn *sql.Conn, setting string) error {
	if _, err := conn.ExecContext(ctx, setting); err != nil {
		return fmt.Errorf("duckdb: %s: %w", setting, err)
	}
	return nil
}

func isOutOfMemory(err error) bool {
	var e *driver.Error
	return errors.As(err, &e) && e.Type == driver.ErrorTypeOutOfMemory
}

// OutOfMemoryError says that a statement needs more memory than it may use, even with
// spilling to disk, or that there is no room to spill.
type OutOfMemoryError struct {
	Limit string
	Spill string // folder for what does not fit
	Err   error
}

func (e *OutOfMemoryError) Error() string {
	what, _, _ := strings.Cut(e.Err.Error(), "\n") // what follows are settings of DuckDB, which are not ours to give
	what = strings.TrimPrefix(what, "Out of Memory Error: ")
	if e.diskFull() {
		return "no room on disk for what does not fit into memory: " + what
	}
	return fmt.Sprintf("out of memory at %s: %s", e.Limit, what)
}

// diskFull tells whether it was the disk that could not take what is spilled: DuckDB leaves a
// tenth free of what was free when it began.
func (e *OutOfMemoryError) diskFull() bool {
	return strings.Contains(e.Err.Error(), "max_temp_directory_size")
}

// Unwrap gives DuckDB's error.
func (e *OutOfMemoryError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *OutOfMemoryError) Hint() string {
	if e.diskFull() {
		return "free space on the disk of " + e.Spill + ", or set engine.memory_limit in pipeline.json higher than " + e.Limit
	}
	return "set engine.memory_limit in pipeline.json higher than " + e.Limit + ", or engine.threads lower, or run where there is more memory"
}
