package workload

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

func TestOutcomeOf(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Outcome
	}{
		{nil, Acknowledged},
		{mongo.CommandError{Code: 371}, Refused},
		{mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: 371}}}, Refused},
		{mongo.BulkWriteException{WriteErrors: []mongo.BulkWriteError{{WriteError: mongo.WriteError{Code: 371}}}}, Refused},
		{mongo.CommandError{Code: 276}, Refused},
		{mongo.CommandError{Code: 371, Labels: []string{"TransientTransactionError"}}, Refused},
		{mongo.CommandError{Code: 112, Labels: []string{"TransientTransactionError"}}, Aborted},
		{mongo.CommandError{Labels: []string{"NetworkError"}}, Unknown},
		{mongo.CommandError{Code: 10107}, Unknown},
		{mongo.CommandError{Code: 211}, Unknown},
		{mongo.WriteException{WriteConcernError: &mongo.WriteConcernError{Code: 64}}, Unknown},
		{context.DeadlineExceeded, Unknown},
		{mongo.ErrClientDisconnected, Unknown},
		{mongo.WriteException{WriteErrors: mongo.WriteErrors{{Code: 11000}}}, Failed},
		{mongo.CommandError{Code: 121}, Failed},
		{mongo.ErrNoDocuments, Failed},
		{errors.New("any other"), Failed},
	} {
		require.Equal(t, c.want, OutcomeOf(c.err), "%v", c.err)
	}
}

func TestCell(t *testing.T) {
	var c cell[int]
	c.record(Acknowledged, 1)
	c.record(Refused, 2)
	c.record(Aborted, 3)
	require.False(t, c.retired())
	require.NoError(t, c.check("it", 1))
	require.EqualError(t, c.check("it", 2), "it is 2, and must be 1")
	c.record(Unknown, 4)
	require.True(t, c.retired())
	require.NoError(t, c.check("it", 1))
	require.NoError(t, c.check("it", 4))
	require.EqualError(t, c.check("it", 2), "it is 2, and must be 1 or 4")

	part := cell[int]{last: 1}
	part.recordPart(Refused, 2, 3)
	require.NoError(t, part.check("it", 3), "a refusal may come half-way")
	require.Error(t, part.check("it", 5))
}

func TestCheckTimes(t *testing.T) {
	for o, allowed := range map[Outcome][]int{Acknowledged: {1}, Unknown: {0, 1}, Refused: {0}, Aborted: {0}, Failed: {0}} {
		for times := range 4 {
			err := checkTimes(9, times, o)
			require.Equal(t, times < len(allowed)+allowed[0] && times >= allowed[0], err == nil, "%s %d", o, times)
		}
	}
}
