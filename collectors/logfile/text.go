package logfile

// Decoder makes UTF-8 of lines as a Follower does: a line that is UTF-8 already is
// taken as it is, other ones are decoded as declared or, with auto, as what fits
// best to the lines so far. NUL becomes U+2400. It is for one goroutine.
type Decoder struct{ d *decoder }

// EncodingKnown says whether an encoding can be declared.
func EncodingKnown(name string) bool {
	_, ok := encodings()[name]
	return ok
}

// NewDecoder makes a decoder of a known encoding.
func NewDecoder(encoding string) *Decoder { return &Decoder{newDecoder(encoding)} }

// Text decodes one line.
func (d *Decoder) Text(raw string) string { return d.d.text(raw) }
