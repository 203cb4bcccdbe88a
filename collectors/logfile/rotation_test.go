package logfile_test

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"monitord/internal/testlogs"
)

// buildFollower builds the program that is killed.
func buildFollower(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "follow")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", bin, "monitord/internal/testlogs/follow").CombinedOutput(); err != nil {
		t.Fatalf("build the follower: %v\n%s", err, out)
	}
	return bin
}

// The long run of this is the story logs of internal/e2e.
func TestNoLineIsLostOrDoubledHoweverALogIsRotatedAndTheFollowerKilled(t *testing.T) {
	bin := buildFollower(t)
	for i, way := range testlogs.Ways() {
		t.Run(string(way), func(t *testing.T) {
			t.Parallel()
			got, err := testlogs.Torture{
				Follow: bin, Dir: t.TempDir(), Way: way, For: 3 * time.Second, Rate: 4000,
				Every: 400 * time.Millisecond, Kill: 700 * time.Millisecond, Seed: uint64(i), Log: t.Output(),
			}.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Log(got)
			if got.Lost > 0 || got.Doubled > 0 || got.Torn > 0 {
				t.Errorf("%s: %s", way, got)
			}
			if got.Rotations < 2 || got.Kills < 1 {
				t.Errorf("%s: %s; too little happened to show anything", way, got)
			}
		})
	}
}
