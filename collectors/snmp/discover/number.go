package discover

import (
	"strconv"
	"strings"

	"monitord/collectors/snmp"
)

func itof(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// numberIn reads a number that an agent wrote as text: 12, 3.5, 23C.
func numberIn(v snmp.Varbind) (float64, bool) {
	if v.Type != snmp.TypeOctetString {
		return 0, false
	}
	text := strings.TrimSpace(v.Raw)
	end := 0
	for end < len(text) && end < 24 && strings.IndexByte("+-.0123456789", text[end]) >= 0 {
		end++
	}
	n, err := strconv.ParseFloat(text[:end], 64)
	return n, err == nil
}

// bitsOf reads a string of bits (RFC 2578, BITS) of at most four octets as a
// number, the first octet the highest. Text is none.
func bitsOf(v snmp.Varbind) (float64, bool) {
	if v.Type != snmp.TypeOctetString || len(v.Raw) == 0 || len(v.Raw) > 4 {
		return 0, false
	}
	n := 0
	for i := range len(v.Raw) {
		n = n<<8 | int(v.Raw[i])
	}
	return float64(n), true
}
