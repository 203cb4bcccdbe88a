package dashboards

import (
	"net/http"
	"slices"
	"strings"

	"monitord/internal/text"
)

// chooseLang takes the language from ?lang= (and remembers it), the cookie,
// Accept-Language, or the configuration, in that order.
func chooseLang(w http.ResponseWriter, r *http.Request, fallback text.Lang) text.Lang {
	if l, err := text.ParseLang(r.URL.Query().Get("lang")); err == nil {
		remember(w, r, "lang", string(l))
		return l
	}
	if c, err := r.Cookie("lang"); err == nil {
		if l, err := text.ParseLang(c.Value); err == nil {
			return l
		}
	}
	if l, ok := acceptedLang(r.Header.Get("Accept-Language")); ok {
		return l
	}
	if fallback == "" {
		return text.English
	}
	return fallback
}

// acceptedLang is the first language of the list that we have. Browsers write
// the list in order of preference (RFC 9110 section 12.5.4), so weights that say
// otherwise are not worth the code.
func acceptedLang(header string) (text.Lang, bool) {
	for part := range strings.SplitSeq(header[:min(len(header), 400)], ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		tag, _, _ = strings.Cut(strings.ToLower(tag), "-")
		if l, err := text.ParseLang(tag); err == nil {
			return l, true
		}
	}
	return "", false
}

// chooseTheme takes the theme from ?theme= (and remembers it) or the cookie.
func chooseTheme(w http.ResponseWriter, r *http.Request) string {
	themes := []string{"system", "light", "dark"}
	if t := r.URL.Query().Get("theme"); slices.Contains(themes, t) {
		remember(w, r, "theme", t)
		return t
	}
	if c, err := r.Cookie("theme"); err == nil && slices.Contains(themes, c.Value) {
		return c.Value
	}
	return "system"
}

// remember keeps a choice of looks for a year; w is nil for pictures.
func remember(w http.ResponseWriter, r *http.Request, name, value string) {
	if w == nil {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: r.TLS != nil})
}
