package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/cmd/internal/child"
)

// bench is one run of the program.
type bench struct {
	settings
	dir     string
	log     io.Writer // told what is being done
	begin   time.Time
	server  string // version of the servers
	source  *side
	data    content     // of the database that is only copied
	indexes definitions // of that database
	turns   map[string][]figures
	diskMax int64
}

// all does everything that is measured.
func (b *bench) all(ctx context.Context) (err error) {
	if b.binary == "" {
		b.binary = filepath.Join(b.dir, "revsync")
		if err := child.Build(ctx, b.binary); err != nil {
			return err
		}
	}
	if err := b.prepareSource(ctx); err != nil {
		return err
	}
	b.turns = map[string][]figures{}
	for round := range b.rounds {
		names := []string{rawName, engineName}
		if round%2 == 1 {
			names[0], names[1] = names[1], names[0]
		}
		for _, name := range names {
			if err := b.turn(ctx, round+1, name); err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, name, err)
			}
		}
	}
	return nil
}

// prepareSource starts and fills the source, and reads it once: that makes the
// digest to compare with, and every turn finds the cache equally warm.
func (b *bench) prepareSource(ctx context.Context) (err error) {
	if b.source, err = b.startSide(ctx, "source"); err != nil {
		return err
	}
	if b.server, err = b.source.version(ctx); err != nil {
		return err
	}
	if err := b.load(ctx, b.source.client); err != nil {
		return err
	}
	db := b.source.client.Database(dataDB)
	if b.data, err = readContent(ctx, db, bson.Timestamp{}); err != nil {
		return err
	}
	if b.indexes, err = readIndexes(ctx, db); err != nil {
		return err
	}
	b.say("the source is filled")
	return nil
}

func (b *bench) say(format string, args ...any) {
	_, _ = fmt.Fprintf(b.log, "%5.1f s  %s\n", time.Since(b.begin).Seconds(), fmt.Sprintf(format, args...)) // news for whoever waits; losing it changes nothing
}

// close stops the source.
func (b *bench) close() error {
	if b.source == nil {
		return nil
	}
	return b.source.remove()
}
