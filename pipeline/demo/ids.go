package demo

const base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// pods are the places of the orgs in their ids (characters 4 and 5).
var pods = [orgCount]string{"Gp", "Za", "Ke"}

// Key prefixes of Salesforce objects.
const (
	keyAccount, keyContact, keyOpportunity, keyLead, keyUser = "001", "003", "006", "00Q", "005"
	keyProduct, keyStage, keyHours, keyHoliday               = "01t", "01J", "01m", "0C0"
	keyTeam, keyOppHistory, keyOppLine, keyOppRole           = "01M", "008", "00k", "00K"
	keyCompetitor, keyLeadHistory, keyContract, keyAsset     = "00J", "017", "800", "02i"
	keyAssetState, keyOrder, keyOrderItem, keyOrderHistory   = "0QV", "801", "802", "01G"
	keyEntitlement, keyCase, keyCaseHistory, keyComment      = "550", "500", "01H", "00a"
	keyMilestone, keyEmail, keyTask, keyEvent                = "555", "02s", "00T", "00U"
	keyPriceEntry, keyPricebook                              = "01u", "01s"
)

// salesforceID returns the 18-character id number n of an object in an org.
func salesforceID(prefix string, org int, n uint64) string {
	var b [18]byte
	copy(b[:], prefix)
	copy(b[3:], pods[org])
	b[5] = '0'
	for i := 14; i >= 6; i-- {
		b[i] = base62[n%62]
		n /= 62
	}
	suffix := idSuffix(b[:15])
	copy(b[15:], suffix[:])
	return string(b[:])
}

// idSuffix returns the three characters that say which of the 15 are capitals.
func idSuffix(id15 []byte) (suffix [3]byte) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	for i := range suffix {
		bits := 0
		for j := range 5 {
			if c := id15[i*5+j]; c >= 'A' && c <= 'Z' {
				bits |= 1 << j
			}
		}
		suffix[i] = letters[bits]
	}
	return suffix
}
