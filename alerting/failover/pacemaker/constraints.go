package pacemaker

import (
	"encoding/xml"
	"fmt"
)

// parseConstraints reads `crm_resource --constraints --output-as=xml`: the IDs of
// the location constraints.
func parseConstraints(raw []byte) ([]string, error) {
	var doc struct {
		Locations []struct {
			ID string `xml:"id,attr"`
		} `xml:"constraints>rsc_location"`
	}
	if err := xml.Unmarshal(raw, &doc); err != nil {
		return nil, fmt.Errorf("crm_resource --constraints: %w", err)
	}
	ids := make([]string, len(doc.Locations))
	for i, l := range doc.Locations {
		ids[i] = l.ID
	}
	return ids, nil
}
