package webhook

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/notifytest"
	"monitord/alerting/notify/internal/webpost"
	"monitord/internal/config"
	"monitord/internal/testnginx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// request is what a receiver got.
type request struct {
	method string
	header http.Header
	body   string
}

// receiver keeps what it gets.
func receiver(t testing.TB) (url string, got func() request) {
	t.Helper()
	requests := make(chan request, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- request{r.Method, r.Header, string(body)}
	}))
	t.Cleanup(s.Close)
	return s.URL, func() request { return <-requests }
}

func channel(t testing.TB, e Endpoint) *Channel {
	t.Helper()
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	c, err := New(Config{"x": e}, notifytest.Deps())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func send(t testing.TB, e Endpoint, n notify.Notification) error {
	t.Helper()
	_, err := channel(t, e).Send(t.Context(), n)
	return err
}

func TestTheBodyIsAllThatIsKnown(t *testing.T) {
	url, got := receiver(t)
	for name, n := range map[string]notify.Notification{
		"problem": notifytest.Problem("webhook", "x"), "recovery-ja": notifytest.Japanese(notifytest.Recovery("webhook", "x")),
	} {
		if err := send(t, Endpoint{Post: webpost.Endpoint{URL: url}}, n); err != nil {
			t.Fatal(err)
		}
		r := got()
		if r.method != "POST" || r.header.Get("Content-Type") != "application/json" || r.header.Get("Webhook-Signature") != "" {
			t.Errorf("%s %v", r.method, r.header)
		}
		var have, want any
		if err := json.Unmarshal([]byte(r.body), &have); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Errorf("%s: %s\n%s", name, diff, r.body)
		}
	}
}

// TestOpensslFindsTheSameSignature recomputes it with a program that we did not
// write, from what a receiver has.
func TestOpensslFindsTheSameSignature(t *testing.T) {
	key := []byte("0123456789abcdef0123456789abcdef")
	old := []byte("abcdef0123456789abcdef0123456789")
	secrets := secretPrefix + base64.StdEncoding.EncodeToString(key) + "\n" + base64.StdEncoding.EncodeToString(old)
	url, got := receiver(t)
	if err := send(t, Endpoint{Post: webpost.Endpoint{URL: url}, SigningSecret: notifytest.Secret(t, secrets)}, notifytest.Problem("webhook", "x")); err != nil {
		t.Fatal(err)
	}
	r := got()
	signed := fmt.Sprintf("%s.%s.%s", r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp"), r.body)
	var want []string
	for _, k := range [][]byte{key, old} {
		cmd := exec.CommandContext(t.Context(), "openssl", "dgst", "-sha256", "-mac", "HMAC", "-macopt", "hexkey:"+hex.EncodeToString(k), "-binary")
		cmd.Stdin = strings.NewReader(signed)
		mac, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, "v1,"+base64.StdEncoding.EncodeToString(mac))
	}
	if have := r.header.Get("Webhook-Signature"); have != strings.Join(want, " ") {
		t.Errorf("got %s, want %s", have, want)
	}
	if strings.Contains(r.header.Get("Webhook-Id"), ".") || r.header.Get("Webhook-Timestamp") != fmt.Sprint(notifytest.Opened.Add(754*time.Second).Unix()) {
		t.Errorf("id %s, time %s", r.header.Get("Webhook-Id"), r.header.Get("Webhook-Timestamp"))
	}
}

func TestARepeatHasTheSameIdentity(t *testing.T) {
	url, got := receiver(t)
	e := Endpoint{Post: webpost.Endpoint{URL: url}}
	n := notifytest.Problem("webhook", "x")
	first, repeat := n, n
	repeat.Repeat = true
	for _, n := range []notify.Notification{first, repeat} {
		if err := send(t, e, n); err != nil {
			t.Fatal(err)
		}
	}
	a, b := got(), got()
	if id := a.header.Get("Idempotency-Key"); id == "" || id != b.header.Get("Idempotency-Key") || id != b.header.Get("Webhook-Id") {
		t.Errorf("%v %v", a.header, b.header)
	}
	if strings.Contains(a.body, `"repeat":true`) || !strings.Contains(b.body, `"repeat":true`) {
		t.Errorf("%s\n%s", a.body, b.body)
	}
}

func TestATemplateMakesTheBody(t *testing.T) {
	url, got := receiver(t)
	e := Endpoint{Post: webpost.Endpoint{URL: url}, Method: "PUT", Secrets: map[string]config.Secret{"token": notifytest.Secret(t, `s"3cret`)},
		Body: `{"title": {{json .Short}}, "open": {{eq .Kind "problem"}}, "token": {{json (secret "token")}}}`}
	if err := send(t, e, notifytest.Problem("webhook", "x")); err != nil {
		t.Fatal(err)
	}
	if r := got(); r.method != "PUT" || r.body != `{"title": "db1 sql CRIT 12m", "open": true, "token": "s\"3cret"}` {
		t.Errorf("%s %s", r.method, r.body)
	}
	e = Endpoint{Post: webpost.Endpoint{URL: url}, ContentType: "application/x-www-form-urlencoded", Body: `text={{urlquery .Summary}}`}
	if err := send(t, e, notifytest.Problem("webhook", "x")); err != nil {
		t.Fatal(err)
	}
	if r := got(); r.body != "text=connection+refused" || r.header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		t.Errorf("%v %s", r.header, r.body)
	}
	// What the check of the configuration cannot know is found before it is sent.
	e = Endpoint{Post: webpost.Endpoint{URL: url}, Body: `{"a": {{if eq .Language "ja"}}oops{{else}}1{{end}}}`}
	if err := send(t, e, notifytest.Japanese(notifytest.Problem("webhook", "x"))); notifytest.Outcome(err) != "permanent" || !strings.Contains(err.Error(), "valid JSON") {
		t.Errorf("%v", err)
	}
}

func TestFaultsOfTheSectionAreFoundWithoutTheNetwork(t *testing.T) {
	for want, e := range map[string]Endpoint{
		"url: is missing":                 {},
		"method: got \"GET\"":             {Method: "GET"},
		"content_type: got \"/\"":         {ContentType: "/"},
		"body: template:1: unclosed":      {Body: "{{.Summary"},
		"body: template:1:":               {Body: `{{template "x"}}`},
		"body: ":                          {Body: `{{.Nope}}`},
		"body: makes no valid JSON":       {Body: `{"s": "{{.Summary}}"}`},
		"error calling secret: no secret": {Body: `{{secret "x"}}`},
		"secrets.x: want {file":           {Secrets: map[string]config.Secret{"x": {}}},
		"body: makes no valid JSON of":    {ContentType: "application/cloudevents+json; charset=utf-8", Body: "{"},
	} {
		err := e.Validate()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := (Config{"a b": {}}).Validate(); err == nil {
		t.Error("a name with a blank was taken")
	}
}

func TestBadSigningSecretsAreNotShown(t *testing.T) {
	for content, want := range map[string]string{
		"": "empty", "whsec_!!secret!!": "no base64", base64.StdEncoding.EncodeToString([]byte("short")): "5 bytes; want 24",
	} {
		err := send(t, Endpoint{Post: webpost.Endpoint{URL: "http://127.0.0.1:1"}, SigningSecret: notifytest.Secret(t, content)}, notifytest.Problem("webhook", "x"))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret!!") || notifytest.Outcome(err) != "temporary" {
			t.Errorf("%q: %v", content, err)
		}
	}
}

func TestAnEndpointThatIsGoneWaits(t *testing.T) {
	n := notifytest.Problem("webhook", "other")
	if err := send(t, Endpoint{Post: webpost.Endpoint{URL: "http://127.0.0.1:1"}}, n); notifytest.Outcome(err) != "temporary" || !strings.Contains(err.Error(), "section webhook") {
		t.Errorf("%v", err)
	}
	kind := Kind()
	if err := kind.Serves(&Config{"x": {}}, "other"); err == nil || !strings.Contains(err.Error(), `got "other"; want x`) {
		t.Errorf("%v", err)
	}
	if err := kind.Serves(&Config{}, "x"); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("%v", err)
	}
	if c, err := kind.New(&Config{}, notifytest.Deps()); c != nil || err != nil {
		t.Errorf("%v %v", c, err)
	}
}

func TestNginxTakesAWebhook(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts nginx")
	}
	cert := testnginx.NewCert(t, 24*time.Hour)
	server := testnginx.New(t, testnginx.Options{CertFile: cert.CertFile, KeyFile: cert.KeyFile, Extra: `
		location /ok { if ($http_idempotency_key !~ "^msg_[a-z0-9_]+$") { return 400; } return 200 "got $http_webhook_timestamp\n"; }
		location /moved { return 301 https://elsewhere.example.net/; }
		location /busy { add_header Retry-After 30 always; return 503; }`})
	for path, want := range map[string]string{"/ok": "taken", "/moved": "permanent", "/busy": "temporary", "/none": "permanent"} {
		e := Endpoint{Post: webpost.Endpoint{URL: fmt.Sprintf("https://localhost:%d%s", server.Port, path), CAFile: cert.CertFile}}
		answer, err := channel(t, e).Send(t.Context(), notifytest.Problem("webhook", "x"))
		if got := notifytest.Outcome(err); got != want || want == "taken" && answer != fmt.Sprintf("200 OK: got %d", notifytest.Opened.Add(754*time.Second).Unix()) {
			t.Errorf("%s: %s, want %s (%q %v)", path, got, want, answer, err)
		}
	}
}

func TestTheSampleIsValid(t *testing.T) {
	var c struct {
		Webhook Config `yaml:"webhook"`
	}
	for name, sample := range map[string]string{"as it stands": Sample, "uncommented": notifytest.Uncommented(Sample, "secret_url", "username", "password")} {
		if err := config.DecodeBytes("sample.yaml", []byte(sample), &c); err != nil {
			t.Errorf("%s: %v\n%s", name, err, sample)
		}
	}
	if c.Webhook["tickets"].Body == "" || c.Webhook["tickets"].Post.Timeout == 0 {
		t.Errorf("%+v", c)
	}
}

func FuzzNoTextBreaksOutOfTheBody(f *testing.F) {
	f.Add("a\"}\r\nX-Evil: 1\r\n\r\n")
	f.Add("\x00\xff\u2028\u202e{{.}}<!channel>")
	url, got := receiver(f)
	plain := channel(f, Endpoint{Post: webpost.Endpoint{URL: url}})
	made := channel(f, Endpoint{Post: webpost.Endpoint{URL: url}, Body: `{"title": {{json .Subject}}, "text": {{json .Summary}}, "said": {{json .Evidence}}}`})
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []*Channel{plain, made} {
			if _, err := c.Send(t.Context(), notifytest.Hostile(notifytest.Problem("webhook", "x"), s)); err != nil {
				t.Fatal(err)
			}
			r := got()
			if !json.Valid([]byte(r.body)) || r.header.Get("X-Evil") != "" || len(r.header) != 7 {
				t.Errorf("%v\n%s", r.header, r.body)
			}
		}
	})
}
