// Checks: results that are read piece by piece, and what their summaries say.

import { expect } from './checks.mjs'

const ROWS = 100_000

async function severalResults ({ driver }) {
  const session = driver.session({ fetchSize: 3 })
  const transaction = await session.beginTransaction()
  const [first, second, third] = [1, 101, 201].map((low) =>
    transaction.run('UNWIND range($low, $low + 19) AS x RETURN x', { low: BigInt(low) })[Symbol.asyncIterator]())
  for (let x = 1n; x <= 20n; x += 1n) {
    const pair = [(await first.next()).value.get('x'), (await second.next()).value.get('x')]
    expect(pair, [x, x + 100n], 'rows of two results in turn')
  }
  expect((await first.next()).done, true, 'end of the first')
  expect((await third.next()).value.get('x'), 201n, 'first row of the third')
  await third.return() // discards the rest; the driver's commit waits for all iterators
  await transaction.commit()
  await session.close()
}

async function streaming ({ driver }) {
  const session = driver.session({ fetchSize: 100 })
  const text = "UNWIND range(1, $rows) AS x RETURN x, 'row ' + toString(x) AS text"
  let number = 0
  for await (const record of session.run(text, { rows: BigInt(ROWS) })) {
    number += 1
    if (record.get('x') !== BigInt(number) || record.get('text') !== `row ${number}`) {
      expect([...record.values()], [BigInt(number), `row ${number}`], 'record')
    }
  }
  expect(number, ROWS, 'number of rows')
  await session.close()
}

async function earlyDiscard ({ driver }) {
  const text = 'UNWIND range(1, 1000000) AS x RETURN x'
  const left = driver.session({ fetchSize: 100 })
  for await (const record of left.run(text)) {
    expect(record.get('x'), 1n, 'first row')
    break
  }
  await left.close()
  const session = driver.session({ fetchSize: 100 })
  let number = 0n
  for await (const record of session.run(text)) {
    number += 1n
    expect(record.get('x'), number, 'row')
    if (number === 150n) break
  }
  expect((await session.run('RETURN 2 AS two')).records[0].get('two'), 2n, 'row of the next query')
  const made = await session.run('UNWIND range(1, 1000) AS x CREATE (n:Made) RETURN n').summary()
  expect(made.counters.updates().nodesCreated, 1_000, 'nodes made by a query whose rows are not wanted')
  await session.close()
}

async function summary ({ driver }) {
  const text = 'CREATE (a:A:B {x: 1, y: 2})-[:T {z: 3}]->(b:C) REMOVE a.y SET b:D RETURN a'
  let told = (await driver.executeQuery(text)).summary
  let { nodesCreated, relationshipsCreated, labelsAdded, propertiesSet } = told.counters.updates()
  const found = [nodesCreated, relationshipsCreated, labelsAdded, propertiesSet]
  expect(found, [2, 1, 4, 4], 'nodes, relationships, labels, properties')
  expect([told.counters.containsUpdates(), told.queryType], [true, 'rw'], 'updates, query type')
  told = (await driver.executeQuery('MATCH (n) DETACH DELETE n')).summary
  const { nodesDeleted, relationshipsDeleted } = told.counters.updates()
  expect([nodesDeleted, relationshipsDeleted, told.queryType], [2, 1, 'w'], 'deletion')
  told = (await driver.executeQuery('RETURN $x AS x', { x: 1n })).summary
  expect([told.query.text, told.query.parameters, told.queryType], ['RETURN $x AS x', { x: 1n }, 'r'], 'query')
  expect(told.counters.containsUpdates(), false, 'updates of a read')
  expect(told.resultAvailableAfter >= 0 && told.resultConsumedAfter >= 0, true, 'times that are not negative')
  expect(told.server.agent.startsWith('Neo4j/'), true, 'server agent')
  expect(told.database.name, 'neo4j', 'database')
  const statuses = [['RETURN 1', '00000'], ['CREATE ()', '00001'], ['UNWIND [] AS n RETURN n', '02000']]
  for (const [query, status] of statuses) {
    told = (await driver.executeQuery(query)).summary
    expect(told.gqlStatusObjects.map((object) => object.gqlStatus), [status], `status of ${query}`)
  }
  told = (await driver.executeQuery('CREATE INDEX ON :Summary(x)')).summary
  expect([told.counters.updates().indexesAdded, told.queryType], [1, 's'], 'index')
  told = (await driver.executeQuery('DROP INDEX ON :Summary(x)')).summary
  expect(told.counters.updates().indexesRemoved, 1, 'indexes removed')
}

async function plan ({ driver }) {
  const told = (await driver.executeQuery('EXPLAIN MATCH (n:A) WHERE n.x > 1 RETURN n.x AS x')).summary
  expect(typeof told.plan.operatorType, 'string', "type of an operator's name")
  expect(told.plan.children.length > 0, true, 'that the plan has children')
  expect(told.profile, false, 'profile')
  const { records } = await driver.executeQuery('EXPLAIN CREATE (:Explained)')
  expect(records, [], 'records of EXPLAIN')
  const counted = await driver.executeQuery('MATCH (n:Explained) RETURN count(n) AS count')
  expect(counted.records[0].get('count'), 0n, 'nodes made by EXPLAIN')
}

export const CHECKS = {
  several_results: severalResults,
  streaming,
  early_discard: earlyDiscard,
  summary,
  plan
}
