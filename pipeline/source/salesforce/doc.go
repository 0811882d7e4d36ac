// Package salesforce extracts the objects of one org: it decides which fields are read,
// by what cursor and window, by REST or by Bulk, and writes what comes as clean pages
// that survive the process.
//
// It owns the resume directory of an object, the budget of calls, and what must be
// remembered of an object from run to run (Mark). It does not know the lake, bronze or
// the mappings: it hands over batches, and is told what mappings read. The wire is the
// package client.
package salesforce
