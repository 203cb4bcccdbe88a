//go:build e2e

package e2e

import (
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"monitord/internal/testlogs"
)

// torturing is how long each of the six ways to rotate lasts: ten minutes in all.
const torturing = 100 * time.Second

// logRotation: 20,000 lines a second are written and rotated in six ways while
// the follower is killed and started again at random. No line is lost, none
// comes twice; what copytruncate itself destroys is counted.
func logRotation(t *testing.T) {
	follow := filepath.Join(t.TempDir(), "follow")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", follow, "monitord/internal/testlogs/follow").CombinedOutput(); err != nil {
		t.Fatalf("build the follower: %v\n%s", err, out)
	}
	for i, way := range testlogs.Ways() {
		got, err := testlogs.Torture{
			Follow: follow, Dir: t.TempDir(), Way: way, For: torturing, Rate: 20_000,
			Every: 2500 * time.Millisecond, Kill: 4 * time.Second, Seed: uint64(i), Log: t.Output(),
		}.Run(t.Context())
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		say(t, "%s: %s", way, got)
		if got.Lost > 0 || got.Doubled > 0 || got.Torn > 0 {
			t.Errorf("%s: %s", way, got)
		}
		if got.Kills < 5 || got.Rotations < 10 {
			t.Errorf("%s: %s; too little happened to show anything", way, got)
		}
	}
}
