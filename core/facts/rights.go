package facts

import (
	"context"
	"encoding/json"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// rights are those of the engine's own user, which needs none to see them.
var rights = family[sdk.Rights]{
	name: sdk.FactRights, patience: quick,
	unknown: func(why string) sdk.Rights { return sdk.Rights{Error: why} },
	read:    readRights,
}

// connection is the part of connectionStatus that the contract passes on; the
// contract's types have the server's field names.
type connection struct {
	AuthInfo *struct {
		Users      []sdk.User      `json:"authenticatedUsers"`
		Roles      []sdk.RoleName  `json:"authenticatedUserRoles"`
		Privileges []sdk.Privilege `json:"authenticatedUserPrivileges"`
	} `json:"authInfo"`
}

func readRights(ctx context.Context, c *mdb.Cluster) (sdk.Rights, error) {
	reply, err := c.Run(ctx, "admin", bson.D{{Key: "connectionStatus", Value: 1}, {Key: "showPrivileges", Value: true}})
	if err != nil {
		return sdk.Rights{}, err
	}
	var status connection
	if err := decode(reply, &status); err != nil {
		return sdk.Rights{}, fmt.Errorf("%s: the reply of connectionStatus cannot be read: %w", c.Name(), err)
	}
	if status.AuthInfo == nil {
		return sdk.Rights{}, fmt.Errorf("%s: connectionStatus does not tell who is logged in", c.Name())
	}
	auth := status.AuthInfo
	return sdk.Rights{
		Known: true, Authenticated: len(auth.Users) > 0,
		Users: auth.Users, Roles: auth.Roles, Privileges: auth.Privileges,
	}, nil
}

// decode reads a reply into a value with json tags.
func decode(reply bson.Raw, v any) error {
	text, err := bson.MarshalExtJSON(reply, false, false)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, v)
}
