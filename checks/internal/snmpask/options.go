package snmpask

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"monitord/collectors/snmp"
	"monitord/internal/config"
)

// Options is how an agent is asked, and which rows count. Kinds of check embed
// it.
type Options struct {
	Port int `yaml:"port"`
	// Credentials is a file with the keys of snmp.Credentials.
	Credentials config.Secret `yaml:"credentials"`
	// Community is a file that holds a community of Version, where no Credentials
	// are given.
	Community      config.Secret `yaml:"community"`
	Version        snmp.Version  `yaml:"version"`
	TryFor         time.Duration `yaml:"try_for"` // how long the first attempt of a request waits
	Retries        int           `yaml:"retries"`
	MaxRepetitions int           `yaml:"max_repetitions"`
	AnySource      bool          `yaml:"any_source"` // answers may come from another address
	// Only and Except choose rows by name: regular expressions (RE2) for the whole
	// name. None of Only is all.
	Only   []string `yaml:"only"`
	Except []string `yaml:"except"`
}

// DefaultOptions is v2c on port 161, an attempt a second and two more.
func DefaultOptions() Options {
	return Options{Port: snmp.DefaultPort, Version: snmp.V2c, TryFor: time.Second, Retries: 2, MaxRepetitions: 25}
}

const maxPatterns = 1000

// Validate reports every fault.
func (o *Options) Validate() error {
	var faults []error
	fault := func(path, format string, args ...any) { faults = append(faults, config.Faultf(path, format, args...)) }
	if o.Port < 1 || o.Port > 65535 {
		fault("port", "got %d; want 1 to 65535", o.Port)
	}
	switch {
	case o.Credentials.IsZero() && o.Community.IsZero():
		fault("credentials", "it is missing (want {file: PATH}: a file with version, community or user, and keys; or community: {file: PATH})")
	case !o.Credentials.IsZero() && !o.Community.IsZero():
		fault("community", "stands beside credentials, which name one (want one of the two)")
	case !o.Community.IsZero() && o.Version == snmp.V3:
		fault("version", "version 3 has users, no communities (want credentials: {file: PATH})")
	}
	if o.TryFor <= 0 || o.TryFor > time.Minute {
		fault("try_for", "got %s; want more than 0s, at most 1m", o.TryFor)
	}
	if o.Retries < 0 || o.Retries > 10 {
		fault("retries", "got %d; want 0 to 10", o.Retries)
	}
	if o.MaxRepetitions < 1 || o.MaxRepetitions > 1000 {
		fault("max_repetitions", "got %d; want 1 to 1000", o.MaxRepetitions)
	}
	for key, list := range map[string][]string{"only": o.Only, "except": o.Except} {
		if len(list) > maxPatterns {
			fault(key, "got %d; want at most %d", len(list), maxPatterns)
			continue
		}
		for i, p := range list {
			if _, err := whole(p); err != nil {
				fault(config.IndexPath(key, i), "%v", err)
			}
		}
	}
	return errors.Join(faults...)
}

// whole compiles an expression for a whole name.
func whole(p string) (*regexp.Regexp, error) { return regexp.Compile("^(?:" + p + ")$") }

// Matcher says whether a whole name matches one of the expressions.
func Matcher(patterns []string) (func(name string) bool, error) {
	list := make([]*regexp.Regexp, 0, len(patterns))
	for _, p := range patterns {
		re, err := whole(p)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", p, err)
		}
		list = append(list, re)
	}
	return func(name string) bool {
		for _, re := range list {
			if re.MatchString(name) {
				return true
			}
		}
		return false
	}, nil
}

// device is whom to ask, at an address.
func (o *Options) device(address string) (snmp.Device, error) {
	d := snmp.DefaultDevice()
	d.Address, d.Port, d.Timeout, d.Retries = address, o.Port, o.TryFor, o.Retries
	d.MaxRepetitions, d.AnySource = o.MaxRepetitions, o.AnySource
	if !o.Credentials.IsZero() {
		c, err := snmp.LoadCredentials(o.Credentials)
		d.Credentials = c
		return d, err
	}
	word, err := o.Community.Read()
	d.Credentials = snmp.Credentials{Version: o.Version, Community: snmp.Word(strings.TrimSpace(word))}
	if err == nil {
		err = d.Credentials.Validate()
	}
	return d, err
}
