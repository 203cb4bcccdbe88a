// Package webpost hands messages over by HTTP/1.1 (RFC 9110, RFC 9112), for the
// channels that do so: webhook, chat, sms and voice.
//
// It sends one request on a connection of its own and says what the peer made of
// it: taken (2xx), not now (408, 425, 429, 5xx; Retry-After is heeded), never
// (everything else), or in doubt: the request was written and no answer came.
//
// TLS is required and checked, except towards loopback. No redirect to another
// host is followed, and none that would change the request. An answer is read up
// to 64 KiB.
package webpost
