package facts

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/revsync/revsync/core/mdb"
	"github.com/revsync/revsync/sdk"
)

// versions needs the actions getParameter, replSetGetConfig and
// replSetGetStatus (role clusterMonitor). A member that does not answer is
// unknown by itself.
var versions = family[sdk.Versions]{
	name: sdk.FactVersions, patience: quick,
	unknown: func(why string) sdk.Versions { return sdk.Versions{Error: why} },
	read:    readVersions,
}

type buildInfo struct {
	Version      string `bson:"version"`
	VersionArray []int  `bson:"versionArray"`
	GitVersion   string `bson:"gitVersion"`
}

func readVersions(ctx context.Context, c *mdb.Cluster) (sdk.Versions, error) {
	var info buildInfo
	if err := ask(ctx, c, "buildInfo", &info); err != nil {
		return sdk.Versions{}, err
	}
	v := sdk.Versions{Known: true, Version: info.Version, VersionArray: info.VersionArray, GitVersion: info.GitVersion}
	if err := addFCV(ctx, c, &v); err != nil {
		return sdk.Versions{}, err
	}
	kind, err := kindOf(ctx, c)
	if err != nil || kind != sdk.TopologyReplicaSet {
		return v, err
	}
	s, err := readSet(ctx, c)
	v.Members = fromEach(ctx, c, s, memberVersion, func(m sdk.Member, err error) sdk.MemberVersion {
		return sdk.MemberVersion{Host: m.Host, Error: why(ctx, err)}
	})
	return v, err
}

func addFCV(ctx context.Context, c *mdb.Cluster, v *sdk.Versions) error {
	reply, err := c.Run(ctx, "admin", bson.D{{Key: "getParameter", Value: 1}, {Key: "featureCompatibilityVersion", Value: 1}})
	if err != nil {
		return fmt.Errorf("read the feature compatibility version: %w", err)
	}
	v.FCV, _ = reply.Lookup("featureCompatibilityVersion", "version").StringValueOK()
	v.FCVTarget, _ = reply.Lookup("featureCompatibilityVersion", "targetVersion").StringValueOK()
	if v.FCV == "" {
		return fmt.Errorf("%s: getParameter does not tell the feature compatibility version", c.Name())
	}
	return nil
}

func memberVersion(ctx context.Context, direct *mdb.Cluster, m sdk.Member) sdk.MemberVersion {
	var info buildInfo
	if err := ask(ctx, direct, "buildInfo", &info); err != nil {
		return sdk.MemberVersion{Host: m.Host, Error: why(ctx, err)}
	}
	return sdk.MemberVersion{Host: m.Host, Known: true, Version: info.Version, VersionArray: info.VersionArray}
}
