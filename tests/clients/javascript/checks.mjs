// What all checks share: how values are compared, and how a difference is told.

import neo4j from 'neo4j-driver'

export class Difference extends Error {}

/** Throws a Difference unless both are alike: of one type, numbers by their bits, the driver's own kinds by their fields. */
export function expect (found, expected, what = 'value') {
  if (!alike(found, expected)) {
    throw new Difference(`${what} is ${shown(found)}, expected ${shown(expected)}`)
  }
}

/** The error that the action throws. Throws a Difference where it throws none. */
export async function expectError (action) {
  try {
    await action()
  } catch (error) {
    if (error instanceof neo4j.Neo4jError) return error
    throw error
  }
  throw new Difference('no error')
}

/** The one record of a query that the driver runs by itself. */
export async function one (driver, text, parameters = {}) {
  const { records } = await driver.executeQuery(text, parameters)
  expect(records.length, 1, `number of records of ${text}`)
  return records[0]
}

function alike (found, expected) {
  if (Object.is(found, expected)) return true
  if (typeof found !== 'object' || typeof expected !== 'object' || found === null || expected === null) return false
  if (Object.getPrototypeOf(found) !== Object.getPrototypeOf(expected)) return false
  if (Array.isArray(expected) || expected instanceof Int8Array) {
    return found.length === expected.length && expected.every((item, index) => alike(found[index], item))
  }
  const names = Object.keys(expected)
  return names.length === Object.keys(found).length &&
    names.every((name) => Object.hasOwn(found, name) && alike(found[name], expected[name]))
}

function shown (value) {
  const text = neo4j.isInt(value) ? value.toString() : JSON.stringify(value, (_, item) =>
    typeof item === 'bigint' || Object.is(item, -0) || typeof item === 'number' ? String(Object.is(item, -0) ? '-0' : item) : item)
  return text === undefined || text.length < 300 ? text : `${text.slice(0, 300)}…`
}
