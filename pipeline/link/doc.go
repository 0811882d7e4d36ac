// Package link finds out which accounts are the same customer.
//
// It owns names (how they are normalised and compared), identifiers, the scores and what is
// decided by them, clusters with their guards, ids that last, and the measures of all that.
// Words, legal forms and weights are data (configs/linking). Set work (which names and which
// accounts are worth comparing) is SQL in an engine session, graph work is Go.
//
// The stages, each a file or two:
//
//	normalise   a name as text      → words with their class, legal form, aliases
//	block       names, identifiers  → pairs worth comparing
//	compare     two names           → features
//	score       features            → log-odds parts, their sum, a confidence
//	decide      confidence          → linked, review, nothing
//	cluster     links               → customers, guarded
//	ids         customers           → ids that last, with their history
//
// It knows nothing of the lake, of silver or gold tables, or of any source system: its input
// is accounts and steward's decisions, its output rows.
package link
