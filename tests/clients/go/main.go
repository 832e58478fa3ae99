// The checks of ../README.md with the official driver: `checks bolt://… bolt://… 5.8`.
//
// It prints `ok` and the name of each check, or what differs, and then ends with 1.
package main

import (
	"fmt"
	"os"
	"runtime/debug"
	_ "time/tzdata" // zones, where the system has none

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/config"
)

func main() {
	os.Exit(run(os.Args[1], os.Args[2], os.Args[3]))
}

func run(uri, telemetryURI, version string) int {
	anyone := neo4j.BasicAuth("anyone", "anything", "")
	driver := must(neo4j.NewDriverWithContext(uri, anyone, func(c *config.Config) { c.FetchSize = 100 }))
	defer driver.Close(background)
	around := surroundings{driver, uri, telemetryURI, version}
	for _, checks := range [][]check{connections, values, transactions, results, failures} {
		for _, check := range checks {
			if !passes(check, around) {
				return 1
			}
			fmt.Println("ok", check.name)
		}
	}
	return 0
}

// passes runs a check on an empty graph, and tells the difference, if there is one.
func passes(check check, around surroundings) (passed bool) {
	defer func() {
		if reason := recover(); reason != nil {
			if found, is := reason.(difference); is {
				reason = found.text
			}
			fmt.Fprintf(os.Stderr, "differs: %s: %v\n%s", check.name, reason, debug.Stack())
		}
	}()
	query(around.driver, "MATCH (n) DETACH DELETE n", nil)
	check.run(around)
	return true
}
