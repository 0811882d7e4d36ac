package link

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"sync"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// Vocabulary is what is known of words of company names and of identifiers, as data.
type Vocabulary struct {
	stop, generic, geographic, and map[string]bool
	abbreviations, numbers         map[string]string
	lastNumbers                    map[string]string // read as numbers at the end of a name
	aliasMarkers                   []string
	nullValues, freeMail           map[string]bool
	suffixLabels, mailboxes        map[string]bool

	letters   map[rune]string
	sequences *strings.Replacer

	legal legalForms
	// version of the files; a change of any of them changes what names are normalised to.
	version int
}

type vocabularyFile struct {
	Schema        string            `json:"$schema"`
	Note          string            `json:"note"`
	Version       int               `json:"version"`
	Stop          []string          `json:"stop"`
	And           []string          `json:"and"`
	Abbreviations map[string]string `json:"abbreviations"`
	Numbers       map[string]string `json:"numbers"`
	LastNumbers   map[string]string `json:"last_numbers"`
	Generic       []string          `json:"generic"`
	Geographic    []string          `json:"geographic"`
	AliasMarkers  []string          `json:"alias_markers"`
	NullValues    []string          `json:"null_values"`
	FreeMail      []string          `json:"free_mail"`
	SuffixLabels  []string          `json:"suffix_labels"`
	Mailboxes     []string          `json:"mailboxes"`
}

type transliterationFile struct {
	Schema    string            `json:"$schema"`
	Note      string            `json:"note"`
	Letters   map[string]string `json:"letters"`
	Sequences map[string]string `json:"sequences"`
}

// LoadVocabulary reads vocabulary.json, legal_forms.json and transliteration.json.
func LoadVocabulary(files fs.FS) (*Vocabulary, error) {
	var words vocabularyFile
	var forms legalFile
	var letters transliterationFile
	for name, into := range map[string]any{"vocabulary.json": &words, "legal_forms.json": &forms, "transliteration.json": &letters} {
		if err := readJSON(files, name, into); err != nil {
			return nil, err
		}
	}
	v := &Vocabulary{
		stop: set(words.Stop), generic: set(words.Generic), geographic: set(words.Geographic), and: set(words.And),
		abbreviations: words.Abbreviations, numbers: words.Numbers, lastNumbers: words.LastNumbers, aliasMarkers: words.AliasMarkers,
		nullValues: set(words.NullValues), freeMail: set(words.FreeMail), suffixLabels: set(words.SuffixLabels), mailboxes: set(words.Mailboxes),
		letters: map[rune]string{}, version: words.Version,
	}
	for from, to := range letters.Letters {
		r := []rune(from)
		if len(r) != 1 {
			return nil, fmt.Errorf("transliteration.json: letters: %q is not one letter", from)
		}
		v.letters[r[0]] = to
	}
	var pairs []string
	for from, to := range letters.Sequences {
		pairs = append(pairs, from, to)
	}
	v.sequences = strings.NewReplacer(pairs...)
	var err error
	v.legal, err = compileLegal(forms)
	return v, err
}

// readJSON reads a file strictly: an unknown field is an error.
func readJSON(files fs.FS, name string, into any) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return fmt.Errorf("read linking configuration: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("linking configuration %s: %w", name, err)
	}
	return nil
}

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

// countryCodes is made once: names and codes of all countries, in lower case.
var countryCodes = sync.OnceValue(func() map[string]string {
	codes := map[string]string{}
	english := display.English.Regions()
	for a := 'A'; a <= 'Z'; a++ {
		for b := 'A'; b <= 'Z'; b++ {
			region, err := language.ParseRegion(string(a) + string(b))
			if err != nil || !region.IsCountry() || region.String() != string(a)+string(b) {
				continue
			}
			codes[strings.ToLower(region.String())] = region.String()
			codes[strings.ToLower(region.ISO3())] = region.String()
			codes[strings.ToLower(english.Name(region))] = region.String()
		}
	}
	delete(codes, "")
	for name, code := range map[string]string{"usa": "US", "united states of america": "US", "uk": "GB", "great britain": "GB", "england": "GB",
		"russian federation": "RU", "the netherlands": "NL", "republic of south africa": "ZA", "republic of korea": "KR", "uae": "AE"} {
		codes[name] = code
	}
	return codes
})

// CountryCode is the ISO 3166 code of a country written as a code or in English, or what was
// written, in lower case, if that is not known: two accounts may still agree in it.
func CountryCode(country string) string {
	c := strings.ToLower(strings.TrimSpace(country))
	if c == "" {
		return ""
	}
	if code, ok := countryCodes()[c]; ok {
		return code
	}
	return c
}

// CountryName is the English name of a country written as a code or in English.
func CountryName(country string) string {
	code := CountryCode(country)
	if region, err := language.ParseRegion(code); err == nil {
		return display.English.Regions().Name(region)
	}
	return country
}
