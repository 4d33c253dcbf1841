// Package qrcode draws QR codes that carry secrets: in memory, without a request to anybody, and as markup that a strict content
// security policy lets through.
package qrcode

import (
	"errors"

	"rsc.io/qr"
)

const (
	maxText   = 2953 // bytes, the largest code at this level (ISO/IEC 18004 table 7, version 40-L)
	quietZone = 4    // modules of white around the code, which ISO/IEC 18004 section 6.3.8 demands
	scale     = 6    // pixels a module has
)

// ErrTooLong says that a text does not fit into the largest QR code.
var ErrTooLong = errors.New("qrcode: text too long")

// Code is a QR code.
type Code struct{ modules *qr.Code }

// Encode makes the code of a text of at most 2953 bytes. It uses the lowest level of error correction: screens are not torn or stained, and a code with
// fewer modules fits a terminal and is quicker to scan.
func Encode(text string) (*Code, error) {
	if len(text) > maxText {
		return nil, ErrTooLong
	}
	modules, err := qr.Encode(text, qr.L)
	if err != nil {
		return nil, ErrTooLong // The library fails for no other reason, and its errors may quote the text.
	}
	return &Code{modules: modules}, nil
}

// side is the width and the height in modules, with the quiet zone.
func (c *Code) side() int { return c.modules.Size + 2*quietZone }

// dark says whether the module in this place is black. Outside of the code all is white.
func (c *Code) dark(x, y int) bool { return c.modules.Black(x-quietZone, y-quietZone) }
