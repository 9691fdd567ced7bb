package workload

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

const (
	accountCollections = 3
	accountsEach       = 4
	openingBalance     = 1000
)

// transferer moves money in transactions, and writes each transfer into a ledger
// in the same transaction.
type transferer struct {
	identity
	outcomes []Outcome // of each transfer
}

// transfer is a document of the ledger.
type transfer struct {
	ID       string `bson:"_id"`
	Client   int
	Number   int
	From, To account
	Amount   int64
}

type account struct{ Collection, Number int }

func newTransferer(id identity) client { return &transferer{identity: id} }

func accountsName(i int) string { return fmt.Sprintf("accounts_%d", i) }

func (t *transferer) prepare(ctx context.Context, s side) error {
	if t.number > 0 {
		return nil
	}
	for i := range accountCollections {
		if err := s.define(ctx, t.database, "create", accountsName(i)); err != nil {
			return err
		}
		for n := range accountsEach {
			if _, err := s.in(t.database).Collection(accountsName(i)).InsertOne(ctx, d("_id", n, "balance", int64(openingBalance))); err != nil {
				return err
			}
		}
	}
	return s.define(ctx, t.database, "create", "ledger")
}

func (t *transferer) step(ctx context.Context, s side) answer {
	next := transfer{ID: fmt.Sprintf("%d-%d", t.number, len(t.outcomes)), Client: t.number, Number: len(t.outcomes),
		From: t.account(), To: t.account(), Amount: 1 + t.random.Int64N(20)}
	for next.To == next.From {
		next.To = t.account()
	}
	got := inTransaction(ctx, s, "transfer "+next.ID, func(ctx context.Context) error { return t.move(ctx, s, next) })
	t.outcomes = append(t.outcomes, got.outcome)
	return got
}

func (t *transferer) account() account {
	return account{t.random.IntN(accountCollections), t.random.IntN(accountsEach)}
}

// move is one transfer, inside a transaction.
func (t *transferer) move(ctx context.Context, s side, next transfer) error {
	db := s.in(t.database)
	for _, leg := range []struct {
		account
		amount int64
	}{{next.From, -next.Amount}, {next.To, next.Amount}} {
		res, err := db.Collection(accountsName(leg.Collection)).
			UpdateOne(ctx, d("_id", leg.Number), d("$inc", d("balance", leg.amount)))
		if err != nil {
			return err
		}
		if res.MatchedCount != 1 {
			return fmt.Errorf("there is no account %d in %s", leg.Number, accountsName(leg.Collection))
		}
	}
	_, err := db.Collection("ledger").InsertOne(ctx, next)
	return err
}

// inTransaction does something in a transaction. What fails before the commit is
// not done, and no answer to the commit is unknown.
func inTransaction(ctx context.Context, s side, what string, do func(context.Context) error) answer {
	session, err := s.app.StartSession()
	if err != nil {
		return answered(what, err)
	}
	defer session.EndSession(ctx)
	if err := session.StartTransaction(); err != nil {
		return answered(what, err)
	}
	inner := mongo.NewSessionContext(ctx, session)
	if err := do(inner); err != nil {
		_ = session.AbortTransaction(inner) // the server does so by itself in the end
		return beforeCommit(what, err)
	}
	got := answered(what, session.CommitTransaction(inner))
	if got.outcome == Failed && hasLabel(got.err, "TransientTransactionError") {
		got.outcome = Aborted
	}
	return got
}

func beforeCommit(what string, err error) answer {
	got := answered(what, err)
	if got.outcome == Unknown || hasLabel(err, "TransientTransactionError") && got.outcome != Refused {
		got.outcome = Aborted
	}
	return got
}

func (t *transferer) check(ctx context.Context, s side) error {
	ledger, err := read[transfer](ctx, s.in(t.database).Collection("ledger"), d())
	if err != nil {
		return err
	}
	var wrong wrongs
	t.checkOwn(ledger, &wrong)
	if t.number == 0 { // one client for all
		wrong.add(t.checkBalances(ctx, s, ledger))
	}
	return wrong.err()
}

func (t *transferer) checkOwn(ledger []transfer, wrong *wrongs) {
	times := make([]int, len(t.outcomes))
	for _, one := range ledger {
		switch {
		case one.Client != t.number:
		case one.Number < 0 || one.Number >= len(times):
			wrong.addf("transfer %s was never made", one.ID)
		default:
			times[one.Number]++
		}
	}
	for number, n := range times {
		if err := checkTimes(number, n, t.outcomes[number]); err != nil {
			wrong.addf("ledger: %w", err)
		}
	}
}

// checkBalances works every balance out from the ledger.
func (t *transferer) checkBalances(ctx context.Context, s side, ledger []transfer) error {
	want := map[account]int64{}
	for i := range accountCollections {
		for n := range accountsEach {
			want[account{i, n}] = openingBalance
		}
	}
	for _, one := range ledger {
		want[one.From] -= one.Amount
		want[one.To] += one.Amount
	}
	var wrong wrongs
	var sum int64
	for i := range accountCollections {
		accounts, err := read[struct {
			ID      int `bson:"_id"`
			Balance int64
		}](ctx, s.in(t.database).Collection(accountsName(i)), bson.D{})
		if err != nil {
			return err
		}
		for _, a := range accounts {
			sum += a.Balance
			if w := want[account{i, a.ID}]; a.Balance != w {
				wrong.addf("account %d in %s has %d, and by the ledger must have %d", a.ID, accountsName(i), a.Balance, w)
			}
		}
	}
	if total := int64(accountCollections * accountsEach * openingBalance); sum != total {
		wrong.addf("all accounts together have %d, and must have %d", sum, total)
	}
	return wrong.err()
}
