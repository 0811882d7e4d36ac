package demo

// What makes it hard to tell which accounts are one customer, beside the spelling of names:
// different companies of one name, companies that were renamed, and mailboxes, phones and
// websites that stand on the accounts of many. Who is concerned follows from numbers alone,
// so that nothing else of an account's story hangs on it.

// Shares of 1,000.
const (
	homonyms     = 12  // customers who have the name of another
	renamed      = 250 // of those whose accounts are spelt differently: one still has the former name
	agencies     = 20  // accounts whose first contact is an agency's mailbox
	placeholders = 30  // accounts whose phone is a number that stands for none
	resold       = 15  // accounts that show the website and phone of their reseller
)

var (
	agencyMailboxes = []string{"clients@brightdesk-pa.co.za", "accounts@savannaoffice.co.ke", "post@lagosdesks.com.ng", "office@canarysecretaries.co.uk"}
	nobodysPhones   = []string{"+27 11 883 0000", "+254 20 222 0000", "+44 20 7946 0000"}
	resellers       = []struct{ site, phone string }{
		{"https://www.connectpartners.co.za/", "+27 11 447 2180"},
		{"https://www.uwazitelecoms.co.ke/", "+254 20 271 4460"},
	}
)

// drawn tells whether a number is among so many of 1,000, by a draw of its own.
func drawn(seed, draw uint64, number, share int) bool {
	return mix(mix(seed^draw)^uint64(number))%1000 < uint64(share)
}

const (
	drawHomonym uint64 = iota + 0x5EED
	drawRenamed
	drawAgency
	drawPhone
	drawReseller
)

// homonym is the customer whose name another company bears too; false = the name is its own.
func homonym(seed uint64, index int) (other int, is bool) {
	if index < 10 || !drawn(seed, drawHomonym, index, homonyms) {
		return 0, false
	}
	other = int(mix(seed^uint64(index)) % uint64(index))
	return other, !drawn(seed, drawHomonym, other, homonyms)
}

// nameStem is what a customer is called, without its legal form.
func nameStem(seed uint64, index int) (string, trade) {
	if other, is := homonym(seed, index); is {
		return companyStem(seed, other)
	}
	if other, is := nearNamesake(seed, index); is {
		return nearStem(seed, index, other)
	}
	return companyStem(seed, index)
}

// formerStem is what a customer was called before.
func formerStem(seed uint64, index int) string {
	stem, _ := companyStem(seed^0xF00D, index)
	return stem
}

// reseller tells whether an account shows its reseller's website and phone.
func (a *account) reseller() (site, phone string, is bool) {
	r := resellers[a.number%len(resellers)]
	return r.site, r.phone, drawn(a.seed, drawReseller, a.number, resold)
}
