package client

import "net/http"

// codeMeans says what an errorCode of the API stands for.
var codeMeans = map[string][]error{
	"INVALID_QUERY_LOCATOR":       {ErrLocatorLost},
	"INVALID_QUERY_CURSOR":        {ErrLocatorLost},
	"QUERY_TIMEOUT":               {ErrQueryTimeout},
	"INVALID_FIELD":               {ErrInvalidField},
	"INVALID_TYPE":                {ErrInvalidType},
	"INVALID_SESSION_ID":          {ErrUnauthorized},
	"NOT_FOUND":                   {ErrNotFound},
	"EXCEEDED_ID_LIMIT":           {ErrTooManyIDs},
	"INVALID_REPLICATION_DATE":    {ErrDeletedWindow},
	"INVALIDENTITY":               {ErrBulkUnsupported},
	"FEATURENOTENABLED":           {ErrBulkUnsupported},
	"INVALIDJOBSTATE":             {ErrJobNotComplete},
	"JOB_NOT_COMPLETE":            {ErrJobNotComplete},
	"EXCEEDEDQUOTA":               {ErrDailyLimit},
	"API_DISABLED_FOR_ORG":        {ErrNoPermission},
	"API_CURRENTLY_DISABLED":      {ErrNoPermission},
	"INSUFFICIENT_ACCESS":         {ErrNoPermission},
	"OPERATION_TOO_LARGE":         {ErrNoPermission},
	"TXN_SECURITY_METERING_ERROR": {ErrNoPermission},
	"TXN_SECURITY_NO_ACCESS":      {ErrNoPermission},
	"UNSUPPORTED_API_VERSION":     {ErrVersionRetired},
	"LIMIT_EXCEEDED":              {ErrDailyLimit},
}

// statusMeans says what a status stands for where the code says nothing.
var statusMeans = map[int][]error{
	http.StatusUnauthorized:                {ErrUnauthorized},
	http.StatusNotFound:                    {ErrNotFound},
	http.StatusGone:                        {ErrVersionRetired},
	http.StatusRequestURITooLong:           {ErrQueryTooLong},
	http.StatusRequestHeaderFieldsTooLarge: {ErrQueryTooLong},
}

// kindMeans says what a status stands for in answer to one kind of call, whatever its
// code is.
var kindMeans = map[Kind]map[int]error{
	KindQueryMore: {http.StatusNotFound: ErrLocatorLost},
	KindBulkPoll:  {http.StatusNotFound: ErrJobGone, http.StatusConflict: ErrVersionRetired},
	KindBulkEnd:   {http.StatusNotFound: ErrJobGone, http.StatusConflict: ErrVersionRetired},
	KindBulkPage: {
		http.StatusNotFound: ErrJobGone, http.StatusConflict: ErrVersionRetired, // made by another version
		http.StatusPreconditionFailed: ErrJobNotComplete,
	},
}

// codeHints says what a user can do about an errorCode.
var codeHints = map[string]string{
	"OPERATION_TOO_LARGE":         "give the integration user the permission View All Data (Task and Event need it)",
	"TXN_SECURITY_METERING_ERROR": "a transaction security policy stops the query; exempt the integration user or leave the object out",
	"API_DISABLED_FOR_ORG":        "give the integration user the permission API Enabled; the org's edition must have API access",
	"API_CURRENTLY_DISABLED":      "the org's API is switched off for maintenance; try later",
	"INSUFFICIENT_ACCESS":         "give the integration user read access to the object (View All Records keeps sharing rules out of the way)",
	"INVALID_SESSION_ID":          "the token was refused twice; check the session settings and IP ranges of the External Client App",
	"INVALID_FIELD":               "the field was removed, renamed, or hidden from the integration user by field-level security",
	"INVALID_TYPE":                "the object does not exist in this API version, or the integration user may not read it",
}

// sentinelHints says what a user can do about a condition.
var sentinelHints = []struct {
	is   error
	hint string
}{
	{ErrDailyLimit, "the limit frees itself within 24 hours; run again then: what is finished is kept"},
	{ErrConcurrentLimit, "lower the source's concurrency, or run when other integrations are quiet"},
	{ErrVersionRetired, "set api_version to one that the org offers"},
	{ErrQueryTooLong, "use the Bulk transport for this object, or exclude columns"},
	{ErrUnauthorized, "the access token has ended; get a new one, or use a grant that refreshes itself"},
	{ErrQueryTimeout, "a smaller window is needed; an index on the cursor field helps"},
}

// authHints says what a user can do about a refused login. says must be found in the
// description, in lower case: the token endpoint has one code for many causes.
var authHints = []struct{ code, says, hint string }{
	{"invalid_grant", "approved", "pre-authorize the integration user: External Client App > Policies > Permitted Users, and assign the permission set"},
	{"invalid_grant", "expired access/refresh token", "authorize again; a refresh token works once when rotation is on"},
	{"invalid_grant", "client credentials user", "name a Run As user under External Client App > Policies > Client Credentials Flow"},
	{"invalid_grant", "authentication failure", "check user name, password and security token, and that the org still allows this grant"},
	{"invalid_grant", "audience", "audience must be https://login.salesforce.com, https://test.salesforce.com for a sandbox, or the My Domain URL"},
	{"invalid_grant", "", "check user, key and login URL; a clock that is minutes off also spoils an assertion"},
	{"invalid_client_id", "", "check the consumer key"},
	{"invalid_client", "", "check the consumer key and secret"},
	{"unsupported_grant_type", "", "use the My Domain URL as login URL, and switch the flow on in the External Client App"},
	{"inactive_user", "", "activate the integration user"},
	{"inactive_org", "", "the org is locked or closed"},
	{"rate_limit_exceeded", "", "too many logins; wait some minutes"},
}
