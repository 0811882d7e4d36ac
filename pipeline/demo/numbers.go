package demo

import "fmt"

// Numbers people see. They hold the account's place in its org, so that two orgs
// use the same ones for different customers.

func contractNumber(_, ordinal, n int) string { return fmt.Sprintf("%07d%d", ordinal+1, n) }

func serialNumber(org, ordinal, n int) string {
	return fmt.Sprintf("%s-%06d-%02d", pods[org], ordinal+1, n+1)
}

func orderNumber(ordinal, n int) string { return fmt.Sprintf("%06d%03d", ordinal+1, n+1) }

func caseNumber(ordinal, n int) string { return fmt.Sprintf("%06d%03d", ordinal+1, n+1) }

func billingNumber(prefix string, ordinal int) string {
	return fmt.Sprintf("%s%07d", prefix, ordinal+1)
}

func documentNumber(prefix string, ordinal, n int) string {
	return fmt.Sprintf("%s-%07d-%03d", prefix, ordinal+1, n+1)
}
