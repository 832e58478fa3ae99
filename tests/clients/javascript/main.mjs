// The checks of ../README.md with the official driver: `node main.mjs bolt://… bolt://… 5.8`.
//
// It prints `ok` and the name of each check, or what differs, and then ends with 1. Integers are BigInt throughout.

import neo4j from 'neo4j-driver'

import { CHECKS as connections } from './connections.mjs'
import { CHECKS as failures } from './failures.mjs'
import { CHECKS as results } from './results.mjs'
import { CHECKS as transactions } from './transactions.mjs'
import { CHECKS as values } from './values.mjs'

const CHECKS = { ...connections, ...values, ...transactions, ...results, ...failures }

async function main (uri, telemetryUri, version) {
  const driver = neo4j.driver(uri, neo4j.auth.basic('anyone', 'anything'), { useBigInt: true, fetchSize: 100 })
  try {
    for (const [name, check] of Object.entries(CHECKS)) {
      await driver.executeQuery('MATCH (n) DETACH DELETE n')
      try {
        await check({ driver, uri, telemetryUri, version })
      } catch (error) {
        console.error(`differs: ${name}: ${error.stack}`)
        return 1
      }
      console.log('ok', name)
    }
    return 0
  } finally {
    await driver.close()
  }
}

process.exitCode = await main(...process.argv.slice(2))
