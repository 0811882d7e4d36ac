// Package pipeline plans and drives a run: extract into bronze, commit, build
// silver and gold, check, commit, project.
//
// It owns the order of things, what is rebuilt and what is skipped, and the report
// of a run. How a layer does its work is the layer's package; how state becomes
// durable is the lake's; how a result is drawn is the report package's. It must not
// know SQL dialects, file formats or terminals.
package pipeline
