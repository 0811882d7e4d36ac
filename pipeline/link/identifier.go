package link

import (
	"strings"

	"github.com/zeebo/xxh3"
)

// identifierKind is a way in which accounts can be reached. Its bit is set in the mask of a
// pair that shares one.
type identifierKind uint8

const (
	emailIdentifier identifierKind = iota
	contactIdentifier
	phoneIdentifier
	domainIdentifier
	labelIdentifier // the domain's own label, without the country's suffix
	identifierKinds
)

var identifierNames = [identifierKinds]string{"email", "contact_email", "phone", "domain", "domain_label"}

// identifier is a normalised identifier, hashed.
type identifier struct {
	kind identifierKind
	hash int64
}

func hashIdentifier(kind identifierKind, text string) identifier {
	k := kind
	if k == contactIdentifier {
		k = emailIdentifier // an account's address may be another's contact's
	}
	return identifier{kind, int64(xxh3.HashString(identifierNames[k] + "\x1f" + text))}
}

// hashed are the identifiers of an account.
func (v *Vocabulary) hashed(a *Account) []identifier {
	var ids []identifier
	v.identifiers(a, func(kind identifierKind, text string) { ids = append(ids, hashIdentifier(kind, text)) })
	return ids
}

// identifiers gives what an account can be reached by, normalised; values that mean "none"
// are left out.
func (v *Vocabulary) identifiers(a *Account, visit func(kind identifierKind, text string)) {
	domains := map[string]bool{}
	domain := func(d string) {
		if d != "" && !domains[d] && !v.freeMail[d] && !v.nullValues[d] {
			domains[d] = true
			visit(domainIdentifier, d)
			if label := v.label(d); len(label) >= 3 {
				visit(labelIdentifier, label)
			}
		}
	}
	email := func(kind identifierKind, text string) {
		local, host, ok := v.email(text)
		if !ok {
			return
		}
		visit(kind, local+"@"+host)
		if kind == emailIdentifier {
			domain(host)
		}
	}
	domain(v.domain(a.Domain))
	email(emailIdentifier, a.Email)
	for _, e := range a.ContactEmails {
		email(contactIdentifier, e)
	}
	if p := phone(a.Phone); p != "" {
		visit(phoneIdentifier, p)
	}
	for _, t := range a.ContactPhones {
		if p := phone(t); p != "" {
			visit(phoneIdentifier, p)
		}
	}
}

// email splits an address; ok is false for what is no address or stands for none.
func (v *Vocabulary) email(text string) (local, host string, ok bool) {
	text = strings.ToLower(strings.TrimSpace(text))
	local, host, ok = strings.Cut(strings.TrimPrefix(text, "mailto:"), "@")
	if !ok || local == "" || !strings.Contains(host, ".") || strings.ContainsAny(text, " ,;<>") {
		return "", "", false
	}
	if v.mailboxes[local] || v.nullValues[local] || v.nullValues[v.label(host)] {
		return "", "", false
	}
	if cut, _, tagged := strings.Cut(local, "+"); tagged && cut != "" {
		local = cut
	}
	return local, host, true
}

// domain is the host of a web address.
func (v *Vocabulary) domain(text string) string {
	text = strings.ToLower(strings.TrimSpace(text))
	if _, after, found := strings.Cut(text, "://"); found {
		text = after
	}
	text, _, _ = strings.Cut(text, "/")
	text, _, _ = strings.Cut(text, "?")
	text, _, _ = strings.Cut(text, ":")
	text = strings.TrimSuffix(strings.TrimPrefix(text, "www."), ".")
	if !strings.Contains(text, ".") || strings.ContainsAny(text, " @,") || v.nullValues[v.label(text)] {
		return ""
	}
	return text
}

// label is the part of a domain that its owner chose: acme of www.acme.co.ke.
func (v *Vocabulary) label(domain string) string {
	parts := strings.Split(domain, ".")
	last := len(parts) - 2
	if last > 0 && v.suffixLabels[parts[last]] {
		last--
	}
	if last < 0 {
		return domain
	}
	return parts[last]
}

// phone is the last nine digits of a number, which are the same with and without the code of
// the country; "" for what is no number or stands for none: too short, two digits or fewer
// in all, or counting up or down.
func phone(text string) string {
	text, _, _ = strings.Cut(strings.ToLower(text), "x") // an extension
	var digits []byte
	for i := 0; i < len(text); i++ {
		if text[i] >= '0' && text[i] <= '9' {
			digits = append(digits, text[i])
		}
	}
	if len(digits) < 7 {
		return ""
	}
	if len(digits) > 9 {
		digits = digits[len(digits)-9:]
	}
	seen, up, down := [10]bool{}, 0, 0
	distinct := 0
	for i, d := range digits {
		if !seen[d-'0'] {
			seen[d-'0'], distinct = true, distinct+1
		}
		if i > 0 && (d == digits[i-1]+1 || (d == '0' && digits[i-1] == '9')) {
			up++
		}
		if i > 0 && d+1 == digits[i-1] {
			down++
		}
	}
	if distinct <= 2 || up >= len(digits)-3 || down >= len(digits)-3 {
		return ""
	}
	return string(digits)
}
