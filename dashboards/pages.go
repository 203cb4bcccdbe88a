package dashboards

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"time"

	"monitord/internal/ratelimit"
	"monitord/internal/text"
)

// Pages serves every page. It is safe for concurrent use.
type Pages struct {
	Deps
	assets    *assets
	templates map[text.Lang]*template.Template
	hub       *hub
	sparks    sparkCache
	badLinks  *ratelimit.Limiter // of acknowledging, by peer
}

// New checks deps and reads the templates; it starts nothing.
func New(d Deps) (*Pages, error) {
	if d.Services == nil || d.Hosts == nil || d.Incidents == nil || d.History == nil || d.Events == nil ||
		d.Inventory == nil || d.QueryRange == nil || d.Query == nil || d.Now == nil || d.Text == nil ||
		d.Identity == nil || d.CSRF == nil || d.Logger == nil {
		return nil, errors.New("dashboards: a required field of Deps is not set")
	}
	if d.Beat == 0 {
		d.Beat = 10 * time.Second
	}
	if d.Draw == nil {
		d.Draw = draw
	}
	p := &Pages{Deps: d, assets: newAssets(fs.FS(dist)), templates: map[text.Lang]*template.Template{}, hub: newHub(d.Beat / 2),
		badLinks: ratelimit.New(tokenTries, tokenWindow, tokenPeers)}
	for _, lang := range text.Langs() {
		t, err := template.New("").Funcs(p.funcs(lang)).ParseFS(templateFiles, "templates/*.html")
		if err != nil {
			return nil, fmt.Errorf("dashboards: read templates: %w", err)
		}
		p.templates[lang] = t
	}
	return p, nil
}

// Run spreads change notices to the open pages until ctx ends.
func (p *Pages) Run(ctx context.Context) error {
	var changed <-chan struct{}
	if p.Changed != nil {
		changed = p.Changed(ctx)
	}
	return p.hub.run(ctx, changed)
}

// Handler answers every path of the pages, the pictures and the JSON API. The
// caller puts Host, Origin and login checks in front.
func (p *Pages) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", p.overview)
	mux.HandleFunc("GET /hosts", p.hosts)
	mux.HandleFunc("GET /hosts/{name}", p.host)
	mux.HandleFunc("GET /hosts/{name}/interfaces/{interface}", p.networkInterface)
	mux.HandleFunc("GET /hosts/{name}/services/{service}", p.service)
	mux.HandleFunc("GET /services", p.services)
	mux.HandleFunc("GET /incidents", p.incidents)
	mux.HandleFunc("GET /incidents/{id}", p.incident)
	mux.HandleFunc("POST /ack", p.acknowledge)
	mux.HandleFunc("POST /unack", p.unacknowledge)
	mux.HandleFunc("POST /logs/clear", p.clearLog)
	mux.HandleFunc("GET /ack/{token}", p.ackLink)
	mux.HandleFunc("POST /ack/{token}", p.ackByLink)
	mux.HandleFunc("GET /downtimes", p.downtimes)
	mux.HandleFunc("POST /downtimes", p.addDowntime)
	mux.HandleFunc("POST /downtimes/{id}/cancel", p.cancelDowntime)
	mux.HandleFunc("POST /check-now", p.checkNow)
	mux.HandleFunc("GET /availability", p.availability)
	mux.HandleFunc("GET /capacity", p.capacity)
	mux.HandleFunc("GET /actions", p.actions)
	mux.HandleFunc("POST /actions/freeze", p.freezeActions)
	mux.HandleFunc("POST /actions/rearm", p.rearmAction)
	mux.HandleFunc("POST /actions/{id}/approve", p.approveAction)
	mux.HandleFunc("GET /events", p.events)
	mux.HandleFunc("GET /logs", p.logs)
	mux.HandleFunc("GET /logs/search", p.logSearch)
	mux.HandleFunc("GET /wall", p.wall)
	mux.HandleFunc("GET /graph/service", p.serviceGraph)
	mux.HandleFunc("GET /graph/{host}/{file}", p.hostGraph)
	mux.HandleFunc("GET /api/monitord/services", p.apiServices)
	mux.HandleFunc("GET /api/monitord/hosts", p.apiHosts)
	mux.HandleFunc("GET /api/monitord/hosts/{name}/interfaces", p.apiInterfaces)
	mux.HandleFunc("GET /api/monitord/incidents", p.apiIncidents)
	mux.HandleFunc("GET /api/monitord/oncall", p.apiOnCall)
	mux.HandleFunc("GET /api/monitord/incidents/{id}", p.apiOneIncident)
	mux.HandleFunc("GET /api/monitord/events", p.apiEvents)
	mux.HandleFunc("GET /api/monitord/logs", p.apiLogs)
	mux.HandleFunc("POST /api/monitord/ack", p.apiAck)
	mux.HandleFunc("DELETE /api/monitord/ack", p.apiUnack)
	mux.HandleFunc("POST /api/monitord/logs/clear", p.apiClearLog)
	mux.HandleFunc("GET /api/monitord/downtimes", p.apiDowntimes)
	mux.HandleFunc("POST /api/monitord/downtimes", p.apiAddDowntime)
	mux.HandleFunc("DELETE /api/monitord/downtimes/{id}", p.apiCancelDowntime)
	mux.HandleFunc("GET /api/monitord/availability", p.apiAvailability)
	mux.HandleFunc("GET /api/monitord/capacity", p.apiCapacity)
	mux.HandleFunc("GET /api/monitord/actions", p.apiActions)
	mux.HandleFunc("POST /api/monitord/actions/{id}/approve", p.apiApprove)
	mux.HandleFunc("GET /api/monitord/actions/freeze", p.apiFrozen)
	mux.HandleFunc("POST /api/monitord/actions/freeze", p.apiFreeze)
	mux.HandleFunc("DELETE /api/monitord/actions/freeze", p.apiUnfreeze)
	mux.HandleFunc("GET /api/monitord/openapi.json", p.apiDescription)
	mux.HandleFunc("GET /api/monitord/stream", p.stream)
	mux.Handle("GET /assets/", p.assets)
	mux.HandleFunc("GET /", p.notFound)
	return secure(mux)
}

// contentPolicy lets nothing run that is not ours: names and log lines on these
// pages are written by strangers.
const contentPolicy = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		next.ServeHTTP(w, r)
	})
}
