package mongotest

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// User names a user of a set. Its password is no secret: see Password.
type User string

// The users that every set with access control has.
const (
	// Root may do everything, and passes a write block.
	Root User = "root"
	// Sync has the roles that revsync needs on both sides to sync, commit and
	// reverse any number of times. It passes a write block (role restore).
	Sync User = "sync"
	// App is an application: it reads and writes documents in all databases,
	// and a write block refuses it with code 371.
	App User = "app"
	// DDL is an application that also changes collections and indexes, with
	// what dbAdminAnyDatabase adds (collMod, dropDatabase). A write block refuses it too.
	DDL User = "ddl"
	// Nobody does not log in.
	Nobody User = ""
)

// keyFileUser is the user that the members are to each other. Its password is
// the content of the key file, it may do everything, and it is there before any
// user has been created.
const keyFileUser User = "__system"

// rolesOf are the built-in roles, all in the database admin, of the users that a set starts with.
var rolesOf = map[User][]string{
	Root: {"root"},
	Sync: {"backup", "clusterManager", "clusterMonitor", "dbAdminAnyDatabase", "readWriteAnyDatabase", "restore"},
	App:  {"readWriteAnyDatabase"},
	DDL:  {"readWriteAnyDatabase", "dbAdminAnyDatabase"},
}

// Password returns the user's fixed password.
func (u User) Password() string { return string(u) + "-password" }

// uri returns a connection string for the hosts.
func (u User) uri(hosts string, query url.Values) string {
	target := url.URL{Scheme: "mongodb", Host: hosts, Path: "/", RawQuery: query.Encode()}
	switch u {
	case Nobody:
		return target.String()
	case keyFileUser:
		query.Set("authSource", "local")
		target.User = url.UserPassword(string(u), keyFileContent)
	default:
		query.Set("authSource", "admin")
		target.User = url.UserPassword(string(u), u.Password())
	}
	query.Set("authMechanism", "SCRAM-SHA-256")
	target.RawQuery = query.Encode()
	return target.String()
}

// createUser returns the command that creates the user.
func createUser(user User, roles []string) bson.D {
	return bson.D{
		{Key: "createUser", Value: string(user)},
		{Key: "pwd", Value: user.Password()},
		{Key: "roles", Value: roleDocuments(roles)},
		{Key: "mechanisms", Value: bson.A{"SCRAM-SHA-256"}},
		{Key: "writeConcern", Value: bson.D{{Key: "w", Value: "majority"}}},
	}
}

func roleDocuments(roles []string) bson.A {
	documents := bson.A{}
	for _, name := range roles {
		role, db, found := strings.Cut(name, "@")
		if !found {
			db = "admin"
		}
		documents = append(documents, bson.D{{Key: "role", Value: role}, {Key: "db", Value: db}})
	}
	return documents
}

// AddUser creates a user with the given roles, which exist in the database
// admin or are written "role@database". Its password is User.Password.
func (rs *ReplicaSet) AddUser(ctx context.Context, user User, roles ...string) error {
	return rs.asRoot(ctx, func(run runner) error {
		if err := run(ctx, createUser(user, roles)); err != nil {
			return fmt.Errorf("create user %s: %w", user, err)
		}
		return nil
	})
}
