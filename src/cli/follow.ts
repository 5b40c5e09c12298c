// Follows a change until a person is needed or it has ended: prints a line for each finished step, and a moving line for the current one.
import { SekishoError } from '../base/error.ts'
import { isObject } from '../base/json.ts'
import { unitOf, whyOf } from '../change/why.ts'
import { type ChangeView } from '../contract/change.ts'
import { systemClock } from '../sys/clock.ts'
import { CHANGE_WORDS, seconds } from '../words/change.ts'
import { CHANGE_PROGRESS } from '../words/change-progress.ts'
import { LABELS } from '../words/labels.ts'
import { labelled, pad, visibleLine } from '../words/layout.ts'
import { siteLines } from '../words/sites.ts'
import type { Client } from './client.ts'
import { runnerTrouble } from './runner-trouble.ts'
import type { Terminal } from './terminal.ts'

const ENDED = [
  'closed',
  'rejected',
  'expired',
  'withdrawn',
  'void',
  'blocked',
  'succeeded',
  'rolled_back',
  'failed',
]
/** States in which a person must type something. */
const NEEDS_PERSON = ['draft', 'planned', 'checking', 'ready', 'awaiting_keep', 'paused', 'stuck', 'lost']
const POLL_SECONDS = '5'
/** For this long a state that was just answered may still be returned without counting as a new question. */
const LEAVING_MS = 60_000
const BEGIN_MS = 5000
/** For this long a gate may be away. */
const SILENCE_MS = 1000
const MAX_SILENCES = 30

/** Waits while `going` is true, and shows progress. Returns the last view. */
export async function follow(
  id: string,
  client: Client,
  terminal: Terminal,
  interrupted: AbortSignal,
  options: {
    readonly untilDecided?: boolean
    /** A state that was just answered: seeing it again does not end the wait. */
    readonly leaving?: ChangeView['state']
    /** How long an approved change may wait to begin before the reason is looked up. */
    readonly beginMs?: number
    /** Pause between two requests to a gate that does not answer. */
    readonly pause?: (milliseconds: number) => Promise<void>
  } = {},
): Promise<ChangeView> {
  const seenSteps = new Set<string>()
  let view = await client.call('changeShow', { id })
  let announced = false
  let approvedAt: number | undefined
  let looked = false
  const since = performance.now()
  let leaving = options.leaving
  for (;;) {
    if (view.execution !== undefined && !announced) {
      announced = true
      announce(view, terminal)
    }
    showSteps(view, terminal, seenSteps)
    if (view.state !== leaving || performance.now() - since > LEAVING_MS) leaving = undefined
    if (ENDED.includes(view.state)) break
    if (NEEDS_PERSON.includes(view.state) && leaving === undefined) break
    if (options.untilDecided === true && view.state !== 'awaiting_approval') break
    if (interrupted.aborted) break
    approvedAt = view.state === 'approved' ? (approvedAt ?? performance.now()) : undefined
    if (!looked && performance.now() - (approvedAt ?? Number.NaN) >= (options.beginMs ?? BEGIN_MS)) {
      looked = true
      await tellTrouble(client, terminal)
    }
    terminal.moving(movingLine(view, terminal, performance.now() - since))
    const { version } = view
    const seen = await patiently(
      () =>
        client.call('changeWait', {
          id,
          ...(version === undefined ? {} : { seen: String(version) }),
          seconds: terminal.streams.interactive ? '1' : POLL_SECONDS,
        }),
      {
        id,
        terminal,
        interrupted,
        pause: options.pause ?? ((ms) => systemClock.sleep(ms, interrupted).catch(() => {})),
      },
    )
    if (seen === undefined) break
    view = seen
  }
  terminal.settle()
  return view
}

/** The change is approved and nothing begins: prints the runner's reason once, where it has one. */
async function tellTrouble(client: Client, terminal: Terminal): Promise<void> {
  // Where the gate does not answer, the next request reports that.
  const seen = await client.call('status').catch((error: unknown) => {
    if (error instanceof SekishoError && error.code === 'gate.unreachable') return undefined
    throw error
  })
  const trouble = seen === undefined ? undefined : runnerTrouble(seen.runner, terminal)
  if (trouble === undefined) return
  terminal.settle()
  terminal.note(terminal.pick(CHANGE_PROGRESS.cannotBegin(trouble)))
}

/** A gate that dies is restarted, and the runner works without it. So a missing answer does not end the wait. */
async function patiently(
  look: () => Promise<ChangeView>,
  of: {
    readonly id: string
    readonly terminal: Terminal
    readonly interrupted: AbortSignal
    readonly pause: (milliseconds: number) => Promise<void>
  },
): Promise<ChangeView | undefined> {
  for (let silences = 0; ; silences++) {
    try {
      return await look()
    } catch (error) {
      const isSilent = error instanceof SekishoError && error.code === 'gate.unreachable'
      if (!isSilent) throw error
      if (of.interrupted.aborted) return undefined
      if (silences === 0 || silences === MAX_SILENCES) {
        of.terminal.settle()
        of.terminal.note(of.terminal.pick(CHANGE_PROGRESS.gateIsSilent(of.id)))
      }
      if (silences === MAX_SILENCES) throw error
      await of.pause(SILENCE_MS)
    }
  }
}

function announce(view: ChangeView, terminal: Terminal): void {
  const words = CHANGE_WORDS[terminal.language]
  const by = view.decisions.find((one) => one.live && one.type === 'approve')
  const right = by === undefined ? '' : terminal.pick(CHANGE_PROGRESS.approvedBy(by.name))
  // A change that has ended is printed again from its beginning, without the line that it runs.
  const now =
    view.execution?.endedAt === undefined
      ? (words.state['executing'] ?? '')
      : terminal.pick(CHANGE_PROGRESS.asItRan)
  terminal.note(`${view.execution?.id}  ${now}${right === '' ? '' : `    ${right}`}`)
}

function label(step: ChangeView['steps'][number], terminal: Terminal): string {
  const words = CHANGE_WORDS[terminal.language]
  if (step.kind !== 'unit') return words.step[step.kind] ?? step.kind
  const { verb, unit } = unitOf(step)
  return unit === undefined
    ? (words.step['unit'] ?? '')
    : `${unit.replace(/\.service$/, '')} ${words.step[`unit.${verb}`] ?? verb}`
}

const WIDTH = 34

/** Prints each step once, when it has ended. */
function showSteps(view: ChangeView, terminal: Terminal, seen: Set<string>): void {
  if (view.execution === undefined) return
  const marks = terminal.ascii
    ? { done: 'ok', failed: 'x', skipped: '-', uncertain: '?' }
    : { done: '✓', failed: '✗', skipped: '−', uncertain: '!' }
  const { width } = terminal.streams
  view.execution.steps.forEach((step, i) => {
    if (step.state === 'waiting' || step.state === 'running' || seen.has(step.id)) return
    seen.add(step.id)
    const ms =
      step.milliseconds === undefined
        ? ''
        : `  ${seconds(step.milliseconds)} ${terminal.pick(LABELS.seconds)}`
    const mark = marks[step.state]
    terminal.note(
      `${String(i + 1).padStart(2)} ${pad(label(step, terminal), WIDTH)}${terminal.paint(step.state === 'done' ? 'good' : step.state === 'failed' ? 'bad' : 'look', mark)}${ms}`,
    )
    for (const line of sitesAsked(step, terminal)) terminal.note(labelled('   ', line, 3, width).join('\n'))
  })
}

/** Which sites the proof requested, and which it did not. */
function sitesAsked(
  { kind, facts = {} }: ChangeView['steps'][number],
  terminal: Terminal,
): readonly string[] {
  if (kind !== 'proof') return []
  return Object.values(facts)
    .filter(isObject)
    .flatMap((one) => siteLines(one, terminal.language))
    .map(visibleLine)
}

function movingLine(view: ChangeView, terminal: Terminal, sinceMs: number): string {
  const words = CHANGE_WORDS[terminal.language]
  const running = view.execution?.steps.find(({ state }) => state === 'running')
  const waits = view.execution?.state['noRoom'] === undefined ? undefined : whyOf(view, terminal.language)
  const what =
    waits?.what ??
    (running === undefined ? (words.state[view.state] ?? view.state) : label(running, terminal))
  return ` ${terminal.ascii ? '+' : '◐'} ${what}  ${seconds(sinceMs)} ${terminal.pick(LABELS.seconds)}`
}
