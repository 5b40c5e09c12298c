// What was done by break-glass while no gate was there, put onto the record with the runner's line as its proof, once; approvers are told.
import { SekishoError } from '../base/error.ts'
import type { Instant } from '../base/time.ts'
import { glassEvent, overdueOf } from '../seal/glass.ts'
import { glassNotice } from '../words/incident-notice.ts'
import { type Act, type Gate, plain } from './gate.ts'
import { joinLines } from './join-lines.ts'
import { proofOf, type TakenLine } from './journal-lines.ts'
import { raiseNotice, resolveNotice } from './notices.ts'
import { readSetting, settingValue, writeSetting } from './store.ts'

const JOINED = 'glass_joined'
const OWED = 'glass_owed'
type GlassLine = TakenLine<ReturnType<typeof glassEvent>>

/** Throws runner.*. */
export function joinGlass(gate: Gate): Promise<void> {
  return joinLines(gate, {
    of: 'glass',
    body: glassEvent,
    setting: JOINED,
    take: joinLine,
  })
}

async function joinLine(step: Act, line: GlassLine): Promise<void> {
  const { body, at } = line
  const { bytes, digest: proof } = proofOf(line)
  await step.blob('journal', bytes)
  const { kind: _, event, ...facts } = body
  await step.record(
    `glass.${event}`,
    `glass/${body.glass.slice(0, 12)}`,
    plain({ ...facts, doneAt: at, journal: proof }),
    [proof],
  )
  await keepOwed(step, line)
  if (event === 'opened') await step.tell({ kind: 'glass.opened', values: plain(facts) })
  await tellApprovers(step, line)
}

/** Whoever may approve hears of it as soon as there is a gate again, until it was reviewed. */
async function tellApprovers(step: Act, { body, at }: GlassLine): Promise<void> {
  const glass = body.glass.slice(0, 12)
  const topic = `glass:${glass}`
  if (body.event === 'reviewed') await resolveNotice(step, topic)
  if (body.event !== 'opened') return
  const { person, verbs, services, reason } = body
  const [service] = services
  await raiseNotice(step, {
    kind: 'incident',
    topic,
    severity: 'red',
    ...(service === undefined ? {} : { service }),
    subject: `glass/${glass}`,
    text: glassNotice({ glass, person, verbs, services, reason, at }),
  })
}

/** Throws glass.review_overdue. */
export async function requireReviewed(gate: Gate, people: readonly string[]): Promise<void> {
  const late = overdueOf(await owedReviews(gate), people, gate.clock.now())
  if (late !== undefined)
    throw new SekishoError('glass.review_overdue', { person: late.person, glass: late.glass, at: late.at })
}

interface Owed {
  readonly glass: string
  readonly person: string
  readonly reason: string
  readonly at: Instant
}

/** Emergency acts on the record that nobody has reviewed, as far as the runner's lines were joined. */
export async function owedReviews(gate: Gate): Promise<readonly Owed[]> {
  return owedOf(await readSetting(gate.db, OWED))
}

/** The same as a part of a larger statement; `owedOf` reads it. */
export const OWED_REVIEWS = settingValue(OWED)

export function owedOf(value: unknown): readonly Owed[] {
  return Array.isArray(value) ? (value as readonly Owed[]) : [] // Written by `joinLine` alone.
}

async function keepOwed(step: Act, { body, at }: GlassLine): Promise<void> {
  if (body.event !== 'opened' && body.event !== 'reviewed') return
  const known = owedOf(await readSetting(step.tx, OWED))
  const glass = body.glass.slice(0, 12)
  const others = known.filter((one) => one.glass !== glass)
  const own = body.event === 'opened' ? [{ glass, person: body.person, reason: body.reason, at }] : []
  await writeSetting(step.tx, OWED, [...others, ...own])
}
