package qrcode

import (
	"bytes"
	"fmt"
	"html"
	"image"
	"image/color"
	"image/png"
	"strings"
)

// PNG is the code as a picture of two colours.
func (c *Code) PNG() ([]byte, error) {
	side := c.side() * scale
	img := image.NewPaletted(image.Rect(0, 0, side, side), color.Palette{color.White, color.Black})
	for y := range side {
		for x := range side {
			if c.dark(x/scale, y/scale) {
				img.Pix[y*img.Stride+x] = 1
			}
		}
	}
	var b bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestCompression}
	if err := enc.Encode(&b, img); err != nil {
		return nil, fmt.Errorf("qrcode: %w", err)
	}
	return b.Bytes(), nil
}

// SVG is the code as an element for an HTML page, with a text for screen readers. It has no style, script or link, so no content
// security policy stops it, and the white behind it is part of it, so that a dark page does not swallow it.
func (c *Code) SVG(label string) string {
	var b strings.Builder
	n := c.side()
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="%s" width="%d" height="%d" viewBox="0 0 %d %d" shape-rendering="crispEdges">`,
		html.EscapeString(label), n*scale, n*scale, n, n)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="#fff"/><path fill="#000" d="`, n, n)
	for y := range n {
		for x := 0; x < n; x++ {
			from := x
			for c.dark(x, y) {
				x++
			}
			if x > from {
				fmt.Fprintf(&b, "M%d %dh%dv1H%dz", from, y, x-from, from)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String()
}

// Terminal is the code as text for a terminal, two rows of modules to a line. The colours are set, and to the fixed black and white of the
// 256-colour palette: with a terminal's own colours a dark theme would show the code inverted, which many cameras do not read,
// and a pale theme would show it too faint. Each line sets the colours and resets them, so that the screen around it stays as it was.
func (c *Code) Terminal() string {
	const blackOnWhite, reset = "\x1b[38;5;16;48;5;231m", "\x1b[0m"
	var b strings.Builder
	for y := 0; y < c.side(); y += 2 {
		b.WriteString(blackOnWhite)
		for x := range c.side() {
			b.WriteString(half(c.dark(x, y), c.dark(x, y+1)))
		}
		b.WriteString(reset + "\n")
	}
	return b.String()
}

// half is the character whose upper and lower halves are inked like this.
func half(upper, lower bool) string {
	switch {
	case upper && lower:
		return "█"
	case upper:
		return "▀"
	case lower:
		return "▄"
	}
	return " "
}
