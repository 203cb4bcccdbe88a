package webpost

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"monitord/alerting/notify"
	"monitord/internal/config"
	"monitord/internal/testnginx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func secret(t testing.TB, content string) config.Secret {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(content+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return config.Secret{File: path}
}

func do(t testing.TB, e Endpoint, r Request) (Answer, error) {
	t.Helper()
	if err := e.Validate(); err != nil {
		t.Fatal(err)
	}
	return New(e, nil).Do(t.Context(), r)
}

// kind says what the outbox will make of an error.
func kind(err error) string {
	_, permanent := errors.AsType[notify.Permanent](err)
	_, doubt := errors.AsType[notify.InDoubt](err)
	later, isLater := errors.AsType[notify.Later](err)
	switch {
	case err == nil:
		return "taken"
	case permanent:
		return "permanent"
	case doubt:
		return "in doubt"
	case isLater:
		return "later " + later.After.String()
	}
	return "temporary"
}

func TestEachStatusDecidesWhatBecomesOfTheMessage(t *testing.T) {
	for status, want := range map[int]string{
		200: "taken", 202: "taken", 204: "taken", 301: "permanent", 302: "permanent", 304: "permanent",
		400: "permanent", 401: "permanent", 403: "permanent", 404: "permanent", 410: "permanent", 413: "permanent", 422: "permanent",
		408: "temporary", 425: "temporary", 429: "temporary", 500: "temporary", 502: "temporary", 503: "temporary", 599: "temporary",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			if status != 204 && status != 304 {
				io.WriteString(w, "why\r\nso: \x1b[31mred")
			}
		}))
		answer, err := do(t, Endpoint{URL: server.URL}, Request{Body: []byte("x")})
		server.Close()
		if got := kind(err); got != want {
			t.Errorf("%d: %s, want %s (%v)", status, got, want, err)
		}
		if status == 200 && answer.String() != "200 OK: why so: [31mred" {
			t.Errorf("answer %q", answer.String())
		}
	}
}

func TestAPeerSaysWhenToComeAgain(t *testing.T) {
	now := time.Now().UTC()
	for value, want := range map[string]string{
		"30": "later 30s", "0": "temporary", "-1": "temporary", "soon": "temporary", "99999999999": "temporary",
		now.Add(90 * time.Second).Format(http.TimeFormat): "later 1m30s", now.Add(-time.Hour).Format(http.TimeFormat): "temporary",
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", now.Format(http.TimeFormat))
			w.Header().Set("Retry-After", value)
			w.WriteHeader(http.StatusTooManyRequests)
		}))
		_, err := do(t, Endpoint{URL: server.URL}, Request{})
		server.Close()
		if got := kind(err); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

// afterRequest behaves once the request is there: net/http complains loudly
// about who speaks before he is asked.
func afterRequest(behave testnginx.Behaviour) testnginx.Behaviour {
	return func(ctx context.Context, conn net.Conn) {
		r := bufio.NewReader(conn)
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err == nil {
			behave(ctx, conn)
		}
	}
}

// bad is a server like testnginx.Bad that leaves reading to its behaviour.
func bad(t *testing.T, behave testnginx.Behaviour) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		defer context.AfterFunc(ctx, func() { conn.Close() })()
		behave(ctx, conn)
	}()
	t.Cleanup(func() { cancel(); l.Close(); <-done })
	return "http://" + l.Addr().String()
}

func TestAMessageIsInDoubtOnceItWasWrittenAndNotAnswered(t *testing.T) {
	head := "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n"
	refusing, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing.Close()
	for name, c := range map[string]struct {
		behave testnginx.Behaviour
		want   string
	}{
		"closes after the request": {testnginx.Closing, "in doubt"},
		"never answers":            {testnginx.Silent, "in doubt"},
		"half a header":            {testnginx.Says("HTTP/1.1 200 OK\r\nContent-"), "in doubt"},
		"no HTTP":                  {testnginx.Says("220 mail ready\r\n"), "in doubt"},
		"endless header":           {testnginx.Endless("HTTP/1.1 200 OK\r\nX: "), "in doubt"},
		"half a body":              {testnginx.Says(head + "half"), "taken"},
		"a body that trickles":     {testnginx.Trickle(head, 50*time.Millisecond), "taken"},
		"an endless body":          {testnginx.Endless("HTTP/1.1 200 OK\r\n\r\n"), "taken"},
		"an endless refusal":       {testnginx.Endless("HTTP/1.1 403 Forbidden\r\n\r\n"), "permanent"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := bad(t, afterRequest(c.behave))
			start := time.Now()
			answer, err := do(t, Endpoint{URL: url, Timeout: time.Second}, Request{Body: []byte("message")})
			if got := kind(err); got != c.want {
				t.Errorf("%s, want %s (%v)", got, c.want, err)
			}
			if len(answer.Body) > maxAnswer || time.Since(start) > 3*time.Second {
				t.Errorf("%d bytes after %s", len(answer.Body), time.Since(start))
			}
		})
	}
	_, err = do(t, Endpoint{URL: "http://" + refusing.Addr().String()}, Request{})
	if got := kind(err); got != "temporary" {
		t.Errorf("refused: %s (%v)", got, err)
	}
}

// A peer that takes nothing leaves no doubt: the message was not written whole.
func TestAMessageThatWasNotWrittenWholeIsNotInDoubt(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // never accepts: the kernel's buffers fill up
	_, err = do(t, Endpoint{URL: "http://" + l.Addr().String(), Timeout: time.Second}, Request{Body: make([]byte, 64<<20)})
	if got := kind(err); got != "temporary" {
		t.Errorf("%s (%v)", got, err)
	}
}

func TestRedirectsStayOnTheHostAndKeepTheRequest(t *testing.T) {
	var got []string
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got = append(got, "other") }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, r.Method+" "+r.URL.Path+" "+string(body))
		to := map[string]struct {
			url    string
			status int
		}{"/308": {"/end", 308}, "/302": {"/end", 302}, "/out": {other.URL + "/token", 307}, "/loop": {"/loop", 307}}[r.URL.Path]
		if to.status != 0 {
			http.Redirect(w, r, to.url, to.status)
		}
	}))
	defer server.Close()
	for path, want := range map[string]struct{ kind, got string }{
		"/308":  {"taken", "POST /308 x, POST /end x"},
		"/302":  {"permanent", "POST /302 x"},
		"/out":  {"permanent", "POST /out x"},
		"/loop": {"permanent", "POST /loop x, POST /loop x, POST /loop x, POST /loop x"},
	} {
		got = nil
		_, err := do(t, Endpoint{URL: server.URL + path}, Request{Body: []byte("x")})
		if kind(err) != want.kind || strings.Join(got, ", ") != want.got {
			t.Errorf("%s: %s %v (%v)", path, kind(err), got, err)
		}
		if err != nil && strings.Contains(err.Error(), "token") {
			t.Errorf("%s: the error shows where to: %v", path, err)
		}
	}
}

func TestWhoWeAreIsSaidAndNeverShown(t *testing.T) {
	var got *http.Request
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got = r }))
	defer server.Close()
	e := Endpoint{SecretURL: secret(t, server.URL+"/hooks/T0KEN?a=1"), Token: secret(t, "bearer-secret"),
		Headers: map[string]string{"X-Team": "noc"}, SecretHeaders: map[string]config.Secret{"X-Key": secret(t, "key-secret")}}
	if _, err := do(t, e, Request{Query: url.Values{"wait": {"true"}}, ContentType: "text/plain", Body: []byte("x")}); err != nil {
		t.Fatal(err)
	}
	if got.URL.Path != "/hooks/T0KEN" || got.URL.RawQuery != "a=1&wait=true" || got.Header.Get("Authorization") != "Bearer bearer-secret" ||
		got.Header.Get("X-Team") != "noc" || got.Header.Get("X-Key") != "key-secret" || got.Header.Get("Content-Type") != "text/plain" {
		t.Errorf("%s %v", got.URL, got.Header)
	}
	server.Close()
	_, err := do(t, e, Request{})
	if err == nil || strings.Contains(err.Error(), "T0KEN") || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error is %v", err)
	}
	e.SecretHeaders["X-Key"] = secret(t, "two\nlines")
	if _, err := do(t, e, Request{}); err == nil || strings.Contains(err.Error(), "two") {
		t.Errorf("a secret of two lines: %v", err)
	}
	e.SecretURL = secret(t, "http://example.net/T0KEN")
	if _, err := do(t, e, Request{}); err == nil || strings.Contains(err.Error(), "T0KEN") || !strings.Contains(err.Error(), "secret_url is not protected") {
		t.Errorf("an unprotected secret URL: %v", err)
	}
}

func TestNginxTakesOnlyWhoKnowsItsCertificate(t *testing.T) {
	if testing.Short() {
		t.Skip("short: starts nginx")
	}
	good, other := testnginx.NewCert(t, 24*time.Hour), testnginx.NewCert(t, 24*time.Hour)
	server := testnginx.New(t, testnginx.Options{CertFile: good.CertFile, KeyFile: good.KeyFile, Extra: "client_max_body_size 1k;\n" +
		`location /hook { if ($http_authorization != "Basic bm9jOnB3") { return 401; } return 202 "queued\n"; }`})
	e := Endpoint{URL: fmt.Sprintf("https://localhost:%d/hook", server.Port), CAFile: good.CertFile, Username: "noc", Password: secret(t, "pw")}
	answer, err := do(t, e, Request{Body: []byte("x")})
	if err != nil || answer.String() != "202 Accepted: queued" {
		t.Errorf("%v %v", answer, err)
	}
	if _, err := do(t, e, Request{Body: make([]byte, 4<<10)}); kind(err) != "permanent" {
		t.Errorf("a body that is too large: %s (%v)", kind(err), err)
	}
	for name, change := range map[string]func(*Endpoint){
		"another authority": func(e *Endpoint) { e.CAFile = other.CertFile }, "the system's authorities": func(e *Endpoint) { e.CAFile = "" },
		"no file": func(e *Endpoint) { e.CAFile = "/nonexistent" }, "no certificate": func(e *Endpoint) { e.CAFile = good.KeyFile },
	} {
		bad := e
		change(&bad)
		if _, err := do(t, bad, Request{}); kind(err) != "temporary" {
			t.Errorf("%s: %s (%v)", name, kind(err), err)
		}
	}
}

func TestARequestGoesThroughAProxy(t *testing.T) {
	var asked string
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { asked = r.URL.String() }))
	defer proxy.Close()
	if _, err := do(t, Endpoint{URL: "http://127.0.0.1:1/hook", Proxy: proxy.URL}, Request{}); err != nil || asked != "http://127.0.0.1:1/hook" {
		t.Errorf("%q %v", asked, err)
	}
}

func TestFaultsOfAnEndpointAreNamed(t *testing.T) {
	file := config.Secret{File: "/f"}
	for want, e := range map[string]Endpoint{
		"url: is missing":                      {},
		"url: is not protected":                {URL: "http://example.net/x"},
		"url: is no URL":                       {URL: "https://"},
		"url: got scheme \"ftp\"":              {URL: "ftp://example.net"},
		"url: holds a password":                {URL: "https://a:b@example.net"},
		"secret_url: stands beside":            {URL: "https://example.net", SecretURL: file},
		"proxy: want":                          {URL: "https://example.net", Proxy: "socks5://p"},
		"timeout: got 1h0m0s":                  {URL: "https://example.net", Timeout: time.Hour},
		"headers.\"a b\": is no name":          {URL: "https://example.net", Headers: map[string]string{"a b": "x"}},
		"headers.X: holds what":                {URL: "https://example.net", Headers: map[string]string{"X": "a\r\nB: c"}},
		"headers.content-length: is set":       {URL: "https://example.net", Headers: map[string]string{"content-length": "1"}},
		"secret_headers.X: want {file":         {URL: "https://example.net", SecretHeaders: map[string]config.Secret{"X": {}}},
		"username: is missing":                 {URL: "https://example.net", Password: file},
		"password: is missing":                 {URL: "https://example.net", Username: "a"},
		"token: stands beside":                 {URL: "https://example.net", Username: "a", Password: file, Token: file},
		"username: must not hold a colon":      {URL: "https://example.net", Username: "a:b", Password: file},
		"secret_headers.Webhook-Id: is set by": {URL: "https://example.net", SecretHeaders: map[string]config.Secret{"Webhook-Id": file}},
	} {
		if err := e.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, good := range []string{"https://example.net/a?b=c", "http://127.0.0.1:8080/", "http://[::1]/", "http://localhost/x"} {
		if err := (&Endpoint{URL: good}).Validate(); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}
