package notify

import (
	"time"

	"monitord/alerting"
)

// FieldsVersion is the number of the form of Fields. A field may be added
// without changing it; none is renamed or given another meaning.
const FieldsVersion = 1

// Fields is a notification as programs read it: the body of a webhook, the
// input of a command, the data of templates. Texts are valid UTF-8 without
// control characters, each one line except Evidence; times are RFC 3339 in UTC
// in JSON, and left out when they do not apply.
type Fields struct {
	Version  int    `json:"version"`  // FieldsVersion
	ID       string `json:"id"`       // identity: a repeat has the same
	Thread   string `json:"thread"`   // the same for all messages of an incident to a recipient
	Repeat   bool   `json:"repeat"`   // the same message may have arrived before
	Kind     string `json:"kind"`     // problem or recovery
	Incident int64  `json:"incident"` // number of the incident
	Contact  string `json:"contact"`  // who is told
	To       string `json:"to"`       // the contact's address on this channel
	Language string `json:"language"` // of the texts: en or ja

	Host    string `json:"host"`
	Address string `json:"address,omitempty"` // of the host
	Check   string `json:"check"`
	Item    string `json:"item,omitempty"`   // of a check with several
	Service string `json:"service"`          // host/check or host/check[item]
	State   string `json:"state"`            // OK, WARNING, CRITICAL or UNKNOWN
	Worst   string `json:"worst"`            // of the incident so far
	Reason  string `json:"reason,omitempty"` // such as timeout, dns, threshold

	Since  time.Time `json:"since,omitzero"`  // since when the state has been what it is
	Opened time.Time `json:"opened,omitzero"` // the incident
	Closed time.Time `json:"closed,omitzero"` // only of a recovery
	Lasted float64   `json:"lasted_seconds"`  // the state until now; of a recovery: the incident

	Attempts int      `json:"attempts"`         // results in a row that confirmed it
	Others   []string `json:"others,omitempty"` // contacts that are told too
	Behind   int      `json:"behind,omitempty"` // services that depend on this one alone
	Missed   bool     `json:"missed,omitempty"` // told because results stay away
	Flapping bool     `json:"flapping,omitempty"`
	Gone     bool     `json:"gone,omitempty"` // closed because it is not watched any more

	Warning  string `json:"warning,omitempty"` // goes first: the journal cannot be written
	Short    string `json:"short"`             // host, what, state, how long: at most 40 columns
	Subject  string `json:"subject"`           // one line that says it all
	Headline string `json:"headline"`          // a sentence
	Summary  string `json:"summary"`           // what the check said
	Evidence string `json:"evidence,omitempty"`
	Link     string `json:"link,omitempty"`     // the service's page
	AckLink  string `json:"ack_link,omitempty"` // takes the problem; only of a problem
}

// FieldsOf finds the fields of a notification.
func FieldsOf(deps ChannelDeps, n Notification) Fields {
	w, notice, now := Wording(deps, n), n.Notice, deps.Now()
	f := Fields{
		Version: FieldsVersion, ID: OneLine(n.ID), Thread: OneLine(n.Thread), Repeat: n.Repeat, Kind: n.Kind,
		Incident: n.Incident, Contact: OneLine(n.Contact), To: OneLine(n.To), Language: string(n.Language),
		Host: OneLine(notice.Service.Host), Address: OneLine(notice.Address), Check: OneLine(notice.Service.Check),
		Item: OneLine(notice.Service.Item), Service: OneLine(notice.Service.String()),
		State: notice.State.String(), Worst: notice.Worst.String(), Reason: OneLine(string(notice.Reason)),
		Since: notice.Since.UTC(), Opened: notice.Opened.UTC(), Closed: notice.Closed.UTC(),
		Attempts: notice.Attempts, Behind: notice.Behind, Missed: notice.Missed, Flapping: notice.Flapping, Gone: notice.Gone,
		Warning: w.Warning, Short: Short(deps.Words, n, now, PhoneFit()), Subject: w.Subject, Headline: w.Headline,
		Summary: w.Summary, Evidence: w.Evidence, Link: w.Page.To, AckLink: w.Take.To,
	}
	for _, o := range notice.Others {
		f.Others = append(f.Others, OneLine(o))
	}
	f.Lasted = max(now.Sub(notice.Since).Seconds(), 0)
	if n.Kind == alerting.KindRecovery {
		f.Lasted = max(notice.Closed.Sub(notice.Opened).Seconds(), 0)
	}
	return f
}

// TrickyFields are fields with what breaks careless templates in each text:
// quotes, backslashes, angle brackets, line breaks, wide letters. Channels try
// their templates on them when a configuration is checked.
func TrickyFields() Fields {
	const tricky = "a\"b\\c'd<e>&{{f}}%20,=;é한글"
	at := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	return Fields{
		Version: FieldsVersion, ID: "i1.problem1.abc.xyz", Thread: "i1.problem1.abc.xyz", Kind: alerting.KindProblem, Incident: 1,
		Contact: tricky, To: tricky, Language: "en", Host: tricky, Address: tricky, Check: tricky, Item: tricky, Service: tricky,
		State: "CRITICAL", Worst: "CRITICAL", Reason: tricky, Since: at, Opened: at, Lasted: 60, Attempts: 3, Others: []string{tricky},
		Warning: tricky, Short: tricky, Subject: tricky, Headline: tricky, Summary: tricky, Evidence: tricky + "\n" + tricky,
		Link: "https://monitor.example.net/a?b=c&d", AckLink: "https://monitor.example.net/ack?t=c&d",
	}
}
