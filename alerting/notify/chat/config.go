package chat

import (
	_ "embed"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strings"

	"monitord/alerting/notify"
	"monitord/alerting/notify/internal/webpost"
	"monitord/internal/config"
)

// Sample is the part of the configuration file that this channel reads: every
// option, commented, with its default.
//
//go:embed sample.yaml
var Sample string

// Config is the section chat: rooms by name.
type Config map[string]Room

// Room is where an incoming webhook writes.
type Room struct {
	Shape string           `yaml:"shape"` // a key of shapes
	Post  webpost.Endpoint `yaml:",inline"`
}

// DefaultConfig has no room.
func DefaultConfig() Config { return Config{} }

// Validate checks the names.
func (c Config) Validate() error { return notify.NamesValid(c) }

// Validate reports every fault; it touches neither network nor files.
func (r *Room) Validate() error {
	faults := []error{r.Post.Validate()}
	if _, ok := shapes()[r.Shape]; !ok {
		faults = append(faults, config.Faultf("shape", "got %q; want one of %s", r.Shape, strings.Join(slices.Sorted(maps.Keys(shapes())), ", ")))
	}
	// Whoever has the URL of an incoming webhook can write to the room.
	if u, err := url.Parse(r.Post.URL); r.Post.URL != "" && err == nil && u.Scheme == "https" {
		faults = append(faults, config.Faultf("url", "is itself a secret; want secret_url: {file: PATH}, a file with the URL"))
	}
	return errors.Join(faults...)
}
