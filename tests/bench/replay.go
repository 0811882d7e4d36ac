package main

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the database/sql driver "duckdb"

	"github.com/customer360/pipeline/pipeline/engine"
	"github.com/customer360/pipeline/pipeline/engine/duckdb"
)

// script is a list of statements as one would type them into DuckDB.
type script struct {
	Statements []statement `json:"statements"`
}

// statement is one statement; {out} in it is the directory for results.
type statement struct {
	SQL  string `json:"sql"`
	Args []any  `json:"args,omitempty"`
}

func (s *script) add(sql string, args ...any) {
	s.Statements = append(s.Statements, statement{SQL: sql, Args: args})
}

func (s *script) save(path string) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o644)
}

const outPlace = "{out}"

// replay is the bare side: one connection, default settings, statement after statement.
// MEMORY bounds its memory; the pipeline's 3GB are too little for whole tables sorted at once.
// Statements that take SLOW (a duration) or longer are printed.
func replay(ctx context.Context, path, out string) (err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var s script
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close()) }()
	settings := []string{"SET TimeZone = 'UTC'", "SET temp_directory = " + engine.Literal(filepath.Join(out, "spill"))}
	if limit := os.Getenv("MEMORY"); limit != "" {
		settings = append(settings, duckdb.MemorySetting(limit))
	}
	for _, setting := range settings {
		if _, err := conn.ExecContext(ctx, setting); err != nil {
			return err
		}
	}
	slow, err := time.ParseDuration(cmp.Or(os.Getenv("SLOW"), "1h"))
	if err != nil {
		return err
	}
	for _, stmt := range s.Statements {
		began := time.Now()
		if _, err := conn.ExecContext(ctx, strings.ReplaceAll(stmt.SQL, outPlace, out), stmt.Args...); err != nil {
			return fmt.Errorf("%.2000s: %w", stmt.SQL, err)
		}
		if took := time.Since(began); took >= slow {
			fmt.Printf("%8.3f s  %.100q\n", took.Seconds(), stmt.SQL)
		}
	}
	return nil
}

// copyTo writes a query as the pipeline's files are written.
func copyTo(query, name string) string {
	return fmt.Sprintf("COPY (%s) TO '%s/%s.parquet' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 122880)", strings.TrimRight(strings.TrimSpace(query), ";"), outPlace, name)
}

// recorder is a session that notes the statements that make the result, and leaves out
// those that only look at it. Files are renamed to where the bare side finds them.
type recorder struct {
	engine.Session
	script *script
	place  func(file string) string
	skip   func(schema, table string) bool
}

func (r *recorder) Exec(ctx context.Context, query string, args ...any) error {
	r.script.add(query, args...)
	return r.Session.Exec(ctx, query, args...)
}

func (r *recorder) RegisterParquet(ctx context.Context, schema, table string, files []string, columns []engine.Column) error {
	if r.skip(schema, table) {
		return r.Session.RegisterParquet(ctx, schema, table, files, columns)
	}
	r.script.add("CREATE SCHEMA IF NOT EXISTS " + engine.Ident(schema))
	target := engine.Ident(schema) + "." + engine.Ident(table)
	names, typed := make([]string, len(columns)), make([]string, len(columns))
	for i, c := range columns {
		names[i], typed[i] = engine.Ident(c.Name), engine.Ident(c.Name)+" "+c.Type
	}
	if len(files) == 0 {
		r.script.add("CREATE TABLE " + target + " (" + strings.Join(typed, ", ") + ")")
		return r.Session.RegisterParquet(ctx, schema, table, files, columns)
	}
	list := "*"
	if len(columns) > 0 {
		list = strings.Join(names, ", ")
	}
	var placed []string
	for _, f := range files {
		if p := r.place(f); !slices.Contains(placed, p) {
			placed = append(placed, p)
		}
	}
	r.script.add("CREATE VIEW " + target + " AS SELECT " + list + " FROM " + duckdb.ReadParquet(placed))
	return r.Session.RegisterParquet(ctx, schema, table, files, columns)
}

func (r *recorder) WriteParquet(ctx context.Context, query, path string, columns []engine.Column) (int64, error) {
	r.script.add(copyTo(query, strings.TrimSuffix(filepath.Base(path), ".part")))
	return r.Session.WriteParquet(ctx, query, path, columns)
}
