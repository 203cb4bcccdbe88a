// Package pki is the server's own certificate authority: it makes the CA, keeps
// the server's certificate fresh, and turns one-time tokens into the client
// certificates of probes (X.509, RFC 5280; ECDSA P-256).
//
// Everything lies in files below one folder, so that `monitord probe add` works
// with or without a running server; changes are made under a file lock, written
// beside, synced and renamed:
//
//	ca.crt, ca.key             the authority (key 0600)
//	server.pem                 the server's certificate and key, name wire.ServerName
//	tokens/HASH.json           a token that can be used; HASH is SHA-256 of its secret
//	tokens/HASH.used           the same after use
//	probes/HOST.json           which certificate speaks for HOST
//	lock                       held while anything above is changed
//
// One host has one certificate: a new enrolment replaces the serial in
// probes/HOST.json, and the old certificate is refused from then on.
package pki
