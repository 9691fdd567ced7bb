//go:build unix

package cases_test

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"github.com/revsync/revsync/core/cases"
	"github.com/revsync/revsync/core/mongotest"
)

// execute carries out one statement.
func (w *world) execute(s cases.Statement) error {
	if f, ok := engineVerbs[s.Verb()]; ok {
		return f(w, s)
	}
	switch s.Verb() {
	case "expect":
		return w.expect(s.Rest(1))
	case "fails":
		return w.fails(s)
	case "begin", "end", "abort":
		return w.transaction(s)
	case "writer":
		return w.writerVerb(s)
	case "overwrite":
		return w.overwrite(s)
	}
	return w.write(w.ctx, w.source, mongotest.App, s)
}

// fails wants a statement to be refused with a code.
func (w *world) fails(s cases.Statement) error {
	code, err := strconv.Atoi(s.Arg(1))
	if err != nil {
		return err
	}
	err = w.execute(s.Rest(2))
	if !hasCode(err, code) {
		return fmt.Errorf("it was to be refused with code %d, not: %v", code, err)
	}
	return nil
}

func hasCode(err error, code int) bool {
	server, ok := err.(mongo.ServerError) //nolint:errorlint // the errors of write are not wrapped
	return ok && server.HasErrorCode(code)
}

// write carries out a statement that writes to a side.
func (w *world) write(ctx context.Context, side int, user mongotest.User, s cases.Statement) error {
	switch s.Verb() {
	case "on":
		other, err := w.side(s.Arg(1))
		if err != nil {
			return err
		}
		return w.write(ctx, other, user, s.Rest(2))
	case "in":
		tx, err := w.transactionOf(s)
		if err != nil {
			return err
		}
		return w.write(mongo.NewSessionContext(ctx, tx.session), tx.side, mongotest.DDL, s.Rest(2))
	case "command":
		return w.command(ctx, w.clients[side][mongotest.DDL], s)
	case "admin":
		return w.command(ctx, w.clients[side][mongotest.Root], s)
	}
	commands, err := writeCommands(s)
	if err != nil {
		return err
	}
	db, _ := split(s.Arg(1))
	for _, c := range commands {
		if err := run(ctx, w.clients[side][user].Database(db), c); err != nil {
			return err
		}
	}
	return nil
}

func (w *world) command(ctx context.Context, c *mongo.Client, s cases.Statement) error {
	command, err := cases.Document(s.Arg(2))
	if err != nil {
		return err
	}
	return run(ctx, c.Database(s.Arg(1)), command)
}

// run sends a command and also finds the errors that are within a reply.
func run(ctx context.Context, db *mongo.Database, command bson.D) error {
	reply, err := db.RunCommand(ctx, command).Raw()
	if err != nil {
		return err
	}
	if e, ok := reply.Lookup("writeErrors", "0").DocumentOK(); ok {
		code, _ := e.Lookup("code").AsInt64OK()
		text, _ := e.Lookup("errmsg").StringValueOK()
		return mongo.CommandError{Code: int32(code), Message: text, Name: "writeErrors"}
	}
	if e, ok := reply.Lookup("writeConcernError").DocumentOK(); ok {
		return fmt.Errorf("write concern error %s", e)
	}
	return nil
}

// writeCommands are the commands that a statement about documents means.
func writeCommands(s cases.Statement) ([]bson.D, error) {
	_, coll := split(s.Arg(1))
	switch s.Verb() {
	case "insert":
		docs, err := documents(s.Words[2:])
		return []bson.D{d("insert", coll, "documents", docs)}, err
	case "bulk":
		return bulk(coll, s)
	case "update", "replace":
		return change(coll, s, d("multi", false))
	case "updates":
		return change(coll, s, d("multi", true))
	case "delete":
		query, err := cases.Document(s.Arg(2))
		return []bson.D{d("delete", coll, "deletes", bson.A{d("q", query, "limit", 0)})}, err
	}
	return nil, fmt.Errorf("unknown statement %q", s.Verb())
}

func documents(words []string) (bson.A, error) {
	out := bson.A{}
	for _, word := range words {
		doc, err := cases.Document(word)
		if err != nil {
			return nil, err
		}
		out = append(out, doc)
	}
	return out, nil
}

// change is an update; its options may be a fourth word.
func change(coll string, s cases.Statement, options bson.D) ([]bson.D, error) {
	query, err := cases.Document(s.Arg(2))
	if err != nil {
		return nil, err
	}
	var u any
	if strings.HasPrefix(s.Arg(3), "[") {
		u, err = cases.Array(s.Arg(3))
	} else {
		u, err = cases.Document(s.Arg(3))
	}
	if err != nil {
		return nil, err
	}
	if s.Arg(4) != "" {
		more, err := cases.Document(s.Arg(4))
		if err != nil {
			return nil, err
		}
		options = append(options, more...)
	}
	return []bson.D{d("update", coll, "updates", bson.A{append(d("q", query, "u", u), options...)})}, nil
}

// bulkBytes is about how large a command of bulk may get.
const bulkBytes = 8 << 20

// bulk makes many documents of a template, at most five hundred a command.
func bulk(coll string, s cases.Statement) (out []bson.D, err error) {
	count, err := strconv.Atoi(s.Arg(2))
	if err != nil {
		return nil, err
	}
	docs, size := bson.A{}, 0
	for i := range count {
		doc, err := cases.Document(strings.ReplaceAll(s.Arg(3), "@i", strconv.Itoa(i)))
		if err != nil {
			return nil, err
		}
		raw, err := bson.Marshal(doc)
		if err != nil {
			return nil, err
		}
		size += len(raw)
		if docs = append(docs, bson.Raw(raw)); len(docs) == 500 || size > bulkBytes || i == count-1 {
			out = append(out, d("insert", coll, "documents", docs))
			docs, size = bson.A{}, 0
		}
	}
	return out, nil
}

// transaction is one that is open, on the side where it began.
type transaction struct {
	session *mongo.Session
	side    int
}

func (w *world) transactionOf(s cases.Statement) (transaction, error) {
	tx, ok := w.open[s.Arg(1)]
	if !ok {
		return tx, fmt.Errorf("there is no transaction %q", s.Arg(1))
	}
	return tx, nil
}

func (w *world) transaction(s cases.Statement) error {
	if s.Verb() == "begin" {
		side, err := w.side(cmp.Or(s.Arg(2), "source"))
		if err != nil {
			return err
		}
		session, err := w.clients[side][mongotest.DDL].StartSession()
		if err != nil {
			return err
		}
		w.open[s.Arg(1)] = transaction{session, side}
		return session.StartTransaction()
	}
	tx, err := w.transactionOf(s)
	if err != nil {
		return err
	}
	delete(w.open, s.Arg(1))
	defer tx.session.EndSession(w.ctx)
	if s.Verb() == "abort" {
		return tx.session.AbortTransaction(w.ctx)
	}
	return tx.session.CommitTransaction(w.ctx)
}
