package mongotest

import (
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// runner runs a command on the database admin.
type runner func(ctx context.Context, command bson.D) error

// asRoot calls do with a connection of Root to the set.
func (rs *ReplicaSet) asRoot(ctx context.Context, do func(runner) error) error {
	return rs.with(ctx, rs.URI(Root), do)
}

// asAdministrator calls do with a connection to one member that may do
// everything, also before there are users.
func (rs *ReplicaSet) asAdministrator(ctx context.Context, m *Member, do func(runner) error) error {
	if rs.options.NoAuth { // no need of the driver, which would refuse old servers
		return do(func(ctx context.Context, command bson.D) error {
			_, err := m.Command(ctx, "admin", command)
			return err
		})
	}
	return rs.with(ctx, m.URI(keyFileUser), do)
}

func (rs *ReplicaSet) with(ctx context.Context, uri string, do func(runner) error) error {
	client, err := connect(ctx, uri)
	if err != nil {
		return err
	}
	err = do(func(ctx context.Context, command bson.D) error {
		return client.Database("admin").RunCommand(ctx, command).Err()
	})
	return errors.Join(err, disconnect(client))
}
