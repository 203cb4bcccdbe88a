package gateway

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/notifytest"
	"monitord/alerting/notify/internal/webpost"
	"monitord/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const phone = "+819012345678"

// peer is a gateway that answers so, and says what it was asked.
func peer(t testing.TB, status int, answer string) (url string, asked func() string) {
	t.Helper()
	requests := make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		requests <- strings.TrimSpace(r.Method + " " + r.URL.String() + " " + r.Header.Get("Content-Type") + " " + string(body))
		w.WriteHeader(status)
		io.WriteString(w, answer)
	}))
	t.Cleanup(s.Close)
	return s.URL, func() string { return <-requests }
}

func channel(t testing.TB, kind notify.Kind, c Config) notify.Channel {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	ch, err := kind.New(&c, notifytest.Deps())
	if err != nil || ch == nil {
		t.Fatal(ch, err)
	}
	return ch
}

func TestARequestIsWhatTheGatewayWants(t *testing.T) {
	key := map[string]config.Secret{"key": notifytest.Secret(t, "s&cret")}
	for name, c := range map[string]struct {
		config Config
		kind   notify.Kind
		want   string
	}{
		"query": {Config{Query: map[string]string{"to": "{{.Digits}}", "text": "{{.Text}}", "key": `{{secret "key"}}`}, Secrets: key}, SMS(),
			"GET /?key=s%26cret&text=db1+sql+CRIT+12m%0Aconnection+refused%0Ahttps%3A%2F%2Fmonitor.example.net%2Fack%2Fnoc%3Ft%3Da%26b%3D1&to=819012345678"},
		"form": {Config{Form: map[string]string{"to": "{{.Number}}", "say": "{{.Text}}", "lang": "{{.Language}}"}}, Voice(),
			"POST / application/x-www-form-urlencoded lang=en&say=db1%2Fsql+is+CRITICAL+since+Sun+22+Nov+03%3A00.+connection+refused&to=%2B819012345678"},
		"json": {Config{JSON: `{"to":{{json .Number}},"text":{{json .Text}},"id":{{json .ID}}}`, Method: "PUT"}, Voice(),
			`PUT / application/json {"to":"+819012345678","text":"db1/sql is CRITICAL since Sun 22 Nov 03:00. connection refused","id":"i1.problem1.abc.xyz"}`},
	} {
		url, asked := peer(t, 200, "queued")
		c.config.Post = webpost.Endpoint{URL: url}
		answer, err := channel(t, c.kind, c.config).Send(t.Context(), notifytest.Problem(c.kind.Name, phone))
		if err != nil || answer != "200 OK: queued" {
			t.Errorf("%s: %q %v", name, answer, err)
		}
		if got := asked(); got != c.want {
			t.Errorf("%s: got\n%s\nwant\n%s", name, got, c.want)
		}
	}
}

func TestTheAnswerDecides(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		answer string
		want   string
	}{
		"success":           {200, `{"status": "queued"}`, "taken"},
		"other":             {200, `{"status": "no credit"}`, "temporary"},
		"refused":           {200, `{"status": "queued", "code": "bad_number"}`, "permanent"},
		"status":            {400, `{"status": "queued"}`, "permanent"},
		"not now":           {503, ``, "temporary"},
		"too long to judge": {200, strings.Repeat("x", 100<<10), "in doubt"},
	} {
		url, _ := peer(t, c.status, c.answer)
		ch := channel(t, SMS(), Config{Post: webpost.Endpoint{URL: url}, Success: `"status": *"queued"`, Refused: `"bad_number"`})
		_, err := ch.Send(t.Context(), notifytest.Problem("sms", phone))
		if got := notifytest.Outcome(err); got != c.want {
			t.Errorf("%s: %s, want %s (%v)", name, got, c.want, err)
		}
	}
}

func TestNumbersAreInternational(t *testing.T) {
	for to, want := range map[string]bool{
		phone: true, "+12025550123": true, "+4930901820": true, "+1234567": true, "+123456789012345": true,
		"": false, "09012345678": false, "819012345678": false, "+0123456789": false, "+81 90 1234 5678": false, "+123456": false,
		"+1234567890123456": false, "+8190&to=1": false, "+819012345678\n": false, "+８１９０１２３４": false,
	} {
		if err := CheckNumber(to); (err == nil) != want {
			t.Errorf("%q: %v", to, err)
		}
	}
	url, _ := peer(t, 200, "")
	if _, err := channel(t, SMS(), Config{Post: webpost.Endpoint{URL: url}}).Send(t.Context(), notifytest.Problem("sms", "090")); notifytest.Outcome(err) != "permanent" {
		t.Errorf("%v", err)
	}
}

func TestFaultsOfTheSectionAreNamed(t *testing.T) {
	at := webpost.Endpoint{URL: "https://sms.example.net/"}
	for want, c := range map[string]Config{
		"url: is not protected":        {Post: webpost.Endpoint{URL: "http://sms.example.net/"}},
		"method: got \"DELETE\"":       {Post: at, Method: "DELETE"},
		"method: got GET, which has":   {Post: at, Method: "GET", Form: map[string]string{"a": "b"}},
		"json: stands beside form":     {Post: at, JSON: "{}", Form: map[string]string{"a": "b"}},
		"json: makes no valid JSON":    {Post: at, JSON: `{"text": "{{.Text}}"}`},
		"json: template:1":             {Post: at, JSON: `{{`},
		"form.to: template:1:2":        {Post: at, Form: map[string]string{"to": "{{.Phone}}"}},
		"query.key: template:1:2":      {Post: at, Query: map[string]string{"key": `{{secret "key"}}`}},
		"secrets.key: want {file":      {Post: at, Secrets: map[string]config.Secret{"key": {}}},
		"success: error parsing regex": {Post: at, Success: "("},
		"refused: error parsing regex": {Post: at, Refused: "("},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	for _, kind := range []notify.Kind{SMS(), Voice()} {
		if err := kind.Serves(&Config{}, phone); err == nil || !strings.Contains(err.Error(), "no section "+kind.Name) {
			t.Errorf("%v", err)
		}
		if ch, err := kind.New(kind.Target(), notifytest.Deps()); ch != nil || err != nil {
			t.Errorf("%v %v", ch, err)
		}
	}
	if SMS().Rings || !Voice().Rings {
		t.Error("a call wakes people, a short message does not")
	}
}

func TestTheSampleIsValid(t *testing.T) {
	var c struct {
		SMS   Config `yaml:"sms"`
		Voice Config `yaml:"voice"`
	}
	for name, sample := range map[string]string{
		"as it stands": Sample, "uncommented": notifytest.Uncommented(Sample, "secret_url", "form", "Where number and text go", "The other keys are those of sms.\n", "username", "password"),
	} {
		if err := config.DecodeBytes("sample.yaml", []byte(sample), &c); err != nil {
			t.Errorf("%s: %v\n%s", name, err, sample)
		}
	}
	if c.SMS.Success == "" || c.SMS.JSON == "" || c.Voice.Form["say"] == "" {
		t.Errorf("%+v", c)
	}
	for _, k := range []notify.Kind{SMS(), Voice()} {
		if !strings.Contains(k.Sample, "\n"+k.Name+":\n") || strings.Count(k.Sample, "url: https://") != 1 {
			t.Errorf("the sample of %s:\n%s", k.Name, k.Sample)
		}
	}
}
