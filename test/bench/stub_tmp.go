//go:build linux
package main
import "context"
func runTax(ctx context.Context, b *bench) (section, error) { return section{}, nil}
func runLoss(ctx context.Context, b *bench) (section, error) { return section{}, nil}
func runOpen(ctx context.Context, b *bench) (section, error) { return section{}, nil}
func runScreen(ctx context.Context, b *bench) (section, error) { return section{}, nil}
