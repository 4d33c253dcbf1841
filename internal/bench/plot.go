package main

import (
	"fmt"
	"io"
	"strings"
)

// The picture has one panel for each kind of factor and number of people; in a panel, a group of bars for each number of callers.
const (
	panelWide, panelHigh = 300, 190
	marginLeft           = 60
	marginTop            = 60
	gapX, gapY           = 28, 52
)

// series is one colour of bars.
type series struct{ side, client, colour string }

func allSeries(p plan) []series {
	colours := map[string]string{
		floorSide + plainClient: "#9aa5b1", floorSide + autoPipeline: "#cbd2d9",
		registrySide + plainClient: "#1f6feb", registrySide + autoPipeline: "#79b8ff",
	}
	var list []series
	for _, client := range p.clients {
		for _, side := range p.sides {
			if colours[side+client] == "" {
				continue
			}
			list = append(list, series{side, client, colours[side+client]})
		}
	}
	return list
}

// draw writes the rates as SVG.
func draw(out io.Writer, p plan, list []pair) error {
	d := &drawing{plan: p, pairs: list, series: allSeries(p), top: 1}
	for _, r := range list {
		d.top = max(d.top, r.floor.fastest, r.registry.fastest)
	}
	wide := marginLeft + len(p.kinds)*(panelWide+gapX)
	high := marginTop + len(p.enrolled)*(panelHigh+gapY) + 8
	d.printf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11" role="img">`, wide, high)
	d.printf(`<title>Logins a second</title><rect width="%d" height="%d" fill="#fff"/>`, wide, high)
	d.legend()
	for row, enrolled := range p.enrolled {
		for column, kind := range p.kinds {
			d.panel(marginLeft+column*(panelWide+gapX), marginTop+row*(panelHigh+gapY), kind, enrolled)
		}
	}
	d.printf(`</svg>`)
	_, err := io.WriteString(out, d.b.String())
	return err
}

type drawing struct {
	plan   plan
	pairs  []pair
	series []series
	top    float64 // the highest rate
	b      strings.Builder
}

func (d *drawing) printf(format string, args ...any) { fmt.Fprintf(&d.b, format+"\n", args...) }

func (d *drawing) legend() {
	x := marginLeft
	for _, s := range d.series {
		d.printf(`<rect x="%d" y="14" width="12" height="12" fill="%s"/><text x="%d" y="24">%s, %s client</text>`, x, s.colour, x+17, s.side, s.client)
		x += 165
	}
}

func (d *drawing) panel(x, y int, kind string, enrolled int) {
	d.printf(`<text x="%d" y="%d" font-weight="bold">%s, %s people</text>`, x, y-6, kind, thousands(enrolled))
	for i := range 5 { // lines at quarters of the highest rate
		rate := d.top * float64(i) / 4
		line := float64(y) + d.height(d.top-rate)
		d.printf(`<path d="M%d %.1fh%d" stroke="#e4e7eb"/><text x="%d" y="%.1f" text-anchor="end" fill="#616e7c">%.0f</text>`, x, line, panelWide, x-4, line+4, rate)
	}
	group := panelWide / len(d.plan.callers)
	bar := float64(group-16) / float64(len(d.series))
	for i, callers := range d.plan.callers {
		left := float64(x + i*group + 8)
		for j, s := range d.series {
			if r, ok := d.find(kind, s, enrolled, callers); ok {
				d.bar(left+float64(j)*bar, float64(y), bar-2, s.colour, r)
			}
		}
		d.printf(`<text x="%.1f" y="%d" text-anchor="middle">%d callers</text>`, left+float64(group-16)/2, y+panelHigh+14, callers)
	}
}

// bar is the median, with a line from the slowest to the fastest round.
func (d *drawing) bar(x, y, wide float64, colour string, s summary) {
	d.printf(`<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, x, y+d.height(d.top-s.rate), wide, d.height(s.rate), colour)
	d.printf(`<path d="M%.1f %.1fV%.1f" stroke="#323f4b"/>`, x+wide/2, y+d.height(d.top-s.slowest), y+d.height(d.top-s.fastest))
}

func (d *drawing) height(rate float64) float64 { return rate / d.top * panelHigh }

func (d *drawing) find(kind string, s series, enrolled, callers int) (summary, bool) {
	want := cell{enrolled: enrolled, callers: callers, kind: kind, client: s.client, side: s.side}
	for _, p := range d.pairs {
		for _, got := range []summary{p.floor, p.registry} {
			if got.cell == want {
				return got, true
			}
		}
	}
	return summary{}, false
}
