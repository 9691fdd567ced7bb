package sdk

func (r *reader) rights(v *Rights) {
	r.object(func(key string) {
		switch key {
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "authenticated":
			v.Authenticated = r.flag()
		case "users":
			list(r, &v.Users, func(u *User) { r.named("user", &u.User, &u.DB) })
		case "roles":
			list(r, &v.Roles, func(n *RoleName) { r.named("role", &n.Role, &n.DB) })
		case "privileges":
			list(r, &v.Privileges, r.privilege)
		default:
			r.skip()
		}
	})
}

// named reads a document of a name under the given key, and a database.
func (r *reader) named(nameKey string, name, db *string) {
	r.object(func(key string) {
		switch key {
		case nameKey:
			*name = r.str()
		case "db":
			*db = r.str()
		default:
			r.skip()
		}
	})
}

func (r *reader) privilege(v *Privilege) {
	r.object(func(key string) {
		switch key {
		case "resource":
			r.pattern(&v.Resource)
		case "actions":
			r.strs(&v.Actions)
		default:
			r.skip()
		}
	})
}

func (r *reader) pattern(v *Pattern) {
	r.object(func(key string) {
		switch key {
		case "cluster":
			v.Cluster = r.flag()
		case "anyResource":
			v.AnyResource = r.flag()
		case "db":
			v.DB = r.str()
		case "collection":
			v.Collection = r.str()
		case "system_buckets":
			if !r.null() {
				name := r.str()
				v.SystemBuckets = &name
			}
		default:
			r.skip()
		}
	})
}
