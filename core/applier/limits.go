package applier

import (
	"time"

	"github.com/revsync/revsync/core/internal/memory"
)

// The bounds of a run. Memory is bounded by openBytes and waitingBytes, plus two
// replies in hand of at most 16 MB each, plus what the workers' commands take.
const (
	// openBytes bounds the replies of the stream that hold an event above the
	// low watermark.
	openBytes = memory.OpenReplies
	// replyEvents is the batch size asked for. A reply ends at 16 MB in any case;
	// one of replyBytes may have been ended by that.
	replyEvents = 10_000
	replyBytes  = 12 << 20
	// guardedEvents is the batch size while large events are about; guardBytes is
	// what a server takes (16 MB and 16 KB) with room for an event's small fields.
	guardedEvents = 500
	guardBytes    = 16 << 20
	// queueEvents bounds each worker's queue. Twice a batch, so that the next
	// one is there when a command is answered.
	queueEvents = 2 * batchEvents

	// waitingBytes bounds the events that wait for a schema event; waitingFrame is
	// what each takes beside its bytes, with what the watermark keeps for it.
	waitingBytes = memory.WaitingEvents
	waitingFrame = 2 << 10

	// batchEvents and batchBytes bound what a worker takes at once. Bigger
	// batches apply faster (less work per event for the destination, and more
	// changes of one document meet) and make single events wait longer.
	batchEvents = 5_000
	batchBytes  = 8 << 20

	// commandBytes and commandStatements bound one write command. The server
	// takes 16 MB and 16 KB of framing; a statement above the bound goes alone.
	commandBytes      = 12 << 20
	commandStatements = 100_000

	// statementBytes bounds a single statement: the server takes a command of
	// 16 MB and 16 KB, and the rest of the command is small.
	statementBytes = 16<<20 + 12<<10

	// fewestStatements is where a command that took too long is not made smaller
	// any more.
	fewestStatements = 20

	// deltaStages and deltaBytes bound the deltas that share one statement; the
	// server takes a pipeline of 1,000 stages, and a delta of up to 16 MB.
	deltaStages = 200
	deltaBytes  = 4 << 20

	defaultWorkers = 2
)

const (
	// streamAwait is how long the server waits for news before it answers an
	// empty reply; an event ends the wait at once. hurryAwait is the same while
	// the end of the run is near.
	streamAwait = time.Second
	hurryAwait  = 5 * time.Millisecond

	// graceTime is for the batches in hand, farewellTime for the last
	// checkpoint, after the context of Run has ended.
	graceTime    = 4 * time.Second
	farewellTime = 2 * time.Second
)
