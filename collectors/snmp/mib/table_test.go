package mib

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var addFile = flag.String("mib.add", "", "write a table of this MIB file's modules into table/")

// TestAddTable makes a built-in module of a MIB file:
// go test ./collectors/snmp/mib -run TestAddTable -mib.add FILE.
func TestAddTable(t *testing.T) {
	if *addFile == "" {
		t.Skip("no MIB file is named with -mib.add: not installed as a table")
	}
	raw, err := os.ReadFile(*addFile)
	if err != nil {
		t.Fatal(err)
	}
	modules, err := parseModules(*addFile, string(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range modules {
		var b bytes.Buffer
		writeTable(&b, m)
		if err := os.WriteFile(filepath.Join("table", m.name+".txt"), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTablesAreWrittenAsTheyAreRead(t *testing.T) {
	files, err := filepath.Glob("table/*.txt")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d tables, %v", len(files), err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		modules, err := parseTable(file, string(raw))
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for _, m := range modules {
			writeTable(&b, m)
		}
		if b.String() != string(raw) {
			t.Errorf("%s is not written as it is read", file)
		}
	}
	for text, want := range map[string]string{
		"x\t.1": "t:1: want @MODULE first", "@M\nx\ty": "t:2: place", "@M\n=T\tINTEGER{a=b}": "t:2: enumeration", "@M\nx\t.1\tOCTET-STRING#x": "t:2: size",
	} {
		if _, err := parseTable("t", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v; want %q", text, err, want)
		}
	}
}

// writeTable writes a module as parseTable reads it.
func writeTable(w io.Writer, m *module) {
	fmt.Fprintf(w, "@%s\n", m.name)
	names := make([]string, 0, len(m.types))
	for name := range m.types {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if s := m.types[name]; !strings.HasPrefix(s.name, "SEQUENCE") && s.name != "CHOICE" {
			fmt.Fprintf(w, "%s\n", strings.TrimRight("="+name+"\t"+s.text()+"\t"+s.hint, "\t"))
		}
	}
	for _, d := range m.defs {
		fmt.Fprintln(w, d.text())
	}
}

func (s *syntax) text() string {
	var b strings.Builder
	b.WriteString(s.name)
	if s.name == "" {
		b.WriteString(baseWords[s.base])
	}
	if s.fixed > 0 {
		fmt.Fprintf(&b, "#%d", s.fixed)
	}
	for i, e := range s.enums {
		b.WriteString([]string{"{", ","}[min(i, 1)])
		fmt.Fprintf(&b, "%s=%d", e.Name, e.Value)
	}
	if s.enums != nil {
		b.WriteByte('}')
	}
	return b.String()
}

func (d *definition) text() string {
	place := d.parent
	for _, sub := range d.subs {
		place += "." + strconv.FormatUint(uint64(sub), 10)
	}
	fields := []string{d.name, place}
	switch {
	case d.kind == KindNotification:
		fields = append(fields, "trap", strings.Join(d.objects, ","))
	case d.syntax == nil:
	case d.augments != "":
		fields = append(fields, "row", "+"+d.augments)
	case d.index != nil:
		var parts []string
		for _, p := range d.index {
			name := p.name
			if p.implied {
				name = "!" + name
			}
			parts = append(parts, name)
		}
		fields = append(fields, "row", strings.Join(parts, ","))
	case d.syntax.name == "SEQUENCE OF":
		fields = append(fields, "table")
	default:
		fields = append(fields, d.syntax.text(), d.units)
	}
	return strings.TrimRight(strings.Join(fields, "\t"), "\t")
}
