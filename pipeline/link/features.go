package link

// feature is a property of a pair that speaks for or against the same customer.
type feature int

// The features of names, then those of accounts. The order is that of a vector; weights are
// kept by name, so features may be added and moved.
const (
	fBias feature = iota
	fExact
	fCore
	fCompactJoin
	fDice
	fCover
	fInformation
	fCoincidence
	fExactCoincidence
	fContained
	fContainedInformation
	fFirstWord
	fFirstFuzzy
	fFirstDiffers
	fJaroWinkler
	fEdits
	fTypo
	fTypoKnown
	fAcronym
	fAcronymWord
	fAlias
	fShortForm
	fNoCore
	fNoCorePlaces
	fCoreBoth
	fCoreExtra
	fCoreExtraRare
	fNumberBoth
	fNumberExtra
	fNumberOnly
	fPlaceBoth
	fPlaceExtra
	fGenericBoth
	fGenericExtra
	fPlaceOnly
	fOwnPlace
	fGenericOnly
	fOrder
	fLegalBoth
	fLegalSpelling
	fLegalExtra
	fLegalHere
	fRegistry
	fShort
	fUnlike
	fEstablished
	fCrowd
	fBreadth
	fAmbiguous
	fSameRegion // from here on, accounts
	fSameRegionOther
	fEmail
	fContactEmail
	fPhone
	fDomain
	fDomainLabel
	fParent
	fUnlikeSupport
	fDomainDiffers
	fPhoneDiffers
	fParentDiffers
	fCountrySame
	fCountryDiffers
	fExactUnsupported
	featureCount
)

// featureText names a feature in data and says in words what it means.
type featureText struct{ name, words string }

var featureTexts = [featureCount]featureText{
	fBias:                 {"base", "two accounts that came up for comparison"},
	fExact:                {"same_name", "the names are the same once normalised"},
	fCore:                 {"same_core", "the same name apart from places and trades"},
	fCompactJoin:          {"same_letters", "the same letters, written with other spaces"},
	fDice:                 {"words_shared", "share of the words in common, rare words counting more"},
	fCover:                {"shorter_covered", "how much of the shorter name is found in the longer"},
	fInformation:          {"rarity", "how rare the words in common are"},
	fCoincidence:          {"common_words", "the words in common are so common that others will have them too"},
	fExactCoincidence:     {"common_name", "the name is made of common words only"},
	fContained:            {"contained", "every word that matters in the shorter name is in the longer"},
	fContainedInformation: {"contained_rarity", "how rare the contained name is"},
	fFirstWord:            {"first_word", "the first words are the same"},
	fFirstFuzzy:           {"first_word_alike", "the first words are spelt alike"},
	fFirstDiffers:         {"first_word_differs", "the first words differ"},
	fJaroWinkler:          {"letters_alike", "how alike the letters are from the start"},
	fEdits:                {"few_edits", "how few letters differ"},
	fTypo:                 {"spelt_apart", "a word is spelt differently"},
	fTypoKnown:            {"both_words_known", "both spellings of a word are used by several names"},
	fAcronym:              {"initials", "one name is the initials of the other"},
	fAcronymWord:          {"initials_within", "a word of one name is the initials of words of the other"},
	fAlias:                {"other_name", "they agree in another name given in parentheses or after 'trading as'"},
	fShortForm:            {"short_form", "one writes out what the other shortens"},
	fNoCore:               {"no_own_word", "they share no distinctive word"},
	fNoCorePlaces:         {"no_own_word_places", "they share no distinctive word and name different places"},
	fCoreBoth:             {"own_words_both", "each has a distinctive word that the other lacks"},
	fCoreExtra:            {"own_word_one", "one has a distinctive word more"},
	fCoreExtraRare:        {"own_words_many", "one has several distinctive words more"},
	fNumberBoth:           {"numbers_differ", "their numbers differ"},
	fNumberExtra:          {"number_one", "one has a number that the other lacks"},
	fNumberOnly:           {"number_only", "a number is all that differs"},
	fPlaceBoth:            {"places_differ", "they name different places"},
	fPlaceExtra:           {"place_one", "one names a place more"},
	fGenericBoth:          {"trades_differ", "they name different trades"},
	fGenericExtra:         {"trade_one", "one names a trade more"},
	fPlaceOnly:            {"place_only", "a place is all that differs"},
	fOwnPlace:             {"own_place", "the places they name are the countries they are in"},
	fGenericOnly:          {"trade_only", "a trade is all that differs"},
	fOrder:                {"order", "the same words in another order"},
	fLegalBoth:            {"legal_differs", "their legal forms are of different kinds"},
	fLegalSpelling:        {"legal_other", "their legal forms are of one kind but not the same"},
	fLegalExtra:           {"legal_one", "one has no legal form"},
	fLegalHere:            {"legal_differs_in_country", "in one country, their legal forms are of different kinds"},
	fRegistry:             {"registry_differs", "they are registered in different places"},
	fShort:                {"short", "the name has few letters"},
	fUnlike:               {"unlike", "the names have nothing in common"},
	fEstablished:          {"both_established", "both spellings are used in several regions"},
	fCrowd:                {"crowd", "many accounts have the name"},
	fBreadth:              {"many_trades", "several names differ from this one in the trade only"},
	fAmbiguous:            {"ambiguous", "accounts of this name are known to be different companies"},
	fSameRegion:           {"same_region", "both are in the same region"},
	fSameRegionOther:      {"same_region_other_name", "both are in the same region and are spelt differently"},
	fEmail:                {"email", "the same e-mail address"},
	fContactEmail:         {"contact_email", "a contact with the same e-mail address"},
	fPhone:                {"phone", "the same phone number"},
	fDomain:               {"domain", "the same company domain"},
	fDomainLabel:          {"domain_label", "the same company domain in another country"},
	fParent:               {"parent", "the same parent company"},
	fUnlikeSupport:        {"unlike_supported", "the names have little in common although an identifier is shared"},
	fDomainDiffers:        {"domain_differs", "different company domains"},
	fPhoneDiffers:         {"phone_differs", "different phone numbers in one country"},
	fParentDiffers:        {"parent_differs", "different parent companies"},
	fCountrySame:          {"country", "the same country"},
	fCountryDiffers:       {"country_differs", "different countries"},
	fExactUnsupported:     {"name_alone", "the same name and nothing else in common"},
}

// bounds keep weights from going against what the feature means, however odd the data they
// are fitted on: +1 never negative, -1 never positive, 0 free.
var bounds = [featureCount]int8{
	fExact: 1, fCore: 1, fCompactJoin: 1, fDice: 1, fCover: 1, fInformation: 1, fCoincidence: -1, fExactCoincidence: -1, fContained: 1, fContainedInformation: 1,
	fFirstWord: 1, fFirstDiffers: -1, fJaroWinkler: 1, fEdits: 1, fTypo: -1, fTypoKnown: -1, fAcronym: 1, fAcronymWord: 1, fAlias: 1, fShortForm: 0,
	fNoCore: -1, fNoCorePlaces: -1, fCoreBoth: -1, fCoreExtra: -1, fCoreExtraRare: -1, fNumberBoth: -1, fNumberExtra: -1, fNumberOnly: -1, fPlaceBoth: -1, fPlaceExtra: -1, fGenericBoth: -1, fGenericExtra: -1,
	fOrder: 0, fLegalBoth: -1, fLegalSpelling: -1, fLegalExtra: -1, fLegalHere: -1, fRegistry: -1, fShort: -1, fUnlike: -1, fEstablished: -1, fCrowd: -1, fBreadth: -1, fAmbiguous: -1,
	fSameRegionOther: -1, fEmail: 1, fContactEmail: 1, fPhone: 1, fDomain: 1, fDomainLabel: 1, fParent: 1, fUnlikeSupport: -1,
	fDomainDiffers: -1, fPhoneDiffers: -1, fParentDiffers: -1, fCountrySame: 0, fCountryDiffers: -1,
}

// vector is a pair's features.
type vector [featureCount]float32
