// Package voice is what a telephone hears and says: recorded speech (WAV) made
// into µ-law at 8 kHz (ITU-T G.711), tones, and a stream of RTP (RFC 3550, with
// the audio profile of RFC 3551: PCMU, 20 ms a packet) on which keys arrive as
// telephone events (RFC 4733, section 2).
//
// Nothing here speaks SIP: the address and the payload types of the peer come
// from whoever negotiated them.
package voice
