package truth

// country is where an account is.
type country struct {
	name, region, dial, suffix string
	forms                      []string
}

var countries = []country{
	{"South Africa", "South Africa", "27", "co.za", []string{"(Pty) Ltd", "Pty Ltd", "(PTY) LTD", "Ltd"}},
	{"Kenya", "Kenya", "254", "co.ke", []string{"Ltd", "Limited", "PLC"}},
	{"Nigeria", "Nigeria", "234", "com.ng", []string{"Ltd", "Limited", "Plc", "Nig Ltd"}},
	{"Ghana", "West Africa", "233", "com.gh", []string{"Ltd", "Limited", "Company Limited"}},
	{"Tanzania", "East Africa", "255", "co.tz", []string{"Ltd", "Limited"}},
	{"Uganda", "East Africa", "256", "co.ug", []string{"Ltd", "Limited", "SMC Ltd"}},
	{"Zambia", "Southern Africa", "260", "co.zm", []string{"Ltd", "Limited", "Plc"}},
	{"Mozambique", "Southern Africa", "258", "co.mz", []string{"Lda", "SA", "Limitada"}},
	{"Senegal", "West Africa", "221", "sn", []string{"SARL", "SA", "Suarl"}},
	{"United Kingdom", "Group", "44", "co.uk", []string{"Ltd", "Limited", "PLC", "LLP"}},
	{"Germany", "Group", "49", "de", []string{"GmbH", "AG", "GmbH & Co. KG"}},
	{"France", "Group", "33", "fr", []string{"SA", "SAS", "S.A.R.L."}},
	{"Netherlands", "Group", "31", "nl", []string{"B.V.", "BV", "N.V."}},
	{"United States", "Group", "1", "com", []string{"Inc.", "Inc", "LLC", "Corp."}},
	{"United Arab Emirates", "Middle East", "971", "ae", []string{"LLC", "FZE", "L.L.C"}},
}

var (
	openers = []string{"Amber", "Anchor", "Apex", "Arrow", "Aspen", "Atlas", "Aurora", "Avalon", "Azure", "Baobab", "Beacon", "Birch", "Blue Crane", "Bright", "Bronze", "Canyon", "Cardinal", "Cedar", "Citadel", "Cobalt", "Compass", "Copper", "Coral", "Crescent", "Crown", "Crystal", "Delta", "Diamond", "Eagle", "Eastgate", "Ebony", "Eclipse", "Elite", "Emerald", "Equinox", "Evergreen", "Falcon", "Flamingo", "Fortune", "Frontier", "Galaxy", "Gateway", "Golden", "Granite", "Green", "Harbour", "Harmony", "Heritage", "Highland", "Horizon", "Imperial", "Indigo", "Iron", "Ivory", "Jacaranda", "Jade", "Jupiter", "Kestrel", "Keystone", "Lakeside", "Landmark", "Laurel", "Legacy", "Liberty", "Lighthouse", "Lion", "Lotus", "Lunar", "Magnolia", "Maple", "Marina", "Mercury", "Meridian", "Metro", "Midland", "Milestone", "Monarch", "Mountain", "Nile", "Noble", "Nova", "Oak", "Oasis", "Ocean", "Olive", "Omega", "Onyx", "Optimum", "Orchid", "Orion", "Palm", "Panther", "Paragon", "Pearl", "Phoenix", "Pinnacle", "Pioneer", "Platinum", "Polaris", "Premier", "Prestige", "Prime", "Prosper", "Quantum", "Rainbow", "Regal", "Ridge", "River", "Rock", "Rose", "Royal", "Ruby", "Sable", "Safari", "Sapphire", "Savanna", "Sentinel", "Serene", "Shield", "Silver", "Skyline", "Solar", "Sphinx", "Spring", "Star", "Sterling", "Stone", "Summit", "Sunrise", "Swift", "Talisman", "Terra", "Thunder", "Tiger", "Titan", "Topaz", "Tower", "Triumph", "Tulip", "Unity", "Valley", "Vanguard", "Vertex", "Victory", "Vision", "Vista", "Voyager", "West End", "Willow", "Zenith", "Zephyr"}
	trades  = []string{"Logistics", "Foods", "Motors", "Engineering", "Consulting", "Construction", "Trading", "Holdings", "Investments", "Technologies", "Systems", "Solutions", "Services", "Security", "Textiles", "Plastics", "Chemicals", "Pharmaceuticals", "Healthcare", "Hospital", "Medical Supplies", "Insurance Brokers", "Bank", "Finance", "Microfinance", "Capital", "Properties", "Real Estate", "Hotels", "Lodges", "Travel", "Tours", "Airways", "Freight", "Shipping", "Transport", "Couriers", "Farms", "Agriculture", "Dairies", "Bakeries", "Breweries", "Beverages", "Supermarkets", "Wholesalers", "Distributors", "Hardware", "Furniture", "Printers", "Packaging", "Media", "Advertising", "Broadcasting", "Software", "Networks", "Telecoms", "Data Centres", "Energy", "Petroleum", "Solar", "Mining", "Steel", "Cement", "Timber", "Water", "Academy", "College", "University", "Attorneys", "Auditors", "Architects", "Recruitment", "Cleaning Services", "Fashion", "Electronics", "Industries", "Enterprises", "International", "Group", "Agencies"}
	people  = []string{"Abara", "Achieng", "Adeyemi", "Akinola", "Asante", "Balogun", "Banda", "Bekker", "Boateng", "Botha", "Chanda", "Cheruiyot", "Chikwanha", "Coetzee", "Danjuma", "Diallo", "Dlamini", "Eze", "Fofana", "Fourie", "Gicheru", "Govender", "Habib", "Hassan", "Ibekwe", "Jacobs", "Kamau", "Kariuki", "Khumalo", "Kimani", "Kipkemboi", "Kone", "Kruger", "Lungu", "Mahlangu", "Mbeki", "Mensah", "Mokoena", "Moyo", "Mugisha", "Mulenga", "Musa", "Mutua", "Mwale", "Mwangi", "Naidoo", "Ncube", "Ndlovu", "Ngugi", "Njoroge", "Nkosi", "Nwosu", "Obi", "Ochieng", "Odhiambo", "Okafor", "Okeke", "Okonkwo", "Okoro", "Onyango", "Osei", "Otieno", "Owusu", "Patel", "Phiri", "Pillay", "Pretorius", "Quaye", "Sithole", "Sow", "Swart", "Tembo", "Traore", "Umar", "van der Merwe", "van Wyk", "Venter", "Wanjiru", "Were", "Yeboah", "Zulu", "Zuma"}
	places  = []string{"Nairobi", "Mombasa", "Kisumu", "Lagos", "Abuja", "Kano", "Ibadan", "Johannesburg", "Cape Town", "Durban", "Pretoria", "Polokwane", "Accra", "Kumasi", "Kampala", "Entebbe", "Arusha", "Dodoma", "Lusaka", "Ndola", "Maputo", "Beira", "Dakar", "Thies", "London", "Leeds", "Hamburg", "Lyon", "Utrecht", "Boston", "Dubai", "Eldoret", "Nakuru", "Enugu", "Benin City", "Soweto"}
	public  = []string{"Water Board", "City Council", "Chamber of Commerce", "Teachers Sacco", "General Hospital", "Polytechnic", "Transport Authority", "Farmers Cooperative", "Business School", "Port Authority", "Power Company", "High School", "Stock Brokers", "Medical Centre"}
	onsets  = []string{"b", "ch", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "sh", "t", "v", "w", "z", "br", "kr", "tr", "st", "gl", "fl", "ny", "mb", "nd", "th", "x", "qu"}
	vowels  = []string{"a", "e", "i", "o", "u", "a", "e", "i", "o", "ia", "ee", "ou", "ai"}
	codas   = []string{"", "", "", "", "n", "r", "s", "l", "x", "m", "k", "t", "nd", "rt"}
	givens  = []string{"james", "mary", "peter", "grace", "john", "amina", "thabo", "lerato", "chidi", "ngozi", "kofi", "ama", "david", "sarah", "fatou", "hans", "claire", "omar", "joyce", "brian"}
	roles   = []string{"info", "sales", "accounts", "admin", "procurement", "it", "office", "finance", "hello", "contact"}
	freeOf  = []string{"gmail.com", "yahoo.com", "hotmail.com", "outlook.com"}
	absent  = []string{"0000000000", "0712345678", "123456789", "+27 11 000 0000", "+254 700 000 000", "0800 123 456", "999999999", "011 111 1111"}
	shorts  = [][2]string{{"International", "Intl"}, {"Technologies", "Tech"}, {"Services", "Svcs"}, {"Solutions", "Soln"}, {"Engineering", "Eng"}, {"Manufacturing", "Mfg"}, {"Investments", "Inv"}, {"Holdings", "Hldgs"}, {"Industries", "Ind"}, {"University", "Univ"}, {"Insurance", "Ins"}, {"Pharmaceuticals", "Pharma"}, {"Construction", "Constr"}, {"Distributors", "Distr"}, {"Enterprises", "Ent"}, {"Group", "Grp"}}
)
