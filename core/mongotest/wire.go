package mongotest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/wiremessage"
)

// Times and sizes of one exchange with a server.
const (
	commandTimeout  = 30 * time.Second // when the caller's context has no deadline
	maxMessageBytes = 48_000_000       // maxMessageSizeBytes of every supported server
	headerBytes     = 16
)

// Command sends one command to the member over a connection of its own, without
// logging in, and returns the answer. An answer that says ok: 0 comes as a
// mongo.CommandError; errors of single writes stay in the answer.
//
// It is for sets without access control and for what comes before any user:
// it works with servers that have not been initiated, and with 4.2, which the
// driver refuses. Without a deadline it gives up after 30 seconds.
func (m *Member) Command(ctx context.Context, db string, command bson.D) (bson.Raw, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", m.port.host())
	if err != nil {
		return nil, err
	}
	// A cancelled context breaks the exchange off by way of the deadline.
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(0, 1)) })
	defer stop()
	answer, err := roundTrip(conn, append(command[:len(command):len(command)], bson.E{Key: "$db", Value: db}))
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	if err := errors.Join(err, conn.Close()); err != nil {
		return nil, fmt.Errorf("%s on %s: %w", command[0].Key, m.port.host(), err)
	}
	return answer, commandError(answer)
}

func roundTrip(conn net.Conn, command bson.D) (bson.Raw, error) {
	body, err := bson.Marshal(command)
	if err != nil {
		return nil, err
	}
	start, message := wiremessage.AppendHeaderStart(nil, wiremessage.NextRequestID(), 0, wiremessage.OpMsg)
	message = wiremessage.AppendMsgFlags(message, 0)
	message = wiremessage.AppendMsgSectionType(message, wiremessage.SingleDocument)
	message = append(message, body...)
	binary.LittleEndian.PutUint32(message[start:], uint32(len(message)))
	if _, err := conn.Write(message); err != nil {
		return nil, err
	}
	return readMessage(conn)
}

var errMalformed = errors.New("malformed answer")

func readMessage(conn net.Conn) (bson.Raw, error) {
	header := make([]byte, headerBytes)
	if _, err := io.ReadFull(conn, header); err != nil {
		return nil, err
	}
	size, _, _, _, _, ok := wiremessage.ReadHeader(header)
	if !ok || size < headerBytes || size > maxMessageBytes {
		return nil, errMalformed
	}
	rest := make([]byte, size-headerBytes)
	if _, err := io.ReadFull(conn, rest); err != nil {
		return nil, err
	}
	_, rest, flagsOK := wiremessage.ReadMsgFlags(rest)
	_, rest, typeOK := wiremessage.ReadMsgSectionType(rest)
	document, _, documentOK := wiremessage.ReadMsgSectionSingleDocument(rest)
	if !flagsOK || !typeOK || !documentOK {
		return nil, errMalformed
	}
	return bson.Raw(document), nil
}

func commandError(answer bson.Raw) error {
	var status struct {
		OK       float64 `bson:"ok"`
		Code     int32   `bson:"code"`
		CodeName string  `bson:"codeName"`
		Errmsg   string  `bson:"errmsg"`
	}
	if err := bson.Unmarshal(answer, &status); err != nil {
		return fmt.Errorf("%w: %w", errMalformed, err)
	}
	if status.OK == 1 {
		return nil
	}
	return mongo.CommandError{Code: status.Code, Name: status.CodeName, Message: status.Errmsg, Raw: answer}
}
