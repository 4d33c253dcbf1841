package web

import "html/template"

// Page is what every template gets. What is particular to a page is in Body, which is the type that docs/reference/html-pages-and-data.md names for it.
type Page struct {
	Name     string // of the template: "challenge"
	Lang     string // BCP 47
	Dir      string // "ltr" or "rtl"
	Title    string // of the page, and its one h1
	Product  string
	Logo     string // the path of a picture; "" for none
	Support  string
	Root     string        // the prefix, for links
	Home     string        // where the application is
	Icon     string        // the address of a picture for the browser's tab
	Leave    bool          // there is a session to leave
	Person   string        // who is signed in, or on the way there; "" if nobody is known
	SignedIn bool          //
	Error    template.HTML // what is wrong, and what to do; the title then says so too
	Wrong    bool          // Error is about what was typed
	Done     template.HTML // what has just been done
	Signal   string        // JSON for the browser's passkey manager; "" for none
	Style    string        // addresses of the files that the page loads
	Script   string
	Passkeys string // the module that speaks to passkeys
	Body     any
}

// Challenge is the body of "challenge": the page that asks for one method, in a sign-in and to confirm something.
type Challenge struct {
	Action  string // where the form with the answer goes
	Begin   string // where the buttons of methods go that are begun by one
	Again   string // where the button goes that sends the message once more
	Return  string // a field of forms that have no handle
	Confirm bool   // it confirms something, and is no sign-in
	Lead    template.HTML
	Deed    string // what is being confirmed, in the words that the answer is good for; "" in a sign-in
	Method  Method
	// Ask is what the page shows: "code", "passkey", "begin" (a button that begins, and sends if the method sends), or "none" if there is nothing to answer.
	Ask     string
	Button  string // on the button that begins
	Link    string // where it leads, if nothing is begun by it; "" for a form
	Shut    bool   // it is not what to do now: there are too many wrong codes
	Field   CodeField
	Sent    *Sent
	Public  any           // what the provider shows
	Own     template.HTML // the fragment of the kind, drawn with Public
	Passkey Passkey
	Others  []Other
	Trust   bool // the browser may be trusted
	Days    int  // for how long; 0 if that is not known
	Lost    bool // people without any of their methods are told what to do
	Back    string
}

// Method is a method that somebody has, or may add.
type Method struct {
	ID    string // of the factor; "" if there is none yet
	Kind  string
	Icon  string
	Name  string // of the kind: "Authenticator app"
	Label string // the user's own name for it
	Hint  string // "+44 ···· 17"
}

// CodeField is the field for a code, on every page that has one.
type CodeField struct {
	Label   string
	Hint    template.HTML
	Error   template.HTML
	Wrong   bool // Error is about what was typed
	Letters bool // what is typed has letters, so the keys for digits would not do
	Text    bool // the code comes by text message, which some browsers offer to fill in
	Focus   bool // it is what the page is about: where there is more to see, the page would scroll past that
}

// Sent says where a message went.
type Sent struct {
	Text template.HTML
	Wait int // in how many seconds another may be asked for
}

// Passkey is what the script needs for a ceremony.
type Passkey struct {
	Ceremony string // "create" or "get"
	Options  string // JSON; "" if they are to be fetched from Load
	Load     string
	Module   string // the address of the module that the script uses
	Button   string
}

// Other is another method that would do: begun by a form if something is sent, and otherwise a link.
type Other struct {
	Method Method
	Text   string
	Link   string // "" for a form
}

// Choose is the body of "choose": the methods that may be set up, where one has to be.
type Choose struct {
	Lead  template.HTML
	Add   []Add
	Later string // where "Not now" leads; "" if there is no later
}

// Add is a method that may be added.
type Add struct {
	Method Method
	About  string
	Start  Start
}

// Start is a button that begins a set-up.
type Start struct {
	Button   string
	Kind     string
	Replaces string // the factor that goes; "" for none
	Input    string // the page that asks for something first; "" if nothing is asked for
	Begin    string // where the form goes otherwise
	Return   string
	Primary  bool
}

// InputPage is the body of "input": what has to be known before a method can be set up.
type InputPage struct {
	Begin        string
	Return       string
	Method       Method
	Replaces     string
	Type         string
	Autocomplete string
	Label        string
	Hint         string
	Typed        string
	Less         string // that the method is less secure than others; "" if it is not
	Back         string
}

// Setup is the body of "setup-app", "setup-sent", "setup-passkey" and "setup-other".
type Setup struct {
	Action  string
	Again   string
	Cancel  string
	Step    string // "Step 1 of 2"
	Moving  bool   // it takes the place of another
	Method  Method
	Live    bool // the set-up can still be finished
	Restart Restart
	Field   CodeField
	Button  string
	Sent    *Sent
	Change  string // back to where the address was typed
	Public  any
	Own     template.HTML // the fragment of the kind, drawn with Public
	Passkey Passkey
	// QR, URI, Key and KeyPlain are of an authenticator app.
	QR       template.HTML
	URI      template.URL
	Key      string // grouped, to be read
	KeyPlain string // to be copied
	KeyHint  string
	Name     string // proposed for the method
	Named    bool   // a name may be given
}

// Restart are the fields of a form that begins a set-up again.
type Restart struct{ Begin, Kind, Replaces, Input, Return string }

// Codes is the body of "codes": new backup codes, shown once.
type Codes struct {
	Action   string
	Cancel   string
	Step     string
	Codes    []string
	Plain    string       // all of them, a line each
	File     template.URL // a text file with them, as a data: link
	FileName string
	Made     template.HTML
	Renewing bool
	Left     int // of the old ones, that stop working
	Live     bool
	Restart  Restart
}

// Settings is the body of "settings".
type Settings struct {
	On       bool
	Advice   *Advice
	Have     []Have
	Codes    *CodesLeft
	NoCodes  bool // there are none, and there could be
	Browsers []Browser
	Add      []Add
	Events   []Happened
	Change   string
	Rename   string
	Remove   string
}

// Advice is what to do next, with one button.
type Advice struct {
	Text  template.HTML
	Start Start
}

// Have is a method that somebody has.
type Have struct {
	Method
	Added, Used template.HTML
	Default     bool
	Usable      bool
	Move        *Start // swaps it for another of its kind; nil if that is not offered
	Single      bool   // it is the only one, so there is nothing to choose
}

// CodesLeft is the row of backup codes.
type CodesLeft struct {
	ID         string
	Text       template.HTML
	Used       template.HTML
	Few, Empty bool
	New        Start
}

// Browser is one that is not asked again.
type Browser struct {
	ID          string
	Label       string
	This        bool // the one that the page is shown in
	Added       template.HTML
	Until, Used template.HTML
}

// Happened is something that did.
type Happened struct {
	What  string
	Where string
	At    template.HTML
}

// Recovery is the body of "recovered": what to do after a sign-in by backup code.
type Recovery struct {
	Text  template.HTML
	Open  bool // methods can be set up on the strength of it
	Until template.HTML
	Add   string // where methods are chosen
	Codes *Start // new codes, for whoever can confirm that it is them; nil if the code was an administrator's
	Next  string
}

// Rename is the body of "rename".
type Rename struct {
	Change string
	Method Method
	Typed  string
	Back   string
}

// Remove is the body of "remove".
type Remove struct {
	Change  string
	Method  Method
	Text    template.HTML // what it means
	Passkey bool
	Back    string
}

// Finished is the body of "finished": what happens at the next sign-in.
type Finished struct {
	Text template.HTML
	Next string
}

// Problem is the body of "problem".
type Problem struct {
	Lead    template.HTML // what there is to say, if nothing is wrong
	Link    string        // where to go on; "" for nowhere
	Text    string
	SignOut bool
}
