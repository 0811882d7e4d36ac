// Package demo writes the exports of a fictional telecom group that sells to
// businesses in several countries: three Salesforce orgs, their billing and usage
// systems, surveys, exchange rates and a steward's decisions, and the pipeline.json
// that reads them.
//
// It owns the fictional group, its dirt and the side files that say what is true:
// planted.json (every defect, where it is and what must become of it) and
// linking_truth.csv (which accounts are one customer). It must not know how the
// pipeline reads, cleans or counts: it imports only the shape of the configuration.
//
// Output depends on the options alone: one random stream per customer, no clock,
// no map order, no floating point in amounts. Memory does not grow with the number
// of accounts: a customer is generated, written and forgotten.
package demo
