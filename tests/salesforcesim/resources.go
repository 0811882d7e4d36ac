package salesforcesim

import (
	"fmt"
	"strings"
	"time"
)

// logLife is how long the delete log reaches back.
const logLife = 15 * 24 * time.Hour

// most ids that getDeleted and getUpdated give.
const maxReplicated = 600_000

// versions lists the API versions.
func (c *call) versions() *reply {
	list := []any{}
	seasons := []string{"Spring", "Summer", "Winter"}
	for v := c.org.options.MinVersion; v <= c.org.options.MaxVersion; v++ {
		n := v - 31 // Summer '14
		season := seasons[(n+1)%3]
		year := 14 + (n+1)/3
		if season == "Winter" {
			year++
		}
		list = append(list, map[string]string{"label": fmt.Sprintf("%s '%02d", season, year), "url": fmt.Sprintf("/services/data/v%d.0", v), "version": fmt.Sprintf("%d.0", v)})
	}
	return jsonReply(200, list)
}

// resources lists what a version offers.
func (c *call) resources() *reply {
	m := map[string]string{}
	for _, name := range []string{"sobjects", "query", "queryAll", "limits", "jobs"} {
		m[name] = fmt.Sprintf("/services/data/v%d.0/%s", c.version, name)
	}
	return jsonReply(200, m)
}

// limits answers the limits resource.
func (c *call) limits() *reply {
	o := c.org
	used := o.TotalCalls()
	o.world.mu.Lock()
	jobs := o.jobs.next
	o.world.mu.Unlock()
	entry := func(most, used int) map[string]int {
		return map[string]int{"Max": most, "Remaining": max(0, most-used)}
	}
	return jsonReply(200, map[string]any{
		"DailyApiRequests":                  entry(o.options.DailyCalls, used),
		"DailyBulkApiBatches":               entry(15_000, 0),
		"DailyBulkV2QueryJobs":              entry(o.options.DailyBulkJobs, jobs),
		"DailyBulkV2QueryFileStorageMB":     entry(976_562, int(o.BytesSent()>>20)),
		"ConcurrentAsyncGetReportInstances": entry(200, 0),
		"DataStorageMB":                     entry(1_073_741_824>>20, 1),
		"FileStorageMB":                     entry(1_073_741_824>>20, 1),
		"HourlyODataCallout":                entry(20_000, 0),
		"SingleEmail":                       entry(5_000, 0),
	})
}

// recordCount counts rows roughly. An object without any is left out.
func (c *call) recordCount() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	var names []string
	if asked := c.request.URL.Query().Get("sObjects"); asked != "" {
		names = strings.Split(asked, ",")
	} else {
		names = sortedNames(o.objects)
	}
	list := []any{}
	for _, n := range names {
		if obj := o.find(strings.TrimSpace(n)); obj != nil && obj.rows.size() > 0 {
			list = append(list, map[string]any{"count": obj.rows.size(), "name": obj.Name})
		}
	}
	return jsonReply(200, map[string]any{"sObjects": list})
}

// basic answers what an object is, without its fields.
func (c *call) basic() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.find(c.object)
	if obj == nil {
		return notFound()
	}
	return jsonReply(200, map[string]any{"objectDescribe": obj.summary(c.version), "recentItems": []any{}})
}

// row answers a record by its id, with all fields or those asked for.
func (c *call) row() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj := o.find(c.object)
	if obj == nil {
		return notFound()
	}
	p := &plan{org: o, version: c.version, now: o.world.now, needed: make([]bool, len(obj.fields)), tree: &node{}}
	fixed := *obj
	p.object = &fixed
	p.need(obj.id, p.needed)
	names := strings.Split(c.request.URL.Query().Get("fields"), ",")
	if names[0] == "" {
		names = nil
		for _, f := range obj.shown(c.version) {
			names = append(names, f.Name)
		}
	}
	for _, n := range names {
		f, slot := obj.field(strings.TrimSpace(n), c.version)
		if f == nil {
			return fail(400, "INVALID_FIELD", "No such column '%s' on sobject of type %s", n, obj.Name)
		}
		p.need(slot, p.needed)
		p.choose(&path{name: f.Name, slot: slot, field: f, org: o})
	}
	e, ok := obj.rows.(*stored)
	if !ok || e.byID[fullID(c.rest[2])] == nil {
		return notFound()
	}
	found := e.byID[fullID(c.rest[2])]
	if !found.deleted.IsZero() {
		return fail(404, "ENTITY_IS_DELETED", "entity is deleted")
	}
	r := &result{plan: p, rows: packedRows{found.packed}}
	return bytesReply(200, jsonType, r.row(c.version).append(nil, 0))
}

// replicated reads the span of getDeleted and getUpdated.
func (c *call) replicated() (obj *object, start, end time.Time, problem *reply) {
	o := c.org
	if obj = o.find(c.object); obj == nil {
		return nil, start, end, notFound()
	}
	if obj.NoReplicate || obj.CustomSetting {
		return nil, start, end, fail(400, "INVALID_TYPE_FOR_OPERATION", "entity type %s is not replicateable", obj.Name)
	}
	read := func(name string) time.Time {
		// A + in a query is a blank: clients that do not escape it still mean +00:00.
		t, _ := parseInstant(strings.ReplaceAll(c.request.URL.Query().Get(name), " ", "+"))
		return t.UTC().Truncate(time.Minute)
	}
	start, end = read("start"), read("end")
	switch {
	case start.Year() < 1900 || end.Year() < 1900:
		return nil, start, end, fail(400, "INVALID_REPLICATION_DATE", "start and end must be given as dates with time")
	case end.Sub(start) <= time.Minute:
		return nil, start, end, fail(400, "INVALID_REPLICATION_DATE", "startDate must be at least one minute greater than endDate")
	case start.Before(o.world.now.Add(-30 * 24 * time.Hour)):
		return nil, start, end, fail(400, "INVALID_REPLICATION_DATE", "startDate before org replication enabled date, or more than 30 days ago")
	}
	return obj, start, end, nil
}

// deleted answers getDeleted.
func (c *call) deleted() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj, start, end, r := c.replicated()
	if r != nil {
		return r
	}
	earliest := o.world.now.Add(-logLife)
	if o.purged.After(earliest) {
		earliest = o.purged
	}
	list := []any{}
	for _, d := range obj.deleted {
		if !d.at.Before(start) && d.at.Before(end) && !d.at.Before(earliest) {
			list = append(list, map[string]string{"id": d.id, "deletedDate": wireStamp(d.at)})
		}
	}
	if len(list) > maxReplicated {
		return fail(400, "EXCEEDED_ID_LIMIT", "too many ids: narrow the span")
	}
	return jsonReply(200, map[string]any{"deletedRecords": list, "earliestDateAvailable": wireStamp(earliest), "latestDateCovered": wireStamp(covered(end, o.world.now))})
}

// covered is how far an answer reaches.
func covered(end, now time.Time) time.Time {
	if end.After(now) {
		return now.Truncate(time.Minute)
	}
	return end
}

// updated answers getUpdated.
func (c *call) updated() *reply {
	o := c.org
	o.world.mu.Lock()
	defer o.world.mu.Unlock()
	obj, start, end, r := c.replicated()
	if r != nil {
		return r
	}
	ids := []string{}
	from, to := stamped(start), stamped(end)
	if slot := max(obj.stamp, obj.modified); slot >= 0 {
		obj.rows.scan(0, obj.rows.size(), nil, func(v []string) verdict {
			if v[slot] >= from && v[slot] < to && (obj.isDeleted < 0 || v[obj.isDeleted] != "true") {
				ids = append(ids, strings.Clone(v[obj.id]))
			}
			return skip
		})
	}
	if len(ids) > maxReplicated {
		return fail(400, "EXCEEDED_ID_LIMIT", "too many ids: narrow the span")
	}
	return jsonReply(200, map[string]any{"ids": ids, "latestDateCovered": wireStamp(covered(end, o.world.now))})
}
