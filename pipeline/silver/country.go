package silver

import (
	"encoding/json"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
	"golang.org/x/text/runes"
	"golang.org/x/text/transform"
	"golang.org/x/text/unicode/norm"
)

// aliases are names in use that no standard lists, by alpha-2 code.
const aliases = `US usa unitedstatesofamerica america theunitedstates
GB uk greatbritain britain england scotland wales northernireland unitedkingdomofgreatbritainandnorthernireland
ZA rsa suidafrika republicofsouthafrica sa
KE republicofkenya
NG federalrepublicofnigeria
CD drc drcongo democraticrepublicofthecongo democraticrepublicofcongo congokinshasa
CG congo republicofthecongo congobrazzaville
CI ivorycoast cotedivoire
TZ unitedrepublicoftanzania
SZ swaziland
CZ czechrepublic
KR southkorea republicofkorea korea
KP northkorea
RU russianfederation
VN vietnam
IR islamicrepublicofiran
SY syrianarabrepublic
LA laos
MD republicofmoldova
MK macedonia northmacedonia
BO plurinationalstateofbolivia
VE bolivarianrepublicofvenezuela
CN peoplesrepublicofchina prc mainlandchina
HK hongkong
MO macau macao
TW taiwan
AE uae unitedarabemirates
NL holland thenetherlands
TR turkey turkiye
MM burma myanmar
CV capeverde
GM thegambia
BS thebahamas
TL easttimor
PS palestine
VA vaticancity holysee
BN bruneidarussalam`

// countryCodes maps the key of a country's name or code to its alpha-2 code. English
// names win over the countries' own and French, Portuguese and German names.
var countryCodes = sync.OnceValue(func() map[string]string {
	codes := map[string]string{}
	add := func(name, code string) {
		if key := countryKey(name); key != "" && codes[key] == "" {
			codes[key] = code
		}
	}
	for _, line := range strings.Split(aliases, "\n") {
		fields := strings.Fields(line)
		for _, name := range fields[1:] {
			if len(name) > 2 {
				add(name, fields[0])
			}
		}
	}
	regions := isoRegions()
	for _, r := range regions {
		add(r.String(), r.String())
		add(r.ISO3(), r.String())
	}
	for _, in := range []language.Tag{language.English, language.French, language.Portuguese, language.German, language.Spanish, language.Afrikaans, language.Swahili} {
		namer := display.Regions(in)
		for _, r := range regions {
			add(namer.Name(r), r.String())
		}
	}
	return codes
})

// isoRegions lists the countries that have an alpha-2 code.
func isoRegions() []language.Region {
	var out []language.Region
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			r, err := language.ParseRegion(string([]rune{a, b}))
			if err == nil && r.IsCountry() && r.String() == string([]rune{a, b}) && r.Canonicalize() == r {
				out = append(out, r)
			}
		}
	}
	return out
}

// countryKey is silver_country_key of macros.sql: lower-case letters and digits
// without diacritics.
func countryKey(name string) string {
	plain, _, err := transform.String(transform.Chain(norm.NFD, runes.Remove(runes.In(unicode.Mn)), norm.NFC), name)
	if err != nil {
		plain = name
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, plain)
}

func compileCountry(_ stepContext, _ json.RawMessage) (step, error) {
	codes := countryCodes()
	rows := make([][2]string, 0, len(codes))
	for _, k := range sortedKeys(codes) {
		rows = append(rows, [2]string{k, codes[k]})
	}
	l := &lookup{table: "country", rows: rows, key: func(in string) string { return "silver_country_key(" + in + ")" }}
	return step{own: true, defect: becameNull, lookup: l}, nil
}
