// Package schemas carries the JSON Schema of every configuration file and the
// contracts of the silver, gold and ops tables in the binary. It knows nothing of
// how they are used.
package schemas

import "embed"

// FS holds *.schema.json and tables/<layer>/<table>.json.
//
//go:embed *.schema.json tables
var FS embed.FS
