package main

import (
	"strings"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
)

// Errors, and that the session goes on after each.
var failures = []check{
	{"syntax_error", syntaxError},
	{"parameter_missing", parameterMissing},
	{"type_error", typeError},
	{"error_in_transaction", errorInTransaction},
	{"unknown_database", unknownDatabase},
	{"timeout", timeout},
}

const (
	endless  = "UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y WITH x, y WHERE x + y < 0 RETURN count(*)"
	timedOut = "Neo.ClientError.Transaction.TransactionTimedOut"
)

// goesOn expects that the session still answers.
func goesOn(session neo4j.SessionWithContext) {
	expect(single(session.Run(background, "RETURN 1 AS one", nil)), int64(1), "the next answer")
}

// errorOf gives the server's error, which comes with the result or later.
func errorOf(result neo4j.ResultWithContext, err error) *neo4j.Neo4jError {
	if err == nil {
		_, err = result.Consume(background)
	}
	return expectError(err)
}

// fails runs the text in a session, where it has this error, and which goes on.
func fails(driver neo4j.DriverWithContext, text string, parameters map[string]any, code string) *neo4j.Neo4jError {
	var found *neo4j.Neo4jError
	inSession(driver, neo4j.SessionConfig{}, func(session neo4j.SessionWithContext) {
		found = errorOf(session.Run(background, text, parameters))
		expect(found.Code, code, "code")
		goesOn(session)
	})
	return found
}

func syntaxError(around surroundings) {
	found := fails(around.driver, "RETURN 1 AS x\nRETRUN 2", nil, "Neo.ClientError.Statement.SyntaxError")
	expect(strings.Contains(found.Msg, "line 2"), true, "line 2 in "+found.Msg)
}

func parameterMissing(around surroundings) {
	found := fails(around.driver, "RETURN $missing", nil, "Neo.ClientError.Statement.ParameterMissing")
	expect(strings.Contains(found.Msg, "missing"), true, "the name in "+found.Msg)
}

func typeError(around surroundings) {
	parameters := map[string]any{"x": "text"}
	fails(around.driver, "RETURN $x - 1", parameters, "Neo.ClientError.Statement.TypeError")
	fails(around.driver, "UNWIND [2, 1, 0] AS x RETURN 1 / x", nil, "Neo.ClientError.Statement.ArithmeticError")
}

func errorInTransaction(around surroundings) {
	inSession(around.driver, neo4j.SessionConfig{}, func(session neo4j.SessionWithContext) {
		transaction := must(session.BeginTransaction(background))
		consume(transaction, "CREATE (:Kept)")
		errorOf(transaction.Run(background, "RETURN 1 / 0", nil))
		_, err := transaction.Run(background, "RETURN 1", nil)
		expect(err != nil, true, "that the transaction is of no more use")
		succeed(transaction.Close(background))
		expectCount(session, 0, "nodes after the rollback")
		_, err = session.ExecuteRead(background, func(tx neo4j.ManagedTransaction) (any, error) {
			result, err := tx.Run(background, "CREATE (:Kept)", nil)
			if err != nil {
				return nil, err
			}
			return result.Consume(background)
		})
		expect(expectError(err).Code, "Neo.ClientError.Statement.AccessMode", "code of a write in a read transaction")
		goesOn(session)
	})
}

func unknownDatabase(around surroundings) {
	unknown := neo4j.SessionConfig{DatabaseName: "nosuch"}
	inSession(around.driver, unknown, func(session neo4j.SessionWithContext) {
		found := errorOf(session.Run(background, "RETURN 1", nil))
		expect(found.Code, "Neo.ClientError.Database.DatabaseNotFound", "code")
	})
	for _, name := range []string{"memgraph", "neo4j"} {
		inSession(around.driver, neo4j.SessionConfig{DatabaseName: name}, goesOn)
	}
}

func timeout(around surroundings) {
	short := neo4j.WithTxTimeout(300 * time.Millisecond)
	inSession(around.driver, neo4j.SessionConfig{}, func(session neo4j.SessionWithContext) {
		begin := time.Now()
		expect(errorOf(session.Run(background, endless, nil, short)).Code, timedOut, "code")
		expect(time.Since(begin) < 30*time.Second, true, "that the statement ends soon")
		goesOn(session)
		transaction := must(session.BeginTransaction(background, short))
		expect(errorOf(transaction.Run(background, endless, nil)).Code, timedOut, "code in a transaction")
		succeed(transaction.Close(background))
		goesOn(session)
	})
}
