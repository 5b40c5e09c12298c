// The hands of a real execution: act/, prove/, read/ and revert/ under the policy with which it started.

import { decode } from '../../base/decode.ts'
import type { Answer } from '../../base/error.ts'
import { SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import type { ExecutionId } from '../../base/id.ts'
import type { JsonObject } from '../../base/json.ts'
import { milliseconds } from '../../base/time.ts'
import { diagnose } from '../../host/diagnostics.ts'
import { holdDirectory } from '../../host/walk.ts'
import { canBeCompared, plannedFiles } from '../../plans/actions.ts'
import { type Plan, type PlannedAction, planDigest, type UndoStep } from '../../plans/plan.ts'
import { serviceOf } from '../../plans/policy.ts'
import type { JournalLine } from '../../seal/journal.ts'
import { fileError } from '../../sys/files.ts'
import { apply, probe, probeBack, probeUndone, probeUndoUnits, undo, undoOf, wasDown } from '../act/action.ts'
import type { ActContext } from '../act/context.ts'
import { type CopiedFile, keepCopies } from '../act/copies.ts'
import { removeStage } from '../act/place-file.ts'
import { type ProofBaseline, proofBaseline, proofBaselineDecoder } from '../prove/baseline.ts'
import type { ProofContext, Told, TrialFacts } from '../prove/context.ts'
import { type FirstAnswer, watchFirstAnswer } from '../prove/first-answer.ts'
import { prove } from '../prove/prove.ts'
import { type Armed, arm, armedOf, armedPath, claim, disarm, pause, readArmed } from '../revert/armed.ts'
import { sleepKeeper, type Waker, wakeKeeper } from '../revert/keeper.ts'
import type { Deadline, Hands } from './hands.ts'

export interface RealHandsDeps {
  readonly plan: Plan
  readonly act: ActContext
  readonly state: string
  readonly adminPath: boolean
  readonly waker: Waker
  /** Baselines and `pre`, read now (judge/). */
  readonly check: () => Promise<Answer<object>>
  /** Gives back the space kept beside the journal; true when there was some. */
  readonly releaseReserve: () => Promise<boolean>
  /** Stores bytes that leave the host's logs, redacted. */
  readonly keepText: (bytes: Buffer) => Promise<{ readonly digest: Digest; readonly size: number }>
  /** Takes secret values out of what goes into the journal. */
  readonly clean: (detail: JsonObject) => Promise<JsonObject>
  readonly trial: TrialFacts | undefined
  /** The lines as they stand, for the times at which units were told. */
  readonly lines: () => readonly JournalLine[]
}

export function realHands(execution: ExecutionId, deps: RealHandsDeps): Hands {
  const { plan, act, state, waker } = deps
  const cleaned = async <T extends { readonly detail: JsonObject }>(result: T): Promise<T> => ({
    ...result,
    detail: await deps.clean(toJson(result.detail)),
  })
  const stepsBack = (planned: PlannedAction) => undoOf(planned, unitsBefore(deps.lines()))
  /** Of this process; after a restart they are looked for. */
  let copied: readonly CopiedFile[] = []
  let answer: FirstAnswer | undefined
  /** Only a restart of the service itself, and only where its health is declared. */
  const watchAfter = ({ action }: PlannedAction): void => {
    const { unit, health } = serviceOf(act.policy, plan.service) ?? {}
    if (action.kind !== 'unit' || action.verb !== 'restart' || action.unit !== unit) return
    answer?.stop()
    answer = health === undefined ? undefined : watchFirstAnswer(health, act)
  }
  /** What is to be put back does not change while a plan runs, only until when: it is put together once. */
  const armedFor = async (deadline: Deadline): Promise<Armed> => {
    const known = await readArmed(state, execution).catch(() => undefined)
    if (known === undefined || known.plan !== planDigest(plan))
      return armedOf(plan, deadline, deps.adminPath, act, { copied, stepsBack })
    return { ...known, deadline, paused: false }
  }
  /** The space that is kept for outcomes is kept for this too: what is done and not armed anew could neither be proven nor be kept. */
  const withReserve = async (write: () => Promise<void>): Promise<void> => {
    try {
      await write()
    } catch (cause) {
      if (fileError(state, cause).code !== 'file.no_space' || !(await deps.releaseReserve())) throw cause
      await write()
    }
  }
  return {
    execution,
    plan,
    adminPath: deps.adminPath,
    async diagnose() {
      const service = serviceOf(act.policy, plan.service)
      if (service === undefined) return { items: [], gaps: ['service'] }
      return diagnose(service, service.unit, act, deps.keepText)
    },
    check: deps.check,
    before: async () => toJson(await proofBaseline(plan, act)),
    async keepCopies() {
      copied = await keepCopies(plan.actions, act)
      return copied.map(({ real, copy, digest }) => ({
        path: real,
        copy: copy ?? '',
        ...(digest === undefined ? {} : { digest }),
      }))
    },
    async arm(deadline) {
      const armed = await armedFor(deadline)
      const { uptime } = deadline
      const waking = { uptime, inMs: uptime - act.clock.uptime(), armed: armedPath(state, execution) }
      // A timer looks at the record only when it wakes; without systemd somebody looks at once.
      const timer = waker.systemctl ? wakeKeeper(execution, waking, waker) : undefined
      await Promise.all([withReserve(() => arm(armed, state)), timer])
      if (timer === undefined) await wakeKeeper(execution, waking, waker)
    },
    async pauseDeadline() {
      const armed = await readArmed(state, execution)
      if (armed !== undefined) await withReserve(() => pause(armed, state))
    },
    async disarm() {
      answer?.stop()
      await tidy(plan)
      await disarm(state, execution)
      await sleepKeeper(execution, waker)
    },
    async claim() {
      const claimed = await claim(state, execution, act.run)
      switch (claimed.kind) {
        case 'held':
          return claimed
        case 'busy':
          return undefined
        case 'gone':
          // Nothing is armed: there is nobody to decide against.
          return { release: async () => {} }
      }
    },
    async apply(planned) {
      const result = await apply(planned.action, act, planned.timeoutMs)
      if (result.result === 'applied') watchAfter(planned)
      return cleaned(result)
    },
    probe: async (planned, since) => cleaned(await probe(planned.action, act, since)),
    async undo(planned) {
      answer?.stop()
      const before = unitsBefore(deps.lines())
      const mayFail = (step: UndoStep) => plan.startsFrom === 'down' && wasDown(step, before)
      return cleaned(await undo(stepsBack(planned), planned.action, act, planned.timeoutMs, mayFail))
    },
    async probeUndone(planned) {
      const { found, detail } = await cleaned(await probeUndone(planned.action, act))
      // act/ speaks of the action: "not applied" is what an undo wants. Units have nothing to compare.
      if (!canBeCompared(planned.action)) return { found: 'not_applied', detail }
      if (found === 'not_applied') return { found: 'applied', detail }
      return { found: found === 'applied' ? 'not_applied' : found, detail }
    },
    probeBack: async (planned, since) => cleaned(await probeBack(planned.action, act, since)),
    probeUndoUnits: async (planned, since) => cleaned(await probeUndoUnits(stepsBack(planned), act, since)),
    async prove(proof, before) {
      const read = decode(proofBaselineDecoder, before)
      if (!read.ok) throw new SekishoError('runner.journal_damaged', { path: execution, why: read.why })
      const proven = await prove(
        proof,
        {
          ...act,
          plan,
          before: read.value,
          ...(deps.trial === undefined ? {} : { trial: deps.trial }),
          signals: signalsOf(plan, execution, deps.lines(), act.clock.boot()),
        },
        () => {},
      )
      const answered = proof.kind === 'health' ? answer?.at() : undefined
      // The first good proof ends the downtime: nobody needs to look further.
      if (answered !== undefined && proven.verdict === 'green') answer?.stop()
      const facts = { ...proven.facts, ...(answered === undefined ? {} : { answered }) }
      return { verdict: proven.verdict, facts: await deps.clean(toJson(facts)) }
    },
  }
}

/** How the units stood before the first action, as the journal has it; undefined before that. */
function unitsBefore(lines: readonly JournalLine[]): ProofBaseline['units'] | undefined {
  const told = lines.findLast(({ body }) => body.kind === 'before')?.body
  if (told?.kind !== 'before') return undefined
  const read = decode(proofBaselineDecoder, told.facts)
  return read.ok ? read.value.units : undefined
}

/** A kill after the rename leaves the emptied stage beside the file, and a probe that finds the new file ends the action there. */
async function tidy(plan: Plan): Promise<void> {
  for (const { real } of plan.actions.flatMap(({ action }) => plannedFiles(action))) {
    try {
      await using held = await holdDirectory(real)
      await removeStage(held)
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error // a directory that is gone has nothing left over
    }
  }
}

/** The last intent on each unit in this boot: what is newer than that is of this change. */
export function signalsOf(
  plan: Plan,
  execution: ExecutionId,
  lines: readonly JournalLine[],
  boot: string,
): ProofContext['signals'] {
  const signals: Record<string, Told> = {}
  for (const { id, action } of plan.actions) {
    if (action.kind !== 'unit') continue
    const told = lines.findLast(
      ({ key, body, boot: of }) =>
        body.kind === 'intent' && of === boot && key.startsWith(`${execution}/${id}/apply/`),
    )
    if (told !== undefined) signals[action.unit] = { uptime: told.uptime, at: milliseconds(told.at) }
  }
  return signals
}

/** What goes into a line must be canonical JSON; a float or a lone surrogate in a fact may not undo a change that went well. */
function toJson(value: unknown): JsonObject {
  const text = JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === 'number' && !Number.isSafeInteger(one)) return String(one)
    return typeof one === 'string' ? one.toWellFormed() : one
  })
  return JSON.parse(text) as JsonObject
}
