package demo

import (
	"strings"
	"time"
)

// What must become of a defect.
const (
	repaired      = "repaired"            // the mapping puts it right
	rejectedValue = "rejected_value"      // the value goes to silver.rejected_value, the row stays
	rejectedRow   = "rejected_row"        // the row goes to silver.rejected_row
	malformed     = "malformed"           // the record goes to the malformed records of bronze
	unchanged     = "duplicate-unchanged" // bronze does not store it again
	superseded    = "superseded"          // stored in bronze, another version of the key counts
	warned        = "check warning"       // kept; a check counts it
	linked        = "linked"              // kept; two accounts of one customer
)

// defect is a kind of dirt and where it is planted: on the first fitting record
// from number first on, and again every so many records.
type defect struct {
	source, object, column string
	kind, outcome          string
	first, every, most     int
	spoil                  spoiler
	only                   string // "Column=value": records that fit; default all
}

// spoiler changes one record. It returns false if the record does not fit.
type spoiler struct {
	value func(d *dialect, org int, n int, old string) (string, bool) // replaces the column's value
	extra extra                                                       // instead: an additional record after the sound one
}

// extra is how an additional record is made.
type extra byte

const (
	noExtra extra = iota
	again         // the same record
	older         // an older version of it: stamps of its creation, the column changed
	short15       // the same under the 15-character id
	badKey        // a copy whose key column holds the spoilt value
	tooFew        // a line without its last two fields
	tooMany       // a line with a field too many
)

func constant(value string) spoiler {
	return spoiler{value: func(_ *dialect, _, _ int, old string) (string, bool) { return value, old != "" && old != value }}
}

func changed(f func(string) string) spoiler {
	return spoiler{value: func(_ *dialect, _, _ int, old string) (string, bool) {
		v := f(old)
		return v, v != old
	}}
}

func extraRecord(e extra, value string) spoiler {
	s := constant(value)
	s.extra = e
	return s
}

var (
	padded   = changed(func(s string) string { return "  " + strings.ReplaceAll(s, " ", "   ") + " " })
	capitals = changed(strings.ToUpper)
	small    = changed(strings.ToLower)
	blank    = changed(func(string) string { return "" })
	cut15    = changed(func(s string) string { return s[:min(len(s), 15)] })
	negative = changed(func(s string) string {
		if s == "" {
			return s
		}
		return "-" + s
	})
	stranger = spoiler{value: func(_ *dialect, org, n int, old string) (string, bool) {
		return salesforceID(keyAccount, org, 900_000_000_000+uint64(n)), old != ""
	}}
	otherDate = spoiler{value: func(d *dialect, _, _ int, old string) (string, bool) {
		t, err := time.Parse(d.dateLayout, old)
		return t.Format(d.otherDate), err == nil
	}}
)

// defects is everything that is planted. first differs among the defects of one file.
var defects = []defect{
	{"sf_group", "Account", "Name", "whitespace", repaired, 5, 90, 6, padded, ""},
	{"sf_group", "Account", "Type", "wrong_case", repaired, 11, 90, 6, capitals, ""},
	{"sf_group", "Account", "Industry", "null_token", repaired, 17, 90, 6, constant("N/A"), ""},
	{"sf_group", "Account", "AnnualRevenue", "unparsable_number", rejectedValue, 23, 90, 6, constant("about 5 million"), ""},
	{"sf_group", "Opportunity", "CloseDate", "mixed_date", repaired, 9, 150, 12, otherDate, ""},
	{"sf_group", "Opportunity", "AccountId", "orphan", warned, 21, 150, 5, stranger, ""},
	{"sf_group", "Opportunity", "CurrencyIsoCode", "unknown_currency", warned, 33, 150, 5, constant("XXX"), ""},
	{"sf_group", "Opportunity", "NextStep", "stale_duplicate", superseded, 45, 150, 5, extraRecord(older, "an older step"), ""},
	{"sf_group", "Task", "AccountId", "blank_account", repaired, 8, 120, 6, blank, ""},
	{"sf_group", "OrderItem", "Quantity", "negative_quantity", warned, 14, 200, 6, negative, ""},
	{"sf_group", "CaseHistory", "Id", "blank_key", rejectedRow, 30, 300, 4, extraRecord(badKey, ""), ""},

	{"sf_za", "Account", "Name", "whitespace", repaired, 4, 110, 10, padded, ""},
	{"sf_za", "Account", "Type", "wrong_case", repaired, 15, 110, 10, small, ""},
	{"sf_za", "Account", "Website", "null_token", repaired, 26, 110, 10, constant("-"), ""},
	{"sf_za", "Contact", "Email", "wrong_case", repaired, 3, 160, 12, capitals, ""},
	{"sf_za", "Contact", "Title", "null_token", repaired, 19, 160, 12, constant("null"), ""},
	{"sf_za", "Contact", "Id", "duplicate_row", unchanged, 35, 160, 12, extraRecord(again, ""), ""},
	{"sf_za", "Contact", "Phone", "stale_duplicate", superseded, 51, 160, 10, extraRecord(older, "+27 11 5550000"), ""},
	{"sf_za", "Contact", "Id", "duplicate_id15", superseded, 67, 160, 10, extraRecord(short15, ""), ""},
	{"sf_za", "Contact", "AccountId", "orphan", warned, 83, 160, 6, stranger, ""},
	{"sf_za", "Contact", "LastActivityDate", "unparsable_date", rejectedValue, 99, 160, 8, constant("31/31/2025"), ""},
	{"sf_za", "Lead", "Company", "whitespace", repaired, 12, 130, 8, padded, ""},
	{"sf_za", "LeadHistory", "CreatedDate", "unparsable_key", rejectedRow, 25, 260, 4, extraRecord(badKey, "yesterday"), "Field=Status"},
	{"sf_za", "Opportunity", "CloseDate", "mixed_date", repaired, 6, 170, 20, otherDate, ""},
	{"sf_za", "Opportunity", "StageName", "whitespace", repaired, 24, 170, 12, padded, ""},
	{"sf_za", "Opportunity", "CurrencyIsoCode", "wrong_case", repaired, 42, 170, 12, small, ""},
	{"sf_za", "Opportunity", "AccountId", "orphan", warned, 60, 170, 8, stranger, ""},
	{"sf_za", "Opportunity", "NextStep", "stale_duplicate", superseded, 78, 170, 8, extraRecord(older, "an older step"), ""},
	{"sf_za", "OpportunityCompetitor", "Quoted_Price__c", "unparsable_number", rejectedValue, 7, 90, 8, constant("1.2.3"), ""},
	{"sf_za", "OrderItem", "Quantity", "unparsable_number", rejectedValue, 10, 220, 8, constant("twelve"), ""},
	{"sf_za", "OrderItem", "Quantity", "negative_quantity", warned, 40, 220, 8, negative, ""},
	{"sf_za", "OrderItem", "Id", "duplicate_row", unchanged, 70, 220, 8, extraRecord(again, ""), ""},
	{"sf_za", "Case", "AccountId", "id15", repaired, 5, 140, 12, cut15, ""},
	{"sf_za", "Case", "AccountId", "blank_account", repaired, 28, 140, 8, blank, ""},
	{"sf_za", "Case", "AccountId", "orphan", warned, 51, 140, 6, stranger, ""},
	{"sf_za", "Task", "Id", "duplicate_row", unchanged, 13, 190, 12, extraRecord(again, ""), ""},
	{"sf_za", "Task", "Id", "ragged", malformed, 37, 190, 8, extraRecord(tooFew, ""), ""},
	{"sf_za", "Entitlement", "EndDate", "unparsable_date", rejectedValue, 9, 100, 8, constant("open end"), ""},

	{"sf_ke", "Account", "BillingCountry", "wrong_case", repaired, 7, 100, 8, capitals, ""},
	{"sf_ke", "Account", "Name", "whitespace", repaired, 19, 100, 8, padded, ""},
	{"sf_ke", "Opportunity", "CloseDate", "mixed_date", repaired, 10, 180, 14, otherDate, ""},
	{"sf_ke", "Opportunity", "CurrencyIsoCode", "unknown_currency", warned, 31, 180, 6, constant("ZWG"), ""},
	{"sf_ke", "Task", "AccountId", "id15", repaired, 15, 170, 10, cut15, ""},
	{"sf_ke", "Task", "Id", "ragged", malformed, 41, 170, 6, extraRecord(tooMany, ""), ""},
	{"sf_ke", "EmailMessage", "Id", "duplicate_row", unchanged, 22, 260, 8, extraRecord(again, ""), ""},
	{"sf_ke", "CaseComment", "Id", "blank_key", rejectedRow, 18, 240, 4, extraRecord(badKey, ""), ""},
	{"sf_ke", "Asset", "Start_Date__c", "mixed_date", repaired, 16, 140, 8, otherDate, ""},

	{"billing_group", "invoice", "currency", "unknown_currency", warned, 20, 240, 5, constant("XXX"), ""},
	{"billing_group", "invoice_line", "invoice_line_id", "duplicate_row", unchanged, 33, 300, 6, extraRecord(again, ""), ""},
	{"billing_group", "payment", "payment_id", "blank_key", rejectedRow, 26, 260, 4, extraRecord(badKey, ""), ""},
	{"billing_za", "billing_account", "currency", "wrong_case", repaired, 6, 90, 8, small, ""},
	{"billing_za", "invoice", "invoice_date", "mixed_date", repaired, 12, 270, 14, otherDate, ""},
	{"billing_za", "invoice", "account_id", "orphan", warned, 48, 270, 6, stranger, ""},
	{"billing_za", "invoice_line", "line_amount", "unparsable_number", rejectedValue, 24, 320, 8, constant("n.v.t."), ""},
	{"billing_za", "invoice_line", "invoice_line_id", "ragged", malformed, 72, 320, 8, extraRecord(tooFew, ""), ""},
	{"billing_za", "payment", "applied_on", "mixed_date", repaired, 18, 250, 12, otherDate, ""},
	{"billing_ke", "invoice", "currency", "wrong_case", repaired, 16, 210, 8, small, ""},
	{"billing_ke", "invoice_line", "invoice_line_id", "duplicate_row", unchanged, 29, 280, 8, extraRecord(again, ""), ""},
	{"billing_ke", "payment", "invoice_id", "ragged", malformed, 35, 290, 6, extraRecord(tooMany, ""), ""},

	{"usage_group", "usage_daily", "quantity", "negative_quantity", warned, 50, 900, 6, negative, ""},
	{"usage_za", "usage_daily", "quantity", "unparsable_number", rejectedValue, 60, 1500, 10, constant("--"), ""},
	{"usage_za", "usage_daily", "usage_date", "unparsable_key", rejectedRow, 200, 1500, 6, extraRecord(badKey, "9999-99-99"), ""},
	{"usage_ke", "usage_daily", "usage_date", "duplicate_row", unchanged, 70, 1200, 10, extraRecord(again, ""), ""},
	{"surveys", "survey_response", "score", "unparsable_number", rejectedValue, 14, 150, 6, constant("ten"), ""},
	{"surveys", "survey_response", "survey_response_id", "blank_key", rejectedRow, 44, 150, 4, extraRecord(badKey, ""), ""},
	{"surveys", "survey_response", "account_id", "id15", repaired, 74, 150, 6, cut15, ""},
	{"steward", "manual_account_link", "matched_account_id", "blank_key", rejectedRow, 3, 40, 2, extraRecord(badKey, ""), ""},
}
