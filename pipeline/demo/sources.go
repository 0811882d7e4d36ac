package demo

import "github.com/customer360/pipeline/pipeline/config"

// dialect says how a system writes its files. csv is what pipeline.json says of it;
// the rest is how the generator writes.
type dialect struct {
	csv        config.CSV
	suffix     string // of file names: .csv, .csv.gz, .csv.zst
	newline    string
	bom        bool
	quoteAll   bool
	upperNames bool
	dateLayout string // Go layouts of dates and instants
	timeLayout string
	otherDate  string // the second way the system's users write dates
	zoneHours  int    // offset of local instants; 0 = UTC
	yes, no    string
}

// system is one source of files.
type system struct {
	name    string
	region  string
	mapping string
	dialect dialect
	objects []*object
}

var exportedAt = &config.ExportedAt{Pattern: `_(\d{4}-\d{2}-\d{2})\.csv`, Layout: "%Y-%m-%d"}

// Orgs, in the order of the systems tables below.
const (
	orgGroup = iota
	orgZA
	orgKE
	orgCount
)

var salesforceSystems = [orgCount]system{
	{
		// Data Loader: header in capitals, every field quoted, instants with Z.
		name: "sf_group", region: "Group", mapping: "salesforce", objects: salesforceObjects,
		dialect: dialect{
			csv:    config.CSV{DateFormats: []string{"%Y-%m-%d", "%d %b %Y"}, TimestampFormats: []string{"%Y-%m-%dT%H:%M:%S.%gZ"}, ExportedAt: exportedAt},
			suffix: ".csv", newline: "\n", quoteAll: true, upperNames: true,
			dateLayout: "2006-01-02", otherDate: "02 Jan 2006", timeLayout: "2006-01-02T15:04:05.000Z", yes: "true", no: "false",
		},
	},
	{
		// Bulk export: BOM, offsets without a colon, 1 and 0.
		name: "sf_za", region: "South Africa", mapping: "salesforce", objects: salesforceObjects,
		dialect: dialect{
			csv:    config.CSV{DateFormats: []string{"%Y-%m-%d", "%d/%m/%Y"}, TimestampFormats: []string{"%Y-%m-%dT%H:%M:%S.%g%z"}, ExportedAt: exportedAt},
			suffix: ".csv", newline: "\n", bom: true,
			dateLayout: "2006-01-02", otherDate: "02/01/2006", timeLayout: "2006-01-02T15:04:05.000+0000", yes: "1", no: "0",
		},
	},
	{
		// Report export: local dates and times, CRLF.
		name: "sf_ke", region: "Kenya", mapping: "salesforce", objects: salesforceObjects,
		dialect: dialect{
			csv: config.CSV{DateFormats: []string{"%d/%m/%Y", "%Y-%m-%d"}, TimestampFormats: []string{"%d/%m/%Y %H:%M:%S"},
				TimeZone: "Africa/Nairobi", ExportedAt: exportedAt},
			suffix: ".csv", newline: "\r\n",
			dateLayout: "02/01/2006", otherDate: "2006-01-02", timeLayout: "02/01/2006 15:04:05", zoneHours: 3, yes: "TRUE", no: "FALSE",
		},
	},
}

var billingSystems = [orgCount]system{
	{
		name: "billing_group", region: "Group", mapping: "billing", objects: billingObjects,
		dialect: dialect{
			csv:    config.CSV{DateFormats: []string{"%Y-%m-%d", "%m/%d/%Y"}, ExportedAt: exportedAt},
			suffix: ".csv.gz", newline: "\n", dateLayout: "2006-01-02", otherDate: "01/02/2006", timeLayout: "2006-01-02 15:04:05", yes: "true", no: "false",
		},
	},
	{
		name: "billing_za", region: "South Africa", mapping: "billing", objects: billingObjects,
		dialect: dialect{
			csv: config.CSV{Encoding: "windows-1252", Delimiter: ";", Decimal: ",", Thousands: ".", DateFormats: []string{"%Y/%m/%d", "%d.%m.%Y"},
				ExportedAt: exportedAt},
			suffix: ".csv", newline: "\r\n", dateLayout: "2006/01/02", otherDate: "02.01.2006", timeLayout: "2006/01/02 15:04:05", yes: "Y", no: "N",
		},
	},
	{
		name: "billing_ke", region: "Kenya", mapping: "billing", objects: billingObjects,
		dialect: dialect{
			csv: config.CSV{Encoding: "utf-16", Delimiter: "\t", Thousands: ",", DateFormats: []string{"%d-%b-%Y", "%Y-%m-%d"},
				ExportedAt: exportedAt},
			suffix: ".csv.gz", newline: "\r\n", bom: true, dateLayout: "02-Jan-2006", otherDate: "2006-01-02", timeLayout: "02-Jan-2006 15:04:05", yes: "yes", no: "no",
		},
	},
}

var usageSystems = [orgCount]system{
	{
		name: "usage_group", region: "Group", mapping: "usage", objects: []*object{objUsage},
		dialect: dialect{
			csv:    config.CSV{Encoding: "iso-8859-1", Delimiter: "|", DateFormats: []string{"%Y%m%d", "%Y-%m-%d"}, ExportedAt: exportedAt},
			suffix: ".csv.gz", newline: "\n", dateLayout: "20060102",
		},
	},
	{
		name: "usage_za", region: "South Africa", mapping: "usage", objects: []*object{objUsage},
		dialect: dialect{
			csv:    config.CSV{Delimiter: ";", Decimal: ",", DateFormats: []string{"%Y-%m-%d"}, ExportedAt: exportedAt},
			suffix: ".csv.zst", newline: "\n", dateLayout: "2006-01-02",
		},
	},
	{
		name: "usage_ke", region: "Kenya", mapping: "usage", objects: []*object{objUsage},
		dialect: dialect{
			csv:    config.CSV{DateFormats: []string{"%d/%m/%Y"}, ExportedAt: exportedAt},
			suffix: ".csv.gz", newline: "\r\n", dateLayout: "02/01/2006",
		},
	},
}

var surveySystem = system{
	name: "surveys", region: "Group", mapping: "survey", objects: []*object{objSurvey},
	dialect: dialect{
		csv:    config.CSV{TimestampFormats: []string{"%Y-%m-%d %H:%M:%S%z"}, ExportedAt: exportedAt},
		suffix: ".csv", newline: "\n", timeLayout: "2006-01-02 15:04:05+00:00", yes: "true", no: "false",
	},
}

var stewardSystem = system{
	name: "steward", region: "Group", mapping: "steward", objects: []*object{objLink},
	dialect: dialect{
		csv:    config.CSV{TimestampFormats: []string{"%Y-%m-%dT%H:%M:%SZ"}, ExportedAt: exportedAt},
		suffix: ".csv", newline: "\n", timeLayout: "2006-01-02T15:04:05Z", yes: "true", no: "false",
	},
}

var rateSystem = system{
	name: "rates", region: "Group", objects: []*object{objRate},
	dialect: dialect{
		csv:    config.CSV{DateFormats: []string{"%Y-%m-%d"}, ExportedAt: exportedAt},
		suffix: ".csv", newline: "\n", dateLayout: "2006-01-02",
	},
}
