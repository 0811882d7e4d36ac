package salesforce_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/customer360/pipeline/tests/salesforcesim"
)

// everyType is an object with a field of every type, and nasty values in them.
func everyType(org *salesforcesim.Org) {
	object := salesforcesim.Object{Name: "Every__c", KeyPrefix: "a01"}
	values := map[string][]string{}
	add := func(f salesforcesim.Field, list ...string) {
		object.Fields = append(object.Fields, f)
		values[f.Name] = list
	}
	texts := []string{`quote " quote`, "line\nfeed\r\nand more", "N/A", "  blanks  ", "", "null", "10.0", "1e21", "😀 é \u2028", strings.Repeat("0123456789abcdef", 8192), ",,\"\",", "#N/A", "true", "\ttab", "nul \x00 byte", "a;b", `\back\slash\`}
	for _, typ := range []string{"string", "textarea", "picklist", "multipicklist", "combobox", "email", "phone", "url", "encryptedstring", "datacategorygroupreference"} {
		add(salesforcesim.Field{Name: "F_" + typ + "__c", Type: typ, Length: 131072}, texts...)
	}
	add(salesforcesim.Field{Name: "F_boolean__c", Type: "boolean"}, "true", "false")
	add(salesforcesim.Field{Name: "F_int__c", Type: "int"}, "10", "-3", "0", "", "999999999")
	add(salesforcesim.Field{Name: "F_long__c", Type: "long"}, "9007199254740993", "-9007199254740993", "10", "")
	for _, typ := range []string{"double", "currency", "percent"} {
		add(salesforcesim.Field{Name: "F_" + typ + "__c", Type: typ, Precision: 18, Scale: 6}, "10", "0.1", "1000000000000000000000", "-12.345678", "9007199254740993", "", "0", "0.0000001", "-0.5")
	}
	add(salesforcesim.Field{Name: "F_date__c", Type: "date"}, "2026-02-28", "1700-01-01", "")
	add(salesforcesim.Field{Name: "F_datetime__c", Type: "datetime"}, "2026-10-31T09:42:24.123Z", "1999-12-31T23:59:59.000Z", "")
	add(salesforcesim.Field{Name: "F_time__c", Type: "time"}, "10:30:00.000Z", "")
	add(salesforcesim.Field{Name: "F_reference__c", Type: "reference", ReferenceTo: []string{"Account", "Contact"}, RelationshipName: "F_reference__r"}, "001000000000001AAA", "")
	add(salesforcesim.Field{Name: "F_id__c", Type: "id"}, "001000000000001AAA", "")
	add(salesforcesim.Field{Name: "F_anytype__c", Type: "anyType"}, "text", "2026-10-31T09:42:24.123Z", "")
	add(salesforcesim.Field{Name: "F_formula__c", Type: "double", Calculated: true, Scale: 2}, "3.5", "")
	for _, typ := range []string{"base64", "address", "location", "json", "complexvalue"} {
		add(salesforcesim.Field{Name: "F_" + typ + "__c", Type: typ}, "")
	}
	org.Define(object)
	for i := range 20 {
		r := salesforcesim.Record{}
		for name, list := range values {
			r[name] = list[i%len(list)]
		}
		org.Insert("Every__c", r)
	}
}

// TestSalesforceValues reads one data set by REST and by Bulk, in all the ways Bulk
// writes, and by two versions of the API: bronze holds the same bytes.
func TestSalesforceValues(t *testing.T) {
	var want [][]string
	for _, c := range []struct {
		name, transport, version string
		org                      salesforcesim.OrgOptions
	}{
		{"rest", "rest", "64.0", salesforcesim.OrgOptions{PageRows: 7}},
		{"bulk", "bulk", "64.0", salesforcesim.OrgOptions{BulkDatetime: "Z", BulkNumbers: "decimal", BulkNull: "quoted"}},
		{"bulk otherwise", "bulk", "64.0", salesforcesim.OrgOptions{BulkDatetime: "+0000", BulkNumbers: "exponent", BulkNull: "bare"}},
		{"rest of another version", "rest", "60.0", salesforcesim.OrgOptions{}},
		{"bulk of another version", "bulk", "66.0", salesforcesim.OrgOptions{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, c.org, "Every__c")
			b.bulk = 6
			everyType(b.org)
			b.config["transport"], b.config["api_version"] = c.transport, c.version
			b.world.Advance(time.Hour)
			res := b.must()
			s := step(t, res, "bronze/sf/every__c")
			if s.Transport != c.transport || s.RowsOut != 20 {
				t.Errorf("%d rows by %s: %s", s.RowsOut, s.Transport, s.Reason)
			}
			h := b.lakeState()
			h.null = "NULL" // a text that no field holds
			columns, got := h.rows(fmt.Sprintf(`SELECT * EXCLUDE (_source_file, _extracted_at, _watermark, _batch_id, _row_hash, _source_region, _is_deleted, _seq), hex(_row_hash) AS hash FROM %s ORDER BY "Id"`, h.files("bronze/sf/every__c")))
			got = append([][]string{columns}, got...)
			for _, row := range got {
				if slices.Contains(row, "") {
					t.Error("an empty cell did not become NULL")
				}
			}
			if want == nil {
				want = got
				check := strings.Join(columns, " ")
				for _, gone := range []string{"F_base64__c", "F_address__c", "F_location__c", "F_json__c", "F_complexvalue__c"} {
					if strings.Contains(check, gone) {
						t.Errorf("%s is of a type that is left out", gone)
					}
				}
				if !strings.Contains(check, "F_reference__c_type") {
					t.Errorf("no type of the polymorphic reference among %s", check)
				}
				return
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("differs from REST (-REST +this):\n%.3000s", diff)
			}
		})
	}
	for _, value := range []string{"9007199254740993", "1000000000000000000000", "  blanks  ", "N/A", "2026-10-31T09:42:24.123Z", "Account", "NULL", "line\nfeed\r\nand more", `quote " quote`, "😀 é \u2028", "nul \x00 byte", "0.0000001", strings.Repeat("0123456789abcdef", 8192)} {
		if !strings.Contains(fmt.Sprint(want), value) {
			t.Errorf("%q did not come as it is", value)
		}
	}
}
