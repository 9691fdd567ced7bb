package main

import (
	"fmt"
	"time"

	"github.com/revsync/revsync/core/mongotest/workload"
)

// summary is what is remembered for the table at the end.
type summary struct {
	bytes, events, documents int64
	operations               workload.Report
	cutovers                 []time.Duration
	times                    [][2]string
}

// clock begins to measure something; the returned function ends it.
func (s *summary) clock(what string) (stop func()) {
	begin := time.Now()
	return func() { s.times = append(s.times, [2]string{what, seconds(time.Since(begin))}) }
}

func seconds(d time.Duration) string { return fmt.Sprintf("%6.2f s", d.Seconds()) }

func (s *summary) print(out *screen) {
	total := s.operations.Total
	out.table("Summary", [][2]string{
		{"copied", fmt.Sprintf("%d MB", s.bytes/1e6)},
		{"change events applied", fmt.Sprint(s.events)},
		{"documents compared", fmt.Sprint(s.documents)},
		{"application", fmt.Sprintf("%d operations acknowledged, %d refused on a closed side, %d without answer, none lost",
			total.Acknowledged, total.Refused, total.Unknown)},
	})
	rows := s.times
	for i, to := range []string{"cluster1", "cluster0"} {
		rows = append(rows, [2]string{"cutover to " + to, seconds(s.cutovers[i])})
	}
	out.table("Times", append(rows, [2]string{"everything", seconds(time.Since(out.begin))}))
}
