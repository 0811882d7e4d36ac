// Package fit holds the calculations of gold models that take more than SQL: fitting the
// parameters of distributions to rows that a model's SELECT gathered.
//
// It must not know models, tables or the lake: a function is given rows and parameters,
// and hands back rows.
package fit

import (
	"context"
	"database/sql"

	"github.com/customer360/pipeline/pipeline/config"
)

// Function is what a model names in "-- fit:". It reads rows to their end and writes a
// value for every column of the model's table, row by row.
type Function = func(ctx context.Context, rows *sql.Rows, params config.Metrics, write func(values ...any) error) error

// Functions are all functions by the name that models use. A name ends in a version,
// which must rise with every change of results: the tables are built again only when the
// model's text changes.
func Functions() map[string]Function {
	return map[string]Function{}
}
