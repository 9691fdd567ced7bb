package workload

import "context"

type ddl struct{ identity }

func newDDL(id identity) client                          { return &ddl{identity: id} }
func (c *ddl) prepare(ctx context.Context, s side) error { return nil }
func (c *ddl) step(ctx context.Context, s side) answer   { return answer{outcome: Acknowledged} }
func (c *ddl) check(ctx context.Context, s side) error   { return nil }
