package main

import (
	"errors"
	"strings"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
)

// Transactions, from one statement to retried ones.
var transactions = []check{
	{"auto_commit", autoCommit},
	{"explicit_transaction", explicitTransaction},
	{"managed_transaction", managedTransaction},
	{"bookmarks", bookmarks},
	{"retry_on_conflict", retryOnConflict},
}

const countText = "MATCH (n:Kept) RETURN count(n)"

// inTwo gives the action two sessions.
func inTwo(driver neo4j.DriverWithContext, action func(session, other neo4j.SessionWithContext)) {
	inSession(driver, neo4j.SessionConfig{}, func(session neo4j.SessionWithContext) {
		inSession(driver, neo4j.SessionConfig{}, func(other neo4j.SessionWithContext) { action(session, other) })
	})
}

func expectCount(session neo4j.SessionWithContext, expected int64, what string) {
	expect(single(session.Run(background, countText, nil)), expected, what)
}

func autoCommit(around surroundings) {
	inTwo(around.driver, func(session, other neo4j.SessionWithContext) {
		consumeIn(session, "CREATE (:Kept)")
		expectCount(other, 1, "nodes seen by another session")
		must(session.Run(background, "UNWIND range(1, 9) AS x CREATE (:Kept)", nil)) // the next one consumes it
		expectCount(session, 10, "nodes")
	})
}

func explicitTransaction(around surroundings) {
	inTwo(around.driver, func(session, other neo4j.SessionWithContext) {
		metadata := neo4j.WithTxMetadata(map[string]any{"app": "checks"})
		transaction := must(session.BeginTransaction(background, metadata, neo4j.WithTxTimeout(30*time.Second)))
		consume(transaction, "CREATE (:Kept)")
		expect(single(transaction.Run(background, countText, nil)), int64(1), "own nodes before the commit")
		expectCount(other, 0, "others' nodes before the commit")
		succeed(transaction.Commit(background))
		expectCount(other, 1, "nodes after the commit")
		transaction = must(session.BeginTransaction(background))
		consume(transaction, "CREATE (:Kept)")
		succeed(transaction.Rollback(background))
		transaction = must(session.BeginTransaction(background))
		consume(transaction, "CREATE (:Kept)")
		succeed(transaction.Close(background))
		expectCount(session, 1, "nodes after two rollbacks")
	})
}

func managedTransaction(around surroundings) {
	own := errors.New("own")
	inSession(around.driver, neo4j.SessionConfig{}, func(session neo4j.SessionWithContext) {
		made := must(session.ExecuteWrite(background, func(tx neo4j.ManagedTransaction) (any, error) {
			return single(tx.Run(background, "CREATE (n:Kept {x: 7}) RETURN n.x", nil)), nil
		}))
		expect(made, int64(7), "result")
		_, err := session.ExecuteWrite(background, func(tx neo4j.ManagedTransaction) (any, error) {
			consume(tx, "CREATE (:Kept)")
			return nil, own
		})
		expect(errors.Is(err, own), true, "that an error of the work comes out")
		count := must(session.ExecuteRead(background, func(tx neo4j.ManagedTransaction) (any, error) {
			return single(tx.Run(background, countText, nil)), nil
		}))
		expect(count, int64(1), "nodes")
	})
	summary := query(around.driver, "CREATE (:Kept)", nil).Summary
	expect(summary.Counters().NodesCreated(), 1, "nodes made by ExecuteQuery")
}

func bookmarks(around surroundings) {
	var first, second neo4j.Bookmarks
	inSession(around.driver, neo4j.SessionConfig{}, func(session neo4j.SessionWithContext) {
		consumeIn(session, "CREATE (:Kept)")
		first = session.LastBookmarks()
		must(session.ExecuteWrite(background, func(tx neo4j.ManagedTransaction) (any, error) {
			return consume(tx, "CREATE (:Kept)"), nil
		}))
		second = session.LastBookmarks()
	})
	expect(len(first)*10+len(second), 11, "bookmarks after two commits")
	expect(first[0] != second[0], true, "that each commit has its own bookmark")
	both := neo4j.SessionConfig{Bookmarks: neo4j.CombineBookmarks(first, second)}
	inSession(around.driver, both, func(session neo4j.SessionWithContext) { expectCount(session, 2, "nodes") })
	inSession(around.driver, neo4j.SessionConfig{Bookmarks: second}, func(session neo4j.SessionWithContext) {
		transaction := must(session.BeginTransaction(background))
		expect(single(transaction.Run(background, countText, nil)), int64(2), "nodes")
		succeed(transaction.Commit(background))
	})
}

func retryOnConflict(around surroundings) {
	inTwo(around.driver, func(session, other neo4j.SessionWithContext) {
		consumeIn(session, "CREATE (:Counter {value: 0})")
		attempts := 0
		must(session.ExecuteWrite(background, func(tx neo4j.ManagedTransaction) (any, error) {
			attempts++
			consume(tx, "MATCH (c:Counter) SET c.value = c.value + 1")
			if attempts == 1 {
				consumeIn(other, "MATCH (c:Counter) SET c.value = c.value + 10")
			}
			return nil, nil
		}))
		expect(attempts, 2, "attempts")
		value := single(session.Run(background, "MATCH (c:Counter) RETURN c.value", nil))
		expect(value, int64(11), "both effects")
		transaction := must(session.BeginTransaction(background))
		consume(transaction, "MATCH (c:Counter) SET c.value = 0")
		consumeIn(other, "MATCH (c:Counter) SET c.value = 1")
		err := transaction.Commit(background)
		transient := strings.HasPrefix(expectError(err).Code, "Neo.TransientError.")
		expect(transient && neo4j.IsRetryable(err), true, "that the driver may try again")
	})
}
