package demo

// country is where an account is billed.
type country struct {
	name, region, currency string
	suffixes               []string // legal forms, all meaning the same to name normalisation
	dial                   string   // before a number within the country, "" where it is not written
	international          string
	iso                    string
	landline, mobile       string // numbers, # for any digit
	domain                 string
	cities                 []city
	vatPermille            int
}

type city struct {
	name, state, postal string
	lat, lon            int64 // in 10^-4 degrees
}

var countries = []country{
	{"South Africa", "South Africa", "ZAR", []string{"(Pty) Ltd", "Pty Ltd", "(PTY) LTD"}, "0", "+27 ", "ZA", "11 4## ####", "82 4## ####", "co.za", []city{
		{"Johannesburg", "Gauteng", "2196", -262041, 280473}, {"Cape Town", "Western Cape", "8001", -339249, 184241},
		{"Durban", "KwaZulu-Natal", "4001", -298587, 310218}, {"Pretoria", "Gauteng", "0002", -257479, 282293},
		{"Gqeberha", "Eastern Cape", "6001", -339608, 256022}, {"Bloemfontein", "Free State", "9301", -290852, 261596},
	}, 150},
	{"Kenya", "Kenya", "KES", []string{"Ltd", "Limited"}, "0", "+254 ", "KE", "20 27# ####", "722 ### ###", "co.ke", []city{
		{"Nairobi", "Nairobi", "00100", -12921, 368219}, {"Mombasa", "Mombasa", "80100", -40435, 396682},
		{"Kisumu", "Kisumu", "40100", -917, 347680}, {"Nakuru", "Nakuru", "20100", -3031, 360800},
	}, 160},
	{"Nigeria", "Nigeria", "NGN", []string{"Ltd", "Limited", "Plc"}, "0", "+234 ", "NG", "803 3## ####", "805 2## ####", "com.ng", []city{
		{"Lagos", "Lagos", "100001", 65244, 33792}, {"Abuja", "FCT", "900001", 90765, 73986},
		{"Port Harcourt", "Rivers", "500001", 48156, 70498}, {"Kano", "Kano", "700001", 120022, 85920},
	}, 75},
	{"United Kingdom", "Group", "USD", []string{"Ltd", "Limited", "Plc"}, "0", "+44 ", "GB", "20 79## ####", "7911 12####", "co.uk", []city{
		{"London", "England", "EC2V 7HN", 515072, -1276}, {"Manchester", "England", "M1 1AE", 534808, -22426},
	}, 0},
	{"Germany", "Group", "EUR", []string{"GmbH", "AG"}, "0", "+49 ", "DE", "89 54####", "151 2#######", "de", []city{
		{"München", "Bayern", "80331", 481351, 115820}, {"Köln", "Nordrhein-Westfalen", "50667", 509375, 69603},
	}, 0},
	{"France", "Group", "EUR", []string{"SA", "SAS"}, "0", "+33 ", "FR", "1 42 ## ## ##", "6 12 ## ## ##", "fr", []city{
		{"Paris", "Île-de-France", "75001", 488566, 23522}, {"Orléans", "Centre", "45000", 479030, 19093},
	}, 0},
	{"United States", "Group", "USD", []string{"Inc.", "Inc", "Corp."}, "", "+1 ", "US", "212 73# ####", "917 74# ####", "com", []city{
		{"New York", "NY", "10005", 407128, -740060}, {"Austin", "TX", "78701", 302672, -977431},
	}, 0},
	{"Namibia", "Namibia", "ZAR", []string{"(Pty) Ltd", "Pty Ltd", "(PTY) LTD"}, "0", "+264 ", "NA", "61 22# ###", "81 2## ####", "com.na", []city{
		{"Windhoek", "Khomas", "10005", -225609, 170658}, {"Walvis Bay", "Erongo", "13013", -229576, 145053},
		{"Swakopmund", "Erongo", "13001", -226784, 145258}, {"Oshakati", "Oshana", "15001", -177883, 157044},
	}, 150},
}

const (
	southAfrica = iota
	kenya
	nigeria
	unitedKingdom
	germany
	france
	unitedStates
	namibia
)

// Company names are "first second trade" and a legal form; the lists are long
// enough for half a million customers without a repeated name.
var (
	nameFirst = []string{
		"Acacia", "Agulhas", "Amani", "Aquila", "Asili", "Atlas", "Aurora", "Azure", "Bahari", "Baobab", "Benguela", "Bidco", "Blesbok", "Blue Crane", "Boma", "Cedar",
		"Chui", "Cobalt", "Copper Ridge", "Coral", "Crescent", "Dhow", "Diaspora", "Drakens", "Duma", "Eagle", "Ebony", "Elgon", "Emerald", "Equator", "Falcon",
		"Fynbos", "Garnet", "Gemsbok", "Ginger", "Granite", "Harambee", "Harbour", "Highveld", "Horizon", "Ibis", "Imani", "Impala", "Indigo", "Ivory", "Jabali", "Jacaranda",
		"Jasiri", "Juniper", "Kalahari", "Karibu", "Karoo", "Kifaru", "Kijani", "Kilima", "Kudu", "Lagoon", "Lantern", "Limpopo", "Lion's Head", "Lotus", "Mahogany", "Makena",
		"Malachite", "Mango", "Marula", "Mbali", "Meridian", "Moremi", "Mwangaza", "Namaqua", "Ndovu", "Nile", "Nomad", "Nyota", "Obsidian", "Okapi", "Olive", "Onyx", "Oribi",
		"Orion", "Palm", "Pamoja", "Pangolin", "Pinnacle", "Protea", "Quiver", "Raven", "Rift", "Rooibos", "Ruby", "Sable", "Safari", "Sahel", "Sapphire", "Savanna", "Serengeti",
		"Simba", "Soko", "Sterling", "Summit", "Swala", "Tamarind", "Tembo", "Thabo", "Topaz", "Tsavo", "Tumaini", "Twiga", "Ubuntu", "Uhuru", "Umoja", "Vaal", "Vervet", "Voyager",
		"Waterberg", "Wildebeest", "Yellowwood", "Zambezi", "Zebra", "Zuri",
	}
	nameSecond = []string{
		"Alpha", "Anchor", "Apex", "Arrow", "Ascent", "Beacon", "Bridge", "Bright", "Capital", "Cascade", "Central", "Circle", "City", "Clear", "Coastal", "Continental", "Core",
		"Crest", "Cross", "Crown", "Delta", "Direct", "Dynamic", "East", "Edge", "Element", "Elite", "Everest", "Express", "First", "Five Star", "Forward", "Frontier", "Fusion",
		"Gateway", "Global", "Golden", "Grand", "Green", "Heritage", "High", "Hill", "Inland", "Integrated", "Inter", "Key", "King", "Lake", "Landmark", "Legacy", "Lifestyle",
		"Link", "Major", "Maritime", "Metro", "Modern", "Mountain", "National", "New", "Noble", "North", "Ocean", "One", "Open", "Optima", "Orbit", "Pan African", "Paramount", "Park",
		"Peak", "Pearl", "Pioneer", "Plain", "Platinum", "Point", "Port", "Premier", "Prime", "Pro", "Quality", "Quantum", "Rapid", "Regal", "Reliant", "River", "Rock", "Royal",
		"Select", "Silver", "Sky", "Smart", "Solid", "South", "Spring", "Star", "Stone", "Strategic", "Stream", "Sun", "Superior", "Swift", "Target", "Terra", "Titan", "Total",
		"Tower", "Trans", "Tri", "True", "Torch", "Twin", "Union", "United", "Unity", "Urban", "Valley", "Vanguard", "Vertex", "Vista", "West", "Wide",
	}
	nameTrade = []trade{
		{"Foods", "Agriculture", "311"}, {"Farms", "Agriculture", "111"}, {"Logistics", "Transportation", "484"}, {"Freight", "Transportation", "488"}, {"Airways", "Transportation", "481"},
		{"Bank", "Banking", "522"}, {"Insurance", "Insurance", "524"}, {"Microfinance", "Banking", "522"}, {"Mining", "Mining", "212"}, {"Energy", "Energy", "221"},
		{"Petroleum", "Energy", "324"}, {"Solar", "Energy", "221"}, {"Hospitals", "Healthcare", "622"}, {"Pharma", "Healthcare", "325"}, {"Clinics", "Healthcare", "621"},
		{"Academy", "Education", "611"}, {"University", "Education", "611"}, {"Hotels", "Hospitality", "721"}, {"Lodges", "Hospitality", "721"}, {"Retail", "Retail", "445"},
		{"Supermarkets", "Retail", "445"}, {"Fashion", "Retail", "448"}, {"Motors", "Automotive", "441"}, {"Construction", "Construction", "236"}, {"Cement", "Manufacturing", "327"},
		{"Steel", "Manufacturing", "331"}, {"Plastics", "Manufacturing", "326"}, {"Textiles", "Apparel", "313"}, {"Media", "Media", "515"}, {"Broadcasting", "Media", "515"},
		{"Software", "Technology", "511"}, {"Data Centres", "Technology", "518"}, {"Advisory", "Consulting", "541"}, {"Attorneys", "Legal", "541"}, {"Properties", "Real Estate", "531"},
		{"Security", "Services", "561"}, {"Telecom", "Communications", "517"}, {"Networks", "Communications", "517"}, {"Water", "Utilities", "221"}, {"Municipality", "Government", "921"},
	}
)

type trade struct{ word, industry, naics string }

// Names of people.
var (
	firstNames = []string{
		"Thabo", "Lerato", "Sipho", "Nomsa", "Pieter", "Annelie", "Kagiso", "Zanele", "Johan", "Ayanda", "Wanjiru", "Otieno", "Achieng", "Kamau", "Njeri", "Kiprop", "Amina", "Hassan",
		"Chinedu", "Ngozi", "Emeka", "Adaeze", "Tunde", "Folake", "Ibrahim", "Fatima", "Grace", "James", "Sarah", "Daniel", "Zoë", "René", "Jürgen", "Chloé", "Mary", "Peter", "Aisha",
		"David", "Ruth", "Samuel",
	}
	lastNames = []string{
		"Nkosi", "Dlamini", "van der Merwe", "Botha", "Mokoena", "Naidoo", "Pillay", "Khumalo", "Molefe", "Jacobs", "Mwangi", "Odhiambo", "Wambui", "Kariuki", "Cheruiyot", "Mutua",
		"Njoroge", "Okafor", "Adeyemi", "Balogun", "Eze", "Okonkwo", "Bello", "Abubakar", "Smith", "Müller", "Lefèvre", "O'Connor", "Brown", "Fernández", "Garcia", "Ncube", "Moyo",
		"Banda", "Phiri", "Mensah", "Diallo", "Traoré", "Kone", "Williams",
	}
	salutations = []string{"Mr.", "Ms.", "Mrs.", "Dr.", ""}
)

type job struct{ title, department, role string }

var jobs = []job{
	{"Chief Information Officer", "IT", "Decision Maker"}, {"Chief Financial Officer", "Finance", "Economic Buyer"}, {"Head of Networks", "IT", "Technical Buyer"},
	{"Procurement Manager", "Procurement", "Economic Buyer"}, {"IT Manager", "IT", "Technical Buyer"}, {"Operations Director", "Operations", "Decision Maker"},
	{"Finance Manager", "Finance", "Influencer"}, {"Office Manager", "Administration", "Business User"}, {"Systems Administrator", "IT", "Evaluator"},
	{"Managing Director", "Management", "Decision Maker"}, {"Accounts Payable Clerk", "Finance", "Business User"}, {"Contact Centre Manager", "Operations", "Influencer"},
}

var teamRoles = []string{"Account Manager", "Service Manager", "Solution Architect", "Executive Sponsor", "Billing Specialist"}

// Salesforce pick lists.
var (
	leadSources   = []string{"Web", "Referral", "Partner", "Event", "Phone Inquiry", "Tender"}
	lossReasons   = []string{"Price", "Competitor", "No Decision", "Coverage", "Timing"}
	winReasons    = []string{"Price", "Coverage", "Service Quality", "Relationship", "Bundle"}
	leaveReasons  = []string{"Price", "Service Quality", "Business Closed", "Competitor", "Merged Contract"}
	competitors   = []string{"Meridian Telecom", "BlueWave Networks", "Zenith Fibre", "PanAfrica Connect", "SkyLink Mobile", "Cirrus Cloud"}
	strengths     = []string{"Lower price", "Wider fibre coverage", "Existing relationship", "Faster installation", "Bundled mobile"}
	weaknesses    = []string{"Slow support", "No local team", "Weak SLA", "Old equipment", "Hidden fees"}
	nextSteps     = []string{"Send revised proposal", "Site survey", "Call procurement", "Technical workshop", "Await budget approval", ""}
	ownerships    = []string{"Private", "Private", "Public", "Subsidiary", "Other"}
	ratings       = []string{"Hot", "Warm", "Cold"}
	accountOrigin = []string{"Web", "Referral", "Partner", "Event", "Tender"}
	territories   = [orgCount][]string{{"Group North", "Group South"}, {"Gauteng", "Cape", "KwaZulu", "Inland"}, {"Nairobi", "Coast", "Rift", "Lagos", "Abuja"}}
)

// stage is a step of the sales ladder.
type stage struct {
	name, category, historyCategory, funnel string
	probability                             int
	closed, won                             bool
}

var stages = []stage{
	{"Prospecting", "Pipeline", "Pipeline", "Lead", 10, false, false},
	{"Qualification", "Pipeline", "Pipeline", "Qualified", 20, false, false},
	{"Needs Analysis", "Pipeline", "Pipeline", "Qualified", 35, false, false},
	{"Proposal/Price Quote", "Best Case", "BestCase", "Proposal", 50, false, false},
	{"Negotiation/Review", "Commit", "Forecast", "Negotiation", 75, false, false},
	{"Closed Won", "Closed", "Closed", "Won", 100, true, true},
	{"Closed Lost", "Omitted", "Omitted", "Lost", 0, true, false},
}

const (
	stageProspecting, stageNegotiation = 0, 4
	stageWon, stageLost                = 5, 6
)

// product is something the group sells. usd is the monthly price of a recurring
// product or the price of a one-off, in whole US dollars.
type product struct {
	index            int
	name, family     string
	line             string
	recurring        bool
	unit             string
	usd, costUSD     int
	complements      string
	usageType, usage string // of metered products: type and unit
	daily            int    // typical use of one unit on a working day
	allowance        int    // a month's use of one unit, 0 = none
}

var products = numbered([]product{
	{name: "Fibre Business 100", family: "Connectivity", line: "Access", recurring: true, unit: "Line", usd: 90, costUSD: 48, complements: "Voice;Security", usageType: "data", usage: "GB", daily: 30, allowance: 1000},
	{name: "Fibre Business 500", family: "Connectivity", line: "Access", recurring: true, unit: "Line", usd: 210, costUSD: 105, complements: "Voice;Security;Cloud", usageType: "data", usage: "GB", daily: 80},
	{name: "MPLS Branch Network", family: "Connectivity", line: "WAN", recurring: true, unit: "Site", usd: 480, costUSD: 260, complements: "Security;Voice"},
	{name: "Wholesale IP Transit 10G", family: "Connectivity", line: "Wholesale", recurring: true, unit: "Port", usd: 2600, costUSD: 1700, complements: "Cloud", usageType: "data", usage: "GB", daily: 4000},
	{name: "Business Mobile Voice", family: "Mobile", line: "Postpaid", recurring: true, unit: "SIM", usd: 18, costUSD: 9, complements: "Connectivity;IoT", usageType: "voice", usage: "minute", daily: 12, allowance: 400},
	{name: "Business Mobile Data 20GB", family: "Mobile", line: "Postpaid", recurring: true, unit: "SIM", usd: 14, costUSD: 6, complements: "Security", usageType: "data", usage: "GB", daily: 1, allowance: 20},
	{name: "SIP Trunk", family: "Voice", line: "Fixed", recurring: true, unit: "Channel", usd: 12, costUSD: 5, complements: "Connectivity;Cloud", usageType: "voice", usage: "minute", daily: 45},
	{name: "Cloud PBX Seat", family: "Voice", line: "Hosted", recurring: true, unit: "Seat", usd: 16, costUSD: 7, complements: "Connectivity;Mobile", usageType: "voice", usage: "minute", daily: 30},
	{name: "Virtual Data Centre", family: "Cloud", line: "Infrastructure", recurring: true, unit: "Core", usd: 36, costUSD: 19, complements: "Security;Connectivity", usageType: "cloud", usage: "core hour", daily: 20},
	{name: "Managed Backup", family: "Cloud", line: "Protection", recurring: true, unit: "TB", usd: 55, costUSD: 26, complements: "Security"},
	{name: "Managed Firewall", family: "Security", line: "Managed", recurring: true, unit: "Device", usd: 140, costUSD: 70, complements: "Connectivity;Cloud"},
	{name: "Endpoint Protection", family: "Security", line: "Managed", recurring: true, unit: "Seat", usd: 6, costUSD: 2, complements: "Cloud;Mobile"},
	{name: "IoT Fleet SIM", family: "IoT", line: "Connected", recurring: true, unit: "SIM", usd: 3, costUSD: 1, complements: "Mobile;Cloud", usageType: "iot", usage: "message", daily: 90, allowance: 5000},
	{name: "Bulk SMS Gateway", family: "IoT", line: "Messaging", recurring: true, unit: "Link", usd: 120, costUSD: 45, complements: "Mobile", usageType: "sms", usage: "message", daily: 900, allowance: 50000},
	{name: "Enterprise Router", family: "Equipment", line: "Hardware", unit: "Each", usd: 850, costUSD: 610, complements: "Connectivity;Security"},
	{name: "IP Desk Phone", family: "Equipment", line: "Hardware", unit: "Each", usd: 110, costUSD: 74, complements: "Voice"},
	{name: "Handset Bundle", family: "Equipment", line: "Devices", unit: "Each", usd: 260, costUSD: 205, complements: "Mobile"},
	{name: "Prepaid Airtime Batch", family: "Mobile", line: "Prepaid", unit: "Batch", usd: 400, costUSD: 330, complements: "IoT"},
	{name: "Installation and Cabling", family: "Connectivity", line: "Services", unit: "Site", usd: 320, costUSD: 190, complements: "Equipment"},
})

func numbered(list []product) []product {
	for i := range list {
		list[i].index = i
	}
	return list
}

// What each type of account buys: indexes of products, and how many units.
var (
	recurringFor = map[accountType][]int{
		wholesale:  {3, 3, 2, 6, 13, 8},
		enterprise: {0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13},
		smb:        {0, 0, 4, 5, 7, 9, 11},
	}
	oneOffFor = map[accountType][]int{
		wholesale:  {14, 17, 17, 18},
		enterprise: {14, 15, 16, 17, 18},
		smb:        {15, 16, 17, 17},
	}
)

// priceLevel is how many units of a currency the price list takes for a US dollar.
var priceLevel = map[string]int64{"USD": 1, "EUR": 1, "ZAR": 18, "KES": 130, "NGN": 1400}

type accountType byte

const (
	wholesale accountType = iota
	enterprise
	smb
)

var typeNames = [...]string{"Wholesale", "Enterprise", "SMB"}

// step is a stage of delivering an order, with the days it should take.
type step struct {
	field, name string
	days        int
}

var newOrderSteps = []step{
	{"Onboarding_Step__c", "Credit Check", 2}, {"Onboarding_Step__c", "Contract Signed", 4}, {"Onboarding_Step__c", "Kick-off", 5}, {"Onboarding_Step__c", "Handover", 2},
	{"Delivery_Step__c", "Site Survey", 5}, {"Delivery_Step__c", "Equipment Ordered", 8}, {"Delivery_Step__c", "Installation", 4}, {"Delivery_Step__c", "Delivered", 1},
	{"Activation_Step__c", "Configuration", 2}, {"Activation_Step__c", "Testing", 2}, {"Activation_Step__c", "Live", 1},
}

var repeatOrderSteps = []step{{"Delivery_Step__c", "Equipment Ordered", 3}, {"Delivery_Step__c", "Delivered", 2}}
