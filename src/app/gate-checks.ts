// The checks that the gate looks at itself, because the runner's journal, its own ledger and the beat of sekisho-watch are what they are
// judged by.
import { readFile } from 'node:fs/promises'
import { SekishoError } from '../base/error.ts'
import { isObject } from '../base/json.ts'
import { after, type Instant, isInstant, milliseconds } from '../base/time.ts'
import type { CheckDefinition } from '../checks/definition.ts'
import { reachOf } from '../checks/reach.ts'
import type { CheckResult, CheckValues } from '../checks/result.ts'
import { watchPlacesOf } from '../checks/watch-places.ts'
import type { CheckItem } from '../contract/check.ts'
import type { DoctorFact } from '../contract/gate.ts'
import { type Service, serviceOf } from '../plans/policy.ts'
import { factsOf } from './backup.ts'
import { channelsSeen, readChannelAnswers } from './channel-health.ts'
import { looksForMs } from './check-due.ts'
import { type Gate, now } from './gate.ts'
import { lastTest } from './guard-self-test.ts'
import { seeLedger } from './ledger-facts.ts'
import { nestedValues } from './nested-values.ts'
import { refusedSince } from './refused-rounds.ts'
import { backupItem, dataItem, integrityItem, restoredItem, type Unread } from './routine-items.ts'
import { seeRunner } from './see-runner.ts'
import { readLedger } from './status-read.ts'

export type GateFound = Pick<CheckResult, 'state' | 'code' | 'values' | 'value'>
/** Undefined: it cannot be looked at now. Throws runner.* where the runner does not answer. */
type GateCollector = (gate: Gate, definition: CheckDefinition) => Promise<GateFound | undefined>

/** The process writes its beat each 10 seconds. */
const SILENT_MS = 45_000
const DAY_MS = 86_400_000

/** Asked once a day: an older answer says nothing of today. */
const SELF_TEST_MS = 2 * 86_400_000

export const GATE_COLLECTORS: Readonly<Record<string, GateCollector>> = {
  backup: ofService(async (gate, service) =>
    backupItem(service, await backupsAsked(gate, service), now(gate)),
  ),
  data: ofService(async (gate, service) => dataItem(service, await contentAsked(gate, service))),
  restored: ofService(async (gate, service) =>
    restoredItem(service, await backupsAsked(gate, service), now(gate)),
  ),
  integrity: ofService(async (gate, service) =>
    integrityItem(service, await backupsAsked(gate, service), await contentAsked(gate, service), now(gate)),
  ),
  watch: async (gate) => {
    const at = await lastBeat(gate)
    const ageMs = at === undefined ? Number.POSITIVE_INFINITY : gate.clock.now() - milliseconds(at)
    // Both have just started: the first beat is on its way.
    if (ageMs > SILENT_MS && looksForMs(gate) < SILENT_MS) return undefined
    if (at === undefined) return { state: 'red', code: 'check.watch_absent', values: {} }
    const refused = await refusedSince(
      watchPlacesOf(gate.watchDirectory ?? '').spool,
      after(now(gate), -DAY_MS),
    )
    if (ageMs <= SILENT_MS && refused > 0)
      return { state: 'warning', code: 'check.watch_refused', values: { count: refused } }
    return ageMs <= SILENT_MS
      ? { state: 'good', code: 'check.watch', values: { ageMs: Math.max(0, ageMs) } }
      : { state: 'red', code: 'check.watch_silent', values: { ageMs, at } }
  },
  channels: async (gate) => {
    const { failing, took, untried } = channelsSeen(gate.policy().notify, await readChannelAnswers(gate.db))
    const [first] = failing
    if (first !== undefined)
      return {
        state: 'warning',
        code: 'check.channels_failing',
        values: {
          count: failing.length,
          failing: failing.map(({ channel }) => channel).join(', '),
          channel: first.channel,
          answer: first.answer,
        },
      }
    return took.length === 0
      ? { state: 'no_data', code: 'check.channels_untried', values: {} }
      : {
          state: 'good',
          code: 'check.channels',
          values: { took: took.join(', '), untried: untried.join(', ') },
        }
  },
  ledger: async (gate) => {
    const runner = await seeRunner(gate)
    const { fact, size } = seeLedger(gate, runner, await readLedger(gate, runner))
    const state = fact.state === 'good' ? 'good' : fact.state === 'bad' ? 'red' : 'warning'
    const code = { good: 'check.ledger', warning: 'check.ledger_unsigned', red: 'check.ledger_bad' }[state]
    return { state, code, values: { size } }
  },
  guard: async (gate) => {
    const test = await lastTest(gate.db)
    if (test === undefined || (test.hooks === 0 && test.unseen.length === 0))
      return { state: 'no_data', code: 'check.guard_not_tested', values: {} }
    const { at, wrong } = test
    if (wrong !== undefined) return { state: 'red', code: 'check.guard_wrong', values: { at } }
    const [path] = test.unseen
    if (path !== undefined) return { state: 'no_data', code: 'check.guard_unseen', values: { path } }
    return gate.clock.now() - Date.parse(at) > SELF_TEST_MS
      ? { state: 'no_data', code: 'check.guard_old', values: { at } }
      : { state: 'good', code: 'check.guard', values: { at } }
  },
}

async function readBeat({
  watchDirectory = '',
}: Gate): Promise<Readonly<Record<string, unknown>> | undefined> {
  const text = await readFile(watchPlacesOf(watchDirectory).beat, 'utf8').catch(() => '')
  try {
    const beat: unknown = JSON.parse(text)
    return isObject(beat) ? beat : undefined
  } catch {
    return undefined // Not there, or being written.
  }
}

async function lastBeat(gate: Gate): Promise<Instant | undefined> {
  const at = (await readBeat(gate))?.['at']
  return isInstant(at) ? at : undefined
}

/** sekisho-watch as `doctor` shows it. Nothing where nothing looks by itself here. */
export async function watchProcessFacts(gate: Gate): Promise<readonly DoctorFact[]> {
  if (gate.watchDirectory === undefined) return []
  const at = await lastBeat(gate)
  const ageMs = at === undefined ? 0 : Math.max(0, gate.clock.now() - milliseconds(at))
  const isAlive = at !== undefined && ageMs <= SILENT_MS
  if (!isAlive && looksForMs(gate) < SILENT_MS) return []
  if (!isAlive)
    return [
      {
        name: 'watch',
        state: 'bad',
        code: at === undefined ? 'doctor.watch_absent' : 'doctor.watch_silent',
        values: { ageMs, ...(at === undefined ? {} : { at }) },
      },
    ]
  const network = await networkSeen(gate)
  return [
    {
      name: 'watch',
      state: network.isAmiss ? 'warn' : 'good',
      code: network.code,
      values: { ageMs, at, names: network.names.join(', ') },
    },
  ]
}

/** What it says that its unit lets through, beside what the rules declare. */
async function networkSeen(gate: Gate) {
  const beat = await readBeat(gate)
  const seen = beat?.['network']
  const told = beat?.['names']
  // What it says is content: names of the rules alone are repeated.
  const { names: declared } = reachOf(gate.policy(), '')
  const names = Array.isArray(told) ? declared.filter((one) => told.includes(one)) : []
  const code =
    seen === 'limited'
      ? names.length > 0
        ? 'doctor.watch_names'
        : 'doctor.watch_limited'
      : seen === 'no_unit'
        ? 'doctor.watch_no_unit'
        : seen !== 'open'
          ? 'doctor.watch'
          : 'doctor.watch_open'
  return { code, names, isAmiss: code === 'doctor.watch_open' || code === 'doctor.watch_names' }
}

function ofService(judge: (gate: Gate, service: Service) => Promise<CheckItem>): GateCollector {
  return async (gate, { service }) => {
    const declared = service === undefined ? undefined : serviceOf(gate.policy(), service)
    return declared === undefined ? undefined : foundOf(await judge(gate, declared))
  }
}

/** An item as the door shows it, as a result that is kept: its values are texts and numbers. */
export function foundOf({ state, code, values }: CheckItem): GateFound {
  return { state: state === 'late' ? 'no_data' : state, code, values: flat(values) }
}

function flat(values: CheckItem['values']): CheckValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      typeof value === 'number' || typeof value === 'boolean' ? value : String(value ?? ''),
    ]),
  )
}

async function backupsAsked(gate: Gate, service: Service) {
  if (service.backup === undefined) return undefined
  return asked(factsOf(gate, service).then(({ backups }) => backups))
}

/** Undefined: the service has no data. */
async function contentAsked(gate: Gate, { name, data = [], databases = [] }: Service) {
  if (data.length === 0 && databases.length === 0) return undefined
  return asked(
    gate.runner.read({ kind: 'content', service: name }, CONTENT_LIMIT_MS).then(({ facts }) => facts),
  )
}
/** The runner gives up after a minute. */
const CONTENT_LIMIT_MS = 75_000

/** A refusal of the runner is an answer about this one item; the others are asked all the same. */
async function asked<T>(answer: Promise<T>): Promise<T | Unread> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof SekishoError && error.code !== 'runner.unreachable')
      return { unread: nestedValues(error.code, error.detail) }
    throw error
  }
}
