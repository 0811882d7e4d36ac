// Package sqlfiles holds the built-in SQL: the prelude, the models of gold and ops,
// the checks and the questions. A user overrides the directory in pipeline.json.
package sqlfiles

import "embed"

// FS holds prelude/, gold/, ops/ and checks/.
//
//go:embed prelude gold ops checks
var FS embed.FS
