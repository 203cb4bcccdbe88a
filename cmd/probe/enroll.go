package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"monitord/internal/agent"
)

// enrollFlags enrols this machine.
func enrollFlags(fs *flag.FlagSet) func(*env) error {
	server := fs.String("server", "", "`URL` at which the server listens for probes, https://HOST:PORT")
	tokenFile := fs.String("token-file", "", "`FILE` that holds the token of 'monitord probe add HOST', or - for standard input")
	dir := fs.String("dir", "/etc/monitord-probe", "`DIR` in which certificate, key, CA, probe.yaml and the spool live")
	return func(e *env) error {
		switch {
		case *server == "":
			return fmt.Errorf("%w: --server is missing", errUsage)
		case *tokenFile == "":
			return fmt.Errorf("%w: --token-file is missing", errUsage)
		}
		token, err := readToken(*tokenFile, e.stdin)
		if err != nil {
			return err
		}
		host, err := agent.Enroll(e.ctx, *server, token, *dir)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(e.stdout, "This machine is %s now. Next: probe run --config %s\n", host, filepath.Join(*dir, agent.ConfigFile))
		return err
	}
}

func readToken(path string, stdin io.Reader) (string, error) {
	in := stdin
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return "", fmt.Errorf("read token: %w", err)
		}
		defer func() { _ = f.Close() }() // only read
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, 4096))
	if err != nil {
		return "", fmt.Errorf("read token: %w", err)
	}
	return strings.TrimSpace(string(b)), nil
}
