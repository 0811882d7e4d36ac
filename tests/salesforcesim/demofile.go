package salesforcesim

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// dialect is how an export is written, as its pipeline.json says.
type dialect struct {
	DateFormats      []string `json:"date_formats"`
	TimestampFormats []string `json:"timestamp_formats"`
	TimeZone         string   `json:"time_zone"`
}

// strptime turns a format of pipeline.json into a layout of package time.
var strptime = strings.NewReplacer("%Y", "2006", "%m", "01", "%d", "02", "%b", "Jan", "%H", "15", "%M", "04", "%S", "05", "%g", "000", "%z", "-0700")

// reading turns exported values into canonical ones.
type reading struct {
	dates, stamps []string
	zone          *time.Location
}

func (d dialect) reading() (*reading, error) {
	r := &reading{dates: []string{time.DateOnly}, stamps: []string{time.RFC3339}, zone: time.UTC}
	if d.TimeZone != "" {
		var err error
		if r.zone, err = time.LoadLocation(d.TimeZone); err != nil {
			return nil, fmt.Errorf("time zone: %w", err)
		}
	}
	layouts(&r.dates, d.DateFormats)
	layouts(&r.stamps, d.TimestampFormats)
	return r, nil
}

// layouts replaces the defaults, if formats are given.
func layouts(into *[]string, formats []string) {
	if len(formats) > 0 {
		*into = nil
	}
	for _, f := range formats {
		*into = append(*into, strptime.Replace(f))
	}
}

func (r *reading) parse(value string, layouts []string) (time.Time, error) {
	var err error
	for _, layout := range layouts {
		var t time.Time
		if t, err = time.ParseInLocation(layout, value, r.zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, err
}

// value reads an exported value by the type of its field.
func (r *reading) value(f *Field, v string) (string, error) {
	if v == "" || f == nil {
		return v, nil
	}
	switch f.Type {
	case "boolean":
		switch strings.ToLower(v) {
		case "1", "true", "yes":
			return "true", nil
		case "0", "false", "no":
			return "false", nil
		}
		return "", fmt.Errorf("%s: %q is no boolean", f.Name, v)
	case "date":
		t, err := r.parse(v, r.dates)
		return t.Format(time.DateOnly), err
	case "datetime":
		t, err := r.parse(v, r.stamps)
		return stamped(t), err
	}
	return v, nil
}

// read reads an export of an object, one record after the other.
func (l *loader) read(path, object string, each func(Record)) error {
	how, err := l.source.CSV.reading()
	if err != nil {
		return err
	}
	obj := l.org.must(object)
	return readCSV(path, func(names, row []string) error {
		r := make(Record, len(row))
		for i, v := range row {
			name, f := names[i], (*Field)(nil)
			if slot, ok := obj.slots[strings.ToLower(name)]; ok {
				f = obj.fields[slot]
				name = f.Name
			} else if at := exportOnly[strings.ToLower(name)]; at != nil {
				f, name = at, at.Name
			} else if !strings.Contains(name, ".") {
				return fmt.Errorf("object %s has no field %s", object, name)
			} else {
				name = dottedName(obj, name)
			}
			if r[name], err = how.value(f, v); err != nil {
				return err
			}
		}
		each(r)
		return nil
	})
}

// exportOnly are columns of exports that the objects of an org do not have: the
// weekdays of BusinessHours, one row each.
var exportOnly = map[string]*Field{
	"weekday__c": {Name: "Weekday__c", Type: "double"}, "opens_minute__c": {Name: "Opens_Minute__c", Type: "double"}, "closes_minute__c": {Name: "Closes_Minute__c", Type: "double"},
	"lastmodifieddate": {Name: "LastModifiedDate", Type: "datetime"}, "systemmodstamp": {Name: "SystemModstamp", Type: "datetime"},
	"isdeleted": {Name: "IsDeleted", Type: "boolean"},
}

// dottedName spells a dotted column as the describe does: exports may shout.
func dottedName(obj *object, column string) string {
	relation, field, _ := strings.Cut(column, ".")
	if ref, _ := obj.relation(relation, 1000); ref != nil {
		relation = ref.RelationshipName
	}
	if strings.EqualFold(field, "Name") {
		field = "Name"
	}
	return relation + "." + field
}

// readCSV reads a file with a header.
func readCSV(path string, each func(names, row []string) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := bufio.NewReader(f)
	if mark, err := in.Peek(3); err == nil && bytes.Equal(mark, []byte("\xEF\xBB\xBF")) {
		_, _ = in.Discard(3)
	}
	c := csv.NewReader(in)
	c.ReuseRecord = true
	header, err := c.Read()
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	names := append([]string(nil), header...)
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = each(names, row)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(path), err)
		}
	}
}

// rates makes CurrencyType and DatedConversionRate of the demo's rates, which are
// units of a currency for one US dollar, the corporate currency.
func (l *loader) rates(dir string, nights []time.Time) error {
	type rate struct{ day, currency, value string }
	for n, night := range nights {
		var list []rate
		path := filepath.Join(dir, "rates_"+night.Format(time.DateOnly)+".csv")
		err := readCSV(path, func(_, row []string) error {
			list = append(list, rate{strings.Clone(row[0]), strings.Clone(row[1]), strings.Clone(row[2])})
			return nil
		})
		if os.IsNotExist(err) {
			continue
		}
		if err != nil {
			return err
		}
		sort.SliceStable(list, func(i, j int) bool { return list[i].day < list[j].day })
		put := func() {
			for _, r := range list {
				l.rate(r.currency, r.day, r.value)
			}
		}
		if n == 0 {
			l.rate(l.org.options.Currency, list[0].day, "1")
			put()
			continue
		}
		l.org.world.At(night.Add(18*time.Hour), put)
	}
	return nil
}

// rate adds a rate that holds from a day on and ends the one before.
func (l *loader) rate(currency, day, value string) {
	o := l.org
	stamp := day + "T06:00:00.000Z"
	o.Load("CurrencyType", []Record{{"Id": makeID("00q", o.pod, hash(currency)%1_000_000), "IsoCode": currency, "ConversionRate": value, "DecimalPlaces": "2", "IsActive": "true",
		"IsCorporate": fmt.Sprint(currency == o.options.Currency), "CreatedById": l.user, "CreatedDate": "2020-01-01T08:00:00.000Z", "LastModifiedDate": stamp, "SystemModstamp": stamp}})
	last := l.lastRates()
	if id := last[currency]; id != "" {
		o.SetSilently("DatedConversionRate", id, Record{"NextStartDate": day, "SystemModstamp": stamp, "LastModifiedDate": stamp})
	}
	last[currency] = o.Insert("DatedConversionRate", Record{"IsoCode": currency, "StartDate": day, "NextStartDate": "9999-12-31", "ConversionRate": value,
		"CreatedDate": stamp, "LastModifiedDate": stamp, "SystemModstamp": stamp, "CreatedById": l.user})
}

// lastRates are the ids of the rates that hold now, by currency.
func (l *loader) lastRates() map[string]string {
	if l.names["DatedConversionRate"] == nil {
		l.names["DatedConversionRate"] = map[string]string{}
	}
	return l.names["DatedConversionRate"]
}
