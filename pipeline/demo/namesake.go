package demo

// Near-namesakes: small companies that are called almost like another customer in another
// country, and whose account shows no website. Half of them are that customer under another
// name, half are not: names alone do not tell, so that a steward has to.

const (
	nearNamesakes = 32  // of 1,000 customers; those of the same country as the other, and large ones, are left out
	nearFrom      = 300 // customers: the smallest demos have none
	drawNear      = drawReseller + 1
	drawNearSame  = drawReseller + 2
	drawNearShort = drawReseller + 3
)

// nearNamesake is the customer after whom another one is nearly called; false = its name is
// its own.
func nearNamesake(seed uint64, index int) (other int, is bool) {
	if index < nearFrom || !drawn(seed, drawNear, index, nearNamesakes) {
		return 0, false
	}
	other = int(mix(seed^drawNear^uint64(index)) % uint64(index))
	if drawn(seed, drawNear, other, nearNamesakes) || drawn(seed, drawHomonym, index, homonyms) || drawn(seed, drawHomonym, other, homonyms) {
		return 0, false
	}
	kind, org, country := character(newStream(seed, purposePlan, uint64(index)))
	_, _, elsewhere := character(newStream(seed, purposePlan, uint64(other)))
	return other, kind == smb && org != orgGroup && country != elsewhere
}

// nearlySame says whether a near-namesake is in truth the customer it is nearly called after.
func nearlySame(seed uint64, index int) bool { return drawn(seed, drawNearSame, index, 500) }

// nearStem is what a near-namesake is called: without the other's trade, or as its holding.
func nearStem(seed uint64, index, other int) (string, trade) {
	stem, t := companyStem(seed, other)
	if drawn(seed, drawNearShort, index, 250) {
		return stem[:len(stem)-len(t.word)-1], t
	}
	return stem + " Holdings", t
}
