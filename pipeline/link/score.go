package link

// support says which kinds of usable identifiers two accounts share.
type support uint8

func (s support) has(k identifierKind) bool { return s&(1<<k) != 0 }

// shared compares the identifiers of two accounts. contradicts says that both have company
// domains and none in common.
func (c *corpus) shared(a, b int32) (s support, domainsDiffer, phonesDiffer bool) {
	var domainA, domainB, phoneA, phoneB bool
	for _, x := range c.identifiers[a] {
		usable := !c.many[x.hash]
		domainA = domainA || (usable && x.kind == domainIdentifier)
		phoneA = phoneA || (usable && x.kind == phoneIdentifier)
		if !usable {
			continue
		}
		for _, y := range c.identifiers[b] {
			if x.hash == y.hash {
				k := x.kind
				if y.kind == contactIdentifier {
					k = contactIdentifier
				}
				s |= 1 << k
			}
		}
	}
	for _, y := range c.identifiers[b] {
		usable := !c.many[y.hash]
		domainB = domainB || (usable && y.kind == domainIdentifier)
		phoneB = phoneB || (usable && y.kind == phoneIdentifier)
	}
	noDomain := !s.has(domainIdentifier) && !s.has(labelIdentifier)
	return s, domainA && domainB && noDomain, phoneA && phoneB && !s.has(phoneIdentifier)
}

// pairFeatures fills in all features of two accounts. The features of their names may be
// given, if they are known already.
func (c *corpus) pairFeatures(a, b int32, named *vector, v *vector) support {
	x, y := c.nameOf[a], c.nameOf[b]
	switch {
	case named != nil:
		*v = *named
	case x >= 0 && y >= 0:
		*v = vector{}
		c.compareNames(x, y, v, nil)
	default:
		*v = vector{}
		v[fBias], v[fUnlike] = 1, 1
	}
	s, domainsDiffer, phonesDiffer := c.shared(a, b)
	put := func(f feature, is bool) {
		if is {
			v[f] = 1
		}
	}
	put(fEmail, s.has(emailIdentifier))
	put(fContactEmail, s.has(contactIdentifier))
	put(fPhone, s.has(phoneIdentifier))
	put(fDomain, s.has(domainIdentifier))
	put(fDomainLabel, s.has(labelIdentifier) && !s.has(domainIdentifier))
	put(fDomainDiffers, domainsDiffer)
	if s != 0 {
		v[fUnlikeSupport] = 1 - max(v[fDice], v[fAcronym])
	}
	if p, q := c.root[a], c.root[b]; p >= 0 && q >= 0 {
		put(fParent, p == q && !c.manyRoot[p])
		put(fParentDiffers, p != q)
	}
	if p, q := c.country[a], c.country[b]; p >= 0 && q >= 0 {
		// A company has the forms of each country it is in; they differ for that reason.
		put(fLegalHere, p == q && v[fLegalBoth]+v[fLegalSpelling] > 0)
		v[fLegalBoth], v[fLegalSpelling], v[fLegalExtra] = 0, 0, 0
		put(fCountrySame, p == q)
		put(fCountryDiffers, p != q)
		c.ownPlaces(a, b, v)
		put(fPhoneDiffers, phonesDiffer && p == q)
	}
	same := c.region[a] == c.region[b]
	put(fSameRegion, same && v[fExact] == 1)
	put(fSameRegionOther, same && v[fExact] == 0)
	if s == 0 && v[fParent] == 0 && x >= 0 && y >= 0 {
		put(fExactUnsupported, v[fExact] == 1)
		if v[fExact] == 1 || v[fCore] == 1 {
			v[fCrowd] = c.crowd[c.brand[x]]
		}
		if v[fCore] == 1 {
			v[fBreadth] = c.breadth[c.brand[x]]
		}
		put(fAmbiguous, (v[fExact] == 1 || v[fCore] == 1) && (c.unsure[x] || c.unsure[y]))
	}
	return s
}

// ownPlaces discounts places that only repeat the country of the account.
func (c *corpus) ownPlaces(a, b int32, v *vector) {
	own := (v[fPlaceBoth] == 1 && c.ownPlace[a] && c.ownPlace[b]) || (v[fPlaceExtra] == 1 && (c.ownPlace[a] || c.ownPlace[b]))
	if own {
		v[fPlaceBoth], v[fPlaceExtra], v[fPlaceOnly], v[fNoCorePlaces], v[fOwnPlace] = 0, 0, 0, 0, 1
	}
}

// compareNames compares two names by number.
func (c *corpus) compareNames(x, y int32, v *vector, worth screen) bool {
	if x > y {
		x, y = y, x
	}
	return c.comparer.compare(c.names[x], c.names[y], v, worth)
}

// logOdds is the calibrated score of two accounts.
func (c *corpus) logOdds(a, b int32) float64 {
	var v vector
	c.pairFeatures(min(a, b), max(a, b), nil, &v)
	return c.policy.calibrated(c.policy.sum(&v))
}
