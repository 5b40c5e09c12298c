// What a rehearsal beside the deployed service says of declared databases: each one that its room did not have is named before all else.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ServiceName } from '../../base/id.ts'
import type { Service } from '../../plans/policy.ts'
import type { NotCompared } from '../../plans/receipt.ts'
import type { CommandReceipt } from '../../rehearsal/command.ts'
import { commandChecks } from '../command/try-command.ts'
import type { RunnerParts } from '../parts.ts'
import { withDatabase } from './given.ts'

let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'with-database-'))
})
afterEach(() => rmSync(state, { recursive: true }))

/** Nothing listens there. */
const PORT = 1
const live: NotCompared = { what: '/srv/x', why: 'live' }

async function playedWith(databases: Service['databases']) {
  const parts = { place: { state }, clock: { uptime: () => 0 } } as unknown as RunnerParts
  const service = { name: 'mirai' as ServiceName, databases } as Service
  return withDatabase(service, parts, AbortSignal.timeout(60_000), async (database) => ({
    receipt: {
      verdict: 'green',
      changed: [],
      notCompared: [live],
      stayed: [],
      rewritten: [],
      tables: 0,
    } as unknown as CommandReceipt,
    given: database,
  }))
}

test('databases that could not be cloned are named on the receipt and in the checks of a command', async () => {
  const databases = ['app', 'archive'].map((name) => ({ name, port: PORT })) as unknown as NonNullable<
    Service['databases']
  >
  const { receipt, given } = await playedWith(databases)
  expect(given).toBeUndefined()
  expect(receipt.notCompared).toEqual([
    { what: 'postgresql:1/app', why: 'no_database' },
    { what: 'postgresql:1/archive', why: 'no_database' },
    live,
  ])
  for (const check of commandChecks(receipt, [], 'reindex', true))
    expect(check.facts['notCompared']).toEqual([
      'no_database postgresql:1/app',
      'no_database postgresql:1/archive',
      'live /srv/x',
    ])
})

test('a service without databases has none that is missing', async () => {
  expect((await playedWith(undefined)).receipt.notCompared).toEqual([live])
})
