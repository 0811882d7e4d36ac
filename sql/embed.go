// Package sqlfiles holds the built-in SQL: the prelude, the models of gold and ops,
// the checks and the questions. A user overrides the directory in pipeline.json.
package sqlfiles

import "embed"

// FS holds prelude/, gold/, ops/, checks/ and questions/.
//
//go:embed prelude gold ops checks questions
var FS embed.FS
