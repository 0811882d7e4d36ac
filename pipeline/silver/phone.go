package silver

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"sync"

	"github.com/nyaruka/phonenumbers"

	"github.com/customer360/pipeline/pipeline/config"
)

// phoneOptions say how a telephone number without international prefix is read.
type phoneOptions struct {
	strict bool // valid numbers only; otherwise numbers of a possible length
}

func compilePhone(c stepContext, args json.RawMessage) (step, error) {
	var a struct {
		Region     string            `json:"region"`
		RegionFrom config.StringList `json:"region_from"`
		Strict     bool              `json:"strict"`
	}
	if args != nil {
		if err := decodeArgs(args, &a); err != nil {
			return step{}, err
		}
	}
	countries := countryCodes()
	l := &lookup{table: c.input.lookupName(), phone: &phoneOptions{strict: a.Strict}, hint: a.RegionFrom, region: countries[countryKey(c.input.Region)]}
	if a.Region != "" {
		if l.region = countries[countryKey(a.Region)]; l.region == "" {
			return step{}, fmt.Errorf("region %q is no country", a.Region)
		}
	}
	return step{own: true, defect: becameNull, lookup: l}, nil
}

// hintSeparator stands between the parts of a lookup key: the region of the source, the
// number, and the country that the record names, if it does.
const hintSeparator = "\x1f"

// e164 returns the number in E.164 form, "" if it is none.
func (o phoneOptions) e164(number, country string) string {
	number = strings.TrimSpace(number)
	if rest, ok := strings.CutPrefix(number, "00"); ok && len(rest) > 8 {
		number = "+" + rest
	}
	n, err := phonenumbers.Parse(number, country)
	if err != nil {
		return ""
	}
	if o.strict && !phonenumbers.IsValidNumber(n) || !phonenumbers.IsPossibleNumber(n) {
		return ""
	}
	return phonenumbers.Format(n, phonenumbers.E164)
}

// resolve computes the lookup rows of keys "region␟number" or "region␟number␟country".
// Numbers that are none get no row.
func (o phoneOptions) resolve(keys []string) [][2]string {
	found := make([]string, len(keys))
	countries := countryCodes()
	workers := min(runtime.GOMAXPROCS(0), 8)
	var wg sync.WaitGroup
	for w := range workers {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for i := w; i < len(keys); i += workers {
				region, rest, _ := strings.Cut(keys[i], hintSeparator)
				number, country, _ := strings.Cut(rest, hintSeparator)
				if code := countries[countryKey(country)]; code != "" {
					region = code
				}
				found[i] = o.e164(number, region)
			}
		}()
	}
	wg.Wait()
	var rows [][2]string
	for i, k := range keys {
		if found[i] != "" {
			rows = append(rows, [2]string{k, found[i]})
		}
	}
	return rows
}
