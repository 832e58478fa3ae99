package main

import (
	"fmt"
	"strings"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/config"
	"github.com/neo4j/neo4j-go-driver/v5/neo4j/notifications"
)

// How a driver finds and greets the server.
var connections = []check{
	{"handshake", handshake},
	{"connectivity", connectivity},
	{"routing", routing},
	{"telemetry", telemetry},
	{"notification_filter", notificationFilter},
}

func connected(uri string, auth neo4j.AuthToken, action func(neo4j.DriverWithContext), set ...func(*config.Config)) {
	driver := must(neo4j.NewDriverWithContext(uri, auth, set...))
	action(driver)
	succeed(driver.Close(background))
}

func handshake(around surroundings) {
	info := must(around.driver.GetServerInfo(background))
	version := info.ProtocolVersion()
	expect(fmt.Sprintf("%d.%d", version.Major, version.Minor), around.version, "version of Bolt")
	announced := strings.HasPrefix(info.Agent(), "Neo4j/5.26.0 compatible (memgraph-py ")
	expect(announced, true, "agent "+info.Agent()+" as announced")
}

func connectivity(around surroundings) {
	for _, uri := range []string{around.uri, strings.Replace(around.uri, "bolt://", "neo4j://", 1)} {
		for _, auth := range []neo4j.AuthToken{neo4j.NoAuth(), neo4j.BasicAuth("anyone", "anything", "")} {
			connected(uri, auth, func(driver neo4j.DriverWithContext) { succeed(driver.VerifyConnectivity(background)) })
		}
	}
}

func routing(around surroundings) {
	uri := strings.Replace(around.uri, "bolt://", "neo4j://", 1)
	connected(uri, neo4j.NoAuth(), func(driver neo4j.DriverWithContext) {
		var bookmarks neo4j.Bookmarks
		writing := neo4j.SessionConfig{AccessMode: neo4j.AccessModeWrite}
		inSession(driver, writing, func(session neo4j.SessionWithContext) {
			must(session.ExecuteWrite(background, func(tx neo4j.ManagedTransaction) (any, error) {
				return consume(tx, "CREATE (:Routed)"), nil
			}))
			bookmarks = session.LastBookmarks()
		})
		reading := neo4j.SessionConfig{AccessMode: neo4j.AccessModeRead, Bookmarks: bookmarks}
		inSession(driver, reading, func(session neo4j.SessionWithContext) {
			count := must(session.ExecuteRead(background, func(tx neo4j.ManagedTransaction) (any, error) {
				return single(tx.Run(background, "MATCH (n:Routed) RETURN count(n)", nil)), nil
			}))
			expect(count, int64(1), "nodes written by way of a routing table")
		})
	})
}

func telemetry(around surroundings) {
	connected(around.telemetryURI, neo4j.NoAuth(), func(driver neo4j.DriverWithContext) {
		query(driver, "RETURN 1", nil)
		inSession(driver, neo4j.SessionConfig{}, func(session neo4j.SessionWithContext) {
			must(session.ExecuteRead(background, func(tx neo4j.ManagedTransaction) (any, error) {
				return consume(tx, "RETURN 1"), nil
			}))
			transaction := must(session.BeginTransaction(background))
			consume(transaction, "RETURN 1")
			succeed(transaction.Commit(background))
			expect(single(session.Run(background, "RETURN 1 AS one", nil)), int64(1), "value")
		})
	})
}

func notificationFilter(around surroundings) {
	set := func(c *config.Config) {
		c.NotificationsMinSeverity = notifications.WarningLevel
		c.NotificationsDisabledClassifications = notifications.DisableClassifications(notifications.Hint)
	}
	connected(around.uri, neo4j.NoAuth(), func(driver neo4j.DriverWithContext) {
		succeed(driver.VerifyConnectivity(background))
		off := neo4j.SessionConfig{NotificationsMinSeverity: notifications.DisabledLevel}
		inSession(driver, off, func(session neo4j.SessionWithContext) {
			statuses := consumeIn(session, "RETURN 1 AS one").GqlStatusObjects()
			expect(len(statuses), 1, "number of statuses")
			expect(statuses[0].IsNotification(), false, "that the status is a notification")
		})
	}, set)
}
