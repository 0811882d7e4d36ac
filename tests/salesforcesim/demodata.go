package salesforcesim

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// demoConfig is what is read of a demo's pipeline.json: where the exports are and how
// they are written.
type demoConfig struct {
	Sources []demoSource `json:"sources"`
	Rates   []demoSource `json:"rates"`
}

type demoSource struct {
	Name    string   `json:"name"`
	Mapping string   `json:"mapping"`
	Path    string   `json:"path"`
	Files   []string `json:"files"`
	CSV     dialect  `json:"csv"`
	Objects []struct {
		Name     string   `json:"name"`
		Files    []string `json:"files"`
		LoadMode string   `json:"load_mode"`
	} `json:"objects"`
}

// LoadDemo makes a world with an org for each Salesforce source of a demo, as
// `pipeline demo --clean` writes it. The clock stands an hour after the end of the day
// of the base files. What the files of later nights say happens when the clock gets
// there: a record changes at its SystemModstamp, one that a full file lacks is deleted.
func LoadDemo(dir string) (*World, error) {
	b, err := os.ReadFile(filepath.Join(dir, "pipeline.json"))
	if err != nil {
		return nil, fmt.Errorf("read demo: %w", err)
	}
	var c demoConfig
	if err := json.Unmarshal(b, &c); err != nil {
		return nil, fmt.Errorf("read demo: pipeline.json: %w", err)
	}
	var w *World
	for _, src := range c.Sources {
		if src.Mapping != "salesforce" {
			continue
		}
		l := &loader{dir: filepath.Join(dir, filepath.FromSlash(src.Path)), source: src}
		nights, err := l.nights()
		if err != nil {
			return nil, err
		}
		if w == nil {
			w = New(Options{Now: nights[0].AddDate(0, 0, 1).Add(30 * time.Minute)})
		}
		// The exports keep deleted records for ever, so the recycle bin does too.
		l.org = w.Org(OrgOptions{Name: src.Name, MultiCurrency: true, Sandbox: true, RecycleBin: 10 * 365 * 24 * time.Hour})
		l.org.DefineStandard()
		if err := l.load(nights); err != nil {
			return nil, fmt.Errorf("load %s: %w", src.Name, err)
		}
		for _, r := range c.Rates {
			if err := l.rates(filepath.Join(dir, filepath.FromSlash(r.Path)), nights); err != nil {
				return nil, fmt.Errorf("load rates: %w", err)
			}
		}
	}
	if w == nil {
		return nil, fmt.Errorf("read demo: %s names no Salesforce source", filepath.Join(dir, "pipeline.json"))
	}
	return w, nil
}

// loader fills one org from its exports.
type loader struct {
	dir     string
	source  demoSource
	org     *Org
	names   map[string]map[string]string // object → name → id, of rows made for parents
	entries map[string]bool              // price book entries made
	user    string                       // who made what the exports do not say
}

// nights returns the days of the files, the base first.
func (l *loader) nights() ([]time.Time, error) {
	seen := map[time.Time]bool{}
	files, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, fmt.Errorf("read demo: %w", err)
	}
	for _, f := range files {
		if day, ok := fileDay(f.Name()); ok {
			seen[day] = true
		}
	}
	var days []time.Time
	for d := range seen {
		days = append(days, d)
	}
	sort.Slice(days, func(i, j int) bool { return days[i].Before(days[j]) })
	if len(days) == 0 {
		return nil, fmt.Errorf("read demo: %s holds no exports", l.dir)
	}
	return days, nil
}

// fileDay reads the day out of Object_2026-10-31.csv.
func fileDay(name string) (time.Time, bool) {
	name, _, _ = strings.Cut(name, ".")
	at := strings.LastIndexByte(name, '_')
	day, err := time.Parse(time.DateOnly, name[at+1:])
	return day, err == nil
}

// load reads the base files and plans the nights.
func (l *loader) load(nights []time.Time) error {
	l.names, l.entries = map[string]map[string]string{}, map[string]bool{}
	l.user = l.org.me()
	founded := nights[0].AddDate(-5, 0, 0)
	l.org.Load("Organization", []Record{{"Id": l.org.options.ID, "Name": "Demo " + l.source.Name, "IsSandbox": "true", "OrganizationType": "Developer Edition",
		"DefaultCurrencyIsoCode": l.org.options.Currency, "TimeZoneSidKey": "GMT", "FiscalYearStartMonth": "1", "CreatedDate": stamped(founded), "CreatedById": l.user}})
	for _, o := range l.source.Objects {
		before := map[string]bool{}
		for n, day := range nights {
			path := filepath.Join(l.dir, o.Name+"_"+day.Format(time.DateOnly)+".csv")
			present := map[string]bool{}
			err := l.read(path, o.Name, func(r Record) { l.record(o.Name, r, n, day, present) })
			if os.IsNotExist(err) {
				continue
			}
			if err != nil {
				return err
			}
			if o.LoadMode == "snapshot" {
				l.vanished(o.Name, before, present, n, day)
				before = present
			}
		}
	}
	return nil
}

// record puts one exported record into the org, now or when its time comes.
func (l *loader) record(object string, r Record, night int, day time.Time, present map[string]bool) {
	if object == "BusinessHours" {
		l.openingHours(r)
		return
	}
	obj := l.org.must(object)
	l.parents(obj, r)
	if object == "OpportunityLineItem" {
		l.priceEntry(r)
	}
	if obj.stamp >= 0 && r["SystemModstamp"] == "" { // a history of steps: the last thing that happened to it
		r["SystemModstamp"] = max(r["CreatedDate"], r["Step_Exited__c"])
	}
	if _, said := r["CreatedById"]; !said {
		r["CreatedById"] = l.user
	}
	present[r["Id"]] = true
	if night == 0 {
		l.org.Load(object, []Record{r})
		return
	}
	l.org.world.At(happened(r, day), func() { l.org.replace(object, r) })
}

// happened is when a record of a night changed: at its stamp if that lies in the day,
// else at the end of it, as values do that no stamp tells of.
func happened(r Record, day time.Time) time.Time {
	for _, name := range []string{"SystemModstamp", "LastModifiedDate", "CreatedDate"} {
		if at, err := time.Parse(stampLayout, r[name]); err == nil && at.After(day) && at.Before(day.AddDate(0, 0, 1)) {
			return at
		}
	}
	return day.AddDate(0, 0, 1).Add(-time.Second)
}

// vanished deletes at noon what the file of a night lacks.
func (l *loader) vanished(object string, before, present map[string]bool, night int, day time.Time) {
	for id := range before {
		if night > 0 && !present[id] {
			l.org.world.At(day.Add(12*time.Hour), func() { l.org.Delete(object, id) })
		}
	}
}

// replace puts a whole record in the place of the one with its id.
func (o *Org) replace(name string, r Record) {
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.must(name)
	id := fullID(r["Id"])
	if e := obj.stored().byID[id]; e != nil && !e.deleted.IsZero() && r["IsDeleted"] != "true" {
		e.deleted = time.Time{}
		obj.forgetDeletion(id)
	}
	o.insert(obj, r, o.world.now)
}

// parents makes the rows that a dotted column speaks of, where the export has no
// file of them: RecordType.Name stands for RecordTypeId and a RecordType.
func (l *loader) parents(obj *object, r Record) {
	for column, value := range r {
		relation, field, dotted := strings.Cut(column, ".")
		if !dotted {
			continue
		}
		delete(r, column)
		ref, _ := obj.relation(relation, l.org.options.MaxVersion)
		if ref == nil || r[ref.Name] != "" || value == "" || field != "Name" {
			continue
		}
		r[ref.Name] = l.named(ref.ReferenceTo[0], obj.Name, value)
	}
}

// named returns the id of the row of an object with a name, and makes it if needed.
func (l *loader) named(object, of, name string) string {
	if l.names[object] == nil {
		l.names[object] = map[string]string{}
	}
	if id := l.names[object][name]; id != "" {
		return id
	}
	r := Record{"Name": name, "CreatedDate": "2020-01-01T08:00:00.000Z", "CreatedById": l.user}
	if object == "RecordType" {
		r["SobjectType"], r["DeveloperName"], r["IsActive"] = of, strings.ReplaceAll(name, " ", "_"), "true"
	}
	id := l.org.Insert(object, r)
	l.names[object][name] = id
	return id
}

// priceEntry makes the price book entry of a line.
func (l *loader) priceEntry(r Record) {
	id := r["PricebookEntryId"]
	if id == "" || l.entries[id] {
		return
	}
	l.entries[id] = true
	l.org.Load("PricebookEntry", []Record{{"Id": id, "Product2Id": r["Product2Id"], "Name": r["Name"], "UnitPrice": r["ListPrice"], "CurrencyIsoCode": r["CurrencyIsoCode"],
		"IsActive": "true", "CreatedDate": "2020-01-01T08:00:00.000Z", "CreatedById": l.user}})
}

// openingHours makes a weekday row, and the row of the calendar it belongs to, of an
// exported row of BusinessHours.
func (l *loader) openingHours(r Record) {
	weekday := int(r["Weekday__c"][0]-'1') % 7
	if _, there := l.org.Record("BusinessHours", r["Id"]); !there {
		l.org.Load("BusinessHours", []Record{{"Id": r["Id"], "Name": r["Name"], "TimeZoneSidKey": r["TimeZoneSidKey"], "IsActive": r["IsActive"], "IsDefault": r["IsDefault"],
			"CreatedDate": r["CreatedDate"], "CreatedById": l.user}})
	}
	day := time.Weekday((weekday + 1) % 7).String()
	l.org.SetSilently("BusinessHours", r["Id"], Record{day + "StartTime": clockTime(r["Opens_Minute__c"]), day + "EndTime": clockTime(r["Closes_Minute__c"])})
	l.org.Load("Opening_Hours__c", []Record{{"Name": fmt.Sprintf("OH-%04d", l.org.Count("Opening_Hours__c")+1), "Business_Hours__c": r["Id"], "Weekday__c": r["Weekday__c"],
		"Opens_Minute__c": r["Opens_Minute__c"], "Closes_Minute__c": r["Closes_Minute__c"], "TimeZoneSidKey__c": r["TimeZoneSidKey"], "IsActive__c": r["IsActive"],
		"IsDefault__c": r["IsDefault"], "CreatedDate": r["CreatedDate"], "LastModifiedDate": r["LastModifiedDate"], "SystemModstamp": r["SystemModstamp"], "CreatedById": l.user}})
}

// clockTime writes minutes after midnight as a time; a whole day ends at 00:00.
func clockTime(minutes string) string {
	var n int
	_, _ = fmt.Sscan(minutes, &n)
	return fmt.Sprintf("%02d:%02d:00.000Z", n/60%24, n%60)
}
