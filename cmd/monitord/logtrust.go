package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"monitord/internal/trusted"
)

// trustedProgram says what is wrong with a program that a rule names: others
// could change it, and would run what they like with our rights.
func trustedProgram(name string) error {
	path, err := programFile(name)
	if err != nil {
		return err
	}
	return trusted.Program(path)
}

// programFile is the file that is started: a name without a slash is looked for
// in PATH, as execvp(3) does.
func programFile(name string) (string, error) {
	if strings.Contains(name, "/") {
		return filepath.Abs(name)
	}
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		path := filepath.Join(dir, name)
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0 {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("%s: there is no such program in PATH (want its whole path)", name)
}
