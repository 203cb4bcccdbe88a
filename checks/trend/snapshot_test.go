package trend

import (
	"errors"
	"testing"
	"unsafe"

	"monitord/checks/trend/trendgen"
)

func TestARestartForgetsNothing(t *testing.T) {
	p := trendgen.Burst(4)
	one, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	two, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range p.Times {
		if i%997 == 0 {
			b, err := two.Snapshot(nil)
			if err != nil {
				t.Fatal(err)
			}
			if two, err = New(DefaultConfig()); err != nil {
				t.Fatal(err)
			}
			if err := two.Restore(b); err != nil {
				t.Fatal(err)
			}
		}
		if a, b := one.Observe(at, p.Values[i]), two.Observe(at, p.Values[i]); a != b {
			t.Fatalf("at %v: %+v without a restart, %+v with", at, a, b)
		}
	}
}

// A detector is one allocation, and 10880 is one of the sizes that the allocator
// has; the next one is 12288.
func TestASeriesTakesElevenKilobytes(t *testing.T) {
	if n := unsafe.Sizeof(Detector{}); n > 10880 {
		t.Errorf("%d bytes, want at most 10880", n)
	}
	if n := Bytes(); n > 10880 {
		t.Errorf("a snapshot of %d bytes, want at most 10880", n)
	}
}

func TestADamagedSnapshotIsRefused(t *testing.T) {
	d, err := New(DefaultConfig())
	if err != nil {
		t.Fatal(err)
	}
	feed(t, d, 500, func(i int) float64 { return float64(i % 9) })
	good, err := d.Snapshot(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range [][]byte{nil, good[:len(good)-1], append([]byte{0}, good[1:]...), append(good[:200:200], good[199:len(good)-1]...)} {
		if err := d.Restore(b); !errors.Is(err, ErrSnapshot) {
			t.Errorf("%d bytes: %v", len(b), err)
		}
	}
	if err := d.Restore(good); err != nil {
		t.Errorf("the good one: %v", err)
	}
}

func FuzzRestore(f *testing.F) {
	d, err := New(DefaultConfig())
	if err != nil {
		f.Fatal(err)
	}
	b, err := d.Snapshot(nil)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		d, err := New(DefaultConfig())
		if err != nil {
			t.Fatal(err)
		}
		if len(b) == Bytes() { // what a checksum does not catch
			seal(b)
		}
		if d.Restore(b) == nil {
			feed(t, d, 50, func(i int) float64 { return float64(i) })
			d.Forecast(100)
		}
	})
}
