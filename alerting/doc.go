// Package alerting decides: it turns results of checks into states of services
// (soft, hard), states into incidents, and says who is to be told.
//
// The rooms below it: journal (what happened, durable), notify and one child
// per channel (telling).
package alerting
