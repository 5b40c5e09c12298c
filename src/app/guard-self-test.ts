// Once a day the guard is asked what it must know (N14), whether anybody thinks of it or not; `doctor` and `status` show the last answer.
// What this account cannot start is left to whoever owns it: `sekisho guard self-test`.
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { readInstalled } from '../agents/look-at-hooks.ts'
import { readSettings } from '../agents/settings-file.ts'
import { isObject } from '../base/json.ts'
import type { DoctorFact, Status } from '../contract/gate.ts'
import { write } from '../db/tx.ts'
import type { Installed } from '../guard/agent-settings.ts'
import type { Executor } from '../record/store.ts'
import { type Gate, now } from './gate.ts'
import { type SelfResult, selfTest } from './self-test.ts'
import { readSetting, writeSetting } from './store.ts'

export const SELF_TEST = 'guard_self_test'

interface LastTest {
  readonly at: string
  /** Hooks that were asked, and how many questions all of them answered. */
  readonly hooks: number
  readonly vectors: number
  /** Hooks that only their owner can start. */
  readonly unseen: readonly string[]
  /** The first wrong answer. */
  readonly wrong?: {
    readonly path: string
    readonly what: string
    readonly expected: string
    readonly got: string
  }
}

/** Twice a day is once. */
export async function testGuardDaily(gate: Gate): Promise<void> {
  const { guardDirectory } = gate
  if (guardDirectory === undefined) return
  const at = now(gate)
  const last = await lastTest(gate.db)
  if (last !== undefined && dayOf(last.at) === dayOf(at)) return
  const hooks = await readInstalled(guardDirectory)
  const results: SelfResult[] = []
  const unseen: string[] = []
  for (const hook of hooks)
    if (await canStart(hook)) results.push(await selfTest(hook, undefined))
    else unseen.push(hook.path)
  const red = results.find(({ failures }) => failures.length > 0)
  const [failure] = red?.failures ?? []
  const found: LastTest = {
    at,
    hooks: results.length,
    vectors: results.reduce((sum, one) => sum + one.vectors, 0),
    unseen,
    ...(red === undefined || failure === undefined ? {} : { wrong: { path: red.path, ...failure } }),
  }
  await write(gate.db, (tx) => writeSetting(tx, SELF_TEST, found))
  if (found.wrong !== undefined)
    gate.log.error({ ...found.wrong }, 'the guard gave a wrong answer to its own question')
}

const dayOf = (at: string) => at.slice(0, 10)

async function canStart({ path, wiring }: Installed): Promise<boolean> {
  try {
    await readSettings(path)
    await access(wiring.program, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Undefined: it was never asked. */
export async function lastTest(db: Executor): Promise<LastTest | undefined> {
  return testOf(await readSetting(db, SELF_TEST))
}

function testOf(value: unknown): LastTest | undefined {
  return isObject(value) && typeof value['at'] === 'string' ? (value as unknown as LastTest) : undefined
}

const fact = (state: DoctorFact['state'], code: string, values: DoctorFact['values']): DoctorFact => ({
  name: 'guard',
  state,
  code,
  values,
})

export async function selfTestFacts(gate: Gate): Promise<readonly DoctorFact[]> {
  const last = await lastTest(gate.db)
  if (last === undefined) return []
  const { at, wrong, hooks, vectors, unseen } = last
  return [
    ...(wrong === undefined ? [] : [fact('bad', 'doctor.guard_self_test_red', { at, ...wrong })]),
    ...(wrong === undefined && hooks > 0
      ? [fact('good', 'doctor.guard_self_test', { at, hooks, vectors })]
      : []),
    ...unseen.map((path) => fact('none', 'doctor.guard_self_test_unseen', { at, path })),
  ]
}

/** Of the stored value. */
export function selfTestStatus(value: unknown): Status['guardTest'] {
  const last = testOf(value)
  return last === undefined || last.hooks === 0
    ? undefined
    : { at: last.at as never, red: last.wrong !== undefined }
}
