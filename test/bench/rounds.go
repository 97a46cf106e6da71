//go:build linux

package main

import (
	"context"
	"fmt"
	"math/rand/v2"
)

// condition is one of several things that are measured side by side.
type condition struct {
	name    string
	measure func(round int) error
}

// interleave measures every condition once a round, in an order of its own each
// round. The same number of rounds gives the same orders.
func interleave(ctx context.Context, rounds int, conditions []condition) error {
	rng := rand.New(rand.NewPCG(uint64(rounds), uint64(len(conditions))))
	for round := range rounds {
		for _, i := range rng.Perm(len(conditions)) {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := conditions[i].measure(round); err != nil {
				return fmt.Errorf("%s, round %d: %w", conditions[i].name, round+1, err)
			}
		}
	}
	return nil
}
