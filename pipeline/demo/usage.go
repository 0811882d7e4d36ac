package demo

// usageHistory is how many days of usage the base files hold.
const usageHistory = 400

// usage shows the daily usage of an account on the days in (from, to]. It draws
// from the asset and the day alone, so that any night can be written by itself.
func (e *emitter) usage(a *account, from, to day) {
	if !a.metered {
		return
	}
	s := &usageSystems[a.org]
	for i := range a.services {
		v := &a.services[i]
		if v.product.usageType == "" {
			continue
		}
		key := mix(a.seed ^ purposeUsage<<48 ^ uint64(a.number)<<8 ^ uint64(i))
		office := key%10 < 7 || a.kind == smb
		for d := max(from+1, v.start); d <= to; d++ {
			p := v.on(d)
			if p == nil {
				break
			}
			units := a.used(v, p, d, mix(key+uint64(d)), office)
			if units == 0 {
				continue
			}
			e.row(s, objUsage).date(d).text(a.id, v.asset, productID(a.org, v.product), v.product.usageType).decimal(units, 2).text(v.product.usage)
			if v.product.allowance > 0 {
				e.rec.int(v.product.allowance * p.quantity)
			} else {
				e.rec.text("")
			}
			e.put()
		}
	}
}

// used is the use of a service on a day, in hundredths; 0 on a day without use.
func (a *account) used(v *service, p *period, d day, noise uint64, office bool) int64 {
	bad := a.distress(d)
	if d.isWeekend() && office || noise%100 < uint64(2+bad/5) {
		return 0
	}
	units := int64(v.product.daily) * int64(p.quantity) * 100
	units = units * int64(60+noise>>8%81) / 100
	if d.isWeekend() {
		units /= 3
	}
	units = units * int64(100-bad*3/4) / 100
	if a.fate == growing {
		units += units * int64(max(0, d-(a.asOf-usageHistory))) / 800
		if a.number%20 == 3 && d > a.asOf-10 {
			units *= 2
		}
	}
	return units
}
