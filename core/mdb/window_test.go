package mdb_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/revsync/revsync/core/lifecycle"
	"github.com/revsync/revsync/core/mdb"
)

func TestWindowLeft(t *testing.T) {
	at := func(s uint32) lifecycle.OpTime { return lifecycle.OpTime{T: s} }
	full := mdb.Window{First: at(1000), Last: at(5000), SizeBytes: 100, MaxBytes: 100}
	require.Equal(t, 500*time.Second, full.Left(at(1500)))
	require.Equal(t, time.Duration(0), full.Left(at(900)), "what is gone has no time left")
	require.True(t, full.Reaches(at(1000)))
	require.False(t, full.Reaches(at(999)))
	young := mdb.Window{First: at(1000), Last: at(1100), SizeBytes: 10, MaxBytes: 110}
	require.Equal(t, (50+1000)*time.Second, young.Left(at(1050)), "a hundred seconds filled a tenth of what is still free")
	unknown := mdb.Window{First: at(1000), Last: at(5000)}
	require.Equal(t, 500*time.Second, unknown.Left(at(1500)))
}
