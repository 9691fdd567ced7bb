// Command guest is a WASM module for tests: each component shows one way in which a Go module behaves.
package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"net"
	"os"
	"time"

	"github.com/revsync/revsync/sdk"
	"github.com/revsync/revsync/sdk/guest"
)

func init() {
	guest.Serve("acme.guest", "1.0.0",
		sdk.Check("asks", asks).Asks(sdk.RoleDestination, "buildInfo"),
		sdk.Check("reads", reads).Reads(sdk.RoleSource, sdk.OpFind, "app.c").Reads(sdk.RoleSource, sdk.OpAggregate, "app.c"),
		sdk.Check("panics", panics), sdk.Check("exits", exits), sdk.Check("spins", spins), sdk.Check("hogs", hogs),
		sdk.Check("deadlocks", deadlocks), sdk.Check("escapes", escapes), sdk.Check("remembers", remembers), sdk.Check("clock", clock))
}

func main() {}

func asks(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
	var reply struct {
		Version string `json:"version"`
	}
	h.Log(ctx, sdk.LevelInfo, "asking")
	err := sdk.RunCommand(ctx, h, sdk.Command{Cluster: sdk.RoleDestination, Database: "admin", Name: "buildInfo", Value: 1}, &reply)
	if err != nil {
		return nil, err
	}
	return []sdk.Finding{sdk.Infof("VERSION", "%s", reply.Version)}, nil
}

// reads counts what it is given of a collection, to the end and then only a part of it.
func reads(ctx context.Context, h sdk.Host, _ *sdk.Request) ([]sdk.Finding, error) {
	all, few := 0, 0
	for _, err := range sdk.Find(ctx, h, sdk.FindRequest{Cluster: sdk.RoleSource, Database: "app", Collection: "c", BatchSize: 10}) {
		if err != nil {
			return nil, err
		}
		all++
	}
	for _, err := range sdk.Aggregate(ctx, h, sdk.AggregateRequest{Cluster: sdk.RoleSource, Database: "app", Collection: "c",
		Pipeline: []byte(`[{"$match":{"_id":{"$gte":5}}}]`), BatchSize: 10}) {
		if err != nil {
			return nil, err
		}
		if few++; few == 12 {
			break
		}
	}
	return []sdk.Finding{sdk.Infof("READ", "%d and %d", all, few)}, nil
}

func panics(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) { panic("I fell over") }

func exits(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	os.Exit(0)
	return nil, nil
}

func spins(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	for n := 0; ; n++ {
		sink = n
	}
}

func hogs(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	for {
		hoard = append(hoard, make([]byte, 1<<20))
	}
}

func deadlocks(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	<-make(chan int)
	return nil, nil
}

// escapes tries what a sandbox is there to prevent; each success is an error finding.
func escapes(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	var findings []sdk.Finding
	tried := func(code string, err error) {
		if err == nil {
			findings = append(findings, sdk.Errorf(code, "it worked"))
		}
	}
	_, err := os.ReadFile("/etc/passwd")
	tried("READ", err)
	tried("WRITE", os.WriteFile("escaped", nil, 0o644))
	_, err = os.ReadDir("/")
	tried("LIST", err)
	_, err = net.DialTimeout("tcp", "127.0.0.1:27017", time.Second)
	tried("DIAL", err)
	// net.Listen is left out: on wasip1 Go plays a network of its own inside the module's memory.
	if len(os.Environ()) > 0 {
		tried("ENVIRONMENT", nil)
	}
	if len(os.Args) > 1 {
		tried("ARGUMENTS", nil)
	}
	return findings, nil
}

// remembers answers how often this instance has been asked.
func remembers(context.Context, sdk.Host, *sdk.Request) ([]sdk.Finding, error) {
	asked++
	random := make([]byte, 8)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	return []sdk.Finding{sdk.Infof("ASKED", "%d times, random %s", asked, hex.EncodeToString(random))}, nil
}

func clock(_ context.Context, _ sdk.Host, r *sdk.Request) ([]sdk.Finding, error) {
	if time.Now().Year() == r.Now.Year() {
		return nil, errors.New("the clock is real")
	}
	return []sdk.Finding{}, nil
}

var (
	sink  int
	hoard [][]byte
	asked int
)
