package sdk

import (
	"errors"
	"time"
)

// DecodeRequest reads a request document, as encoding/json would, but fast enough for an interpreter; what it does not
// know it passes over. A test holds it against encoding/json field by field.
func DecodeRequest(doc []byte) (*Request, error) {
	r, req := &reader{data: string(doc)}, &Request{}
	if r.peek() != '{' {
		return nil, errors.New("the request is not a JSON object")
	}
	r.request(req)
	if r.err == nil && (r.peek() != 0 || r.pos < len(doc)) {
		r.fail("data after the document")
	}
	if r.err != nil {
		return nil, errors.New("the request is not valid JSON: " + r.err.Error())
	}
	return req, nil
}

func (r *reader) request(v *Request) {
	r.object(func(key string) {
		switch key {
		case "apiVersion":
			v.APIVersion = r.str()
		case "evaluationId":
			v.EvaluationID = r.str()
		case "component":
			v.Component = r.str()
		case "phase":
			v.Phase = Phase(r.str())
		case "trigger":
			v.Trigger = Trigger(r.str())
		case "dryRun":
			v.DryRun = r.flag()
		case "now":
			v.Now = r.time()
		case "deadline":
			v.Deadline = r.time()
		case "idempotencyKey":
			v.IdempotencyKey = r.str()
		case "config":
			v.Config = r.raw()
		case "sync":
			r.sync(&v.Sync)
		case "facts":
			r.facts(&v.Facts)
		default:
			r.skip()
		}
	})
}

func (r *reader) sync(v *Sync) {
	r.object(func(key string) {
		switch key {
		case "id":
			v.ID = r.str()
		case "state":
			v.State = r.str()
		case "epoch":
			v.Epoch = int(r.integer())
		case "direction":
			v.Direction = Direction(r.str())
		case "source":
			r.cluster(&v.Source)
		case "destination":
			r.cluster(&v.Destination)
		default:
			r.skip()
		}
	})
}

func (r *reader) cluster(v *Cluster) {
	r.object(func(key string) {
		switch key {
		case "name":
			v.Name = r.str()
		case "version":
			v.Version = r.str()
		case "topology":
			v.Topology = TopologyKind(r.str())
		default:
			r.skip()
		}
	})
}

func (r *reader) time() time.Time {
	if r.null() {
		return time.Time{}
	}
	t, ok := parseTime(r.str())
	if !ok {
		r.fail("not a time as in RFC 3339")
	}
	return t
}

// list reads an array into a slice; null leaves it nil.
func list[T any](r *reader, v *[]T, each func(*T)) {
	if r.peek() == '[' {
		*v = []T{}
	}
	r.array(func() {
		*v = append(*v, *new(T))
		each(&(*v)[len(*v)-1])
	})
}

func (r *reader) strs(v *[]string) { list(r, v, func(s *string) { *s = r.str() }) }

func (r *reader) ints(v *[]int) { list(r, v, func(n *int) { *n = int(r.integer()) }) }

func perCluster[T any](r *reader, v *PerCluster[T], each func(*T)) {
	r.object(func(key string) {
		switch key {
		case "source":
			each(&v.Source)
		case "destination":
			each(&v.Destination)
		default:
			r.skip()
		}
	})
}
