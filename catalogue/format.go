package catalogue

import (
	"errors"
	"strings"
	"time"

	"golang.org/x/text/message"
	"golang.org/x/text/number"
)

// How a language writes days and times: layouts of package time, and the names of its months.
const (
	dateID   = "format.date"
	clockID  = "format.clock"
	monthsID = "format.months"
	january  = "January"
)

func (w *words) number(n int) string { return message.NewPrinter(w.numbers).Sprint(number.Decimal(n)) }

// date writes each part of the layout by itself, so that the name of a month is never taken for a layout.
func (w *words) date(t time.Time) string {
	before, after, named := strings.Cut(w.layout(dateID), january)
	if !named {
		return t.Format(before)
	}
	return t.Format(before) + w.months[t.Month()-1] + t.Format(after)
}

func (w *words) clock(t time.Time) string { return t.Format(w.layout(clockID)) }

func (w *words) layout(id string) string {
	s, _ := w.texts[id].plain()
	return s
}

// checkFormats tries the layouts: what they write must be the whole day, or the whole time, and nothing that would stay English.
func (w *words) checkFormats() []error {
	var faults []error
	at := time.Date(2034, time.November, 27, 21, 48, 0, 0, time.UTC)
	for id, whole := range map[string]time.Duration{dateID: 24 * time.Hour, clockID: time.Minute} {
		layout := w.layout(id)
		back, err := time.Parse(layout, at.Format(layout))
		exact := err == nil
		if id == dateID {
			exact = exact && back.Equal(at.Truncate(whole))
		} else {
			exact = exact && back.Hour() == at.Hour() && back.Minute() == at.Minute() && back.Year() == 0
		}
		short := strings.ReplaceAll(layout, january, "")
		if !exact || strings.Contains(short, "Jan") || strings.Contains(short, "Mon") || strings.Contains(short, "PM") {
			faults = append(faults, w.texts[id].fault(id, errors.New("is no layout of package time with day, month and year, or hour and minute, in numbers and January")))
		}
	}
	w.months = strings.Fields(w.layout(monthsID))
	if len(w.months) != 12 {
		faults = append(faults, w.texts[monthsID].fault(monthsID, errors.New("must be the names of the twelve months, each a word")))
	}
	return faults
}
