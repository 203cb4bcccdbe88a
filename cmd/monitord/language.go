package main

import (
	"os"
	"strings"

	"monitord/internal/text"
)

// shellLanguage is the language of whoever runs a verb: that of the first of
// LC_ALL, LC_MESSAGES and LANG that is set, when we have it.
func shellLanguage() text.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, string(text.Japanese)) {
				return text.Japanese
			}
			return text.English
		}
	}
	return text.English
}
