// Package examples holds ready-made configurations. Tests keep them valid.
package examples

import _ "embed"

// Basic is a complete small configuration with a comment for every key: what
// `monitord config example` prints.
//
//go:embed basic.yaml
var Basic string
