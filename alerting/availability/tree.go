package availability

import (
	"slices"

	"monitord/checks"
	"monitord/internal/config"
)

// Tree says what something that people use stands on.
type Tree struct {
	Name string
	Root *Node
}

// Kind says how the members of a node belong together.
type Kind uint8

// The kinds of node.
const (
	Leaf     Kind = iota // a service
	Series               // all members must be up
	Parallel             // one of them
	Needed               // Need of them
)

var kindNames = [...]string{"service", "series", "parallel", "need"}

// String is the kind as configuration and API write it.
func (k Kind) String() string { return kindNames[k] }

// Node is a service, or members that belong together. It is never changed once
// it was read.
type Node struct {
	Kind    Kind
	Service checks.Service // of a Leaf
	Need    int            // how many of Of must be up; 0 for a Leaf
	Of      []*Node        // at least one; nil for a Leaf

	place config.Place
	path  string
}

// Services lists the services below a node, each once, in the order written.
func (n *Node) Services() []checks.Service {
	var list []checks.Service
	n.walk(func(leaf *Node) {
		if !slices.Contains(list, leaf.Service) {
			list = append(list, leaf.Service)
		}
	})
	return list
}

func (n *Node) walk(visit func(leaf *Node)) {
	if n.Kind == Leaf {
		visit(n)
		return
	}
	for _, m := range n.Of {
		m.walk(visit)
	}
}

// repeated lists the services that stand below a node more than once: they are
// no independent events.
func (n *Node) repeated() []checks.Service {
	count := map[checks.Service]int{}
	var list []checks.Service
	n.walk(func(leaf *Node) {
		if count[leaf.Service]++; count[leaf.Service] == 2 {
			list = append(list, leaf.Service)
		}
	})
	return list
}

// Chance computes how available a node is from the availabilities of its
// services, taken as the chances of independent events; false when one of them
// is not known. A service that stands in several places is one event.
func (n *Node) Chance(of map[checks.Service]float64) (float64, bool) {
	known := true
	n.walk(func(leaf *Node) {
		_, ok := of[leaf.Service]
		known = known && ok
	})
	if !known {
		return 0, false
	}
	return n.given(of, n.repeated(), map[checks.Service]float64{}), true
}

// given takes the repeated services one after the other as certainly up and as
// certainly down, and weighs the outcomes (the law of total probability).
func (n *Node) given(of map[checks.Service]float64, repeated []checks.Service, sure map[checks.Service]float64) float64 {
	if len(repeated) == 0 {
		return n.chance(of, sure)
	}
	first, p := repeated[0], of[repeated[0]]
	sure[first] = 1
	up := n.given(of, repeated[1:], sure)
	sure[first] = 0
	down := n.given(of, repeated[1:], sure)
	delete(sure, first)
	return p*up + (1-p)*down
}

func (n *Node) chance(of, sure map[checks.Service]float64) float64 {
	if n.Kind == Leaf {
		if p, ok := sure[n.Service]; ok {
			return p
		}
		return of[n.Service]
	}
	// exactly[i] is the chance that i of the members so far are up.
	exactly := make([]float64, 1, len(n.Of)+1)
	exactly[0] = 1
	for _, m := range n.Of {
		p := m.chance(of, sure)
		exactly = append(exactly, 0)
		for i := len(exactly) - 1; i > 0; i-- {
			exactly[i] = exactly[i]*(1-p) + exactly[i-1]*p
		}
		exactly[0] *= 1 - p
	}
	// The shorter sum: 1−0.05² keeps more digits than the sum of what is left.
	fails, works := 0.0, 0.0
	for i, p := range exactly {
		if i < n.Need {
			fails += p
		} else {
			works += p
		}
	}
	if n.Need <= len(n.Of)/2 {
		return 1 - fails
	}
	return works
}
