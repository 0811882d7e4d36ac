// Package fit holds the calculations of gold models that take more than SQL: the
// statistics behind customer lifetime value. They are the shifted-beta-geometric model of
// contractual survival (Fader and Hardie 2007), the BG/NBD model of repeat orders (Fader,
// Hardie and Lee 2005) and the Gamma-Gamma model of order values (Fader and Hardie 2013),
// each with its estimation and its predictions.
//
// The models of customers are pure numerics, numbers in and numbers out; the functions
// here carry rows of a gold model to them and back. The package must not know gold models,
// tables or the lake, nor the clock or chance: bootstrap draws come from a seed, and the
// same data in the same order give the same bits.
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
