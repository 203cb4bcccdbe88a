package pacemaker

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// cluster is what crm_mon says, as far as we need it.
type cluster struct {
	Quorum      bool // a designated controller is there, and it has quorum
	Maintenance bool // the cluster moves nothing
	Nodes       []node
	Members     []member
}

// node is a machine of the cluster.
type node struct {
	Name        string `xml:"name,attr"`
	Online      bool   `xml:"online,attr"`
	Standby     bool   `xml:"standby,attr"`
	Maintenance bool   `xml:"maintenance,attr"`
	Pending     bool   `xml:"pending,attr"`
	Unclean     bool   `xml:"unclean,attr"`
	Running     int    `xml:"resources_running,attr"`
	Type        string `xml:"type,attr"` // member, remote, ping
}

// ready reports whether resources may run there.
func (n node) ready() bool {
	return n.Online && !n.Standby && !n.Maintenance && !n.Pending && !n.Unclean && n.Type != "ping"
}

// member is one primitive resource, or one instance of it.
type member struct {
	IDs     []string // its own ID and those of the groups and clones around it
	Role    string   // Started, Stopped, Promoted, Starting …
	Managed bool
	Blocked bool
	Nodes   []string // where it runs
}

// running reports whether it does; a starting or stopping one is under way.
func (m member) running() bool {
	return m.Role == "Started" || m.Role == "Promoted" || m.Role == "Master" || m.Role == "Unpromoted" || m.Role == "Slave"
}

var errNoCluster = errors.New("crm_mon says nothing about a cluster")

// parseMon reads crm_mon's XML.
func parseMon(raw []byte) (cluster, error) {
	var c cluster
	d := xml.NewDecoder(bytes.NewReader(raw))
	var path, ids []string // elements, and the IDs of those that hold resources
	seen := false
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return cluster{}, fmt.Errorf("crm_mon: %w", err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if path, err = append(path, t.Name.Local), nil; len(path) > maxDepth {
				return cluster{}, fmt.Errorf("crm_mon: more than %d elements inside one another", maxDepth)
			}
			switch t.Name.Local {
			case "current_dc":
				seen, c.Quorum = true, attr(t, "present") == "true" && attr(t, "with_quorum") == "true"
			case "cluster_options":
				c.Maintenance = attr(t, "maintenance-mode") == "true"
			case "group", "clone", "bundle", "replica", "resource":
				ids = append(ids, attr(t, "id"))
				if t.Name.Local == "resource" {
					c.Members = append(c.Members, member{IDs: slices.Clone(ids), Role: attr(t, "role"), Managed: attr(t, "managed") == "true", Blocked: attr(t, "blocked") == "true"})
				}
			case "node":
				if err := c.node(d, t, path); err != nil {
					return cluster{}, err
				}
				path = path[:len(path)-1] // it has read its own end
			}
		case xml.EndElement:
			path = path[:len(path)-1]
			switch t.Name.Local {
			case "group", "clone", "bundle", "replica", "resource":
				ids = ids[:len(ids)-1]
			}
		}
	}
	if !seen {
		return cluster{}, errNoCluster
	}
	return c, nil
}

// maxDepth is far beyond what crm_mon nests (a replica's resource in a bundle).
const maxDepth = 32

// node reads <node>: in <nodes> a machine, in <resource> where that runs.
func (c *cluster) node(d *xml.Decoder, t xml.StartElement, path []string) error {
	inside := ""
	if len(path) > 1 {
		inside = path[len(path)-2]
	}
	if inside == "nodes" {
		var n node
		if err := d.DecodeElement(&n, &t); err != nil {
			return fmt.Errorf("crm_mon: node: %w", err)
		}
		c.Nodes = append(c.Nodes, n)
		return nil
	}
	if last := len(c.Members) - 1; inside == "resource" && last >= 0 {
		c.Members[last].Nodes = append(c.Members[last].Nodes, attr(t, "name"))
	}
	return d.Skip()
}

func attr(t xml.StartElement, name string) string {
	for _, a := range t.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// find is a node by its name.
func (c cluster) find(name string) (node, bool) {
	i := slices.IndexFunc(c.Nodes, func(n node) bool { return n.Name == name })
	if i < 0 {
		return node{}, false
	}
	return c.Nodes[i], true
}

// place is where a resource or group runs.
type place struct {
	Known   bool     // there is such a resource
	Free    bool     // all of it is managed and not blocked
	Settled bool     // all of it runs
	Nodes   []string // sorted, each once
}

// place finds a resource or group by its ID.
func (c cluster) place(id string) place {
	p := place{Free: true, Settled: true}
	for _, m := range c.Members {
		if !slices.ContainsFunc(m.IDs, func(have string) bool { return have == id || strings.HasPrefix(have, id+":") }) {
			continue
		}
		p.Known = true
		p.Free = p.Free && m.Managed && !m.Blocked
		p.Settled = p.Settled && m.running() && len(m.Nodes) > 0
		p.Nodes = append(p.Nodes, m.Nodes...)
	}
	slices.Sort(p.Nodes)
	p.Nodes = slices.Compact(p.Nodes)
	p.Free, p.Settled = p.Known && p.Free, p.Known && p.Settled
	return p
}
