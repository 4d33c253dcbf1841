package config_test

import (
	"maps"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/cofactor-mfa/cofactor/config"
	"github.com/cofactor-mfa/cofactor/registry"
)

// TestTagsAndPackagesHaveTheSameRanges asks the package behind each section about both sides of every bound that a tag has: the tags are for editors, the
// reference and a better message, and must not become a second rule.
func TestTagsAndPackagesHaveTheSameRanges(t *testing.T) {
	bounds := config.Bounds(config.Fill())
	if len(bounds) < 20 {
		t.Fatalf("only %d bounds", len(bounds))
	}
	for _, b := range bounds {
		if err := b.Build(b.At); err != nil {
			t.Errorf("%s: the tag allows %d, and the package says %v", b.Path, b.At, err)
		}
		if err := b.Build(b.Beyond); err == nil && b.Beyond != 0 {
			t.Errorf("%s: the tag refuses %d, and the package takes it", b.Path, b.Beyond)
		}
	}
}

func TestTheBudgetsAreThoseOfTheRegistry(t *testing.T) {
	want := map[string]string{}
	for name, b := range registry.DefaultBudgets() {
		want[name] = "limit " + strconv.Itoa(b.Limit) + " window " + b.Window.String() + " max " + b.Max.String()
	}
	c, err := load(t, small())
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, v := range c.Values() {
		if path := strings.Split(v.Path, "."); path[0] == "budgets" && len(path) == 3 {
			text := v.Text
			if days, ok := strings.CutSuffix(text, "d"); ok {
				n, _ := strconv.Atoi(days)
				text = strconv.Itoa(24*n) + "h"
			}
			if d, err := time.ParseDuration(text); err == nil {
				text = d.String()
			}
			got[path[1]] = strings.TrimSpace(got[path[1]] + " " + path[2] + " " + text)
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("by default the budgets are\n%v\nand those of a registry\n%v", got, want)
	}
}
