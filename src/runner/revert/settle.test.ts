// What the closing line of a keeper says where there was something, or nothing, to take back.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { EXECUTION } from '../../../tests/runner-fixtures/scene.ts'
import { SekishoError } from '../../base/error.ts'
import { sha256 } from '../../base/hash.ts'
import { noKillPoint } from '../../base/kill-point.ts'
import { PLAIN, stateAt } from '../../host/file-state.ts'
import { systemClock } from '../../sys/clock.ts'
import { lockDescriptor } from '../../sys/lock.ts'
import { run } from '../../sys/process.ts'
import { suspendedMs } from '../act/unit.ts'
import { openExecutionJournal } from '../journal/journal.ts'
import { viewOf } from '../perform/view.ts'
import { arm, clearHalfWritten } from './armed.ts'
import { keepWatch } from './keeper.ts'
import { type SettleContext, settle } from './settle.ts'

let state: string
beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'runner-settle-'))
})
afterEach(() => {
  rmSync(state, { recursive: true })
})

/** Armed, with a deadline that is now. */
const armDue = () =>
  arm(
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

const journal = () => openExecutionJournal(state, EXECUTION, { clock: systemClock, killPoint: noKillPoint })

test.each([
  ['a restart that began and was not kept failed: nothing is taken back', true, 'failed', 'failed'],
  ['a restart that had not begun', false, 'nothing_done', 'reverted'],
] as const)('%s', async (_, begun, outcome, settled) => {
  await armDue()
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

/** A unit of PID 1 as `systemctl` shows it, and what it was told. */
function unitWorld(startedAt: number) {
  const told: string[] = []
  const exec: typeof run = async (argv, options) => {
    if (argv.includes('show')) {
      const shown = [
        'LoadState=loaded',
        'ActiveState=active',
        'SubState=running',
        `InactiveExitTimestampMonotonic=${Math.round(startedAt * 1000)}`,
      ].join('\n')
      return run(['printf', '%s', shown])
    }
    if (argv[0] !== 'systemctl') return run(argv, options)
    told.push(argv.slice(3).join(' '))
    return run(['true'])
  }
  return { told, exec }
}

test.each([
  ['restarted by the one who died: it is not told again', 5, []],
  ['not restarted yet: it is told once', -5, ['restart -- mirai.service']],
] as const)('I3 a keeper takes an undo over whose unit was %s', async (_, after, expected) => {
  const real = join(state, 'file')
  writeFileSync(real, 'old')
  const before = (await stateAt(real, PLAIN)).state
  const uptime = systemClock.uptime()
  const file = { path: real, real, before, copy: real }
  const undo = [{ kind: 'putBack' }, { kind: 'unit', verb: 'restart', unit: 'mirai.service' }] as const
  await arm(
    {
      v: 1,
      execution: EXECUTION,
      plan: sha256('plan'),
      deadline: { boot: systemClock.boot(), uptime },
      paused: false,
      adminPath: false,
      zone: 'UTC',
      copies: state,
      actions: [{ id: '1', files: [file], undo, timeoutMs: 1000 }],
    },
    state,
  )
  const chain = await journal()
  await chain.append(`${EXECUTION}/1/apply/1`, { kind: 'intent', action: { kind: 'replaceFiles' } })
  await chain.append(`${EXECUTION}/1/apply/1`, {
    kind: 'outcome',
    result: 'applied',
    detail: {},
    milliseconds: 1,
  })
  await chain.append(EXECUTION, { kind: 'claim', choice: 'revert', by: 'runner', why: 'proof_red' })
  const intent = await chain.append(`${EXECUTION}/1/undo/1`, { kind: 'intent', action: { kind: 'undo' } })
  const { told, exec } = unitWorld((intent?.uptime ?? 0) - suspendedMs({ clock: systemClock }) + after * 1000)
  const context: SettleContext = {
    run: exec,
    clock: systemClock,
    keyed: () => '',
    killPoint: noKillPoint,
    systemctl: true,
    phase: 'running',
    state,
    journal,
  }
  expect(await settle(EXECUTION, 'keeper', 'deadline', context)).toMatchObject({ state: 'reverted' })
  expect(told).toEqual(expected)
  const { lines } = await journal()
  expect(lines.at(-1)?.body).toMatchObject({ kind: 'closed', outcome: 'rolled_back' })
  expect(viewOf(EXECUTION, lines).attempt('1', 'undo')?.outcome).toMatchObject({ result: 'applied' })
})

test('part of N09: a keeper waits for a journal that a stopped runner holds, and settles once it is free', async () => {
  await armDue()
  let held = 2
  const context: SettleContext = {
    run,
    clock: systemClock,
    keyed: () => '',
    killPoint: noKillPoint,
    systemctl: false,
    phase: 'running',
    state,
    journal: () => {
      if (held-- > 0) throw new SekishoError('runner.journal_held')
      return journal()
    },
  }
  expect(await keepWatch(EXECUTION, 'keeper', context)).toEqual({ state: 'reverted', execution: EXECUTION })
  expect(held).toBe(-1)
})

test('a lock that stays another’s is said as such', async () => {
  const file = join(state, 'lock')
  writeFileSync(file, '')
  const mine = await open(file, 'r+')
  const other = await open(file, 'r+')
  try {
    await lockDescriptor(run, mine.fd)
    await expect(lockDescriptor(run, other.fd, 50)).rejects.toMatchObject({ code: 'runner.journal_held' })
  } finally {
    await mine.close()
    await other.close()
  }
})

test('what a writer that died left half written beside the armed records is taken away, of one that lives it is not', async () => {
  await armDue()
  const directory = join(state, 'armed')
  const kept = readdirSync(directory)
  const left = (pid: number) => `.CHG-2026-0001.1.json.${pid}.1.sekisho`
  writeFileSync(join(directory, left(4_194_304)), '{"v":1')
  writeFileSync(join(directory, left(process.pid)), '{"v":1')
  await clearHalfWritten(state)
  expect(readdirSync(directory).toSorted()).toEqual([left(process.pid), ...kept].toSorted())
})
