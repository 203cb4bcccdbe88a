// Package replies takes replies by mail: a small SMTP server to which the
// organisation's relay hands what people answer to our messages. A reply takes
// the incident, unless it says otherwise; see words.yaml.
//
// What decides is the token in the recipient's address (package claim). Sender
// addresses are compared too, in the envelope and in the From field, but SMTP
// lets anybody write any of them: the relay should check SPF and DKIM, and only
// it may connect. A reply is never a premise of an action; it only ends telling.
//
// Nothing is ever answered by mail, so that there is no loop. What a person sent
// and cannot count is refused in the dialogue, and the relay tells its sender.
// What a machine sent (an automatic answer, a bounce, a list, our own mail) is
// taken and dropped, so that nobody is told of it. Each is counted by reason, and
// kept in the journal up to a rate.
//
// Sources: RFC 5321 (SMTP), RFC 5322 (message format), RFC 3834 section 5
// (Auto-Submitted), RFC 3463 (enhanced status codes), RFC 3464 (reports), RFC
// 2919 (List-Id), RFC 3676 section 4.3 (signature delimiter), RFC 2045 and 2047
// (MIME).
package replies
