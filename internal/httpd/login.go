package httpd

import (
	"html/template"
	"net/http"
	"strings"
	"sync"
	"time"

	"monitord/internal/logkeys"
	"monitord/internal/text"
)

// linkLife is how long a login link is good, unless it is used before.
const linkLife = 15 * time.Minute

// maxLinks bounds the links not yet used; the oldest gives way.
const maxLinks = 16

// links are the one-time tokens not yet used, by hash. They live in memory: a
// restart makes a new link.
type links struct {
	mu     sync.Mutex
	hashes []string
	ends   map[string]time.Time
}

func newLinks() *links { return &links{ends: map[string]time.Time{}} }

// add keeps one more.
func (l *links) add(hash string, ends time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hashes, l.ends[hash] = append(l.hashes, hash), ends
	if len(l.hashes) > maxLinks {
		delete(l.ends, l.hashes[0])
		l.hashes = l.hashes[1:]
	}
}

// take uses a link up; false when there is none, or its time is over.
func (l *links) take(hash string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	ends, ok := l.ends[hash]
	delete(l.ends, hash)
	return ok && now.Before(ends)
}

// LoginLink makes a one-time link, good for 15 minutes, to be printed where
// only the operator sees it. Base is such as http://127.0.0.1:8460.
func (a *Auth) LoginLink(base string) string {
	secret := newSecret()
	a.links.add(hashOf(secret), a.deps.Now().Add(linkLife))
	return strings.TrimSuffix(base, "/") + "/login?token=" + secret
}

// operator is the user of a login link; accounts come later.
const operator = "operator"

var loginTemplate = template.Must(template.New("login").Parse(`<!doctype html>
<html lang="{{.Lang}}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body><main><h1>{{.Title}}</h1><p>{{.Text}}</p>
{{if .Token}}<form method="post" action="/login"><input type="hidden" name="token" value="{{.Token}}"><button>{{.Button}}</button></form>{{end}}
</main></body></html>
`))

type loginView struct {
	Lang                       text.Lang
	Title, Text, Button, Token string
}

// loginPage asks for one press of a button: a mail scanner or a browser that
// looks ahead must not use the link up.
func (a *Auth) loginPage(w http.ResponseWriter, r *http.Request) {
	token := r.URL.Query().Get("token")
	if len(token) != secretLength {
		token = ""
	}
	hint := text.M("httpd.login_hint")
	if token == "" {
		hint = text.M("httpd.login_no_token")
	}
	a.showLogin(w, r, http.StatusOK, hint, token)
}

// login exchanges the token for a session.
func (a *Auth) login(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
	token := r.PostFormValue("token")
	if len(token) != secretLength || !a.links.take(hashOf(token), a.deps.Now()) {
		a.showLogin(w, r, http.StatusForbidden, text.M("httpd.login_used"), "")
		return
	}
	if err := a.begin(w, r, operator); err != nil {
		a.logger.Error("session not stored", logkeys.Component, "httpd", logkeys.Err, err)
		http.Error(w, "internal error", http.StatusInternalServerError)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (a *Auth) showLogin(w http.ResponseWriter, r *http.Request, status int, hint text.Message, token string) {
	lang := languageOf(r)
	say := func(m text.Message) string { return a.deps.Text.Render(lang, nil, m) }
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	err := loginTemplate.Execute(w, loginView{lang, say(text.M("httpd.login_title")), say(hint), say(text.M("httpd.login_button")), token})
	if err != nil {
		a.logger.Debug("login page not sent", logkeys.Component, "httpd", logkeys.Err, err)
	}
}

// languageOf takes the first language of Accept-Language that we have.
func languageOf(r *http.Request) text.Lang {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		primary, _, _ := strings.Cut(strings.ToLower(tag), "-")
		if lang, err := text.ParseLang(primary); err == nil {
			return lang
		}
	}
	return text.English
}
