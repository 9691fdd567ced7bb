package permissions

import (
	"slices"
	"strconv"
	"strings"

	"github.com/revsync/revsync/sdk"
)

// grantedBy says which built-in roles, given on admin, hold an action; measured on 6.0.5 with one user for each role.
// The keys are the action for the cluster resource ("cluster ") and for all databases, and "config" for finds in
// the config database.
func grantedBy() map[string]string {
	return map[string]string{
		"cluster appendOplogNote":         "clusterManager backup",
		"cluster getDefaultRWConcern":     "clusterMonitor clusterManager",
		"cluster getShardMap":             "clusterMonitor",
		"cluster getParameter":            "clusterMonitor hostManager",
		"cluster hostInfo":                "clusterMonitor",
		"cluster listDatabases":           "readAnyDatabase readWriteAnyDatabase clusterMonitor backup dbAdminAnyDatabase",
		"cluster listShards":              "clusterMonitor clusterManager",
		"cluster replSetGetConfig":        "clusterMonitor clusterManager",
		"cluster replSetGetStatus":        "clusterMonitor clusterManager",
		"cluster serverStatus":            "clusterMonitor backup",
		"cluster useUUID":                 "clusterMonitor",
		"cluster bypassWriteBlockingMode": "restore",
		"cluster setUserWriteBlockMode":   "backup restore",
		"changeStream":                    "readAnyDatabase readWriteAnyDatabase",
		"collStats":                       "readAnyDatabase readWriteAnyDatabase clusterMonitor backup dbAdminAnyDatabase",
		"find":                            "readAnyDatabase readWriteAnyDatabase backup",
		"indexStats":                      "clusterMonitor",
		"listCollections":                 "readAnyDatabase readWriteAnyDatabase backup",
		"listIndexes":                     "readAnyDatabase readWriteAnyDatabase backup",
		"bypassDocumentValidation":        "restore dbAdminAnyDatabase",
		"collMod":                         "restore dbAdminAnyDatabase",
		"convertToCapped":                 "readWriteAnyDatabase restore dbAdminAnyDatabase",
		"createCollection":                "readWriteAnyDatabase restore dbAdminAnyDatabase",
		"createIndex":                     "readWriteAnyDatabase restore dbAdminAnyDatabase",
		"dropCollection":                  "readWriteAnyDatabase restore dbAdminAnyDatabase",
		"dropDatabase":                    "dbAdminAnyDatabase",
		"dropIndex":                       "readWriteAnyDatabase dbAdminAnyDatabase",
		"enableSharding":                  "clusterManager",
		"insert":                          "readWriteAnyDatabase restore",
		"remove":                          "readWriteAnyDatabase",
		"renameCollectionSameDB":          "readWriteAnyDatabase dbAdminAnyDatabase",
		"update":                          "readWriteAnyDatabase",
		"validate":                        "dbAdminAnyDatabase",
		"config find":                     "clusterMonitor clusterManager backup",
		"admin find":                      "backup restore",
	}
}

func (n need) key() string {
	switch {
	case n.on.Cluster:
		return "cluster " + n.action
	case n.on.DB != "":
		return n.on.DB + " " + n.action
	}
	return n.action
}

// missing makes the finding about one action that the user may not take.
func missing(severity sdk.Severity, code string, n need, roles string, rights sdk.Rights, cluster string) sdk.Finding {
	f := sdk.Finding{Code: code, Severity: severity,
		Message: "the user of " + cluster + " lacks action " + n.action + " on " + n.on.String()}
	switch code {
	case "PRIVILEGE_MISSING_FOR_REVERSE":
		f.Message += ", which a reverse will need"
	case "PRIVILEGE_MISSING_FOR_NEXT_REVERSE":
		f.Message += ", which is needed to reverse once more after this reverse"
	}
	f.Resource = sdk.Resource{Cluster: cluster, Namespace: namespace(n.on)}
	f = f.Cure("%s", remedy(n, roles, rights))
	return f.Because("action", n.action).Because("resource", n.on.String()).Because("users", names(rights.Users))
}

func namespace(p sdk.Pattern) string {
	if p.DB != "" && p.Collection != "" {
		return p.DB + "." + p.Collection
	}
	return p.DB
}

// remedy is the command that gives the user the first of the side's documented roles that holds the action. For a user
// with a role of somebody's own making it is also the command that adds the privilege to that role.
func remedy(n need, roles string, rights sdk.Rights) string {
	privilege := "{resource: " + n.on.String() + ", actions: [" + strconv.Quote(n.action) + "]}"
	holders := strings.Fields(grantedBy()[n.key()])
	documented := strings.Fields(roles)
	i := slices.IndexFunc(documented, func(role string) bool { return slices.Contains(holders, role) })
	if i < 0 || len(rights.Users) == 0 {
		return "give the user a role with privilege " + privilege
	}
	if slices.ContainsFunc(rights.Roles, func(r sdk.RoleName) bool { return r.Role == "atlasAdmin" }) {
		return "give the database user role " + documented[i] + " in the Atlas project (Database Access)"
	}
	u := rights.Users[0]
	text := inDB(u.DB) + ".grantRolesToUser(" + strconv.Quote(u.User) + ", [{role: " + strconv.Quote(documented[i]) + `, db: "admin"}])`
	if own := slices.IndexFunc(rights.Roles, custom); own >= 0 {
		r := rights.Roles[own]
		text += "; or, to give no more than this, " + inDB(r.DB) + ".grantPrivilegesToRole(" + strconv.Quote(r.Role) + ", [" + privilege + "])"
	}
	return text
}

func inDB(name string) string { return "db.getSiblingDB(" + strconv.Quote(name) + ")" }

// builtIn are the roles that every server has. A privilege on the cluster can only be added to a role of admin.
const builtIn = " read readWrite dbAdmin dbOwner userAdmin clusterAdmin clusterManager clusterMonitor hostManager enableSharding " +
	"backup restore readAnyDatabase readWriteAnyDatabase userAdminAnyDatabase dbAdminAnyDatabase root atlasAdmin __system "

func custom(r sdk.RoleName) bool {
	return r.DB == "admin" && !strings.Contains(builtIn, " "+r.Role+" ")
}

func names(users []sdk.User) []string {
	list := []string{}
	for _, u := range users {
		list = append(list, u.User+"@"+u.DB)
	}
	return list
}
