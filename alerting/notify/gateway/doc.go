// Package gateway tells by short message and by voice through an HTTP gateway of
// the operator's choice: the kinds sms and voice, with a section each.
//
// A contact's address is a number in international form (ITU-T E.164). The
// request is made of templates, so that any gateway that takes HTTP will do.
//
// A short message is one part, never several: 160 septets when every letter is
// in the default alphabet of 3GPP TS 23.038 (6.2.1) or its extension table, else
// 70 code units of UCS-2. What does not fit is shortened by meaning: host, what
// is wrong and for how long stay, what the check said is cut, and the link that
// takes the problem is left out before anything of the first line is.
//
// What an answer means: package webpost beside this one; besides, an expression
// may say which answers are a success, for gateways that say 200 to everything.
//
// Rights needed: none.
package gateway
