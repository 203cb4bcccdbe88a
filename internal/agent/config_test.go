package agent_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"monitord/internal/agent"
)

func TestPluginsOfProbeYAML(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		"plugins: {dirs: [/usr/lib/x]}": "",
		"plugins: {dirs: [lib], users: {USER: a}}": "plugins.dirs",
		"plugins: {users: {USER300: a}}":           "plugins.users.USER300",
		"plugins: {concurrency: -1}":               "plugins.concurrency",
		"plugins: {dir: [/usr/lib/x]}":             "dir",
		"plugins: {file: /etc/passwd}":             "file",
	} {
		path := filepath.Join(t.TempDir(), agent.ConfigFile)
		if err := os.WriteFile(path, []byte("server: https://127.0.0.1:1\n"+text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cfg, err := agent.ReadConfig(path)
		switch {
		case want == "" && err != nil:
			t.Errorf("%q: %v", text, err)
		case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
			t.Errorf("%q: %v, want %q in it", text, err, want)
		case text == "" && len(cfg.Plugins.Dirs) != 0:
			t.Errorf("without the key, %v is allowed", cfg.Plugins.Dirs)
		}
	}
}

func TestWhatTheServerMayHaveFollowedIsAPathOrAWord(t *testing.T) {
	c := agent.DefaultConfig()
	c.Server = "https://127.0.0.1:8461"
	c.Logs.Allow = append(c.Logs.Allow, "/srv/*/log/**")
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	for _, bad := range []string{"var/log", "/var/log/", "/var/../etc/*", "journal", "/var/[", ""} {
		c.Logs.Allow = []string{"/var/log/**", bad}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "logs.allow[1]") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestFoldersOfMIBFilesAreAbsolute(t *testing.T) {
	c := agent.DefaultConfig()
	c.Server = "https://127.0.0.1:8461"
	c.SNMP.MIBs = []string{"/etc/monitord-probe/mibs", "mibs"}
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "snmp.mibs[1]") || strings.Contains(err.Error(), "snmp.mibs[0]") {
		t.Error(err)
	}
}
