// Checks: transactions, from one statement to retried ones.

import { expect, expectError } from './checks.mjs'

const COUNT = 'MATCH (n:Kept) RETURN count(n)'

/** Nodes with the label Kept, as a session or a transaction sees them. */
async function count (runner) {
  return (await runner.run(COUNT)).records[0].get(0)
}

async function autoCommit ({ driver }) {
  const [session, other] = [driver.session(), driver.session()]
  await session.run('CREATE (:Kept)')
  expect(await count(other), 1n, 'nodes seen by another session')
  const unread = session.run('UNWIND range(1, 9) AS x CREATE (:Kept)')
  await unread.summary()
  expect(await count(session), 10n, 'nodes')
  await Promise.all([session.close(), other.close()])
}

async function explicitTransaction ({ driver }) {
  const [session, other] = [driver.session(), driver.session()]
  let transaction = await session.beginTransaction({ metadata: { app: 'checks' }, timeout: 30_000 })
  await transaction.run('CREATE (:Kept)')
  expect(await count(transaction), 1n, 'own nodes before the commit')
  expect(await count(other), 0n, "others' nodes before the commit")
  await transaction.commit()
  expect(await count(other), 1n, 'nodes after the commit')
  transaction = await session.beginTransaction()
  await transaction.run('CREATE (:Kept)')
  await transaction.rollback()
  transaction = await session.beginTransaction()
  await transaction.run('CREATE (:Kept)')
  await transaction.close()
  expect(await count(session), 1n, 'nodes after two rollbacks')
  await Promise.all([session.close(), other.close()])
}

async function managedTransaction ({ driver }) {
  const session = driver.session()
  const made = await session.executeWrite((tx) => tx.run('CREATE (n:Kept {x: 7}) RETURN n.x'))
  expect(made.records[0].get(0), 7n, 'result')
  const own = new Error('own')
  const thrown = await session.executeWrite(async (tx) => {
    await tx.run('CREATE (:Kept)')
    throw own
  }).catch((error) => error)
  expect(thrown === own, true, 'that an error of the work comes out')
  expect(await session.executeRead(count), 1n, 'nodes')
  await session.close()
  const { summary } = await driver.executeQuery('CREATE (:Kept)')
  expect(summary.counters.updates().nodesCreated, 1, 'nodes made by executeQuery')
}

async function bookmarks ({ driver }) {
  const session = driver.session()
  await session.run('CREATE (:Kept)')
  const first = session.lastBookmarks()
  await session.executeWrite((tx) => tx.run('CREATE (:Kept)'))
  const second = session.lastBookmarks()
  await session.close()
  expect([first.length, second.length], [1, 1], 'bookmarks after two commits')
  expect(first[0] !== second[0], true, 'that each commit has its own bookmark')
  const later = driver.session({ bookmarks: [...first, ...second] })
  expect(await count(later), 2n, 'nodes')
  await later.close()
  const last = driver.session({ bookmarks: second })
  const transaction = await last.beginTransaction()
  expect(await count(transaction), 2n, 'nodes')
  await transaction.commit()
  await last.close()
}

async function retryOnConflict ({ driver }) {
  const [session, other] = [driver.session(), driver.session()]
  await session.run('CREATE (:Counter {value: 0})')
  let attempts = 0
  await session.executeWrite(async (tx) => {
    attempts += 1
    await tx.run('MATCH (c:Counter) SET c.value = c.value + 1')
    if (attempts === 1) await other.run('MATCH (c:Counter) SET c.value = c.value + 10')
  })
  expect(attempts, 2, 'attempts')
  const { records } = await session.run('MATCH (c:Counter) RETURN c.value')
  expect(records[0].get(0), 11n, 'both effects')
  const transaction = await session.beginTransaction()
  await transaction.run('MATCH (c:Counter) SET c.value = 0')
  await other.run('MATCH (c:Counter) SET c.value = 1')
  const error = await expectError(() => transaction.commit())
  expect([error.code.startsWith('Neo.TransientError.'), error.retriable], [true, true], 'that the driver may try again')
  await Promise.all([session.close(), other.close()])
}

export const CHECKS = {
  auto_commit: autoCommit,
  explicit_transaction: explicitTransaction,
  managed_transaction: managedTransaction,
  bookmarks,
  retry_on_conflict: retryOnConflict
}
