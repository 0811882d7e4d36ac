// Package truth makes accounts whose customers are known, to measure account linking on.
//
// The accounts are as bad as those of real systems: a customer is written differently in each
// region, some were renamed, different companies have one name, agencies and resellers put
// their own mailbox and phone on hundreds of accounts, placeholders stand for numbers nobody
// knows. The same seed and size give the same accounts on any machine. It knows nothing of
// how linking works.
package truth
