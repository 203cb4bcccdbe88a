// Package config reads YAML strictly and reports every fault at once, each as
// file:line:col: path.to.key: what is wrong, with the nearest known key.
//
// It knows no option of any feature: cmd hands it Section values, and each
// feature owns the struct that its section is decoded into.
package config
