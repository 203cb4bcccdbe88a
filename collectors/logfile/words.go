package logfile

import (
	"time"

	"monitord/internal/text"
)

// late is from when on a log that is behind is worth a sentence.
const late = 10 * time.Second

// Words says in a sentence what is wrong with the following of a file; zero when
// nothing is.
func (s FileStats) Words() text.Message {
	path := text.Str("path", s.Path)
	switch {
	case s.Fault != "":
		return text.M("logfile.fault", path, text.Str("detail", s.Fault))
	case s.Missing:
		return text.M("logfile.missing", path)
	case s.LostBytes > 0:
		return text.M("logfile.lost", path, text.Bytes("size", float64(s.LostBytes)))
	case s.Behind > late:
		return text.M("logfile.behind", path, text.Dur("age", s.Behind), text.Bytes("size", float64(s.Lag)))
	}
	return text.Message{}
}
