// Command go-check is a check in Go that asks a server: it refuses a reverse when the disk of the cluster that will be
// written to has less room than its configuration wants, for example {"freeGiB": 20}.
package main

import (
	"context"
	"encoding/json"

	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/guest"
)

func init() { guest.Serve("example.room", "1.0.0", part()) }

func part() sdk.Part {
	check := sdk.Check("room", room).Asks(sdk.RoleAny, "dbStats")
	check.ConfigSchema = json.RawMessage(`{"type": "object", "required": ["freeGiB"], "additionalProperties": false,
		"properties": {"freeGiB": {"type": "number", "description": "what must be free on the disk of the data, in GiB"}}}`)
	return check
}

func room(ctx context.Context, h sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	var config struct{ FreeGiB float64 }
	if err := r.DecodeConfig(&config); err != nil {
		return nil, err
	}
	side := r.FutureDestination()
	var disk struct{ FsTotalSize, FsUsedSize float64 } // bytes
	if err := sdk.RunCommand(ctx, h, sdk.Command{Cluster: side, Database: "admin", Name: "dbStats", Value: 1}, &disk); err != nil {
		return nil, err
	}
	if disk.FsTotalSize == 0 {
		return nil, sdk.Statusf(sdk.CodeFailedPrecondition, "the %s does not say how large its disk is", side)
	}
	free := (disk.FsTotalSize - disk.FsUsedSize) / (1 << 30)
	if free < config.FreeGiB {
		return []sdk.Finding{sdk.Errorf("DISK_NEARLY_FULL", "the disk of the %s has %.1f GiB free, less than %.1f", side, free, config.FreeGiB).
			Cure("make room on the primary of the %s, or lower freeGiB", side)}, nil
	}
	return []sdk.Finding{sdk.Infof("DISK_HAS_ROOM", "the disk of the %s has %.1f GiB free", side, free)}, nil
}

func main() {}
