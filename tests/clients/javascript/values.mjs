// Checks: each kind of value as a parameter, as a property and as a result.

import neo4j from 'neo4j-driver'

import { expect, one } from './checks.mjs'

const { types } = neo4j

/** As a parameter and back; inside a list and a map; as a property, where stored is true. */
async function thereAndBack (driver, value, { stored = true } = {}) {
  const record = await one(driver, 'RETURN $x AS x, [$x] AS list, {key: $x} AS map', { x: value })
  expect(record.get('x'), value)
  expect(record.get('list')[0], value)
  expect(record.get('map').key, value)
  if (stored) {
    await driver.executeQuery('CREATE (:Kept {x: $x})', { x: value })
    expect((await one(driver, 'MATCH (n:Kept) RETURN n.x AS x')).get('x'), value)
    await driver.executeQuery('MATCH (n:Kept) DELETE n')
  }
}

async function nullAndBooleans ({ driver }) {
  for (const value of [true, false]) await thereAndBack(driver, value)
  await thereAndBack(driver, null, { stored: false })
}

async function integers ({ driver }) {
  for (const bits of [7n, 8n, 15n, 16n, 31n, 32n, 63n]) {
    for (const value of [-(1n << bits), -(1n << bits) + 1n, (1n << bits) - 1n]) await thereAndBack(driver, value)
  }
  for (const value of [0n, -1n, -16n, -17n, 1n << 32n]) await thereAndBack(driver, value)
  const sums = await one(driver, 'RETURN $x + 1 AS up, -$x - 2 AS down', { x: (1n << 63n) - 2n })
  expect([sums.get('up'), sums.get('down')], [(1n << 63n) - 1n, -(1n << 63n)], 'arithmetic at the edges')
}

async function floats ({ driver }) {
  for (const value of [0, -0, 1.5, 0.1, -1e308, 5e-324, Math.PI, Infinity, -Infinity, NaN]) {
    await thereAndBack(driver, value)
  }
}

async function strings ({ driver }) {
  const short = ['', 'a', 'Größe ✓ 𝄞 日本語', '\u0000\n\t"\'\\`', 'e\u0301']
  const lengths = [15, 16, 255, 256].map((length) => 'x'.repeat(length))
  for (const value of [...short, ...lengths]) await thereAndBack(driver, value)
  for (const length of [65_535, 65_536, 1_000_000]) await thereAndBack(driver, 'ä'.repeat(length))
  const { size } = (await one(driver, 'RETURN size($x) AS size', { x: '𝄞✓'.repeat(100_000) })).toObject()
  expect(size, 200_000n, 'length of a string in characters')
}

async function bytes ({ driver }) {
  const all = Int8Array.from({ length: 256 }, (_, index) => index)
  for (const value of [new Int8Array(0), Int8Array.of(0, -1), all, new Int8Array(100_000).fill(1)]) {
    const record = await one(driver, 'RETURN $x AS x, [$x] AS list', { x: value })
    expect(record.get('x'), value)
    expect(record.get('list')[0], value)
  }
}

async function listsAndMaps ({ driver }) {
  const many = Array.from({ length: 70_000 }, (_, index) => BigInt(index))
  for (const value of [[], [1n, 2n, 3n], ['a', 'b'], [true, false], [1.5, -0], many]) await thereAndBack(driver, value)
  const mixed = [1n, 'a', null, [2.5, [true, { deep: [null, { er: 'x' }] }]], {}]
  await thereAndBack(driver, mixed, { stored: false })
  await thereAndBack(driver, { a: 1n, b: { c: mixed, '': 'empty', 'ä ✓': null } }, { stored: false })
  const keys = Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`key${index}`, BigInt(index)]))
  await thereAndBack(driver, keys, { stored: false })
}

async function datesAndTimes ({ driver }) {
  const values = [
    new types.Date(2024n, 2n, 29n),
    new types.Date(1n, 1n, 1n),
    new types.Date(9999n, 12n, 31n),
    new types.LocalTime(12n, 34n, 56n, 789_012_345n),
    new types.LocalTime(0n, 0n, 0n, 0n),
    new types.Time(23n, 59n, 59n, 999_999_999n, -27_000n),
    new types.LocalDateTime(2024n, 2n, 29n, 12n, 34n, 56n, 789_012_345n),
    new types.LocalDateTime(1900n, 1n, 1n, 0n, 0n, 0n, 1n),
    new types.DateTime(2024n, 2n, 29n, 12n, 34n, 56n, 7n, 20_700n),
    new types.DateTime(1969n, 12n, 31n, 23n, 59n, 59n, 999_999_999n, -3_600n)
  ]
  for (const value of values) await thereAndBack(driver, value)
  for (const [month, offset] of [[1n, 3_600n], [7n, 7_200n]]) {
    const value = new types.DateTime(2024n, month, 15n, 12n, 34n, 56n, 7n, offset, 'Europe/Stockholm')
    await thereAndBack(driver, value)
  }
}

async function durations ({ driver }) {
  const values = [[14n, 3n, 12n, 500n], [-1n, 2n, -4n, 999_999_999n], [0n, 0n, 0n, 0n]]
  for (const value of values) await thereAndBack(driver, new types.Duration(...value))
}

async function points ({ driver }) {
  const values = [[7203n, 1.5, -2.5], [9157n, 1, 2, 3], [4326n, 12.78, 56.7], [4979n, -0, 90, 1e6]]
  for (const value of values) await thereAndBack(driver, new types.Point(...value))
  const made = (await one(driver, 'RETURN point({x: 3, y: 4}) AS p')).get('p')
  expect([made.srid, made.x, made.y], [7203n, 3, 4], 'point')
}

async function nodes ({ driver }) {
  const text = "CREATE (n:A:B {x: 1, y: 's', z: [1.5]}) RETURN n, id(n) AS id, elementId(n) AS text, n.none AS none"
  const record = await one(driver, text)
  const node = record.get('n')
  expect([...node.labels].sort(), ['A', 'B'], 'labels')
  expect(node.properties, { x: 1n, y: 's', z: [1.5] }, 'properties')
  expect([node.elementId, node.identity], [record.get('text'), record.get('id')], 'ids')
  expect(record.get('none'), null, 'missing property')
  const bare = await one(driver, 'CREATE (n) RETURN n, [n, {m: n}] AS list')
  expect([bare.get('n').labels, bare.get('n').properties], [[], {}], 'a node of nothing')
  expect(bare.get('list')[1].m.elementId, bare.get('n').elementId, 'element id of a nested node')
  const found = await one(driver, 'MATCH (n) WHERE elementId(n) = $id RETURN n.x AS x', { id: node.elementId })
  expect(found.get('x'), 1n, 'property of the node found by element id')
}

async function relationships ({ driver }) {
  const text = 'CREATE (a:A)-[r:KNOWS {since: 1.5}]->(b:B) RETURN a, r, b, elementId(r) AS text, id(r) AS id'
  const record = await one(driver, text)
  const relationship = record.get('r')
  expect([relationship.type, relationship.properties], ['KNOWS', { since: 1.5 }], 'relationship')
  expect([relationship.elementId, relationship.identity], [record.get('text'), record.get('id')], 'ids')
  expect(relationship.startNodeElementId, record.get('a').elementId, 'start')
  expect(relationship.endNodeElementId, record.get('b').elementId, 'end')
}

async function paths ({ driver }) {
  const text = 'CREATE p = (a:A {n: 1})-[:T {n: 2}]->(b:B {n: 3})<-[:U {n: 4}]-(c:C {n: 5}) RETURN p, a, c'
  const record = await one(driver, text)
  const path = record.get('p')
  expect(path.length, 2, 'length')
  expect([path.start.properties.n, path.end.properties.n], [1n, 5n], 'ends')
  expect(path.segments.map((segment) => segment.end.properties.n), [3n, 5n], 'nodes')
  const found = path.segments.map(({ relationship }) => [relationship.type, relationship.properties.n])
  expect(found, [['T', 2n], ['U', 4n]], 'relationships')
  const back = path.segments[1].relationship
  expect(back.startNodeElementId, record.get('c').elementId, 'start of the one that goes back')
  expect(back.endNodeElementId, path.segments[0].end.elementId, 'end of the one that goes back')
  const lone = (await one(driver, 'MATCH p = (:A) RETURN p')).get('p')
  expect([lone.length, lone.start.elementId], [0, record.get('a').elementId], 'path of one node')
}

export const CHECKS = {
  null_and_booleans: nullAndBooleans,
  integers,
  floats,
  strings,
  bytes,
  lists_and_maps: listsAndMaps,
  dates_and_times: datesAndTimes,
  durations,
  points,
  nodes,
  relationships,
  paths
}
