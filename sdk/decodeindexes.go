package sdk

func (r *reader) uniqueIndexes(v *UniqueIndexes) {
	r.object(func(key string) {
		switch key {
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "members":
			list(r, &v.Members, r.memberIndexes)
		case "missing":
			list(r, &v.Missing, r.missingIndex)
		default:
			r.skip()
		}
	})
}

func (r *reader) missingIndex(v *MissingIndex) {
	r.object(func(key string) {
		switch key {
		case "namespace":
			v.Namespace = r.str()
		case "name":
			v.Name = r.str()
		case "shards":
			r.strs(&v.Shards)
		default:
			r.skip()
		}
	})
}

func (r *reader) memberIndexes(v *MemberIndexes) {
	r.object(func(key string) {
		switch key {
		case "host":
			v.Host = r.str()
		case "shard":
			v.Shard = r.str()
		case "state":
			v.State = r.str()
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "checked":
			v.Checked = int(r.integer())
		case "suspects":
			list(r, &v.Suspects, r.uniqueIndex)
		default:
			r.skip()
		}
	})
}

func (r *reader) uniqueIndex(v *UniqueIndex) {
	r.object(func(key string) {
		switch key {
		case "namespace":
			v.Namespace = r.str()
		case "name":
			v.Name = r.str()
		case "collectionUuid":
			v.CollectionUUID = r.str()
		case "key":
			v.Key = r.raw()
		case "formatVersion":
			v.FormatVersion = int(r.integer())
		case "validated":
			v.Validated = r.flag()
		case "validateWarnings":
			r.strs(&v.ValidateWarnings)
		case "validateError":
			v.ValidateError = r.str()
		default:
			r.skip()
		}
	})
}
