package main

import (
	"fmt"
	"strings"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
)

// Results that are read piece by piece, and what their summaries say.
var results = []check{
	{"several_results", severalResults},
	{"streaming", streaming},
	{"early_discard", earlyDiscard},
	{"summary", summary},
	{"plan", plan},
}

const rows = 100_000

// next gives the next record; its end is a difference.
func next(result neo4j.ResultWithContext) *neo4j.Record {
	if !result.Next(background) {
		succeed(result.Err())
		panic(difference{"a result ends too early"})
	}
	return result.Record()
}

func severalResults(around surroundings) {
	inSession(around.driver, neo4j.SessionConfig{FetchSize: 3}, func(session neo4j.SessionWithContext) {
		transaction := must(session.BeginTransaction(background))
		open := func(low int64) neo4j.ResultWithContext {
			text := "UNWIND range($low, $low + 19) AS x RETURN x"
			return must(transaction.Run(background, text, map[string]any{"low": low}))
		}
		first, second, third := open(1), open(101), open(201)
		for x := int64(1); x <= 20; x++ {
			expect(next(first).Values[0], x, "row of the first result")
			expect(next(second).Values[0], x+100, "row of the second result")
		}
		expect(first.Next(background), false, "that the first has more rows")
		expect(next(third).Values[0], int64(201), "first row of the third")
		succeed(transaction.Commit(background))
	})
}

func streaming(around surroundings) {
	inSession(around.driver, neo4j.SessionConfig{FetchSize: 100}, func(session neo4j.SessionWithContext) {
		text := "UNWIND range(1, $rows) AS x RETURN x, 'row ' + toString(x) AS text"
		result := must(session.Run(background, text, map[string]any{"rows": rows}))
		number := int64(0)
		for result.Next(background) {
			number++
			expect(result.Record().Values, []any{number, fmt.Sprintf("row %d", number)}, "record")
		}
		succeed(result.Err())
		expect(number, int64(rows), "number of rows")
	})
}

func earlyDiscard(around surroundings) {
	text := "UNWIND range(1, 1000000) AS x RETURN x"
	config := neo4j.SessionConfig{FetchSize: 100}
	inSession(around.driver, config, func(session neo4j.SessionWithContext) { // left with an open result
		expect(next(must(session.Run(background, text, nil))).Values[0], int64(1), "first row")
	})
	inSession(around.driver, config, func(session neo4j.SessionWithContext) {
		result := must(session.Run(background, text, nil))
		for number := int64(1); number <= 150; number++ {
			expect(next(result).Values[0], number, "row")
		}
		told := must(result.Consume(background))
		expect(told.StatementType(), neo4j.StatementTypeReadOnly, "query type")
		expect(single(session.Run(background, "RETURN 2 AS two", nil)), int64(2), "row of the next query")
		told = consumeIn(session, "UNWIND range(1, 1000) AS x CREATE (n:Made) RETURN n")
		expect(told.Counters().NodesCreated(), 1_000, "nodes made by a query whose rows are not wanted")
	})
}

func summary(around surroundings) {
	told := query(around.driver, "CREATE (a:A:B {x: 1, y: 2})-[:T {z: 3}]->(b:C) REMOVE a.y SET b:D RETURN a", nil).Summary
	counters := told.Counters()
	found := []int{
		counters.NodesCreated(), counters.RelationshipsCreated(), counters.LabelsAdded(), counters.PropertiesSet(),
	}
	expect(found, []int{2, 1, 4, 4}, "nodes, relationships, labels, properties")
	expect(counters.ContainsUpdates(), true, "updates")
	expect(told.StatementType(), neo4j.StatementTypeReadWrite, "query type")
	told = query(around.driver, "MATCH (n) DETACH DELETE n", nil).Summary
	found = []int{told.Counters().NodesDeleted(), told.Counters().RelationshipsDeleted()}
	expect(found, []int{2, 1}, "deleted nodes and relationships")
	expect(told.StatementType(), neo4j.StatementTypeWriteOnly, "query type")
	told = query(around.driver, "RETURN $x AS x", map[string]any{"x": int64(1)}).Summary
	expect(told.Query().Text(), "RETURN $x AS x", "text")
	expect(told.Query().Parameters(), map[string]any{"x": int64(1)}, "parameters")
	expect(told.StatementType(), neo4j.StatementTypeReadOnly, "query type")
	expect(told.Counters().ContainsUpdates(), false, "updates of a read")
	times := told.ResultAvailableAfter() >= 0 && told.ResultConsumedAfter() >= 0
	expect(times, true, "times that are not negative")
	expect(strings.HasPrefix(told.Server().Agent(), "Neo4j/"), true, "server agent")
	expect(told.Database().Name(), "neo4j", "database")
	statuses := [][2]string{{"RETURN 1", "00000"}, {"CREATE ()", "00001"}, {"UNWIND [] AS n RETURN n", "02000"}}
	for _, pair := range statuses {
		objects := query(around.driver, pair[0], nil).Summary.GqlStatusObjects()
		expect(len(objects), 1, "number of statuses of "+pair[0])
		expect(objects[0].GqlStatus(), pair[1], "status of "+pair[0])
	}
	told = query(around.driver, "CREATE INDEX ON :Summary(x)", nil).Summary
	expect(told.Counters().IndexesAdded(), 1, "indexes added")
	expect(told.StatementType(), neo4j.StatementTypeSchemaWrite, "query type")
	told = query(around.driver, "DROP INDEX ON :Summary(x)", nil).Summary
	expect(told.Counters().IndexesRemoved(), 1, "indexes removed")
}

func plan(around surroundings) {
	told := query(around.driver, "EXPLAIN MATCH (n:A) WHERE n.x > 1 RETURN n.x AS x", nil).Summary
	expect(told.Plan().Operator() != "", true, "that an operator has a name")
	expect(len(told.Plan().Children()) > 0, true, "that the plan has children")
	expect(told.Profile(), nil, "profile")
	expect(len(query(around.driver, "EXPLAIN CREATE (:Explained)", nil).Records), 0, "records of EXPLAIN")
	count := one(around.driver, "MATCH (n:Explained) RETURN count(n) AS count", nil)["count"]
	expect(count, int64(0), "nodes made by EXPLAIN")
}
