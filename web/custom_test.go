package web_test

import (
	"context"
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/cofactor-mfa/cofactor/catalogue"
	"github.com/cofactor-mfa/cofactor/provider"
	"github.com/cofactor-mfa/cofactor/provider/backup"
	"github.com/cofactor-mfa/cofactor/web"
)

// grid is a provider of somebody's own: it shows a cell of a printed card, and wants what is written there.
type grid struct{}

type cell struct {
	Name string `json:"cell"`
}

func (grid) Info() provider.Info {
	return provider.Info{Kind: "grid", Class: provider.Possession}
}

func (grid) SetupHook(context.Context, provider.SetupRequest) (provider.Prompt, error) {
	return provider.Prompt{Public: cell{"A1"}, Private: []byte("A1")}, nil
}

func (grid) SetupVerify(_ context.Context, _ provider.SetupRequest, ans provider.Answer) (provider.Enrollment, error) {
	if code, err := ans.Text(); err != nil || code != "blue" {
		return provider.Enrollment{}, provider.ErrRejected
	}
	return provider.Enrollment{Data: []byte{1}, Label: "Grid card"}, nil
}

func (grid) LoginHook(context.Context, provider.LoginRequest) (provider.Prompt, error) {
	return provider.Prompt{Public: cell{"B2"}, Private: []byte("B2")}, nil
}

func (grid) LoginVerify(_ context.Context, req provider.LoginRequest, ans provider.Answer) (provider.Match, error) {
	if code, err := ans.Text(); err != nil || code != "green" {
		return provider.Match{}, provider.ErrRejected
	}
	return provider.Match{FactorID: req.Factors[0].ID, Data: []byte{1}}, nil
}

// TestAKindOfOnesOwnHasPagesWithoutAnyCode is set up and used by the general pages, in general words.
func TestAKindOfOnesOwnHasPagesWithoutAnyCode(t *testing.T) {
	w := newWorld(t, optional, func(s *setting) { s.kit.Providers = []provider.MultiFactorProvider{grid{}} })
	tab := w.signedIn("/").get("/mfa/").within("Another method", "Set it up").wants("Set up another method")
	tab.press("Finish", "code", "red").says("That code isn't right.")
	tab.press("Finish", "code", "blue").wants("Sign-in security").says("Grid card")
	tab = w.signedIn("/there").wants("Confirm it's you").press("Use “Grid card”").wants("Enter your code").says("Enter the code for “Grid card”.")
	tab.press("Continue", "code", "green").wants("In: /there")
}

// TestAKindOfOnesOwnHasItsOwnWordsAndFragment is what docs/how-to/use-your-own-templates.md shows.
func TestAKindOfOnesOwnHasItsOwnWordsAndFragment(t *testing.T) {
	texts, err := catalogue.New(catalogue.Config{Languages: []string{"en"}, Files: []fs.FS{fstest.MapFS{
		"en.yaml": {Data: []byte("own:\n  kind:\n    grid:\n      name: Grid card\n      plain: grid card\n      about: A card with coloured cells.\n      add: Add a grid card\n      title: Add a grid card\n      label: Colour\n      hint: What is the colour of the cell?\n      setup-hint: What is the colour of the cell?\n      use: Use your grid card\n      begin: Use your grid card\n")},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	made, err := backup.New(backup.Config{})
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, optional, func(s *setting) {
		s.kit.Providers = []provider.MultiFactorProvider{grid{}, made}
		s.pages.Catalogue = texts
		s.pages.Kinds = []web.Kind{{Name: "grid", Icon: "codes", Rank: 25, Field: web.Letters, Sends: true, Fragment: "fragment-grid"}}
		s.pages.Templates = fstest.MapFS{"fragment-grid.html": {Data: []byte(`{{with .}}<p class="deed">Cell {{.Name}}</p>{{end}}`)}}
	})
	tab := w.signedIn("/").get("/mfa/").says("A card with coloured cells.").within("Grid card", "Add a grid card").wants("Add a grid card").says("Cell A1", "What is the colour")
	tab.press("Continue", "code", "blue").wants("Save your backup codes").press("Finish", "saved", "yes").wants("Sign-in security").says("Grid card")
	tab = w.signedIn("/there").wants("Confirm it's you").press("Use your grid card").says("Cell B2", "What is the colour")
	tab.press("Continue", "code", "green").wants("In: /there")
}
