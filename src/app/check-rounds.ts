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
  ROUND_LIMIT_BYTES,
  ROUND_NAME,
  type Round,
  readRound,
} from '../checks/result.ts'
import { type WatchPlaces, watchPlacesOf } from '../checks/watch-places.ts'
import { readRegular } from '../sys/files.ts'
import { beginChecks, takeDue } from './check-due.ts'
import { forgetSamples, listCheckRows, listMutes, removeMute, thinSamples } from './check-store.ts'
import { ageChecks, openBook, takeRound, tell } from './check-take.ts'
import { act, type Gate, now } from './gate.ts'
import { GATE_COLLECTORS } from './gate-checks.ts'
import { readSetting, writeSetting } from './store.ts'

/** Files of one transaction: others write in between. */
const BATCH = 50
const FILES_AT_MOST = 20_000

/** What a gate does that has just started, again and again. */
export function checkRounds(gate: Gate): () => Promise<void> {
  const startedAt = now(gate)
  beginChecks(gate)
  return async () => {
    if (gate.watchDirectory === undefined || !hasRules(gate)) return
    await drainRounds(gate)
    await lookWhereDue(gate)
    await act(gate, 'system', async (step) => {
      const book = await openBook(step, gate.policy())
      await ageChecks(step, book, startedAt)
    })
    await endMutes(gate)
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
    const rounds = await Promise.all(some.map((name) => roundIn(gate, join(spool, name))))
    await takeRounds(
      gate,
      rounds.filter((one) => one !== undefined),
    )
    for (const name of some) await unlink(join(spool, name)).catch(absent)
  }
}

const absent = (error: NodeJS.ErrnoException): readonly string[] => {
  if (error.code === 'ENOENT') return []
  throw error
}

async function roundIn(gate: Gate, path: string): Promise<Round | undefined> {
  const file = await readRegular(path, ROUND_LIMIT_BYTES).catch(() => undefined)
  let round: Round | undefined
  try {
    round = file === undefined ? undefined : readRound(JSON.parse(file.bytes.toString('utf8')))
  } catch {
    round = undefined // No JSON.
  }
  if (round === undefined)
    gate.log.warn({ path }, 'a file in the spool of sekisho-watch is no round; it is removed')
  return round
}

export async function takeRounds(gate: Gate, rounds: readonly Round[]): Promise<void> {
  if (rounds.length === 0) return
  await act(gate, 'system', async (step) => {
    const book = await openBook(step, gate.policy())
    for (const round of rounds) await takeRound(step, book, round)
  })
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
