// Command app is an application that can be frozen: a shop with a counter of orders where another would have a
// database. It listens on the address given as its argument and says where.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: app ADDRESS, for example 127.0.0.1:8080")
	}
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	server := http.Server{Handler: newShop().routes(), ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
