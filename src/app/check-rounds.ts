// The rounds of the checks in the gate: takes what sekisho-watch left in its spool, looks at what only the gate has the facts of, and says
// what is late. May run twice: a result that is not newer than what is kept changes nothing.
import { readdir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../base/error.ts'
import { isObject } from '../base/json.ts'
import { after, type Instant, instant, milliseconds } from '../base/time.ts'
import { type CheckDefinition, definitionsOf } from '../checks/definition.ts'
import { isMuted } from '../checks/mute.ts'
import {
  type CheckId,
  type CheckResult,
  itemOf,
  ROUND_LIMIT_BYTES,
  ROUND_NAME,
  type Round,
  readRound,
} from '../checks/result.ts'
import { type WatchPlaces, watchPlacesOf } from '../checks/watch-places.ts'
import { readRegular } from '../sys/files.ts'
import { beginChecks, lookAtHealthSoon, takeDue } from './check-due.ts'
import { forgetSamples, listCheckRows, listMutes, removeMute, thinSamples } from './check-store.ts'
import { ageChecks, type CheckBook, type DeclaredSince, openBook, takeRound, tell } from './check-take.ts'
import { act, type Gate, now } from './gate.ts'
import { GATE_COLLECTORS } from './gate-checks.ts'
import { explainRestarts } from './own-restarts.ts'
import { putAside } from './refused-rounds.ts'
import { readSetting, writeSetting } from './store.ts'

/** Files of one transaction: others write in between. */
const BATCH = 50
const FILES_AT_MOST = 20_000
/** Two rounds that lie further apart had an absence in between. */
const ABSENCE_MS = 60_000

/** What a gate does that has just started, again and again. */
export function checkRounds(gate: Gate): () => Promise<void> {
  let startedAt = now(gate)
  let lastAt = gate.clock.now()
  const declared: DeclaredSince = new Map()
  beginChecks(gate)
  return async () => {
    if (gate.watchDirectory === undefined || !hasRules(gate)) return
    // The machine was suspended, its clock was set, or the store was away: nobody could look, as before a start.
    const at = gate.clock.now()
    if (Math.abs(at - lastAt) > ABSENCE_MS) {
      startedAt = now(gate)
      declared.clear()
      beginChecks(gate)
    }
    const steps = [
      () => drainRounds(gate),
      () => lookWhereDue(gate),
      () =>
        act(gate, 'system', async (step) => {
          const book = await openBook(step, gate.policy())
          await ageChecks(step, book, startedAt, declared)
        }),
      () => endMutes(gate),
    ]
    // What one of them cannot do keeps none of the others from it.
    const failures: unknown[] = []
    for (const step of steps) await step().catch((error: unknown) => failures.push(error))
    // Only a store that was away is an absence: what fails at every round would else begin anew each minute, and nothing would ever be late.
    if (!failures.some(isOfTheStore)) lastAt = gate.clock.now()
    if (failures.length > 0) throw failures[0]
  }
}

function hasRules(gate: Gate): boolean {
  try {
    gate.policy()
    return true
  } catch (error) {
    if (error instanceof SekishoError) return false
    throw error
  }
}

export const placesOfGate = ({ watchDirectory = '' }: Gate): WatchPlaces => watchPlacesOf(watchDirectory)

/** One look at the spool. The files go after the commit. */
export async function drainRounds(gate: Gate): Promise<void> {
  const { spool } = placesOfGate(gate)
  const names = (await readdir(spool).catch(absent)).filter((name) => ROUND_NAME.test(name)).sort()
  for (let i = 0; i < Math.min(names.length, FILES_AT_MOST); i += BATCH) {
    const some = names.slice(i, i + BATCH)
    try {
      await drain(gate, spool, some)
    } catch (error) {
      if (isOfTheStore(error)) throw error
      for (const name of some) await drainOne(gate, spool, name)
    }
  }
}

async function drain(gate: Gate, spool: string, names: readonly string[]): Promise<void> {
  const rounds = await Promise.all(names.map((name) => roundIn(gate, spool, name)))
  const whole = rounds.filter((one) => one !== undefined)
  await takeRounds(gate, await Promise.all(whole.map((round) => explainRestarts(gate, round))))
  for (const name of names) await unlink(join(spool, name)).catch(absent)
}

/** What the store refuses is put aside, so that it keeps nothing else from being taken. */
async function drainOne(gate: Gate, spool: string, name: string): Promise<void> {
  try {
    await drain(gate, spool, [name])
  } catch (error) {
    if (isOfTheStore(error)) throw error
    gate.log.error(
      { path: join(spool, name), why: String(error) },
      'a round could not be taken; it is put aside',
    )
    await putAside(spool, name)
  }
}

/** It is away, busy or full: the same round is taken later. */
const isOfTheStore = (error: unknown) => error instanceof SekishoError && error.code.startsWith('store.')

const absent = (error: NodeJS.ErrnoException): readonly string[] => {
  if (error.code === 'ENOENT') return []
  throw error
}

async function roundIn(gate: Gate, spool: string, name: string): Promise<Round | undefined> {
  const path = join(spool, name)
  const file = await readRegular(path, ROUND_LIMIT_BYTES).catch(() => undefined)
  let round: Round | undefined
  try {
    round = file === undefined ? undefined : readRound(JSON.parse(file.bytes.toString('utf8')))
  } catch {
    round = undefined // No JSON.
  }
  if (round === undefined && file !== undefined) {
    gate.log.warn({ path }, 'a file in the spool of sekisho-watch is no round; it is put aside')
    await putAside(spool, name)
  }
  return round
}

/** Nobody else can write while one transaction does: a large round is taken in slices, and then once more for the parts that are gone. */
const SLICE = 100

export async function takeRounds(gate: Gate, rounds: readonly Round[]): Promise<void> {
  for (const { v, results } of rounds)
    if (results.length > SLICE)
      for (let i = 0; i < results.length; i += SLICE)
        await takeAtOnce(gate, [{ v, ran: [], results: results.slice(i, i + SLICE) }])
  await takeAtOnce(gate, rounds)
}

async function takeAtOnce(gate: Gate, rounds: readonly Round[]): Promise<void> {
  if (rounds.length === 0) return
  const isOther = await act(gate, 'system', async (step) => {
    const book = await openBook(step, gate.policy())
    const before = healthSeen(book)
    for (const round of rounds) await takeRound(step, book, round)
    return healthSeen(book) !== before
  })
  if (isOther) lookAtHealthSoon(gate)
}

/** What the newest looks saw of units and APIs. */
function healthSeen({ rows }: CheckBook): string {
  return [...rows.values()]
    .filter(({ check }) => ['service', 'api'].includes(itemOf(check)))
    .map(({ check, recent }) => `${check} ${recent.at(-1) ?? ''}`)
    .toSorted()
    .join('\n')
}

/** Checks of the gate's own whose time has come. */
async function lookWhereDue(gate: Gate): Promise<void> {
  const rows = new Map((await listCheckRows(gate.db)).map((one) => [one.check, one]))
  const again = takeDue(gate)
  const due = definitionsOf(gate.policy()).filter(({ id, collector, everyMs }) => {
    const at = rows.get(id)?.lookedAt
    const isDue =
      again.has(id) || at === undefined || at > now(gate) || gate.clock.now() - milliseconds(at) >= everyMs
    return collector === 'gate' && isDue
  })
  if (due.length > 0) await takeRounds(gate, [await lookAtGate(gate, due)])
}

/** Looks now. A runner that does not answer leaves the check without a look: it goes late. */
export async function lookAtGate(gate: Gate, definitions: readonly CheckDefinition[]): Promise<Round> {
  const results: CheckResult[] = []
  const ran: CheckId[] = []
  for (const definition of definitions) {
    const found = await GATE_COLLECTORS[definition.item]?.(gate, definition).catch((error: unknown) => {
      if (!(error instanceof SekishoError)) throw error
      return undefined
    })
    if (found === undefined) continue
    ran.push(definition.id)
    results.push({ check: definition.id, at: now(gate), ...found })
  }
  return { v: 1, ran, results }
}

/** A mute that has ended is taken away; a finding that is still open is told then. */
async function endMutes(gate: Gate): Promise<void> {
  const ended = (await listMutes(gate.db)).filter(({ until }) => until <= now(gate))
  if (ended.length === 0) return
  await act(gate, 'system', async (step) => {
    const book = await openBook(step, gate.policy())
    const left = book.mutes.filter(({ until }) => until > step.at)
    for (const { pattern, until } of book.mutes) {
      if (until > step.at) continue
      await removeMute(step.tx, pattern)
      await step.record('check.mute_ended', pattern, { pattern, until })
      for (const finding of book.findings.values()) {
        if (!isMuted(finding.check, pattern)) continue
        const definition = book.definitions.get(finding.check) ?? { item: '' }
        await tell(step, { mutes: left }, definition, finding, 'unmuted', finding.state)
      }
    }
  })
}

const DAY_MS = 86_400_000
const THINNED = 'checks_thinned'

/** Samples older than a week are kept each 5 minutes, older than 90 days each hour, and no longer than a year. Twice is once. */
export async function thinHistory(gate: Gate): Promise<void> {
  const at = gate.clock.now()
  const hour = (ms: number): Instant => instant(Math.floor(ms / 3_600_000) * 3_600_000)
  const [week, quarter] = [hour(at - 7 * DAY_MS), hour(at - 90 * DAY_MS)]
  await act(gate, 'system', async (step) => {
    const kept = await readSetting(step.tx, THINNED)
    const before = isObject(kept) ? kept : {}
    const since = (name: string): Instant =>
      typeof before[name] === 'string' ? (before[name] as Instant) : instant(at - 366 * DAY_MS)
    await thinSamples(step.tx, since('week'), week, '5 minutes')
    await thinSamples(step.tx, since('quarter'), quarter, '1 hour')
    await forgetSamples(step.tx, after(instant(at), -365 * DAY_MS))
    await writeSetting(step.tx, THINNED, { week, quarter })
  })
}
