package graphs

import "time"

// Picture is one drawing: what is drawn, not how. The zero value of each field
// is usable; layers without points are listed in the legend and not drawn.
type Picture struct {
	Title      string // in bold, top left
	Subtitle   string // beside the title: unit and source
	Start, End time.Time
	Zone       *time.Location // of the time axis; nil means UTC
	Unit       Unit           // of the left axis
	RightUnit  Unit           // of layers with Right set
	Max        float64        // upper end of the left axis at least; 0 means from the data
	Layers     []Layer        // drawn in this order; stacks from the bottom up
	Thresholds []Threshold
	Events     []Event
	Share      float64       // what is 100 % in the legend, whose figures then carry their share; 0: none
	NoMin      bool          // the legend leaves out the smallest value
	Bands      []Band        // what is normal, behind the layers
	Cones      []Cone        // forecasts; End is then in the future
	Now        time.Time     // where the known ends; zero: no line
	Gap        time.Duration // points further apart than this have a gap between them; 0: 3 × the median step
	Theme      Theme
	Words      Words
	Fonts      *Fonts // of PNG; nil means the built-in ones
}

// Layer is one series of a picture.
type Layer struct {
	Name   string
	Kind   Kind
	Color  int  // 1 … 6: the series colours s1 … s6; 0: the next that is free
	Right  bool // on the right axis
	Points []Point
	// Figures are what the legend says where it knows better than the points, which
	// may be averages of what was measured; nil: they come from the points.
	Figures *Figures
}

// Figures are a layer's figures in the legend; NaN is one that is not known.
type Figures struct{ Current, Min, Avg, Max float64 }

// Point is one value of a series; NaN is a gap.
type Point struct {
	At    time.Time
	Value float64
}

// Kind says how a layer is drawn.
type Kind int

// The kinds of layer.
const (
	Line  Kind = iota // 1.5 px, round joins
	Area              // a line with a light area under it
	Stack             // filled on top of the stack layers before it
	Faint             // as Stack, in a lighter fill: the least interesting layer
	In                // MRTG's "in": a full green area
)

// Threshold is a dashed line with its label at the left.
type Threshold struct {
	Value  float64
	Label  string
	Severe bool // in the colour of CRITICAL instead of WARNING
	// More follows the label where there is room for both.
	More string
	// At is when the value is expected to be reached: a mark on the line. Zero: none.
	At time.Time
	// From and To are between when it probably is: a bar on the line. Zero: none.
	From, To time.Time
}

// Event is a mark in the lane above the plot, with a dotted line down.
type Event struct {
	At   time.Time
	End  time.Time // zero: a moment; otherwise a bar in the lane, such as a downtime
	Kind EventKind
	// Severe draws an onset in the colour of CRITICAL instead of WARNING.
	Severe bool
	Name   string // for hover and screen readers
	Label  string // written beside the mark, where there is room
}

// EventKind is the shape of an event's mark.
type EventKind int

// The kinds of event.
const (
	EventCritical EventKind = iota
	EventWarning
	EventUnknown
	EventMissed
	EventOK
	EventDowntime
	EventNote // a reboot, a deployment, a job
	EventLog
	EventOnset // where something began: with an End, what lasted until then is shaded
)

// Unit says how the values of an axis are written.
type Unit int

// The units. Values are base units: a share of 1 for percent, bytes, bits per
// second, seconds.
const (
	Number Unit = iota
	Percent
	Bytes
	BytesPerSecond
	BitsPerSecond
	PerSecond
	Seconds
)

// Theme is light or dark.
type Theme int

// The themes.
const (
	Light Theme = iota
	Dark
)

// Words are the words on a picture, in the reader's language.
type Words struct {
	Current, Min, Avg, Max string
	Right                  string // "(right)"
	Normal, Forecast       string // what bands and cones are
	NoData                 string // written in the plot when there is nothing to draw
	// Day formats a day's label on the time axis, such as "Sun 22 Nov"; nil means that.
	Day func(time.Time) string
	// Month formats a month's label on longer axes, such as "Nov 2026"; nil means that.
	Month func(time.Time) string
}
