package web

import "html/template"

// Page is what every template gets. What is particular to a page is in Body, which is the type that docs/reference/html-pages-and-data.md names for it.
type Page struct {
	Name     string // of the template: "challenge"
	Lang     string // BCP 47
	Dir      string // "ltr" or "rtl"
	Title    string // of the page, and its one h1
	Product  string
	Logo     string        // the path of a picture; "" for none
	Support  string        // where people turn who are stuck; "" if nobody said
	Root     string        // the prefix, for links
	Home     string        // where the application is
	Icon     string        // the address of a picture for the browser's tab
	Leave    bool          // there is a session to leave
	Person   string        // who is signed in, or on the way there; "" if nobody is known
	SignedIn bool          // all the way
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
	Action  string        // where the form with the answer goes
	Begin   string        // where the buttons of methods go that are begun by one
	Again   string        // where the button goes that sends the message once more
	Return  string        // a field of forms that have no handle
	Confirm bool          // it confirms something, and is no sign-in
	Lead    template.HTML // what a confirmation is for; "" in a sign-in
	Deed    string        // what is being confirmed, in the words that the answer is good for; "" in a sign-in
	Method  Method        // which is asked for
	// Ask is what the page shows: "code", "passkey", "begin" (a button that begins, and sends if the method sends), or "none" if there is nothing to answer.
	Ask     string
	Button  string // on the button that begins
	Link    string // where it leads, if nothing is begun by it; "" for a form
	Shut    bool   // it is not what to do now: there are too many wrong codes
	Field   CodeField
	Sent    *Sent         // nil if nothing was sent
	Public  any           // what the provider shows
	Own     template.HTML // the fragment of the kind, drawn with Public
	Passkey Passkey       // if Ask is "passkey"
	Others  []Other       // the other methods that would do, recovery last
	Trust   bool          // the browser may be trusted
	Days    int           // for how long; 0 if that is not known
	Lost    bool          // people without any of their methods are told what to do
	Back    string        // out of a confirmation
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
	Label   string        // of the field
	Hint    template.HTML // what to type
	Error   template.HTML // what is wrong; "" if nothing is
	Wrong   bool          // Error is about what was typed
	Letters bool          // what is typed has letters, so the keys for digits would not do
	Text    bool          // the code comes by text message, which some browsers offer to fill in
	Focus   bool          // it is what the page is about: where there is more to see, the page would scroll past that
}

// Sent says where a message went.
type Sent struct {
	Text template.HTML // where to, masked
	Wait int           // in how many seconds another may be asked for
}

// Passkey is what the script needs for a ceremony.
type Passkey struct {
	Ceremony string // "create" or "get"
	Options  string // JSON; "" if they are to be fetched from Load
	Load     string
	Module   string // the address of the module that the script uses
	Button   string // the words on it
}

// Other is another method that would do: begun by a form if something is sent, and otherwise a link.
type Other struct {
	Method Method
	Text   string // on the button
	Link   string // "" for a form
}

// Choose is the body of "choose": the methods that may be set up, where one has to be.
type Choose struct {
	Lead  template.HTML // why, and until when
	Add   []Add         // the methods, the best first
	Later string        // where "Not now" leads; "" if there is no later
}

// Add is a method that may be added.
type Add struct {
	Method Method
	About  string // what it is, and how long it takes
	Start  Start
}

// Start is a button that begins a set-up.
type Start struct {
	Button   string // the words on it
	Kind     string
	Replaces string // the factor that goes; "" for none
	Input    string // the page that asks for something first; "" if nothing is asked for
	Begin    string // where the form goes otherwise
	Return   string // where to go afterwards; "" for the settings
	Primary  bool   // it is what to do next
}

// InputPage is the body of "input": what has to be known before a method can be set up.
type InputPage struct {
	Begin        string // where the form goes
	Return       string // where to go afterwards; "" for the settings
	Method       Method
	Replaces     string // the factor that goes; "" for none
	Type         string // of the field: "tel", "email" or "text"
	Autocomplete string // of the field
	Label        string
	Hint         string
	Typed        string // what was typed before
	Less         string // that the method is less secure than others; "" if it is not
	Back         string // out of it
}

// Setup is the body of "setup-app", "setup-sent", "setup-passkey" and "setup-other".
type Setup struct {
	Action  string // where the form with the answer goes
	Again   string // where the button goes that sends the message once more
	Cancel  string // where the button goes that gives it up
	Step    string // "Step 1 of 2"; "" if it is the only one
	Moving  bool   // it takes the place of another
	Method  Method
	Live    bool    // the set-up can still be finished
	Restart Restart // what there is if not
	Field   CodeField
	Button  string        // the words on the button
	Sent    *Sent         // nil if nothing was sent
	Change  string        // back to where the address was typed
	Public  any           // what the provider shows
	Own     template.HTML // the fragment of the kind, drawn with Public
	Passkey Passkey       // of "setup-passkey"
	// QR, URI, Key and KeyPlain are of an authenticator app.
	QR       template.HTML
	URI      template.URL
	Key      string // grouped, to be read
	KeyPlain string // to be copied
	KeyHint  string // how apps that ask are to be set
	Name     string // proposed for the method
	Named    bool   // a name may be given
}

// Restart are the fields of a form that begins a set-up again.
type Restart struct{ Begin, Kind, Replaces, Input, Return string }

// Codes is the body of "codes": new backup codes, shown once.
type Codes struct {
	Action   string        // where the form goes
	Cancel   string        // where the button goes that gives them up
	Step     string        // "Step 2 of 2"; "" if it is the only one
	Codes    []string      // as people read them
	Plain    string        // all of them, a line each
	File     template.URL  // a text file with them, as a data: link
	FileName string        // proposed for it
	Made     template.HTML // the day
	Renewing bool          // there are old ones, which work until these are saved
	Live     bool          // they can still be saved
	Restart  Restart       // what there is if not
}

// Settings is the body of "settings".
type Settings struct {
	On       bool    // there is a second step
	Advice   *Advice // what to do next; nil for nothing
	Have     []Have
	Codes    *CodesLeft // nil for none
	NoCodes  bool       // there are none, and there could be
	Browsers []Browser
	Add      []Add      // the methods that may be added, the strongest first
	Events   []Happened // newest first; none if the application keeps none
	Change   string     // where forms go that change something at once
	Rename   string     // the pages that ask first
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
	Added, Used template.HTML // the day, and the moment; Used is "" if never
	Default     bool          // it is asked for first
	Usable      bool          // false if it was disabled, or is worn out by guessing
	Move        *Start        // swaps it for another of its kind; nil if that is not offered
	Single      bool          // it is the only one, so there is nothing to choose
}

// CodesLeft is the row of backup codes.
type CodesLeft struct {
	ID         string
	Text       template.HTML // how many, made when
	Used       template.HTML // the moment; "" if never
	Few, Empty bool
	New        Start // gets new ones
}

// Browser is one that is not asked again.
type Browser struct {
	ID          string
	Label       string // "Firefox on Windows"
	This        bool   // the one that the page is shown in
	Added       template.HTML
	Until, Used template.HTML // Used is "" if never
}

// Happened is something that did.
type Happened struct {
	What  string
	Where string // the browser; "" if that is not known
	At    template.HTML
}

// Recovery is the body of "recovered": what to do after a sign-in by backup code.
type Recovery struct {
	Text  template.HTML // how many codes are left
	Open  bool          // methods can be set up on the strength of it
	Until template.HTML // the time at which that ends
	Add   string        // where methods are chosen
	Codes *Start        // new codes, for whoever can confirm that it is them; nil if the code was an administrator's
	Next  string        // where they were going
}

// Rename is the body of "rename".
type Rename struct {
	Change string // where the form goes
	Method Method
	Typed  string // the name, or what was typed for one
	Back   string // out of it
}

// Remove is the body of "remove".
type Remove struct {
	Change  string // where the form goes
	Method  Method
	Text    template.HTML // what it means
	Passkey bool          // it is one, and should be deleted elsewhere too
	Back    string        // out of it
}

// Finished is the body of "finished": what happens at the next sign-in.
type Finished struct {
	Text template.HTML
	Next string // where they were going
}

// Problem is the body of "problem".
type Problem struct {
	Lead template.HTML // what there is to say, if nothing is wrong
	Link string        // where to go on; "" for nowhere
	Text string        // the words on that button
}
