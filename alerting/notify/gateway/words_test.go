package gateway

import (
	"encoding/json"
	"strings"
	"testing"

	"monitord/alerting"
	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/notifytest"
	"monitord/alerting/notify/internal/webpost"
	"monitord/checks"
	"monitord/internal/text"
)

// fits reports whether a text is one part, by counting as 3GPP TS 23.038 does.
func fits(s string) bool {
	if n, ok := septets(s); ok {
		return n <= 160
	}
	return units(s) <= 70
}

func TestTheAlphabetIsWhole(t *testing.T) {
	seen := map[rune]bool{}
	for _, r := range gsmAlphabet + gsmExtension {
		if seen[r] {
			t.Errorf("%q stands twice", r)
		}
		seen[r] = true
	}
	// 128 places without the escape; ten signs in the extension table.
	if len([]rune(gsmAlphabet)) != 127 || len([]rune(gsmExtension)) != 10 {
		t.Errorf("%d and %d signs", len([]rune(gsmAlphabet)), len([]rune(gsmExtension)))
	}
	for s, want := range map[string]int{"": 0, "abc": 3, "[x]": 5, "€": 2, "à la carte": 10, "@£$": 3} {
		if n, ok := septets(s); !ok || n != want {
			t.Errorf("%q: %d %v, want %d", s, n, ok, want)
		}
	}
	for _, s := range []string{"日", "ê", "`", "…", "😀"} {
		if _, ok := septets(s); ok {
			t.Errorf("%q is not in the alphabet", s)
		}
	}
	if units("日😀") != 3 {
		t.Errorf("%d units", units("日😀"))
	}
}

func TestAShortMessageIsShortenedByMeaning(t *testing.T) {
	base := notifytest.Problem("sms", phone)
	with := func(change func(*notify.Notification)) notify.Notification {
		n := base
		change(&n)
		return n
	}
	long := strings.Repeat("the connection to 192.0.2.20 port 5432 was refused ", 5)
	for name, c := range map[string]struct {
		n    notify.Notification
		link string
		want string
	}{
		"all of it":    {base, "https://m.example.net/a/xyz", "db1 sql CRIT 12m\nconnection refused\nhttps://m.example.net/a/xyz"},
		"no link":      {base, "", "db1 sql CRIT 12m\nconnection refused"},
		"long summary": {with(func(n *notify.Notification) { n.Notice.Summary = text.Verbatim(long) }), "https://m.example.net/a/xyz", "db1 sql CRIT 12m\nthe connection to 192.0.2.20 port 5432 was refused the connection to 192.0.2.20 port 5432 was refused the...\nhttps://m.example.net/a/xyz"},
		"long link": {with(func(n *notify.Notification) { n.Notice.Summary = text.Verbatim(long) }), "https://monitor.example.net/ack/" + strings.Repeat("x", 110),
			"db1 sql CRIT 12m\nthe connection to 192.0.2.20 port 5432 was refused the connection to 192.0.2.20 port 5432 was refused the connection to 192.0.2.20 port..."},
		"signs of typography": {with(func(n *notify.Notification) { n.Notice.Summary = text.Verbatim("load “high” – 93 % … 12 µs") }), "", "db1 sql CRIT 12m\nload \"high\" - 93 % ... 12 us"},
		"nothing said":        {with(func(n *notify.Notification) { n.Notice.Summary = text.Message{} }), "", "db1 sql CRIT 12m"},
		"Japanese":            {notifytest.Japanese(base), "https://m.example.net/a/xyz", "db1 sql 危険 12分\nconnection refused\nhttps://m.example.net/a/xyz"},
		"Japanese, long": {notifytest.Japanese(with(func(n *notify.Notification) {
			n.Notice.Summary = text.Verbatim("データベースへの接続が拒否されました。ポート5432で待ち受けているプロセスがありません。サービスの状態を確認してください。")
		})), "https://m.example.net/a/xyz", "db1 sql 危険 12分\nデータベースへの接続が拒否されました。ポート5432…\nhttps://m.example.net/a/xyz"},
		"recovery": {notifytest.Recovery("sms", phone), "https://m.example.net/a/xyz", "db1 sql OK 12m\nanswers again"},
		"long names": {with(func(n *notify.Notification) {
			n.Notice.Service = checks.Service{Host: "frontend-proxy-node-017.tokyo.example.net", Check: "filesystem", Item: "/var/lib/postgresql/15/main"}
		}), "", "fronten...ode-017 filesys...5/main] CRIT 12m\nconnection refused"},
	} {
		deps := notifytest.Deps()
		deps.AckLink = func(alerting.Message) string { return c.link }
		got := smsText(deps, c.n)
		if got != c.want || !fits(got) {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestAVoiceSaysSentences(t *testing.T) {
	n := notifytest.Problem("voice", phone)
	n.Notice.Summary = text.Verbatim(strings.Repeat("many words ", 50))
	got := spoken(notifytest.Deps(), n)
	if !strings.HasPrefix(got, "db1/sql is CRITICAL since Sun 22 Nov 03:00. many words") || notify.Width(got) > 200 || strings.Contains(got, "http") || strings.Contains(got, "…") {
		t.Error(got)
	}
	if got := spoken(notifytest.Deps(), notifytest.Japanese(notifytest.Recovery("voice", phone))); got != "db1/sql は復旧しました。障害は12分34秒続きました。 answers again" {
		t.Error(got)
	}
}

func FuzzAShortMessageIsOnePart(f *testing.F) {
	f.Add("db1", "connection refused", "https://m.example.net/a", true)
	f.Add("受付サーバー", "日本語[]", "", false)
	f.Add("𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜𝒜", "{}{}{}{}\x00\xff\r\n😀", "x", true)
	url, asked := peer(f, 200, "")
	ch := channel(f, SMS(), Config{Post: webpost.Endpoint{URL: url}, JSON: `{"to":{{json .Number}},"text":{{json .Text}}}`, Query: map[string]string{"q": "{{.Text}}"}})
	f.Fuzz(func(t *testing.T, host, summary, link string, ja bool) {
		n := notifytest.Problem("sms", phone)
		n.Notice.Service, n.Notice.Summary = checks.Service{Host: host, Check: summary, Item: host}, text.Verbatim(summary)
		if ja {
			n = notifytest.Japanese(n)
		}
		deps := notifytest.Deps()
		deps.AckLink = func(alerting.Message) string { return link }
		if s := smsText(deps, n); !fits(s) || strings.Count(s, "\n") > 2 || strings.Contains(s, "\r") {
			t.Errorf("%q", s)
		}
		if _, err := ch.Send(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		request, body, _ := strings.Cut(asked(), " application/json ")
		var got map[string]string
		if err := json.Unmarshal([]byte(body), &got); err != nil || len(got) != 2 || got["to"] != phone || strings.Contains(request, "&") {
			t.Errorf("%s %s", request, body)
		}
	})
}
