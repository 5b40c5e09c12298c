// The verbs `status` and `report`: what this runner says about itself and its executions.

import { lookAtGuard } from '../../agents/look-at-hooks.ts'
import type { ExecutionId } from '../../base/id.ts'
import { ed25519PublicPem } from '../../base/sign.ts'
import { freeOf } from '../../host/volume-free.ts'
import { leftOver } from '../../room/sweep.ts'
import { limiterHere } from '../../sandbox/sandbox.ts'
import type { ExecutionState } from '../../seal/journal.ts'
import type { Answers } from '../../seal/protocol.ts'
import type { RunnerStatus } from '../../seal/runner-status.ts'
import { lineText } from '../journal/line.ts'
import type { RunnerParts } from '../parts.ts'
import { executionState } from '../perform/state.ts'
import { viewOf } from '../perform/view.ts'
import { isAdminPath } from './execution-hands.ts'
import type { Executions } from './executions.ts'

/** Lines of one answer; a frame holds 1 MiB. */
const REPORT_LINES = 200
const REPORT_BYTES = 786_432

export async function statusVerb(parts: RunnerParts): Promise<RunnerStatus> {
  const { journal, policies, clock } = parts
  const soundClock = await parts.mark.check()
  if (soundClock.jumped)
    await journal.append('clock', { kind: 'clock', event: 'jump', detail: { why: soundClock.why ?? '' } })
  const sandbox = await parts.sandbox()
  const rooms = await leftOver(parts.place.rooms)
  const head = parts.signer.head()
  const policy = policies.loaded ? policies.current : undefined
  const damage = journal.damage
  const floor = policy?.rules.floorBytes ?? 0
  const volumes = new Map<string, number>()
  for (const path of [
    parts.place.state,
    ...(policy?.services ?? []).flatMap(({ files }) => files.map((one) => one.path)),
  ]) {
    const free = await freeOf(path)
    if (free !== undefined) volumes.set(free.path, free.bytes)
  }
  return {
    root: parts.root,
    host: parts.host,
    ...(policy === undefined ? {} : { policy: policy.version }),
    boot: clock.boot(),
    uptime: clock.uptime(),
    journal: damage === undefined ? { sound: true } : { sound: false, why: `${damage.path}: ${damage.why}` },
    clock: soundClock.sound ? { sound: true } : { sound: false, why: soundClock.why ?? '' },
    untrusted: await parts.untrusted(),
    ...(parts.guard === undefined ? {} : { guard: await lookAtGuard(parts.guard, parts.version) }),
    open: journal.index.open(),
    sandbox: sandbox.available
      ? { available: true, limits: (await limiterHere()).kind }
      : { available: false, why: sandbox.why },
    ...(rooms === undefined ? {} : { rooms }),
    signer: { publicKey: ed25519PublicPem(parts.keys.ledgerPublic), size: head.size, root: head.root },
    keyed: true,
    // Where there are more, those with the least room.
    diskFree: [...volumes]
      .toSorted(([, a], [, b]) => (volumes.size > 50 ? a - b : 0))
      .slice(0, 50)
      .map(([path, bytes]) => ({ path, bytes, floor })),
    version: parts.version,
  }
}

export async function reportVerb(
  execution: ExecutionId,
  from: number,
  parts: RunnerParts,
  executions: Executions,
): Promise<Answers['report']> {
  const { journal, clock, policies } = parts
  const chain = journal.known(execution)
  if (chain === undefined) return { state: { state: 'unknown' }, lines: [], next: 0 }
  await chain.refresh()
  const plan = await executions.planOf(execution)
  const accepted = journal.index.accepted.get(execution)
  const policy =
    accepted === undefined ? undefined : await policies.version(accepted.policy).catch(() => undefined)
  const fault = executions.brokenBy(execution)
  const folded = executionState(
    viewOf(execution, chain.lines),
    plan,
    { boot: clock.boot(), uptime: clock.uptime() },
    plan !== undefined && policy !== undefined && isAdminPath(plan, policy),
  )
  const noRoom = executions.noRoomFor(execution)
  const state: ExecutionState =
    fault === undefined || folded.state === 'closed'
      ? waiting(folded, noRoom)
      : { state: 'stuck', why: 'runner_fault', detail: { message: fault } }
  const lines: string[] = []
  let bytes = 0
  for (const line of chain.lines.slice(from, from + REPORT_LINES)) {
    const text = lineText(line)
    bytes += Buffer.byteLength(text) * 2
    if (lines.length > 0 && bytes > REPORT_BYTES) break
    lines.push(text)
  }
  return { state, lines, next: Math.min(from, chain.lines.length) + lines.length }
}

/** Where it stands, and for which file it waits there. */
function waiting(state: ExecutionState, noRoom: string | undefined): ExecutionState {
  const works = state.state === 'running' || state.state === 'proving'
  return works && noRoom !== undefined ? { ...state, noRoom } : state
}
