package execute

import (
	"strconv"
	"time"

	"monitord/alerting/notify"
)

// prefix is what our variables begin with.
const prefix = "MONITORD_"

// longestValue bounds a variable, in columns: Linux takes 128 KiB for one, and
// standard input has everything.
const longestValue = 4000

// environment is what a command learns from variables. What does not apply is
// empty.
func environment(f notify.Fields) []string {
	list := []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8", "HOME=/"}
	for _, v := range [][2]string{
		{"ID", f.ID}, {"THREAD", f.Thread}, {"REPEAT", flag(f.Repeat)}, {"KIND", f.Kind}, {"INCIDENT", strconv.FormatInt(f.Incident, 10)},
		{"CONTACT", f.Contact}, {"TO", f.To}, {"LANGUAGE", f.Language},
		{"HOST", f.Host}, {"ADDRESS", f.Address}, {"CHECK", f.Check}, {"ITEM", f.Item}, {"SERVICE", f.Service},
		{"STATE", f.State}, {"WORST", f.Worst}, {"REASON", f.Reason},
		{"SINCE", stamp(f.Since)}, {"OPENED", stamp(f.Opened)}, {"CLOSED", stamp(f.Closed)}, {"LASTED", strconv.FormatInt(int64(f.Lasted), 10)},
		{"SHORT", f.Short}, {"SUBJECT", f.Subject}, {"HEADLINE", f.Headline}, {"SUMMARY", f.Summary}, {"EVIDENCE", f.Evidence},
		{"WARNING", f.Warning}, {"LINK", f.Link}, {"ACK_LINK", f.AckLink},
	} {
		list = append(list, prefix+v[0]+"="+notify.Truncate(v[1], longestValue))
	}
	return list
}

func flag(b bool) string {
	if b {
		return "1"
	}
	return "0"
}

// stamp is RFC 3339 in UTC; "" for no time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.RFC3339)
}
