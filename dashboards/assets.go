package dashboards

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"net/http"
)

// dist holds what `npm run build` made of web/src; before that only .keep, so
// that a fresh clone compiles.
//
//go:embed all:web/dist
var dist embed.FS

//go:embed templates/*.html
var templateFiles embed.FS

//go:embed openapi.json
var openAPI []byte

// assets serves the bundled script and style under names that change with
// their contents, so that browsers may keep them for ever.
type assets struct {
	files map[string]asset // by path
	Style string           // path; empty when the web part was not built
	Code  string
}

type asset struct {
	body []byte
	kind string
}

func newAssets(fsys fs.FS) *assets {
	a := &assets{files: map[string]asset{}}
	a.Style = a.add(fsys, "style.css", "text/css; charset=utf-8")
	a.Code = a.add(fsys, "app.js", "text/javascript; charset=utf-8")
	return a
}

func (a *assets) add(fsys fs.FS, name, kind string) string {
	body, err := fs.ReadFile(fsys, "web/dist/"+name)
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(body)
	path := "/assets/" + hex.EncodeToString(sum[:6]) + "/" + name
	a.files[path] = asset{body, kind}
	return path
}

// Built reports whether the web part is in this program.
func (a *assets) Built() bool { return a.Style != "" && a.Code != "" }

func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f, ok := a.files[r.URL.Path]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	w.Write(f.body)
}
