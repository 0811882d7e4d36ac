package demo

// complaint is a kind of case.
type complaint struct {
	kind, reason string
	subject      string
	text         string
	weight       int
}

var complaints = []complaint{
	{"Problem", "Service Outage", "Service down", "Our link has been down since this morning. When will it be restored?", 14},
	{"Problem", "Slow Speed", "Slow connection", "The connection is very slow in the afternoons. Please investigate.", 18},
	{"Complaint", "Billing Error", "Wrong amount on invoice", "The invoice does not match our agreement. We expect a correction.", 14},
	{"Request", "Configuration", "Change of configuration", "Please open the ports listed below for our new branch.", 16},
	{"Question", "Number Porting", "Porting of numbers", "Could you tell us when our numbers will be ported?", 10},
	{"Problem", "Device Fault", "Router keeps restarting", "The device restarts several times a day.", 12},
	{"Request", "New Request", "Quote for more seats", "We are hiring and need additional seats. Thank you for the good service so far.", 10},
	{"Complaint", "SLA Breach", "Repeated outage, SLA not met", "This is the third outage this month and nobody called us back. This is unacceptable.", 6},
}

var (
	caseOrigins = []string{"Phone", "Email", "Web", "Portal"}
	priorities  = []string{"Critical", "High", "Medium", "Low"} // severity 1 to 4
	// Minutes to a first reply and to a solution, by severity and support level.
	firstResponseTarget = [4]int{30, 60, 240, 480}
	resolutionTarget    = [4]int{240, 480, 1440, 4320}
	supportLevels       = []string{"Gold SLA", "Silver SLA", "Bronze SLA"}
)

var (
	goodNotes = []string{
		"Good call, customer is happy with the new line.", "Discussed roadmap; interested in Cloud PBX.\nFollow up next month.", "Thanked us for the quick installation.",
		"Confirmed renewal intention, wants a volume discount.", "Reviewed open orders, all on track.",
	}
	badNotes = []string{
		"Customer is frustrated with repeated outages; considering Zenith Fibre.", "No answer, left a message.", "Complained about price increase, asks for better terms.",
		"Budget cut, will reduce number of SIMs.", "Unhappy with support response times.\nEscalate to service manager.",
	}
	taskSubjects  = []string{"Call: check in", "Follow up on proposal", "Send usage report", "Confirm billing contact", "Call: renewal"}
	emailReplies  = []string{"Thank you for contacting us. We are looking into it and will come back to you.", "A technician has been assigned to your case.", "The fault has been fixed. Please confirm from your side."}
	salesSubjects = []string{"Proposal for your network", "Your renewal options", "Meeting minutes", "New services for your branches"}
	salesTexts    = []string{"Please find attached our proposal; we look forward to your feedback.", "As discussed, here are the options for your renewal.", "Thank you for your time today."}
	salesReplies  = []string{"Thanks, we will review it this week.", "Could you improve the price? BlueWave Networks offered less.", "Great, please proceed.", "We are happy with the proposal."}
	goodComments  = []string{"Great support, thank you.", "Reliable service", "Friendly team;\nquick answers", ""}
	fairComments  = []string{"OK overall", "Could be faster", "", ""}
	badComments   = []string{"Too many outages", "Billing is always wrong!", "Slow response,\nno call back", "Too expensive"}
	comments      = []string{"Checked the line, errors on the access side.", "Customer informed of progress.", "Replaced the device, monitoring.", "Credit requested from billing."}
)

// holiday is a public holiday with a fixed date.
type holiday struct {
	month, dom int
	name       string
}

var holidays = [orgCount][]holiday{
	{{1, 1, "New Year's Day"}, {12, 25, "Christmas Day"}},
	{{1, 1, "New Year's Day"}, {3, 21, "Human Rights Day"}, {4, 27, "Freedom Day"}, {5, 1, "Workers' Day"}, {6, 16, "Youth Day"}, {8, 9, "National Women's Day"},
		{9, 24, "Heritage Day"}, {12, 16, "Day of Reconciliation"}, {12, 25, "Christmas Day"}, {12, 26, "Day of Goodwill"}},
	{{1, 1, "New Year's Day"}, {5, 1, "Labour Day"}, {6, 1, "Madaraka Day"}, {10, 20, "Mashujaa Day"}, {12, 12, "Jamhuri Day"}, {12, 25, "Christmas Day"}},
}

var paymentMethods = [orgCount][]string{{"EFT", "Card"}, {"EFT", "EFT", "Debit Order", "Card"}, {"M-Pesa", "EFT", "Cheque"}}

var (
	creditReasons  = []string{"Goodwill", "SLA credit", "Volume rebate"}
	disputeReasons = []string{"Wrong rate", "Service not delivered", "Duplicate charge", "Cancelled service"}
)
