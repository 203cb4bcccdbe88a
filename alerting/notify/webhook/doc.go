// Package webhook tells programs: it sends each message as an HTTP request to
// one of several named endpoints (a contact says {webhook: NAME}).
//
// The body is JSON of all that is known, in the form that Standard Webhooks 1.0
// recommends (type, timestamp, data), or what a template of the operator makes
// of it. Requests are signed as that specification says: HMAC-SHA-256 (RFC 2104)
// over webhook-id, webhook-timestamp and body, in webhook-signature as v1.
//
// The message's identity is in webhook-id and Idempotency-Key, the same in each
// repeat, so that a receiver can take a message once. What an answer means:
// package webpost beside this one.
//
// Rights needed: none.
package webhook
