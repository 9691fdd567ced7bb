package main

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func TestAStopOnRequestIsNoError(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errors.New("terminated signal received"))
	require.NoError(t, runTogether(ctx, untilDone, func(ctx context.Context) error {
		return fmt.Errorf("copy: %w", untilDone(ctx))
	}))
}

func TestAnErrorStopsTheOthersAndIsReturned(t *testing.T) {
	broken := errors.New("foreign record")
	err := runTogether(t.Context(), untilDone, func(context.Context) error { return broken })
	require.ErrorIs(t, err, broken)
}

func TestAnErrorWhileStoppingIsReturned(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	broken := errors.New("the position could not be written")
	require.ErrorIs(t, runTogether(ctx, func(context.Context) error { return broken }), broken)
}

func TestAPartThatEndsByItselfIsABug(t *testing.T) {
	require.ErrorContains(t, runTogether(t.Context(), untilDone, func(context.Context) error { return nil }), "ended by itself")
}
