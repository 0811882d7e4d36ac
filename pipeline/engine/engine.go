// Package engine is the boundary between the pipeline and whatever runs its SQL.
//
// The layers (bronze, silver, gold) only know these interfaces. The embedded
// default is the duckdb package beside this file; a distributed engine would
// stand next to it. Engine knows nothing of layers, tables or the lake: it is
// given SQL and file paths.
package engine

import (
	"context"
	"database/sql"
)

// Column is a named column with its SQL type, the stable field id under which it is
// stored in Parquet (0 = not assigned), and what it means.
type Column struct {
	Name    string
	Type    string // DuckDB spelling, e.g. VARCHAR, DECIMAL(18,2), TIMESTAMP WITH TIME ZONE
	FieldID int
	Comment string // written to the footer as "comment.<name>"; "" = none
}

// CommentKey is the key of a column's comment in the footer of a Parquet file.
const CommentKey = "comment."

// Options bound what an engine may use. Zero values mean the engine's default.
type Options struct {
	Threads       int    // 0 = all cores
	MemoryLimit   string // e.g. "3GB"; "" = the engine's default share of the machine
	TempDirectory string // where it may spill; "" = it must not spill
}

// Engine opens sessions. It is safe for concurrent use.
type Engine interface {
	// Session opens an isolated namespace: a statement in it sees only the tables,
	// views and macros that were created or registered in this session.
	// Sessions share the engine's threads and memory limit.
	Session(ctx context.Context) (Session, error)
	Close() error
}

// Session is one namespace with one connection. It is not safe for concurrent use.
type Session interface {
	// Exec runs one or more statements.
	Exec(ctx context.Context, query string, args ...any) error
	// Query runs one statement and returns its rows; the caller closes them.
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	// RegisterParquet makes schema.table a view over the files. With no files it is
	// an empty table of the given columns. Files may lack columns that others have
	// (they read as NULL); columns, when given, fix the view's columns and types.
	RegisterParquet(ctx context.Context, schema, table string, files []string, columns []Column) error
	// WriteParquet runs query and writes its rows, in the order of the query, to path
	// as zstd Parquet with the field ids and comments of columns. Same rows, same bytes, on any
	// number of threads. It returns the number of rows written. It does not fsync.
	WriteParquet(ctx context.Context, query, path string, columns []Column) (int64, error)
	// Describe returns the columns that query would produce.
	Describe(ctx context.Context, query string) ([]Column, error)
	Close() error
}
