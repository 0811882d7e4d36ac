// Package salesforcesim is a Salesforce org for tests and for trying the pipeline out:
// OAuth, the REST API and Bulk API 2.0 queries over objects with real describes, with
// a clock that only moves when told to, rows that commit late, and every fault that
// users of other extractors report.
//
// It owns what an org does on the wire. It must not know the extractor: nothing here
// is bent to how the pipeline reads.
//
// A World holds the clock and its orgs. Each Org is an http.Handler for a host of its
// own, as in life. Rows are immutable: a change puts a new row in the old one's place,
// so that results and cursors stay what they were while the data changes.
package salesforcesim
