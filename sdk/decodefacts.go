package sdk

func (r *reader) facts(v *Facts) {
	r.object(func(key string) {
		switch key {
		case "collectedAt":
			v.CollectedAt = r.time()
		case "versions":
			perCluster(r, &v.Versions, r.versions)
		case "topology":
			perCluster(r, &v.Topology, r.topology)
		case "rights":
			perCluster(r, &v.Rights, r.rights)
		case "uniqueIndexes":
			perCluster(r, &v.UniqueIndexes, r.uniqueIndexes)
		case "writeBlocking":
			perCluster(r, &v.WriteBlocking, r.writeBlocking)
		case "oplogWindow":
			r.oplogWindow(&v.OplogWindow)
		case "options":
			r.options(&v.Options)
		case "divergence":
			r.divergence(&v.Divergence)
		default:
			r.skip()
		}
	})
}

func (r *reader) versions(v *Versions) {
	r.object(func(key string) {
		switch key {
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "version":
			v.Version = r.str()
		case "versionArray":
			r.ints(&v.VersionArray)
		case "gitVersion":
			v.GitVersion = r.str()
		case "fcv":
			v.FCV = r.str()
		case "fcvTarget":
			v.FCVTarget = r.str()
		case "members":
			list(r, &v.Members, r.memberVersion)
		default:
			r.skip()
		}
	})
}

func (r *reader) memberVersion(v *MemberVersion) {
	r.object(func(key string) {
		switch key {
		case "host":
			v.Host = r.str()
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "version":
			v.Version = r.str()
		case "versionArray":
			r.ints(&v.VersionArray)
		default:
			r.skip()
		}
	})
}

func (r *reader) topology(v *Topology) {
	r.object(func(key string) {
		switch key {
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "kind":
			v.Kind = TopologyKind(r.str())
		case "setName":
			v.SetName = r.str()
		case "replicaSetId":
			v.ReplicaSetID = r.str()
		case "members":
			list(r, &v.Members, r.member)
		case "shardCount":
			v.ShardCount = int(r.integer())
		case "shardNames":
			r.strs(&v.ShardNames)
		case "balancer":
			v.Balancer = r.str()
		default:
			r.skip()
		}
	})
}

func (r *reader) member(v *Member) {
	r.object(func(key string) {
		switch key {
		case "host":
			v.Host = r.str()
		case "shard":
			v.Shard = r.str()
		case "state":
			v.State = r.str()
		case "arbiter":
			v.Arbiter = r.flag()
		case "hidden":
			v.Hidden = r.flag()
		case "votes":
			v.Votes = int(r.integer())
		case "priority":
			v.Priority = r.number()
		case "buildIndexes":
			v.BuildIndexes = r.flag()
		case "secondaryDelaySecs":
			v.SecondaryDelaySecs = r.integer()
		default:
			r.skip()
		}
	})
}

func (r *reader) writeBlocking(v *WriteBlocking) {
	r.object(func(key string) {
		switch key {
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "mode":
			v.Mode = int(r.integer())
		default:
			r.skip()
		}
	})
}

func (r *reader) oplogWindow(v *OplogWindow) {
	r.object(func(key string) {
		switch key {
		case "source":
			r.oplog(&v.Source)
		case "destination":
			r.oplog(&v.Destination)
		case "reverseStart":
			if !r.null() {
				v.ReverseStart = new(Timestamp)
				r.timestamp(v.ReverseStart)
			}
		default:
			r.skip()
		}
	})
}

func (r *reader) oplog(v *Oplog) {
	r.object(func(key string) {
		switch key {
		case "known":
			v.Known = r.flag()
		case "error":
			v.Error = r.str()
		case "first":
			r.timestamp(&v.First)
		case "last":
			r.timestamp(&v.Last)
		case "sizeBytes":
			v.SizeBytes = r.integer()
		case "maxSizeBytes":
			v.MaxSizeBytes = r.integer()
		default:
			r.skip()
		}
	})
}

func (r *reader) timestamp(v *Timestamp) {
	r.object(func(key string) {
		if key != "$timestamp" {
			r.skip()
			return
		}
		r.object(func(key string) {
			switch key {
			case "t":
				v.T = r.uint32()
			case "i":
				v.I = r.uint32()
			default:
				r.skip()
			}
		})
	})
}

func (r *reader) options(v *Options) {
	r.object(func(key string) {
		switch key {
		case "known":
			v.Known = r.flag()
		case "reversible":
			v.Reversible = r.flag()
		case "enableUserWriteBlocking":
			v.EnableUserWriteBlocking = r.str()
		case "buildIndexes":
			v.BuildIndexes = r.str()
		case "filtered":
			v.Filtered = r.flag()
		default:
			r.skip()
		}
	})
}
