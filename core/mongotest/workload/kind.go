package workload

// Kind is a kind of client.
type Kind string

// The kinds, with what each proves.
const (
	// Append pushes rising integers to lists that all clients share: each
	// acknowledged one is there once, in order, and no other is.
	Append Kind = "append"
	// Count increments counters by $inc: each is what was acknowledged, or up to
	// what was unknown more.
	Count Kind = "count"
	// Transfer moves money between accounts in three collections in transactions:
	// the sum never changes, and balances and ledger agree.
	Transfer Kind = "transfer"
	// Documents inserts, updates in many ways, replaces, upserts and deletes
	// documents, one or several at a time: each is there, or gone, in the revision
	// acknowledged last.
	Documents Kind = "documents"
	// Toggle deletes a document and inserts it again with an equal _id of another
	// number type: it is there, or gone, with the type inserted last.
	Toggle Kind = "toggle"
	// Handover gives a unique value from one document to another: it has the holder
	// acknowledged last, never two, and the index is unique.
	Handover Kind = "handover"
	// Capped inserts into capped collections: what is left is the newest, in order.
	Capped Kind = "capped"
	// Files stores and removes files in binary chunks, as GridFS does: files are
	// whole or gone, and their bytes are right.
	Files Kind = "files"
	// DDL creates, drops, renames and changes collections, indexes and views, and
	// drops databases: each acknowledged change is in the catalog, and documents are in
	// the collection that they were inserted into.
	DDL Kind = "ddl"
)

// Kinds returns all kinds.
func Kinds() []Kind {
	return []Kind{Append, Count, Transfer, Documents, Toggle, Handover, Capped, Files, DDL}
}

// makers make a client of each kind.
var makers = map[Kind]func(identity) client{
	Append:    newAppender,
	Count:     newCounter,
	Transfer:  newTransferer,
	Documents: newDocuments,
	Toggle:    newToggler,
	Handover:  newHandover,
	Capped:    newCapped,
	Files:     newFiles,
	DDL:       newDDL,
}
