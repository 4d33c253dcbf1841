package web

import "html/template"

// icons are drawings of 24 by 24, in lines: parts of the page, so nothing is loaded for them. They say nothing that the words beside them do not.
var icons = map[string]string{ //nolint:gosec // drawings, one of which is called "passkey"
	"passkey": `<circle cx="9" cy="8" r="4"/><path d="M2 20c.6-4 3.4-6 7-6 1 0 2 .2 2.9.5"/><circle cx="18" cy="13" r="2.5"/><path d="M18 15.5V22l2-1.7M18 19l1.5-1"/>`,
	"app":     `<rect x="6" y="2" width="12" height="20" rx="2.5"/><path d="M12 8v3.5l2 1.5M11 18.5h2"/><circle cx="12" cy="11.5" r="4"/>`,
	"phone":   `<path d="M4 5.5A1.5 1.5 0 0 1 5.5 4h13A1.5 1.5 0 0 1 20 5.5v9a1.5 1.5 0 0 1-1.5 1.5H10l-4.5 4v-4A1.5 1.5 0 0 1 4 14.5z"/><path d="M8.5 10h.01M12 10h.01M15.5 10h.01"/>`,
	"mail":    `<rect x="3" y="5" width="18" height="14" rx="2"/><path d="m3.5 7 8.5 6 8.5-6"/>`,
	"codes":   `<path d="M6 3h9l4 4v14H6z"/><path d="M9 10h2M13.5 10h2M9 13.5h2M13.5 13.5h2M9 17h2M13.5 17h2"/>`,
	"key":     `<circle cx="8" cy="15" r="4.5"/><path d="m11.5 11.5 8-8M16 7l3 3M13.5 9.5l2 2"/>`,
	"shield":  `<path d="M12 3 5 5.5V11c0 4.5 2.9 8 7 10 4.1-2 7-5.5 7-10V5.5z"/><path d="m9 11.5 2.2 2.2L15 10"/>`,
	"browser": `<rect x="3" y="4.5" width="18" height="15" rx="2"/><path d="M3 9h18M6 6.8h.01M8.5 6.8h.01"/>`,
	"alert":   `<circle cx="12" cy="12" r="9"/><path d="M12 7.5V13M12 16.3h.01"/>`,
}

// icon draws one.
func icon(name string) template.HTML {
	body, ok := icons[name]
	if !ok {
		body = icons["key"]
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">` + body + `</svg>`) //nolint:gosec // drawings of ours
}
