// Package configs holds the built-in configuration: the mapping sets of
// bronze_to_silver, the parameters of gold, and the words and weights of account linking. A user overrides a directory by
// naming another one in pipeline.json.
//
// There is no built-in pipeline.json: without one the program says how to get one
// instead of running on data nobody asked for.
package configs

import "embed"

// FS holds the built-in configuration directories.
//
//go:embed bronze_to_silver silver_to_gold linking
var FS embed.FS
