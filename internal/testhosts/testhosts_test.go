package testhosts

import (
	"net"
	"testing"
)

func TestTheTwoSeeEachOtherAndNobodyElse(t *testing.T) {
	a, b := Pair(t)
	a.Do(func() {
		links, err := net.Interfaces()
		if err != nil || len(links) != 2 {
			t.Errorf("got %v, %v; want lo and link0", links, err)
		}
	})
	if !a.Has("10.99.0.1") || a.Has("10.99.0.2") || !b.Has("fd99::2") {
		t.Error("addresses are wrong")
	}
	listening := make(chan net.Listener, 1)
	b.Do(func() {
		l, err := net.Listen("tcp", "10.99.0.2:7")
		if err != nil {
			t.Error(err)
		}
		listening <- l
	})
	l := <-listening
	defer l.Close()
	a.Do(func() {
		c, err := net.Dial("tcp", "10.99.0.2:7")
		if err != nil {
			t.Error(err)
			return
		}
		c.Close()
	})
}
