package main

import (
	"bytes"
	"context"

	"github.com/stoop-project/stoop/internal/demo"
	"github.com/stoop-project/stoop/internal/recording"
	"github.com/stoop-project/stoop/internal/source"
)

// demoCmd opens the built-in demo.
type demoCmd struct {
	screenFlags
	Filter string `short:"f" placeholder:"EXPR" help:"Only events that this Falco condition holds for."`
}

// Run opens the demo's recording on the screen.
func (c *demoCmd) Run(a *app) error {
	cond, err := compileFilter(c.Filter)
	if err != nil {
		return err
	}
	if err := c.detect.open(a, &c.ruleFlags, byThemselves...); err != nil {
		return err
	}
	if c.Desk == "" {
		c.Desk = noDesk // what is decided in a game is nobody's work
	}
	src, err := openDemo(a.ctx, "demo", source.Options{})
	if err != nil {
		return err
	}
	return c.screen(a, []source.Source{src}, source.Request{Filter: cond}, false)
}

// openDemo opens the embedded recording.
func openDemo(context.Context, string, source.Options) (source.Source, error) {
	return recording.OpenReader("demo", bytes.NewReader(demo.Recording)), nil
}
