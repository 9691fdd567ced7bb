//go:build unix

package cases_test

import (
	"fmt"
	"syscall"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"

	"github.com/revsync/revsync/core/cases"
	"github.com/revsync/revsync/core/mongotest"
)

// terminateVerb sends two stop signals in a row.
func (w *world) terminateVerb(cases.Statement) error {
	if err := w.engine.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	return w.engine.stop()
}

// serverVerb does something to the only member of a side.
func (w *world) serverVerb(s cases.Statement) error {
	side, err := w.side(s.Arg(1))
	if err != nil {
		return err
	}
	w.spoiled = true
	member := w.sets[side].Members()[0]
	switch s.Arg(2) {
	case "stepdown":
		return w.sets[side].StepDown(w.ctx)
	case "kill":
		return member.Kill()
	case "start":
		if err := member.Start(w.ctx); err != nil {
			return err
		}
		return w.welcomed(side)
	case "pause":
		return member.Pause()
	case "continue":
		return member.Continue()
	}
	return fmt.Errorf("unknown action %q", s.Arg(2))
}

// welcomed waits until users can log in. A server that has just begun does not
// know the keys yet that the cluster times of its clients were signed with, and
// answers KeyNotFound.
func (w *world) welcomed(side int) error {
	for _, c := range w.clients[side] {
		err := await(patience, "a login", func() (bool, error) { return c.Ping(w.ctx, readpref.Primary()) == nil, nil })
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) recordVerb(s cases.Statement) error {
	change, err := cases.Document(s.Arg(1))
	if err != nil {
		return err
	}
	_, err = w.clients[1-w.source][mongotest.Root].Database("revsync_internal").Collection("record").UpdateOne(w.ctx, bson.D{}, d("$set", change))
	return err
}

func (w *world) failPointVerb(s cases.Statement) error {
	side, err := w.side(s.Arg(1))
	if err != nil {
		return err
	}
	if s.Arg(2) == "off" {
		_, err = w.admin(w.ctx, side, "configureFailPoint", "failCommand", "mode", "off")
		return err
	}
	point, err := cases.Document(s.Arg(2))
	if err != nil {
		return err
	}
	command := d("configureFailPoint", "failCommand")
	for _, e := range point {
		if data, ok := e.Value.(bson.D); ok && e.Key == "data" {
			e.Value = append(data, bson.E{Key: "appName", Value: "revsync"})
		}
		command = append(command, e)
	}
	return w.clients[side][mongotest.Root].Database("admin").RunCommand(w.ctx, command).Err()
}

// holdVerb keeps inserts into a collection from being carried out.
func (w *world) holdVerb(s cases.Statement) error {
	side, err := w.side(s.Arg(1))
	if err == nil {
		_, err = w.admin(w.ctx, side, "configureFailPoint", "hangDuringBatchInsert", "mode", "alwaysOn", "data", d("nss", s.Arg(2)))
	}
	return err
}

func (w *world) releaseVerb(s cases.Statement) error {
	side, err := w.side(s.Arg(1))
	if err == nil {
		_, err = w.admin(w.ctx, side, "configureFailPoint", "hangDuringBatchInsert", "mode", "off")
	}
	return err
}

func (w *world) side(name string) (int, error) {
	switch name {
	case "source":
		return w.source, nil
	case "destination":
		return 1 - w.source, nil
	case "cluster0":
		return 0, nil
	case "cluster1":
		return 1, nil
	}
	return 0, fmt.Errorf("%q is no side", name)
}
