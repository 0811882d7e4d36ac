// Package duckdb is the embedded engine: DuckDB in this process.
//
// It owns the settings that make results repeatable (UTC, insertion order kept,
// ordered Parquet) and the isolation of sessions: each session is a connection
// whose default catalog is a private in-memory one.
package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/customer360/pipeline/pipeline/engine"
)

// rowGroupSize is part of the stored bytes: changing it changes every file.
const rowGroupSize = 122880

// DB is an Engine backed by one in-memory DuckDB instance.
type DB struct {
	db       *sql.DB
	memory   *memory
	sessions atomic.Int64
}

// Open starts an in-memory DuckDB with the given limits.
func Open(ctx context.Context, opt engine.Options) (*DB, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, fmt.Errorf("open duckdb: %w", err)
	}
	settings := []string{
		"SET GLOBAL TimeZone = 'UTC'",
		"SET preserve_insertion_order = true",
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
	}
	if opt.Threads > 0 {
		settings = append(settings, fmt.Sprintf("SET threads = %d", opt.Threads))
	}
	settings = append(settings, "SET temp_directory = "+engine.Literal(opt.TempDirectory))
	for _, s := range settings {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return nil, errors.Join(fmt.Errorf("duckdb: %s: %w", s, err), db.Close())
		}
	}
	limits, err := bound(ctx, db, opt.MemoryLimit, opt.TempDirectory)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &DB{db: db, memory: limits}, nil
}

// Close ends the instance; open sessions must be closed first.
func (d *DB) Close() error { return d.db.Close() }

// Session opens a connection with a private, empty catalog.
func (d *DB) Session(ctx context.Context) (engine.Session, error) {
	conn, err := d.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("duckdb session: %w", err)
	}
	s := &session{conn: conn, memory: d.memory, catalog: fmt.Sprintf("s%d", d.sessions.Add(1))}
	setup := fmt.Sprintf("SET TimeZone = 'UTC'; ATTACH ':memory:' AS %s; USE %s", s.catalog, s.catalog)
	if err := s.Exec(ctx, setup); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return s, nil
}

type session struct {
	conn    *sql.Conn
	memory  *memory
	catalog string
}

func (s *session) Close() error {
	// The session's catalog goes with it; the context may already be cancelled.
	_, err := s.conn.ExecContext(context.Background(), "USE memory; DETACH "+s.catalog)
	return errors.Join(err, s.conn.Close())
}

func (s *session) Exec(ctx context.Context, query string, args ...any) error {
	_, err := s.memory.exec(ctx, s.conn, query, args...)
	return err
}

func (s *session) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return s.memory.query(ctx, s.conn, query, args...)
}

func (s *session) RegisterParquet(ctx context.Context, schema, table string, files []string, columns []engine.Column) error {
	target := engine.Ident(schema) + "." + engine.Ident(table)
	list := make([]string, len(columns))
	var stmt string
	switch {
	case len(files) == 0 && len(columns) == 0:
		return fmt.Errorf("register %s: no files and no columns", target)
	case len(files) == 0:
		for i, c := range columns {
			list[i] = engine.Ident(c.Name) + " " + c.Type
		}
		stmt = fmt.Sprintf("CREATE TABLE %s (%s)", target, strings.Join(list, ", "))
	default:
		sel := "*"
		if len(columns) > 0 {
			for i, c := range columns {
				list[i] = engine.Ident(c.Name)
			}
			sel = strings.Join(list, ", ")
		}
		stmt = fmt.Sprintf("CREATE VIEW %s AS SELECT %s FROM %s", target, sel, ReadParquet(files))
	}
	return s.Exec(ctx, fmt.Sprintf("CREATE SCHEMA IF NOT EXISTS %s; %s", engine.Ident(schema), stmt))
}

// ReadParquet is the FROM clause that reads files, matching columns by name.
func ReadParquet(files []string) string {
	quoted := make([]string, len(files))
	for i, f := range files {
		quoted[i] = engine.Literal(f)
	}
	return "read_parquet([" + strings.Join(quoted, ", ") + "], union_by_name = true, hive_partitioning = false)"
}

func (s *session) WriteParquet(ctx context.Context, query, path string, columns []engine.Column) (int64, error) {
	var ids, comments []string
	for _, c := range columns {
		if c.FieldID > 0 {
			ids = append(ids, fmt.Sprintf("%s: %d", engine.Ident(c.Name), c.FieldID))
		}
		if c.Comment != "" {
			comments = append(comments, fmt.Sprintf("%s: %s", engine.Ident(engine.CommentKey+c.Name), engine.Literal(c.Comment)))
		}
	}
	opts := fmt.Sprintf("FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE %d", rowGroupSize)
	if len(ids) > 0 {
		opts += ", FIELD_IDS {" + strings.Join(ids, ", ") + "}"
	}
	if len(comments) > 0 {
		opts += ", KV_METADATA {" + strings.Join(comments, ", ") + "}"
	}
	stmt := fmt.Sprintf("COPY (%s) TO %s (%s)", strings.TrimRight(strings.TrimSpace(query), ";"), engine.Literal(path), opts)
	res, err := s.memory.exec(ctx, s.conn, stmt)
	if err != nil {
		return 0, fmt.Errorf("write parquet: %w", err)
	}
	return res.RowsAffected()
}

func (s *session) Describe(ctx context.Context, query string) ([]engine.Column, error) {
	rows, err := s.Query(ctx, "DESCRIBE "+query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var cols []engine.Column
	for rows.Next() {
		var c engine.Column
		var null, key, def, extra any
		if err := rows.Scan(&c.Name, &c.Type, &null, &key, &def, &extra); err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	return cols, rows.Err()
}
