package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/neo4j/neo4j-go-driver/v5/neo4j"
)

var background = context.Background()

// surroundings of a check: where the server is. telemetryURI: the same server, which asks for telemetry there. version:
// of Bolt, the newest that the server knows.
type surroundings struct {
	driver       neo4j.DriverWithContext
	uri          string
	telemetryURI string
	version      string
}

// check is one line of ../README.md.
type check struct {
	name string
	run  func(surroundings)
}

// difference is what a check panics with when the server does not do what it must.
type difference struct{ text string }

// expect panics unless both are alike: of one type, floats by their bits, times by moment, offset and zone.
func expect(found, expected any, what string) {
	if !alike(found, expected) {
		panic(difference{fmt.Sprintf("%s is %.300q (%T), expected %.300q (%T)",
			what, fmt.Sprint(found), found, fmt.Sprint(expected), expected)})
	}
}

func alike(found, expected any) bool {
	if reflect.TypeOf(found) != reflect.TypeOf(expected) {
		return false
	}
	switch expected := expected.(type) {
	case float64:
		given := found.(float64)
		return math.Float64bits(given) == math.Float64bits(expected) || math.IsNaN(given) && math.IsNaN(expected)
	case time.Time:
		given := found.(time.Time)
		_, givenOffset := given.Zone()
		_, expectedOffset := expected.Zone()
		return given.Equal(expected) && givenOffset == expectedOffset &&
			given.Location().String() == expected.Location().String()
	case neo4j.Time:
		return alike(found.(neo4j.Time).Time().Format(time.RFC3339Nano), expected.Time().Format(time.RFC3339Nano))
	case []any:
		given := found.([]any)
		if len(given) != len(expected) {
			return false
		}
		for index := range expected {
			if !alike(given[index], expected[index]) {
				return false
			}
		}
		return true
	case map[string]any:
		given := found.(map[string]any)
		if len(given) != len(expected) {
			return false
		}
		for key, value := range expected {
			item, there := given[key]
			if !there || !alike(item, value) {
				return false
			}
		}
		return true
	default:
		return reflect.DeepEqual(found, expected)
	}
}

// must gives the value; an error is a difference.
func must[T any](value T, err error) T {
	succeed(err)
	return value
}

// succeed panics where there is an error.
func succeed(err error) {
	if err != nil {
		panic(difference{err.Error()})
	}
}

// expectError gives the server's error; any other, and none, is a difference.
func expectError(err error) *neo4j.Neo4jError {
	var found *neo4j.Neo4jError
	if !errors.As(err, &found) {
		panic(difference{fmt.Sprintf("not an error of the server: %v", err)})
	}
	return found
}

type runner interface {
	Run(context.Context, string, map[string]any) (neo4j.ResultWithContext, error)
}

// consume runs the text to its end.
func consume(transaction runner, text string) neo4j.ResultSummary {
	return must(must(transaction.Run(background, text, nil)).Consume(background))
}

// consumeIn runs the text to its end in a transaction of its own.
func consumeIn(session neo4j.SessionWithContext, text string) neo4j.ResultSummary {
	return must(must(session.Run(background, text, nil)).Consume(background))
}

// single gives the first value of the one record.
func single(result neo4j.ResultWithContext, err error) any {
	return must(must(result, err).Single(background)).Values[0]
}

// query lets the driver run a text by itself.
func query(driver neo4j.DriverWithContext, text string, parameters map[string]any) *neo4j.EagerResult {
	return must(neo4j.ExecuteQuery(background, driver, text, parameters, neo4j.EagerResultTransformer))
}

// one gives the values of the one record of such a query.
func one(driver neo4j.DriverWithContext, text string, parameters map[string]any) map[string]any {
	records := query(driver, text, parameters).Records
	expect(len(records), 1, "number of records of "+text)
	return records[0].AsMap()
}

// inSession runs the action in a session and closes it.
func inSession(driver neo4j.DriverWithContext, config neo4j.SessionConfig, action func(neo4j.SessionWithContext)) {
	session := driver.NewSession(background, config)
	action(session)
	succeed(session.Close(background))
}
