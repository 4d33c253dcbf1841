package config

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cofactor-mfa/cofactor/config/internal/tree"
)

// source is where the text of a scalar has come from.
type source struct {
	text   string
	origin string // in words, for print
	// given says that it was not written where it stands, but in a variable or a file: nobody may see it in a problem, and YAML has not told its type.
	given bool
	tag   string // of YAML, if it was written
}

// text reads a scalar in whatever way it was given. It returns false after a fault, or when it is not in use and not there.
func (d *decoder) text(n *tree.Node) (source, bool) {
	switch {
	case n.Kind == tree.Raw:
		return source{text: n.Text, origin: where(n.Pos), given: true}, true
	case n.Kind == tree.File:
		text, ok := d.fileText(n, Path(n.Text))
		return source{text: text, origin: "file of env " + n.Pos.Env, given: true}, ok
	case n.Kind == tree.Map && len(n.Fields) == 1 && n.Fields[0].Name == "file":
		name, ok := d.text(n.Fields[0].Value)
		if !ok {
			return source{}, false
		}
		text, ok := d.fileText(n, inFolderOf(n.Pos, name.text))
		return source{text: text, origin: where(n.Pos) + " file", given: true}, ok
	case n.Null():
		d.fail(n, "has no value", "")
		return source{}, false
	case n.Kind != tree.Scalar:
		d.fail(n, "must be a single value, not a "+kindName(n), "")
		return source{}, false
	case n.Tag != "!!str" || !strings.Contains(n.Text, "${"):
		return source{text: n.Text, origin: where(n.Pos), tag: n.Tag}, true
	}
	text, used, missing, malformed := tree.Expand(n.Text, d.lookup)
	switch {
	case malformed:
		d.fail(n, "has a ${ that no name and } follow", "${NAME} is a variable, ${NAME:-default} one that may be missing, $${ is ${ itself")
		return source{}, false
	case len(missing) > 0 && d.idle > 0:
		return source{}, false
	case len(missing) > 0:
		for _, name := range missing {
			d.fail(n, "the environment variable "+name+" is not set", "set it, or write ${"+name+":-default}")
		}
		return source{}, false
	case len(used) == 0: // $${
		return source{text: text, origin: where(n.Pos), tag: n.Tag}, true
	}
	d.hide = append(d.hide, text)
	return source{text: text, origin: where(n.Pos) + " ${" + strings.Join(used, "} ${") + "}", given: true}, true
}

// fileText reads a value from a file of its own. The name of the file is never shown: it may be the secret itself.
func (d *decoder) fileText(n *tree.Node, path Path) (string, bool) {
	text, mode, fault := tree.Secret(string(path))
	if fault != nil {
		if d.idle == 0 {
			hint := ""
			if n.Kind == tree.File {
				hint = n.Pos.Env + " must be the path of a file; if what it has is the secret itself, leave out __FILE"
			} else {
				hint = "what stands behind file: must be the path of a file, and is not shown in case it is the secret itself"
			}
			d.add(Error, n.Pos, n.Path, "the file with its value "+fault.Message, hint)
			d.problems[len(d.problems)-1].err = fault.Err
		}
		return "", false
	}
	d.hide = append(d.hide, text)
	if mode&0o004 != 0 && d.idle == 0 {
		d.add(Warning, n.Pos, n.Path, "the file with its value can be read by everybody on this machine", "chmod o-rwx")
	}
	return text, true
}

// inFolderOf is a path as seen from the file that it is written in.
func inFolderOf(at tree.Pos, path string) Path {
	if filepath.IsAbs(path) || at.File == "" || path == "" {
		return Path(path)
	}
	return Path(filepath.Join(filepath.Dir(at.File), path))
}

func where(at tree.Pos) string {
	switch {
	case at.Env != "":
		return "env " + at.Env
	case at.File != "":
		return fmt.Sprintf("%s:%d:%d", at.File, at.Line, at.Col)
	}
	return "default"
}

func (d *decoder) scalar(n *tree.Node, v reflect.Value, k key) {
	s, ok := d.text(n)
	if !ok {
		return
	}
	t := v.Type()
	hide := t == secretType || t == urlType && URL(s.text).secret()
	if hide {
		d.hide = append(d.hide, s.text)
	}
	shown := "" // ", not x", if x may be shown
	if harmless.MatchString(s.text) && !s.given {
		shown = ", not " + s.text
	}
	switch {
	case t == durationType:
		value, valid := parseDuration(s.text)
		if !valid {
			hint := ""
			if bare.MatchString(s.text) {
				hint = "a number alone says nothing; write its unit: ms, s, m, h or d"
			}
			d.fail(n, "must be a duration such as 30s, 10m or 30d"+shown, hint)
			return
		}
		d.inRange(n, k, float64(value), shown)
		v.SetInt(int64(value))
	case t.Kind() == reflect.Int:
		value, err := strconv.Atoi(s.text)
		if err != nil || !wholeNumber.MatchString(s.text) || !s.given && s.tag != "!!int" {
			d.fail(n, "must be a whole number"+shown, "")
			return
		}
		d.inRange(n, k, float64(value), shown)
		v.SetInt(int64(value))
	case t.Kind() == reflect.Bool:
		if s.text != "true" && s.text != "false" || !s.given && s.tag != "!!bool" {
			d.fail(n, "must be true or false", "")
			return
		}
		v.SetBool(s.text == "true")
	default:
		if !s.given && s.tag != "!!str" {
			d.fail(n, "must be text", "put it in quotes")
			return
		}
		if k.Required && s.text == "" && d.idle == 0 {
			d.fail(n, "is empty", k.Doc)
			return
		}
		if t == pathType && s.text != "" {
			s.text = string(inFolderOf(n.Pos, s.text))
		}
		v.SetString(s.text)
	}
	if len(k.Enum) > 0 && !slices.Contains(k.Enum, s.text) {
		hint := ""
		if near := nearest(s.text, k.Enum); near != "" {
			hint = "did you mean " + near + "?"
			shown = ""
		}
		d.fail(n, "must be "+orList(k.Enum)+shown, hint)
		return
	}
	if d.idle > 0 {
		return
	}
	if hide && !s.given && n.Pos.File != "" && s.text != "" {
		d.plain = append(d.plain, literal{n.Pos, n.Path})
	}
	d.note(n, v, s, hide)
}

// inRange checks a number or a duration against the tags.
func (d *decoder) inRange(n *tree.Node, k key, value float64, shown string) {
	low, high := k.Min != "" && value < limit(k.Min), k.Max != "" && value > limit(k.Max)
	if low || high {
		d.fail(n, "must be "+lowerFirst(strings.TrimSuffix(rangeOf(k), "."))+shown, "")
	}
}

func limit(text string) float64 {
	if d, ok := parseDuration(text); ok {
		return float64(d)
	}
	n, _ := strconv.ParseFloat(text, 64)
	return n
}

var (
	harmless    = regexp.MustCompile(`^(-?[0-9]{1,10}|[0-9]{1,6}(ms|s|m|h|d)|true|false)$`)
	bare        = regexp.MustCompile(`^[0-9]+$`)
	wholeNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)
	duration    = regexp.MustCompile(`^([0-9]+d)?([0-9]+h)?([0-9]+m)?([0-9]+s)?([0-9]+ms)?$`)
	days        = regexp.MustCompile(`^([0-9]+)d`)
)

// parseDuration reads 30s, 10m, 1h30m, 30d.
func parseDuration(text string) (time.Duration, bool) {
	if text == "" || !duration.MatchString(text) {
		return 0, false
	}
	var total time.Duration
	if m := days.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		if err != nil || n > 36_500 {
			return 0, false
		}
		total = time.Duration(n) * 24 * time.Hour
		text = text[len(m[0]):]
	}
	if text == "" {
		return total, true
	}
	rest, err := time.ParseDuration(text)
	if err != nil || rest > 876_000*time.Hour {
		return 0, false
	}
	return total + rest, true
}

// formatDuration writes a duration as people do.
func formatDuration(d time.Duration) string {
	if d > 0 && d%(24*time.Hour) == 0 {
		return strconv.Itoa(int(d/(24*time.Hour))) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func orList(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return strings.Join(values[:len(values)-1], ", ") + " or " + values[len(values)-1]
}
