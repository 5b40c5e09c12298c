// What the closing line of a keeper says where there was something, or nothing, to take back.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EXECUTION } from '../../../tests/runner-fixtures/scene.ts'
import { sha256 } from '../../base/hash.ts'
import { systemClock } from '../../sys/clock.ts'
import { run } from '../../sys/process.ts'
import { openExecutionJournal } from '../journal/journal.ts'
import { noKillPoint } from '../kill-points.ts'
import { arm } from './armed.ts'
import { type SettleContext, settle } from './settle.ts'

let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'runner-settle-'))
})
afterEach(() => {
  rmSync(state, { recursive: true })
})

const journal = () => openExecutionJournal(state, EXECUTION, { clock: systemClock, killPoint: noKillPoint })

test.each([
  ['a restart that began and was not kept failed: nothing is taken back', true, 'failed', 'failed'],
  ['a restart that had not begun', false, 'nothing_done', 'reverted'],
] as const)('%s', async (_, begun, outcome, settled) => {
  await arm(
    {
      v: 1,
      execution: EXECUTION,
      plan: sha256('plan'),
      deadline: { boot: systemClock.boot(), uptime: systemClock.uptime() },
      paused: false,
      adminPath: false,
      zone: 'UTC',
      copies: state,
      actions: [{ id: '1', files: [], undo: [], timeoutMs: 1000 }],
    },
    state,
  )
  if (begun)
    await (await journal()).append(`${EXECUTION}/1/apply/1`, { kind: 'intent', action: { kind: 'unit' } })
  const context: SettleContext = {
    run,
    clock: systemClock,
    keyed: () => '',
    killPoint: noKillPoint,
    systemctl: false,
    phase: 'running',
    state,
    journal,
  }
  expect(await settle(EXECUTION, 'keeper', 'deadline', context)).toEqual({
    state: settled,
    execution: EXECUTION,
  })
  const { lines } = await journal()
  expect(lines.at(-1)?.body).toMatchObject({ kind: 'closed', outcome })
})
