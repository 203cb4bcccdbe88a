package replies

import "github.com/emersion/go-smtp"

// Why is the reason for which a mail, or a connection, did not count. It is the
// label outcome of monitord_replies_total, and stands in the journal.
type Why string

// The reasons. Those of machines are taken and dropped, so that no relay tells
// anybody of them; all others are refused in the dialogue.
const (
	WhyNetwork   Why = "network"    // the peer is in none of the configured networks
	WhyAddress   Why = "address"    // the recipient is no address of ours, or its token is no token
	WhyForged    Why = "forged"     // the token's signature is wrong
	WhyOther     Why = "other"      // another installation made the token
	WhyExpired   Why = "expired"    // the token is too old, or its incident is
	WhyStranger  Why = "stranger"   // the contact is not told at that address any more
	WhySender    Why = "sender"     // envelope or From are not the contact's address
	WhySize      Why = "size"       // too large
	WhyMalformed Why = "malformed"  // no mail
	WhyUnclear   Why = "unclear"    // it says that it takes the incident, and that it does not
	WhyTooMany   Why = "connection" // one connection handed over too many mails
	WhyFailed    Why = "failed"     // the engine did not answer: the relay tries again

	WhyBounce    Why = "bounce"    // a report, or from nobody
	WhyAutomatic Why = "automatic" // a vacation answer or the like
	WhyList      Why = "list"      // from a list, or bulk mail
	WhyLoop      Why = "loop"      // our own mail, or one that goes round
	WhyDeclined  Why = "declined"  // a person says that they do not take it
)

// refusal is what the relay is told. It reaches the person in the relay's own
// report, so it says what helps.
func refusal(why Why) *smtp.SMTPError {
	r := func(code int, enhanced smtp.EnhancedCode, message string) *smtp.SMTPError {
		return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: message}
	}
	const link = "; use the link in the latest message instead"
	switch why {
	case WhyAddress:
		return r(550, smtp.EnhancedCode{5, 1, 1}, "This is no address for replies: reply to the message without changing its address"+link)
	case WhyForged, WhyOther:
		return r(550, smtp.EnhancedCode{5, 1, 1}, "This address was not made by this server"+link)
	case WhyExpired:
		return r(550, smtp.EnhancedCode{5, 1, 6}, "This address is too old, or its incident was over long ago"+link)
	case WhyStranger:
		return r(550, smtp.EnhancedCode{5, 7, 1}, "The person whom the message went to is not told at that address any more")
	case WhySender:
		return r(550, smtp.EnhancedCode{5, 7, 1}, "Nothing was acknowledged: reply from the address to which the message was sent, or use its link")
	case WhySize:
		return smtp.ErrDataTooLarge
	case WhyUnclear:
		return r(554, smtp.EnhancedCode{5, 6, 0}, "Nothing was acknowledged: the first line says both that you take it and that you do not; write ack alone, or no")
	case WhyTooMany:
		return r(421, smtp.EnhancedCode{4, 7, 0}, "Too many mails in one connection, try again")
	case WhyFailed:
		return r(451, smtp.EnhancedCode{4, 3, 0}, "Nothing was acknowledged, try again")
	}
	return r(554, smtp.EnhancedCode{5, 6, 0}, "Nothing was acknowledged: this is no mail that can be read"+link)
}
