package engine

import "strings"

// Ident quotes a SQL identifier. It is the only place where identifiers are quoted.
func Ident(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}

// Literal quotes a SQL string literal, for statements that cannot bind values
// (COPY targets, view definitions).
func Literal(value string) string {
	return "'" + strings.ReplaceAll(value, "'", "''") + "'"
}
