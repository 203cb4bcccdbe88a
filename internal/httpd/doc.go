// Package httpd opens the listeners of pages and API, and says who asks.
//
// It listens on loopback only, unless TLS and `auth: always` are configured. A
// request passes, in this order: a limit for slow clients, recovery from
// panics, security headers, the check of Host, of Origin and of
// Sec-Fetch-Site, then identification by session cookie, API token or client
// certificate. On loopback reading is open unless `auth: always`; writing
// (RequireWrite) always needs an identity, and the session's CSRF token when
// that is a session.
//
// Sources: RFC 6265bis (cookies), the WHATWG Fetch standard (Origin), W3C Fetch
// Metadata (Sec-Fetch-Site), CSP level 3, unix(7) for SO_PEERCRED.
package httpd
