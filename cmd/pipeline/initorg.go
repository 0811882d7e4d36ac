package main

// scaffoldOrg is the pipeline.json to start from with an org. The objects are those that
// every org has and that mappings read; an org without one leaves it out.
const scaffoldOrg = `{
  "lake": "lake",
  "time_zone": "UTC",
  "sources": [
    {
      "name": "salesforce",
      "type": "salesforce",
      "region": "Group",
      "mapping": "salesforce",
      "currency": "USD",
      "salesforce": {
        "login_url": "https://YOUR-DOMAIN.my.salesforce.com",
        "auth": {
          "grant": "client_credentials",
          "client_id": "${SF_CLIENT_ID}",
          "client_secret": "${SF_CLIENT_SECRET}"
        }
      },
      "objects": [
        {"name": "Account"},
        {"name": "AccountHistory", "optional": true},
        {"name": "Contact"},
        {"name": "AccountContactRelation", "optional": true},
        {"name": "AccountTeamMember", "optional": true},
        {"name": "Lead", "optional": true},
        {"name": "Opportunity"},
        {"name": "OpportunityHistory", "optional": true},
        {"name": "OpportunityLineItem", "optional": true},
        {"name": "OpportunityStage", "optional": true},
        {"name": "OpportunityContactRole", "optional": true},
        {"name": "Contract", "optional": true},
        {"name": "Order", "optional": true},
        {"name": "OrderItem", "optional": true},
        {"name": "Asset", "optional": true},
        {"name": "Case", "optional": true},
        {"name": "CaseHistory", "optional": true},
        {"name": "CaseComment", "optional": true},
        {"name": "EmailMessage", "optional": true},
        {"name": "Task", "optional": true},
        {"name": "Event", "optional": true},
        {"name": "CampaignMember", "optional": true},
        {"name": "Entitlement", "optional": true}
      ]
    }
  ],
  "rates": []
}
`

const scaffoldOrgReadme = `# Your Customer 360

1. Make an External Client App in your org and let an integration user run it: docs/salesforce.md of the project
   goes through it step by step.
2. Write the org's My Domain into "login_url" of pipeline.json, and adapt the region's name, the currency of amounts
   that name none (an org with one currency names none), and the objects.
3. Keep the secrets out of the file: set them in the environment,
     export SF_CLIENT_ID=… SF_CLIENT_SECRET=…
   or name a file: "client_secret": {"file": "secrets/salesforce"}.
4. See whether all is well: pipeline doctor --config DIR/pipeline.json
   It logs in, names fields that the user does not see, and says how many calls a first run takes.
5. Run: pipeline run --layer all --config DIR/pipeline.json
   Again every night: only what changed is read.
6. Look: pipeline query --config DIR/pipeline.json "SELECT * FROM gold.customer_360 LIMIT 10"

User, RecordType, Product2, PricebookEntry and Organization are read too, and the currencies of an org that has several.
Another region's org is another entry under "sources". Amounts in other currencies than USD need exchange rates: the
org's own are taken, or add a source under "rates".
`
