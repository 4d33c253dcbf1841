package chromiumtest

import (
	"os"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// View is how a person has set up their screen.
type View struct {
	Width  int // of the window, in CSS pixels
	Height int
	Dark   bool
	Print  bool // as it would come out of a printer
}

// Look has the tab look like this from now on.
func (tab *Tab) Look(v View) {
	tab.t.Helper()
	call(tab, "set the window's size", emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: int64(v.Width), Height: int64(v.Height), DeviceScaleFactor: 1,
	})
	scheme, media := "light", ""
	if v.Dark {
		scheme = "dark"
	}
	if v.Print {
		media = "print"
	}
	call(tab, "set the colours", emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
}

// ScriptsOff has the tab run no script of a page any more. What tests evaluate still works.
func (tab *Tab) ScriptsOff() {
	tab.t.Helper()
	call(tab, "turn scripts off", emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
}

// Back goes back, as the browser's button does.
func (tab *Tab) Back() {
	tab.t.Helper()
	tab.do("go back", chromedp.NavigateBack())
}

// Press presses keys, whatever has the focus.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.do("press keys", chromedp.KeyEvent(keys))
}

// Picture is the whole page, as a PNG.
func (tab *Tab) Picture() []byte {
	tab.t.Helper()
	return run(tab, "take a picture", chromedp.FullScreenshot(100))
}

// PDF is the page as it is printed.
func (tab *Tab) PDF() []byte {
	tab.t.Helper()
	return run(tab, "print", chromedp.PrintToPDF())
}

// Save writes a picture of the whole page to a file, for people to look at.
func (tab *Tab) Save(path string) {
	tab.t.Helper()
	if err := os.WriteFile(path, tab.Picture(), 0o600); err != nil {
		tab.t.Fatal(err)
	}
}
