package kmsg

import (
	"bytes"
	"errors"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// record is one record of /dev/kmsg.
type record struct {
	facility int // RFC 5424, 6.2.1; 0 is the kernel
	severity int
	seq      int64
	since    time.Duration // of the monotonic clock, when it was logged
	text     string
}

var errRecord = errors.New("is no record of /dev/kmsg")

// parseRecord reads "prefix;text\n KEY=value\n…", of which the prefix is priority,
// number, microseconds, flags and what later kernels add, by commas. Characters
// that do not print are written \xNN.
func parseRecord(b []byte) (record, error) {
	prefix, text, ok := bytes.Cut(b, []byte(";"))
	fields := strings.Split(string(prefix), ",")
	if !ok || len(fields) < 3 {
		return record{}, errRecord
	}
	priority, err1 := strconv.ParseUint(fields[0], 10, 31)
	seq, err2 := strconv.ParseInt(fields[1], 10, 64)
	micros, err3 := strconv.ParseInt(fields[2], 10, 64)
	if errors.Join(err1, err2, err3) != nil || seq < 0 || micros < 0 || micros > int64(1<<62)/int64(time.Microsecond) {
		return record{}, errRecord
	}
	text, _, _ = bytes.Cut(text, []byte("\n")) // a dictionary may follow
	return record{
		facility: int(priority >> 3), severity: int(priority & 7), seq: seq,
		since: time.Duration(micros) * time.Microsecond, text: plain(string(text)),
	}, nil
}

// plain takes the escapes off, and makes valid UTF-8 without NUL and line ends.
func plain(s string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(s, `\x`)
		b.WriteString(before)
		if !found {
			break
		}
		n, err := strconv.ParseUint(after[:min(2, len(after))], 16, 8)
		if err != nil || len(after) < 2 {
			b.WriteString(`\x`)
			s = after
			continue
		}
		b.WriteByte(byte(n))
		s = after[2:]
	}
	text := strings.ToValidUTF8(b.String(), string(utf8.RuneError))
	return strings.TrimRight(strings.NewReplacer("\x00", "\u2400", "\r", " ", "\n", " ").Replace(text), " ")
}
