package graphs

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestSamplesAreDrawn draws every sample in every theme, language and size; set
// GRAPHS_LOOK to a folder to keep the pictures and look at them.
func TestSamplesAreDrawn(t *testing.T) {
	dir := os.Getenv("GRAPHS_LOOK")
	if dir == "" {
		dir = t.TempDir()
	}
	for theme, tn := range []string{"light", "dark"} {
		for lang, ln := range []string{"en", "ja"} {
			for name, p := range samples(Theme(theme), lang == 1) {
				for _, size := range [][2]int{{600, 300}, {1200, 400}, {358, 190}} {
					file := filepath.Join(dir, fmt.Sprintf("%s-%s-%s-%d", name, tn, ln, size[0]))
					write(t, file+".png", p.PNG, size)
					write(t, file+".svg", p.SVG, size)
				}
			}
		}
	}
}

func write(t *testing.T, file string, draw func(io.Writer, int, int) error, size [2]int) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(draw(f, size[0], size[1]), f.Close()); err != nil {
		t.Fatal(err)
	}
}
