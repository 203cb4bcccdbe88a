package sar

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteText writes one table as sar does: an empty line, the header line with
// the time of the interval's start, and a line per row with the time of its
// end. Without header only the rows are written.
func (t Table) WriteText(w io.Writer, from, to string, header bool) error {
	var b strings.Builder
	if header {
		fmt.Fprintf(&b, "\n%-11s", from)
		t.writeCells(&b, t.Columns)
	}
	for _, row := range t.Rows {
		fmt.Fprintf(&b, "%-11s", to)
		t.writeCells(&b, row)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// writeCells right-aligns cells as sar does: 9 wide, a CPU's name 7.
func (t Table) writeCells(b *strings.Builder, cells []string) {
	for i, c := range cells {
		width := 9
		if i == 0 && t.Columns[0] == "CPU" {
			width = 7
		}
		fmt.Fprintf(b, " %*s", width, c)
	}
	b.WriteByte('\n')
}

// PerItem reports whether the table has a row per device or processor; such a
// table repeats its header line for every interval.
func (t Table) PerItem() bool {
	switch t.Columns[0] {
	case "DEV", "IFACE":
		return true
	}
	return len(t.Rows) > 1
}

// MarshalJSON writes {"columns":[…],"rows":[{column:cell,…}]}, cells as strings.
func (t Table) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	columns, err := json.Marshal(t.Columns)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&b, `{"columns":%s,"rows":[`, columns)
	for i, row := range t.Rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('{')
		for j, cell := range row {
			if j > 0 {
				b.WriteByte(',')
			}
			key, _ := json.Marshal(t.Columns[j]) // a string always marshals
			value, _ := json.Marshal(cell)
			fmt.Fprintf(&b, "%s:%s", key, value)
		}
		b.WriteByte('}')
	}
	b.WriteString("]}")
	return b.Bytes(), nil
}
