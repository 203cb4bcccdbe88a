package text

import (
	"encoding/json"
	"fmt"
	"time"
)

// Lang is a language of the catalogue.
type Lang string

// The languages; both are complete.
const (
	English  Lang = "en"
	Japanese Lang = "ja"
)

// Langs lists every language.
func Langs() []Lang { return []Lang{English, Japanese} }

// ParseLang reads a language's name from configuration or a request.
func ParseLang(s string) (Lang, error) {
	for _, l := range Langs() {
		if s == string(l) {
			return l, nil
		}
	}
	return English, fmt.Errorf("language %q: want en or ja", s)
}

// Message is a sentence before it has a language. The zero value renders as "".
// It survives JSON, so that a probe's results read well on the server.
type Message struct {
	ID   string `json:"id"`
	Args []Arg  `json:"args,omitempty"`
}

// IsZero reports whether there is no sentence.
func (m Message) IsZero() bool { return m.ID == "" }

// M makes a message. id must be a string literal: a test looks it up.
func M(id string, args ...Arg) Message { return Message{ID: id, Args: args} }

// Verbatim is a message that is not ours to translate: the output of a plugin,
// a line of a log, the words of a peer.
func Verbatim(s string) Message { return Message{ID: verbatimID, Args: []Arg{Str("text", s)}} }

const verbatimID = "verbatim"

// Kind says how an argument is written for people.
type Kind string

// The kinds of argument.
const (
	KindStr   Kind = "str"   // as it is
	KindInt   Kind = "int"   // 12 345
	KindNum   Kind = "num"   // at most three significant digits
	KindDur   Kind = "dur"   // 3 min 10 s, 3分10秒
	KindBytes Kind = "bytes" // 1.5 GiB
	KindRatio Kind = "ratio" // 93 %
	KindTime  Kind = "time"  // local time of the reader
	KindMsg   Kind = "msg"   // another message, rendered in the same language
)

// Arg is one named, typed value of a message.
type Arg struct {
	Name string   `json:"n"`
	Kind Kind     `json:"k"`
	Str  string   `json:"s,omitempty"`
	Num  float64  `json:"v,omitempty"` // seconds for dur, Unix seconds for time
	Msg  *Message `json:"m,omitempty"`
}

// MarshalJSON refuses nothing: a value that JSON cannot hold is sent as text.
func (a Arg) MarshalJSON() ([]byte, error) {
	type plain Arg
	if b, err := json.Marshal(plain(a)); err == nil {
		return b, nil
	}
	return json.Marshal(plain{Name: a.Name, Kind: KindStr, Str: fmt.Sprint(a.Num)})
}

// Str is an argument that is written as it is.
func Str(name, s string) Arg { return Arg{Name: name, Kind: KindStr, Str: s} }

// Int is a whole number.
func Int[N ~int | ~int64 | ~uint64 | ~uint32 | ~uint16 | ~int32](name string, n N) Arg {
	return Arg{Name: name, Kind: KindInt, Num: float64(n)}
}

// Num is a number of at most three significant digits.
func Num(name string, v float64) Arg { return Arg{Name: name, Kind: KindNum, Num: v} }

// Dur is a span of time.
func Dur(name string, d time.Duration) Arg {
	return Arg{Name: name, Kind: KindDur, Num: d.Seconds()}
}

// Bytes is an amount of data, in bytes.
func Bytes(name string, n float64) Arg { return Arg{Name: name, Kind: KindBytes, Num: n} }

// Ratio is a share of 1.
func Ratio(name string, r float64) Arg { return Arg{Name: name, Kind: KindRatio, Num: r} }

// Time is a moment, shown in the reader's zone.
func Time(name string, t time.Time) Arg {
	return Arg{Name: name, Kind: KindTime, Num: float64(t.UnixNano()) / 1e9}
}

// Sub is a message inside a message.
func Sub(name string, m Message) Arg { return Arg{Name: name, Kind: KindMsg, Msg: &m} }
