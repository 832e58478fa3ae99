// Checks: errors, and that the session goes on after each.

import { expect, expectError } from './checks.mjs'

const ENDLESS = 'UNWIND range(1, 100000) AS x UNWIND range(1, 100000) AS y WITH x, y WHERE x + y < 0 RETURN count(*)'
const TIMED_OUT = 'Neo.ClientError.Transaction.TransactionTimedOut'

/** The session still answers. */
async function goesOn (session) {
  expect((await session.run('RETURN 1 AS one')).records[0].get('one'), 1n, 'the next answer')
}

/** A session in which the text fails with the code, and which goes on; gives the error. */
async function fails (driver, text, parameters, code) {
  const session = driver.session()
  const error = await expectError(() => session.run(text, parameters))
  expect(error.code, code, 'code')
  await goesOn(session)
  await session.close()
  return error
}

async function syntaxError ({ driver }) {
  const error = await fails(driver, 'RETURN 1 AS x\nRETRUN 2', {}, 'Neo.ClientError.Statement.SyntaxError')
  expect(error.message.includes('line 2'), true, `line 2 in ${error.message}`)
}

async function parameterMissing ({ driver }) {
  const error = await fails(driver, 'RETURN $missing', {}, 'Neo.ClientError.Statement.ParameterMissing')
  expect(error.message.includes('missing'), true, `the name in ${error.message}`)
}

async function typeError ({ driver }) {
  await fails(driver, 'RETURN $x - 1', { x: 'text' }, 'Neo.ClientError.Statement.TypeError')
  await fails(driver, 'UNWIND [2, 1, 0] AS x RETURN 1 / x', {}, 'Neo.ClientError.Statement.ArithmeticError')
}

async function errorInTransaction ({ driver }) {
  const session = driver.session()
  const transaction = await session.beginTransaction()
  await transaction.run('CREATE (:Kept)')
  await expectError(() => transaction.run('RETURN 1 / 0'))
  await expectError(() => transaction.run('RETURN 1'))
  await transaction.close()
  const { records } = await session.run('MATCH (n:Kept) RETURN count(n)')
  expect(records[0].get(0), 0n, 'nodes after the rollback')
  const error = await expectError(() => session.executeRead((tx) => tx.run('CREATE (:Kept)')))
  expect(error.code, 'Neo.ClientError.Statement.AccessMode', 'code of a write in a read transaction')
  await goesOn(session)
  await session.close()
}

async function unknownDatabase ({ driver }) {
  const unknown = driver.session({ database: 'nosuch' })
  const error = await expectError(() => unknown.run('RETURN 1'))
  expect(error.code, 'Neo.ClientError.Database.DatabaseNotFound', 'code')
  await unknown.close()
  for (const database of ['memgraph', 'neo4j']) {
    const session = driver.session({ database })
    await goesOn(session)
    await session.close()
  }
}

async function timeout ({ driver }) {
  const session = driver.session()
  const begin = Date.now()
  let error = await expectError(() => session.run(ENDLESS, {}, { timeout: 300 }))
  expect(error.code, TIMED_OUT, 'code')
  expect(Date.now() - begin < 30_000, true, 'that the statement ends soon')
  await goesOn(session)
  const transaction = await session.beginTransaction({ timeout: 300 })
  error = await expectError(() => transaction.run(ENDLESS))
  expect(error.code, TIMED_OUT, 'code in a transaction')
  await transaction.close()
  await goesOn(session)
  await session.close()
}

export const CHECKS = {
  syntax_error: syntaxError,
  parameter_missing: parameterMissing,
  type_error: typeError,
  error_in_transaction: errorInTransaction,
  unknown_database: unknownDatabase,
  timeout
}
