// Package soql reads the Salesforce Object Query Language: a lexer, a parser and the
// ranges that date literals stand for.
//
// It owns the grammar. It must not know objects, fields or rows: whether a field
// exists and which rows fit is the reader's business.
package soql
