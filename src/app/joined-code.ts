// What became of the commits of kept changes comes onto the record of the change, line by line, once each, with the runner's line as its proof.
import { type Decoder, literal, matching, object, optional, text } from '../base/decode.ts'
import { changeOf, type ExecutionId, isExecutionId } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { Change } from '../change/change.ts'
import type { ChangeView } from '../contract/change.ts'
import type { DoctorFact } from '../contract/gate.ts'
import { readLatest } from '../record/store.ts'
import type { JournalBody } from '../seal/journal.ts'
import { type Act, type Gate, plain } from './gate.ts'
import { joinLines } from './join-lines.ts'
import { proofOf, type TakenLine } from './journal-lines.ts'
import { readSetting, settingValue, writeSetting } from './store.ts'

type CodeBody = Extract<JournalBody, { readonly kind: 'code' }> & { readonly execution: ExecutionId }

const JOINED = 'code_joined'
const OPEN = 'code_undelivered'

const EVENTS = ['committed', 'commitFailed', 'pushed', 'pushFailed'] as const

const body: Decoder<CodeBody> = object({
  kind: literal('code'),
  event: literal(...EVENTS),
  service: text({ max: 200 }),
  execution: matching(isExecutionId, 'an execution'),
  commit: text({ max: 64 }),
  why: optional(text({ max: 500 })),
})

const ENTRY: Readonly<Record<CodeBody['event'], string>> = {
  committed: 'change.committed',
  commitFailed: 'change.commit_failed',
  pushed: 'change.pushed',
  pushFailed: 'change.push_failed',
}

/** Throws runner.*. */
export function joinCode(gate: Gate): Promise<void> {
  return joinLines(gate, {
    of: 'code',
    body: body,
    setting: JOINED,
    take: joinLine,
  })
}

async function joinLine(step: Act, line: TakenLine<CodeBody>): Promise<void> {
  const { at } = line
  const { event, service, execution, commit, why } = line.body
  const change = changeOf(execution)
  const proof = proofOf(line)
  await step.blob('journal', proof.bytes)
  const facts = { service, commit, ...(why === undefined ? {} : { why }) }
  await step.record(ENTRY[event], change, plain({ ...facts, doneAt: at, journal: proof.digest }), [
    proof.digest,
  ])
  const others = undeliveredOf(await readSetting(step.tx, OPEN)).filter((one) => one.change !== change)
  const isFailed = event === 'commitFailed' || event === 'pushFailed'
  const own = isFailed ? [{ change, service, event, why: why ?? '', at }] : []
  await writeSetting(step.tx, OPEN, [...others, ...own])
}

interface Undelivered {
  readonly change: string
  readonly service: string
  readonly event: string
  readonly why: string
  readonly at: Instant
}

/** What was not delivered, as a part of a larger statement; `undeliveredFacts` reads it. */
export const UNDELIVERED = settingValue(OPEN)

function undeliveredOf(value: unknown): readonly Undelivered[] {
  return Array.isArray(value) ? (value as readonly Undelivered[]) : [] // Written by `joinLine` alone.
}

/** How the commit of a kept change stands, as far as the runner's lines were joined. */
export async function deliveryOf(
  gate: Pick<Gate, 'db'>,
  { id, plan }: Change,
): Promise<ChangeView['delivery']> {
  const newest = await Promise.all(
    EVENTS.map(async (event) => {
      const [latest] = await readLatest(gate.db, { kind: ENTRY[event], subject: id, limit: 1 })
      return latest === undefined ? [] : [{ event, entry: latest.entry }]
    }),
  )
  const last = newest.flat().toSorted((a, b) => b.entry.seq - a.entry.seq)[0]
  const { commit, why } = last?.entry.payload ?? {}
  if (last === undefined || typeof commit !== 'string') return undefined
  const to = plan?.actions.flatMap(({ action }) => (action.kind === 'commit' ? [action] : []))[0]
  return {
    state: last.event,
    commit,
    ...(to === undefined ? {} : { branch: to.branch }),
    ...(to?.push === undefined ? {} : { push: to.push }),
    ...(typeof why === 'string' ? { why } : {}),
  }
}

/** A commit that is not on its branch stops the next change of its service: red. A push that failed is a warning. */
export function undeliveredFacts(found: unknown): readonly DoctorFact[] {
  return undeliveredOf(found).map(({ change, service, event, why }) => ({
    name: 'open',
    state: event === 'commitFailed' ? 'bad' : 'warn',
    code: event === 'commitFailed' ? 'doctor.not_committed' : 'doctor.not_pushed',
    values: { change, service, why },
  }))
}
