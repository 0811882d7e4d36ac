package demo

import "strings"

// kind says how the values of a column are written.
type kind byte

// Kinds of columns.
const (
	text    kind = iota
	id           // Salesforce id, 18 characters
	date         // a day
	instant      // a moment
	number       // decimal or integer
	flag         // true or false
)

// column is one field of an exported object.
type column struct {
	name string
	kind kind
}

// object is one kind of record a system exports.
type object struct {
	name    string   // as in pipeline.json and in file names
	key     []string // columns that name a record
	columns []column
}

// index returns the position of a column, or -1.
func (o *object) index(name string) int {
	for i, c := range o.columns {
		if c.name == name {
			return i
		}
	}
	return -1
}

var kindNames = map[string]kind{"id": id, "date": date, "time": instant, "num": number, "bool": flag}

// define reads a column list written as "Name" or "Name:kind".
func define(name, key string, spec ...string) *object {
	o := &object{name: name, key: strings.Fields(key)}
	for _, f := range strings.Fields(strings.Join(spec, " ")) {
		n, k, _ := strings.Cut(f, ":")
		o.columns = append(o.columns, column{n, kindNames[k]})
	}
	return o
}

// stamps end every Salesforce object that can be modified.
const stamps = "CreatedDate:time LastModifiedDate:time SystemModstamp:time"

// Objects of a Salesforce org, under their API names. A dotted name is a field of
// the record a reference points to, as Data Loader and SOQL export it.
var (
	objUser = define("User", "Id", "Id:id Username Name Email IsActive:bool ManagerId:id UserRole.Name Region__c Territory__c", stamps)

	objProduct = define("Product2", "Id", `Id:id IsDeleted:bool Name ProductCode Family Product_Line__c IsActive:bool Is_Recurring__c:bool
		Billing_Period_Months__c:num QuantityUnitOfMeasure Standard_Cost__c:num Complements__c`, stamps)

	objStage = define("OpportunityStage", "Id", `Id:id MasterLabel ApiName SortOrder:num IsActive:bool IsClosed:bool IsWon:bool DefaultProbability:num
		ForecastCategoryName Funnel_Stage__c`, stamps)

	objBusinessHours = define("BusinessHours", "Id Weekday__c", `Id:id Name Weekday__c:num Opens_Minute__c:num Closes_Minute__c:num TimeZoneSidKey
		IsActive:bool IsDefault:bool`, stamps)

	objHoliday = define("Holiday", "Id", "Id:id Name ActivityDate:date IsAllDay:bool BusinessHoursId:id", stamps)

	objAccount = define("Account", "Id", `Id:id IsDeleted:bool AccountNumber Name Type ParentId:id BillingStreet BillingCity BillingState BillingPostalCode
		BillingCountry BillingLatitude:num BillingLongitude:num Phone Website Industry NaicsCode Ownership AnnualRevenue:num CurrencyIsoCode
		NumberOfEmployees:num Rating AccountSource OwnerId:id Region__c Customer_Since__c:date Status__c Segment__c VIP__c:bool Tier__c
		Territory__c LastActivityDate:date`, stamps)

	objTeam = define("AccountTeamMember", "Id", "Id:id IsDeleted:bool AccountId:id UserId:id TeamMemberRole AccountAccessLevel", stamps)

	objContact = define("Contact", "Id", `Id:id IsDeleted:bool AccountId:id Salutation FirstName LastName Name Title Department Role__c ReportsToId:id
		Email Phone MobilePhone DoNotCall:bool HasOptedOutOfEmail:bool MailingCity MailingCountry OwnerId:id LastActivityDate:date`, stamps)

	objLead = define("Lead", "Id", `Id:id IsDeleted:bool FirstName LastName Name Company Title Email Phone Country LeadSource Status Rating Industry
		Region__c NumberOfEmployees:num OwnerId:id IsConverted:bool ConvertedDate:date ConvertedAccountId:id ConvertedContactId:id
		ConvertedOpportunityId:id`, stamps)

	objLeadHistory = define("LeadHistory", "Id", "Id:id IsDeleted:bool LeadId:id CreatedById:id CreatedDate:time Field OldValue NewValue")

	objOpportunity = define("Opportunity", "Id", `Id:id IsDeleted:bool AccountId:id Name Description StageName Amount:num Probability:num
		ExpectedRevenue:num CurrencyIsoCode CloseDate:date Type RecordType.Name NextStep LeadSource IsClosed:bool IsWon:bool ForecastCategoryName
		CampaignId:id ContractId:id Pricebook2Id:id OwnerId:id Region__c Loss_Reason__c Win_Reason__c Primary_Competitor__c HasOpenActivity:bool
		LastActivityDate:date`, stamps)

	objOppHistory = define("OpportunityHistory", "Id", `Id:id IsDeleted:bool OpportunityId:id CreatedById:id CreatedDate:time StageName Amount:num
		ExpectedRevenue:num CurrencyIsoCode CloseDate:date Probability:num ForecastCategory SystemModstamp:time`)

	objOppLine = define("OpportunityLineItem", "Id", `Id:id IsDeleted:bool OpportunityId:id PricebookEntryId:id Product2Id:id Name Quantity:num
		ListPrice:num UnitPrice:num Discount:num TotalPrice:num CurrencyIsoCode ServiceDate:date Is_Recurring__c:bool
		Billing_Period_Months__c:num Term_Months__c:num`, stamps)

	objOppRole = define("OpportunityContactRole", "Id", "Id:id IsDeleted:bool OpportunityId:id ContactId:id Role IsPrimary:bool", stamps)

	objCompetitor = define("OpportunityCompetitor", "Id", `Id:id IsDeleted:bool OpportunityId:id CompetitorName Strengths Weaknesses
		Quoted_Price__c:num CurrencyIsoCode`, stamps)

	objContract = define("Contract", "Id", `Id:id IsDeleted:bool AccountId:id ContractNumber Status StartDate:date EndDate:date ContractTerm:num
		ActivatedDate:time Auto_Renew__c:bool Notice_Days__c:num Renewal_Of__c:id Total_Value__c:num CurrencyIsoCode Terminated_On__c:date
		Termination_Reason__c OwnerId:id`, stamps)

	objAsset = define("Asset", "Id", `Id:id IsDeleted:bool AccountId:id ContactId:id Product2Id:id Name SerialNumber Status Quantity:num Price:num
		CurrencyIsoCode Is_Recurring__c:bool Billing_Period_Months__c:num CurrentMrr:num PurchaseDate:date InstallDate:date Start_Date__c:date
		UsageEndDate:date Cancelled_On__c:date Cancel_Reason__c Site_Country__c Order_Item__c:id Contract__c:id`, stamps)

	objAssetState = define("AssetStatePeriod", "Id", `Id:id IsDeleted:bool AssetId:id StartDate:time EndDate:time Quantity:num Amount:num Mrr:num
		CurrencyIsoCode`, stamps)

	objOrder = define("Order", "Id", `Id:id IsDeleted:bool AccountId:id OpportunityId:id ContractId:id OrderNumber Type Status EffectiveDate:date
		ActivatedDate:time Completed_On__c:time TotalAmount:num CurrencyIsoCode Region__c`, stamps)

	objOrderItem = define("OrderItem", "Id", `Id:id IsDeleted:bool OrderId:id Order.AccountId:id Product2Id:id Product2.Family Quantity:num UnitPrice:num
		TotalPrice:num CurrencyIsoCode ServiceDate:date EndDate:date`, stamps)

	objOrderHistory = define("OrderHistory", "Id", `Id:id IsDeleted:bool OrderId:id Order.AccountId:id Order.Region__c Product_Family__c CreatedById:id
		CreatedDate:time Field OldValue NewValue Step_Exited__c:time Step_Target__c:time`)

	objEntitlement = define("Entitlement", "Id", "Id:id IsDeleted:bool Name AccountId:id AssetId:id SlaProcess.Name Status StartDate:date EndDate:date BusinessHoursId:id", stamps)

	objCase = define("Case", "Id", `Id:id IsDeleted:bool CaseNumber AccountId:id ContactId:id AssetId:id ProductId:id EntitlementId:id ParentId:id
		BusinessHoursId:id Type Reason Origin Status Priority Severity__c:num Is_Complaint__c:bool IsClosed:bool IsEscalated:bool Subject
		Description OwnerId:id ClosedDate:time`, stamps)

	objCaseHistory = define("CaseHistory", "Id", "Id:id IsDeleted:bool CaseId:id CreatedById:id CreatedDate:time Field OldValue NewValue")

	objCaseComment = define("CaseComment", "Id", "Id:id IsDeleted:bool ParentId:id Parent.AccountId:id IsPublished:bool CommentBody CreatedById:id", stamps)

	objMilestone = define("CaseMilestone", "Id", `Id:id IsDeleted:bool CaseId:id MilestoneType.Name StartDate:time TargetDate:time CompletionDate:time
		IsCompleted:bool BusinessHoursId:id`, stamps)

	objEmail = define("EmailMessage", "Id", `Id:id IsDeleted:bool ParentId:id RelatedToId:id Account__c:id Contact__c:id FromAddress ToAddress Subject TextBody
		MessageDate:time Incoming:bool Status Language__c ReplyToEmailMessageId:id CreatedById:id`, stamps)

	objTask = define("Task", "Id", `Id:id IsDeleted:bool AccountId:id WhoId:id WhatId:id Subject ActivityDate:date Status Priority IsClosed:bool Type TaskSubtype
		CallDurationInSeconds:num CallType CompletedDateTime:time OwnerId:id Description`, stamps)

	objEvent = define("Event", "Id", `Id:id IsDeleted:bool AccountId:id WhoId:id WhatId:id Subject Type EventSubtype ActivityDate:date StartDateTime:time
		EndDateTime:time Status__c Customer_Attended__c:bool OwnerId:id Description`, stamps)
)

// Objects of a billing system.
var (
	objBillingAccount = define("billing_account", "billing_account_id", `billing_account_id account_id:id billing_account_number billing_name currency credit_limit:num
		credit_status credit_hold_from:date credit_hold_to:date payment_terms_days:num credit_score:num created_on:date is_deleted:bool`)

	objInvoice = define("invoice", "invoice_id", `invoice_id invoice_number billing_account_id account_id:id invoice_date:date due_date:date status
		net_amount:num tax_amount:num total_amount:num currency cancelled_on:date rebilled_by_invoice_id is_deleted:bool`)

	objInvoiceLine = define("invoice_line", "invoice_line_id", `invoice_line_id invoice_id product_id:id asset_id:id charge_type quantity:num
		line_amount:num currency service_period_start:date service_period_end:date invoice_date:date is_deleted:bool`)

	objPayment = define("payment", "payment_id invoice_id", `payment_id invoice_id billing_account_id applied_on:date applied_amount:num currency
		payment_method status is_deleted:bool`)

	objCreditMemo = define("credit_memo", "credit_memo_id invoice_id", `credit_memo_id invoice_id account_id:id issued_on:date applied_on:date
		amount:num currency reason is_billing_error:bool is_deleted:bool`)

	objDispute = define("dispute", "dispute_id", `dispute_id invoice_id account_id:id opened_on:date resolved_on:date disputed_amount:num currency
		reason outcome is_deleted:bool`)

	objPriceChange = define("price_change", "price_change_id", `price_change_id account_id:id asset_id:id product_id:id effective_date:date
		old_price:num new_price:num currency change_pct:num is_deleted:bool`)

	objSubscription = define("subscription", "subscription_id", `subscription_id account_id:id billing_account_id asset_id:id product_id:id status
		start_date:date end_date:date recurring_amount:num discount_amount:num currency billing_period_months:num is_deleted:bool`)
)

// Objects of the smaller systems.
var (
	objUsage = define("usage_daily", "usage_date account_id asset_id product_id usage_type", `usage_date:date account_id:id asset_id:id product_id:id
		usage_type quantity:num unit allowance:num`)

	objSurvey = define("survey_response", "survey_response_id", `survey_response_id survey_id survey_type account_id:id contact_id:id case_id:id
		product_id:id agent_user_id:id score:num scale_min:num scale_max:num comment responded_at:time is_deleted:bool`)

	objLink = define("manual_account_link", "account_id matched_account_id", `account_id:id matched_account_id:id decision reason decided_by
		decided_at:time is_deleted:bool`)

	objRate = define("rates", "rate_date currency_iso_code", "rate_date:date currency_iso_code rate:num")
)

var salesforceObjects = []*object{
	objUser, objProduct, objStage, objBusinessHours, objHoliday, objAccount, objTeam, objContact, objLead, objLeadHistory, objOpportunity,
	objOppHistory, objOppLine, objOppRole, objCompetitor, objContract, objAsset, objAssetState, objOrder, objOrderItem, objOrderHistory,
	objEntitlement, objCase, objCaseHistory, objCaseComment, objMilestone, objEmail, objTask, objEvent,
}

var billingObjects = []*object{
	objBillingAccount, objInvoice, objInvoiceLine, objPayment, objCreditMemo, objDispute, objPriceChange, objSubscription,
}
