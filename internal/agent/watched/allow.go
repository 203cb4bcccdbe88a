package watched

import (
	"path/filepath"
	"slices"
	"strings"

	"monitord/internal/hostlogs"
)

// The words of an allow list that are no paths.
const (
	wordJournald = "journald"
	wordKernel   = "kernel"
)

// restrict takes away what is not allowed, and lists it.
func restrict(c hostlogs.Config, allow []string) (hostlogs.Config, []string) {
	var refused []string
	files := c.Follow.Files
	c.Follow.Files = nil
	for _, f := range files {
		switch {
		case !allows(allow, f.Path):
			refused = append(refused, f.Path)
		case f.Rotated != "" && !allows(allow, filepath.Join(f.Rotated, filepath.Base(f.Path))):
			refused = append(refused, f.Path+" (rotated: "+f.Rotated+")")
		default:
			c.Follow.Files = append(c.Follow.Files, f)
		}
	}
	if j := &c.Journald; j.Enabled && (!slices.Contains(allow, wordJournald) || j.Directory != "" && !allows(allow, filepath.Join(j.Directory, "x"))) {
		j.Enabled = false
		refused = append(refused, strings.TrimSpace(wordJournald+" "+j.Directory))
	}
	if c.Kernel.Enabled && !slices.Contains(allow, wordKernel) {
		c.Kernel.Enabled = false
		refused = append(refused, wordKernel)
	}
	return c, refused
}

// allows reports whether everything that a path or pattern may name is allowed.
func allows(allow []string, pattern string) bool {
	if !filepath.IsAbs(pattern) || pattern != filepath.Clean(pattern) {
		return false
	}
	return slices.ContainsFunc(allow, func(a string) bool {
		return filepath.IsAbs(a) && covers(strings.Split(a, "/"), strings.Split(pattern, "/"))
	})
}

// covers compares part by part.
func covers(allowed, asked []string) bool {
	if n := len(allowed); n > 0 && allowed[n-1] == "**" {
		if len(asked) < n {
			return false
		}
		allowed, asked = allowed[:n-1], asked[:n-1]
	}
	if len(allowed) != len(asked) {
		return false
	}
	for i, a := range allowed {
		if a == asked[i] || a == "*" {
			continue
		}
		if strings.ContainsAny(asked[i], `*?[\`) {
			return false // it may name more than a does
		}
		if ok, err := filepath.Match(a, asked[i]); !ok || err != nil {
			return false
		}
	}
	return true
}
