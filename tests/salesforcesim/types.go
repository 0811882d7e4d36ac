package salesforcesim

// typeFacts is what the describe says of every field of a type, and how its values
// are written.
type typeFacts struct {
	soap             string
	length           int
	precision, scale int
	digits           int
	numeric          bool // written with a fraction; precision and scale count
	whole            bool
	bare             bool // JSON without quotes
	compound         bool
	noFilter         bool
	noGroup          bool
	noSort           bool
	textual          bool // compared without regard to case
}

// types of the describe. An unknown type is a mistake of whoever defines a field.
var types = map[string]*typeFacts{
	"id":                         {soap: "tns:ID", length: 18},
	"reference":                  {soap: "tns:ID", length: 18},
	"string":                     {soap: "xsd:string", length: 255, textual: true},
	"textarea":                   {soap: "xsd:string", length: 32000, textual: true, noFilter: true, noGroup: true, noSort: true},
	"picklist":                   {soap: "xsd:string", length: 255, textual: true},
	"multipicklist":              {soap: "xsd:string", length: 4099, textual: true, noGroup: true, noSort: true},
	"combobox":                   {soap: "xsd:string", length: 255, textual: true},
	"email":                      {soap: "xsd:string", length: 80, textual: true},
	"phone":                      {soap: "xsd:string", length: 40, textual: true},
	"url":                        {soap: "xsd:string", length: 255, textual: true},
	"encryptedstring":            {soap: "xsd:string", length: 175, textual: true, noFilter: true, noGroup: true, noSort: true},
	"datacategorygroupreference": {soap: "xsd:string", length: 80, textual: true},
	"boolean":                    {soap: "xsd:boolean", bare: true},
	"int":                        {soap: "xsd:int", digits: 9, whole: true, bare: true},
	"long":                       {soap: "xsd:long", digits: 18, whole: true, bare: true},
	"double":                     {soap: "xsd:double", precision: 18, scale: 2, numeric: true, bare: true, noGroup: true},
	"currency":                   {soap: "xsd:double", precision: 18, scale: 2, numeric: true, bare: true, noGroup: true},
	"percent":                    {soap: "xsd:double", precision: 18, scale: 2, numeric: true, bare: true, noGroup: true},
	"date":                       {soap: "xsd:date"},
	"datetime":                   {soap: "xsd:dateTime", noGroup: true},
	"time":                       {soap: "xsd:time", noGroup: true},
	"base64":                     {soap: "xsd:base64Binary", noFilter: true, noGroup: true, noSort: true},
	"address":                    {soap: "urn:address", compound: true, bare: true, noGroup: true, noSort: true},
	"location":                   {soap: "urn:location", compound: true, bare: true, noGroup: true, noSort: true},
	"json":                       {soap: "urn:json", bare: true, noFilter: true, noGroup: true, noSort: true},
	"complexvalue":               {soap: "urn:JunctionIdListNames", bare: true, noFilter: true, noGroup: true, noSort: true},
	"anyType":                    {soap: "xsd:anyType", length: 255, textual: true, noFilter: true, noGroup: true},
}

func (f *Field) facts() *typeFacts {
	if f.known != nil {
		return f.known
	}
	return types[f.Type]
}
