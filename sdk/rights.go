package sdk

import "strings"

// Rights is what the engine's own user may do on one cluster, as connectionStatus with showPrivileges gives it.
type Rights struct {
	Known bool   `json:"known"`
	Error string `json:"error,omitempty"`
	// Authenticated is true when the connection has at least one authenticated user. Without one the server's access
	// control is off (or nothing would work), and a user write block then holds back the engine too.
	Authenticated bool `json:"authenticated"`
	// Users and Roles are authInfo.authenticatedUsers and .authenticatedUserRoles, Privileges is
	// .authenticatedUserPrivileges.
	Users      []User      `json:"users,omitempty"`
	Roles      []RoleName  `json:"roles,omitempty"`
	Privileges []Privilege `json:"privileges,omitempty"`
}

// User is an authenticated user.
type User struct {
	User string `json:"user"`
	DB   string `json:"db"`
}

// RoleName is a role of a database.
type RoleName struct {
	Role string `json:"role"`
	DB   string `json:"db"`
}

// Privilege is a set of actions on a resource.
type Privilege struct {
	Resource Pattern  `json:"resource"`
	Actions  []string `json:"actions"`
}

// Pattern is a resource as MongoDB writes it in a privilege: {cluster: true}, {anyResource: true},
// {db, collection} where "" stands for any, or {db, system_buckets}. It is also the way to say what is needed.
type Pattern struct {
	Cluster     bool   `json:"cluster,omitempty"`
	AnyResource bool   `json:"anyResource,omitempty"`
	DB          string `json:"db"`
	Collection  string `json:"collection"`
	// SystemBuckets, when not nil, means the bucket collections of time series: of the named one, or of all for "".
	SystemBuckets *string `json:"system_buckets,omitempty"`
}

// String writes the pattern as it stands in createRole.
func (p Pattern) String() string {
	switch {
	case p.Cluster:
		return `{cluster: true}`
	case p.AnyResource:
		return `{anyResource: true}`
	case p.SystemBuckets != nil:
		return `{db: "` + p.DB + `", system_buckets: "` + *p.SystemBuckets + `"}`
	}
	return `{db: "` + p.DB + `", collection: "` + p.Collection + `"}`
}

// May reports whether the rights hold the action on all of what the pattern describes.
func (r Rights) May(action string, on Pattern) bool {
	for _, p := range r.Privileges {
		if p.Resource.covers(on) && (contains(p.Actions, action) || contains(p.Actions, "anyAction")) {
			return true
		}
	}
	return false
}

// covers reports whether a privilege on p reaches everything that need describes. The rules are the server's: any
// collection of any database means neither system collections nor those of local and config; any collection of one
// database means no system collection.
func (p Pattern) covers(need Pattern) bool {
	switch {
	case p.AnyResource:
		return true
	case p.Cluster || need.Cluster:
		return p.Cluster && need.Cluster
	case need.AnyResource:
		return false
	case p.SystemBuckets != nil || need.SystemBuckets != nil:
		return p.coversBuckets(need)
	}
	return p.coversCollection(need)
}

func (p Pattern) coversBuckets(need Pattern) bool {
	if p.SystemBuckets == nil || need.SystemBuckets == nil {
		return false
	}
	return wild(p.DB, need.DB) && wild(*p.SystemBuckets, *need.SystemBuckets)
}

func (p Pattern) coversCollection(need Pattern) bool {
	if !wild(p.DB, need.DB) || !wild(p.Collection, need.Collection) {
		return false
	}
	if p.Collection != "" {
		return true
	}
	if strings.HasPrefix(need.Collection, "system.") {
		return false
	}
	return p.DB != "" || (need.DB != "local" && need.DB != "config")
}

// wild reports whether a part of a pattern reaches a part of a need; "" in the pattern is any.
func wild(pattern, need string) bool { return pattern == "" || pattern == need }
