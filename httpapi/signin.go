package httpapi

import "net/http"

// SignIn is Start and what is to be answered, for an application whose handler has nothing to add: a browser is sent to where After says, a program is told what
// Answer tells. What another site's page has sent signs nobody in: whoever is signed in as somebody else without noticing hands their secrets to that one.
func (h *Handler) SignIn(w http.ResponseWriter, r *http.Request, f First) {
	w.Header().Add("Vary", "Accept")
	if err := h.foreign.Check(r); err != nil {
		plainProblem(http.StatusForbidden, "The request comes from another site.").write(w, 0)
		return
	}
	if WantsPage(r) { // A page begins for itself; it could not go on with what was begun here.
		f.Begin = false
	}
	login, err := h.Start(w, r, f)
	if !WantsPage(r) {
		h.Answer(w, r, login, err)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		p := h.problem(r, f.User.Locale, err)
		http.Error(w, p.Detail, p.Status)
		return
	}
	http.Redirect(w, r, h.After(r, login), http.StatusSeeOther) //nolint:gosec // a page of the configuration; where it leads back to was checked
}
