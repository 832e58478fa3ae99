// Checks: how a driver finds and greets the server.

import neo4j from 'neo4j-driver'

import { expect } from './checks.mjs'

/** Runs the action with a driver of its own. */
async function connected (uri, auth, config, action) {
  const driver = neo4j.driver(uri, auth, { useBigInt: true, ...config })
  try {
    return await action(driver)
  } finally {
    await driver.close()
  }
}

async function handshake ({ driver, version }) {
  const info = await driver.getServerInfo()
  const { major, minor } = info.protocolVersion
  expect(`${major}.${minor}`, version, 'version of Bolt')
  expect(info.agent.startsWith('Neo4j/5.26.0 compatible (memgraph-py '), true, `agent ${info.agent} as announced`)
}

async function connectivity ({ uri }) {
  for (const address of [uri, uri.replace('bolt://', 'neo4j://')]) {
    for (const auth of [undefined, neo4j.auth.basic('anyone', 'anything')]) {
      await connected(address, auth, {}, (driver) => driver.verifyConnectivity())
    }
  }
}

async function routing ({ uri }) {
  await connected(uri.replace('bolt://', 'neo4j://'), undefined, {}, async (driver) => {
    const writing = driver.session({ defaultAccessMode: neo4j.session.WRITE })
    await writing.executeWrite((tx) => tx.run('CREATE (:Routed)'))
    const reading = driver.session({ defaultAccessMode: neo4j.session.READ, bookmarks: writing.lastBookmarks() })
    const { records } = await reading.executeRead((tx) => tx.run('MATCH (n:Routed) RETURN count(n)'))
    expect(records[0].get(0), 1n, 'nodes written by way of a routing table')
    await Promise.all([writing.close(), reading.close()])
  })
}

async function telemetry ({ telemetryUri }) {
  await connected(telemetryUri, undefined, {}, async (driver) => {
    await driver.executeQuery('RETURN 1')
    const session = driver.session()
    await session.executeRead((tx) => tx.run('RETURN 1'))
    const transaction = await session.beginTransaction()
    await transaction.run('RETURN 1')
    await transaction.commit()
    const { records } = await session.run('RETURN 1 AS one')
    expect(records[0].get('one'), 1n)
    await session.close()
  })
}

async function notificationFilter ({ uri }) {
  const filter = { minimumSeverityLevel: 'WARNING', disabledClassifications: ['HINT'] }
  await connected(uri, undefined, { notificationFilter: filter }, async (driver) => {
    await driver.verifyConnectivity()
    const session = driver.session({ notificationFilter: { minimumSeverityLevel: 'OFF' } })
    const { summary } = await session.run('RETURN 1 AS one')
    expect(summary.gqlStatusObjects.map((status) => status.isNotification), [false], 'which statuses are notifications')
    await session.close()
  })
}

export const CHECKS = { handshake, connectivity, routing, telemetry, notification_filter: notificationFilter }
