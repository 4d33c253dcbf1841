package catalogue_test

import (
	"fmt"
	"io/fs"
	"testing/fstest"

	"github.com/cofactor-mfa/cofactor/catalogue"
)

// A deployment changes one text; everything else stays.
func Example() {
	ours := fstest.MapFS{"de.yaml": {Data: []byte(`
sms:
  sign-in: "{app}: {code}. Der Code gehört nur Ihnen."
`)}}
	texts, err := catalogue.New(catalogue.Config{Files: []fs.FS{ours}})
	if err != nil {
		fmt.Println(err)
		return
	}
	l := texts.Match("", "de-AT,de;q=0.9") // no setting of the user's, and the browser's Accept-Language
	fmt.Println(l.Text("sms.sign-in", catalogue.Args{"app": "Acme", "code": "471102"}))
	fmt.Println(l.Text("error.rejected.title", nil))

	_, err = catalogue.New(catalogue.Config{Files: []fs.FS{fstest.MapFS{"de.yaml": {Data: []byte("sms:\n  sing-in: hallo\n  locked: gesperrt")}}}})
	fmt.Println(err)
	// Output:
	// Acme: 471102. Der Code gehört nur Ihnen.
	// Antwort abgelehnt
	// catalogue: Files[0]/de.yaml:2: sms.sing-in is no id; what a deployment adds begins with own. and is in English too
	// catalogue: Files[0]/de.yaml:3: sms.locked names {}; English names {app}
}
