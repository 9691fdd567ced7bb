package mdb

// Guard has may asked right before each command that changes something is sent,
// until it is called again; its error is answered instead. So a process that was
// suspended with a command in hand finds out, when it goes on, that it is not
// the one to send it any more. Nil asks nobody.
func (c *Cluster) Guard(may func() error) {
	if may == nil {
		c.guard.Store(nil)
		return
	}
	c.guard.Store(&may)
}

func (c *Cluster) allowed() error {
	if may := c.guard.Load(); may != nil {
		return (*may)()
	}
	return nil
}
