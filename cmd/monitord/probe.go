package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"monitord/internal/pki"
)

// probeCmd groups the verbs about probes.
type probeCmd struct {
	Add  probeAddCmd  `cmd:"" help:"Print the one command that enrols a probe. Example: monitord probe add web1"`
	List probeListCmd `cmd:"" help:"List the hosts that have a probe."`
}

// dataFlag is the folder of the server's data, as `run` has it.
type dataFlag struct {
	Data string `default:"./var" help:"Data directory of the server." placeholder:"DIR"`
}

func (d dataFlag) pkiDir() string { return filepath.Join(d.Data, "pki") }

// probeAddCmd makes a token.
type probeAddCmd struct {
	dataFlag
	Host      string        `arg:"" help:"Name of the host that the probe will speak for."`
	Config    string        `help:"Configuration of the server: says where probes connect." placeholder:"FILE|DIR"`
	TTL       time.Duration `default:"24h" help:"How long the token can be used."`
	TokenOnly bool          `help:"Print the token alone, for scripts."`
}

// Run needs no running server: the token is a file below DATA/pki.
func (c probeAddCmd) Run(e *env) error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
	}
	authority, err := pki.Open(c.pkiDir(), time.Now)
	if err != nil {
		return err
	}
	token, err := authority.NewToken(c.Host, c.TTL)
	if err != nil {
		return err
	}
	if c.TokenOnly {
		_, err = fmt.Fprintln(e.stdout, token)
		return err
	}
	settings, err := loadSettings(c.Config)
	if err != nil {
		return err
	}
	fmt.Fprintf(e.stderr, "Run this on %s as root, within %s (the token works once):\n\n", c.Host, c.TTL)
	fmt.Fprintf(e.stdout, "echo %s | probe enroll --server %s --token-file - --dir /etc/monitord-probe && probe run --config /etc/monitord-probe/probe.yaml\n",
		token, settings.probesURL())
	if strings.HasPrefix(settings.Probes.Listen, "127.") {
		fmt.Fprintf(e.stderr, "\nNote: probes can connect from this machine only. For others, set `probes: {listen: \"0.0.0.0:8461\"}`; it is mutual TLS.\n")
	}
	return nil
}

// probeListCmd lists.
type probeListCmd struct {
	dataFlag
	JSON bool `help:"Print JSON."`
}

// Run reads the files below DATA/pki.
func (c probeListCmd) Run(e *env) error {
	authority, err := pki.Open(c.pkiDir(), time.Now)
	if err != nil {
		return err
	}
	probes, err := authority.Probes()
	if err != nil {
		return err
	}
	if c.JSON {
		return json.NewEncoder(e.stdout).Encode(probes)
	}
	for _, p := range probes {
		fmt.Fprintf(e.stdout, "%s\tcertificate until %s\n", p.Host, p.Expires.Format(time.DateOnly))
	}
	return nil
}
