package chat

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/notifytest"
	"monitord/alerting/notify/internal/webpost"
	"monitord/internal/config"
)

var update = flag.Bool("update", false, "rewrite the files of testdata")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// posted is what a chat system gets of a notification.
func posted(t testing.TB, name string, n notify.Notification) []byte {
	t.Helper()
	b, err := json.Marshal(shapes()[name].compose(newCard(notifytest.Deps(), n)))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestWhatEachSystemGets(t *testing.T) {
	broken := notifytest.Problem("chat", "x")
	broken.Broken, broken.Repeat = errors.New("disk is full"), true
	for shape := range shapes() {
		for name, n := range map[string]notify.Notification{
			"problem-en": notifytest.Problem("chat", "x"), "recovery-ja": notifytest.Japanese(notifytest.Recovery("chat", "x")), "broken-ja": notifytest.Japanese(broken),
		} {
			var got bytes.Buffer
			if err := json.Indent(&got, posted(t, shape, n), "", " "); err != nil {
				t.Fatal(err)
			}
			got.WriteByte('\n')
			path := filepath.Join("testdata", shape+"-"+name+".json")
			if *update {
				if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(got.Bytes(), want) {
				t.Errorf("%s: %v: got\n%s", path, err, &got)
			}
		}
	}
}

func TestAMessageIsPostedToItsRoom(t *testing.T) {
	var asked *http.Request
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r
		body, _ = io.ReadAll(r.Body)
		io.WriteString(w, "ok")
	}))
	defer server.Close()
	for shape, query := range map[string]string{"slack": "k=1", "teams": "k=1", "mattermost": "k=1", "discord": "k=1&wait=true", "google": "k=1&messageReplyOption=REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD"} {
		r := Room{Shape: shape, Post: webpost.Endpoint{SecretURL: notifytest.Secret(t, server.URL+"/hook?k=1")}}
		if err := r.Validate(); err != nil {
			t.Fatal(err)
		}
		answer, err := New(Config{"x": r}, notifytest.Deps()).Send(t.Context(), notifytest.Problem("chat", "x"))
		if err != nil || answer != "200 OK: ok" || asked.URL.RawQuery != query || asked.Header.Get("Content-Type") != "application/json" || !json.Valid(body) {
			t.Errorf("%s: %q %v %s", shape, answer, err, asked.URL)
		}
	}
}

func TestWhatASystemAnswersDecides(t *testing.T) {
	for status, want := range map[int]string{200: "taken", 202: "taken", 204: "taken", 404: "permanent", 410: "permanent", 429: "temporary", 500: "temporary"} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		r := Room{Shape: "teams", Post: webpost.Endpoint{URL: server.URL}}
		_, err := New(Config{"x": r}, notifytest.Deps()).Send(t.Context(), notifytest.Problem("chat", "x"))
		server.Close()
		if got := notifytest.Outcome(err); got != want {
			t.Errorf("%d: %s, want %s", status, got, want)
		}
	}
	if _, err := New(Config{}, notifytest.Deps()).Send(t.Context(), notifytest.Problem("chat", "x")); notifytest.Outcome(err) != "temporary" || !strings.Contains(err.Error(), "section chat") {
		t.Errorf("%v", err)
	}
}

func TestTheMessagesOfAnIncidentAreOneThreadWhereThatIsPossible(t *testing.T) {
	var a, b struct{ Thread struct{ ThreadKey string } }
	if err := json.Unmarshal(posted(t, "google", notifytest.Problem("chat", "x")), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(posted(t, "google", notifytest.Recovery("chat", "x")), &b); err != nil {
		t.Fatal(err)
	}
	if a.Thread.ThreadKey == "" || a != b {
		t.Errorf("%v %v", a, b)
	}
}

func TestFaultsOfTheSectionAreNamed(t *testing.T) {
	file := webpost.Endpoint{SecretURL: config.Secret{File: "/f"}}
	for want, r := range map[string]Room{
		"shape: got \"\"; want one of discord, google, mattermost, slack, teams": {Post: file},
		"shape: got \"irc\"":      {Post: file, Shape: "irc"},
		"url: is missing":         {Shape: "slack"},
		"url: is itself a secret": {Shape: "slack", Post: webpost.Endpoint{URL: "https://hooks.example.net/services/T0/B0/x"}},
		"url: is not protected":   {Shape: "slack", Post: webpost.Endpoint{URL: "http://hooks.example.net/"}},
	} {
		if err := r.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if err := (&Room{Shape: "mattermost", Post: webpost.Endpoint{URL: "http://127.0.0.1:8065/hooks/x"}}).Validate(); err != nil {
		t.Error(err)
	}
	if err := Kind().Serves(&Config{"ops": {}}, "dev"); err == nil {
		t.Error("an unknown room passed the check")
	}
	if c, err := Kind().New(&Config{}, notifytest.Deps()); c != nil || err != nil {
		t.Errorf("%v %v", c, err)
	}
}

func TestTheSampleIsValid(t *testing.T) {
	var c struct {
		Chat Config `yaml:"chat"`
	}
	for _, sample := range []string{Sample, notifytest.Uncommented(Sample, "url", "username", "password")} {
		if err := config.DecodeBytes("sample.yaml", []byte(sample), &c); err != nil {
			t.Errorf("%v\n%s", err, sample)
		}
	}
	if c.Chat["ops"].Post.Timeout == 0 {
		t.Errorf("%+v", c)
	}
}
