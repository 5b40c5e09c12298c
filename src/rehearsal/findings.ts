// What a rehearsal has found so far, and the receipt that is made of it.
import { after, type Clock, instant } from '../base/time.ts'
import {
  DIFFERENCES_MAX,
  NOT_COMPARED_MAX,
  type NotCompared,
  type PathDifference,
  type Range,
  type Receipt,
  type RehearsalFault,
  type RehearsalStep,
} from '../plans/receipt.ts'
import { environmentDigest } from './environment.ts'
import { NotFurnished } from './furnish.ts'
import { SessionEnded } from './session.ts'
import type { RehearsalSpec } from './spec.ts'

export interface Findings {
  step: RehearsalStep
  readonly differences: PathDifference[]
  readonly notCompared: NotCompared[]
  readonly deployMs: number[]
  readonly backMs: number[]
  readonly lostDeploy: number[]
  readonly lostBack: number[]
  compared: number
  runs: number
  backHealthy: number
  cloned: Receipt['cloned']
  made: readonly string[]
  given: readonly string[]
  oldCode?: Receipt['oldCode']
  stayed: readonly string[]
}

/** Thrown where something is red: the rehearsal ends there. */
export class Found extends Error {
  override name = 'Found'
  readonly fault: RehearsalFault
  constructor(fault: RehearsalFault) {
    super(fault.code)
    this.fault = fault
  }
}

export function noFindings(spec: RehearsalSpec): Findings {
  return {
    step: 'clone',
    differences: [],
    notCompared: spec.unit.notApplied.map((what) => ({ what, why: 'unit_setting' })),
    deployMs: [],
    backMs: [],
    lostDeploy: [],
    lostBack: [],
    compared: 0,
    runs: 0,
    backHealthy: 0,
    cloned: [],
    made: [],
    given: [],
    stayed: [],
  }
}

/** Throws again what is a fault of ours. */
export function faultOf(cause: unknown, step: RehearsalStep): RehearsalFault {
  if (cause instanceof Found) return cause.fault
  if (cause instanceof NotFurnished)
    return { step, code: cause.isNoSpace ? 'no_space' : 'not_cloned', what: cause.path }
  // What the service printed is not told here: agents read a receipt.
  if (cause instanceof SessionEnded) return { step, code: cause.why }
  const code = (cause as { readonly code?: unknown }).code
  if (code === 'room.no_space' || code === 'room.no_inodes') return { step, code: 'no_space' }
  if (code === 'room.unavailable' || code === 'room.not_made')
    return { step, code: 'unavailable', what: code }
  throw cause
}

/** What says nothing about the change: a room that could not be had, a deployed release that does not start there. */
export function isUnknown({ step, code }: RehearsalFault): boolean {
  return step === 'clone' || step === 'boot' || code === 'cancelled' || code === 'unavailable'
}

export function receiptOf(
  clock: Clock,
  spec: RehearsalSpec,
  findings: Findings,
  fault: RehearsalFault | undefined,
): Receipt {
  const at = instant(clock.now())
  const { differences, deployMs, backMs, lostDeploy, lostBack } = findings
  const ranges = [rangeOf(deployMs), rangeOf(backMs), rangeOf(lostDeploy), rangeOf(lostBack)] as const
  const [deploy, back, lostOnDeploy, lostOnBack] = ranges
  const left: readonly NotCompared[] = [
    { what: 'acl', why: 'acl' },
    { what: 'xattr', why: 'attributes' },
    ...(lostOnDeploy === undefined || lostOnBack === undefined
      ? [{ what: 'requests', why: 'load' } as const]
      : []),
    ...findings.notCompared,
  ]
  return {
    v: 1,
    verdict: fault === undefined ? 'green' : isUnknown(fault) ? 'unknown' : 'red',
    ...(fault === undefined ? {} : { fault }),
    played: spec.played,
    deployed: spec.deployed,
    artefact: spec.artefact,
    environment: environmentDigest(spec.unit),
    at,
    expires: after(at, spec.validMs),
    runs: findings.runs,
    backHealthy: findings.backHealthy,
    sockets: [...new Set((spec.unit.sockets ?? []).map(({ name }) => name))],
    ...(deploy === undefined ? {} : { deployMs: deploy }),
    ...(back === undefined ? {} : { backMs: back }),
    ...(lostOnDeploy === undefined || lostOnBack === undefined
      ? {}
      : { lost: { deploy: lostOnDeploy, back: lostOnBack, perSecond: spec.perSecond } }),
    differences: differences.slice(0, DIFFERENCES_MAX),
    differencesInAll: differences.length,
    compared: findings.compared,
    notCompared:
      left.length <= NOT_COMPARED_MAX
        ? left
        : [...left.slice(0, NOT_COMPARED_MAX - 1), { what: String(left.length), why: 'too_many' }],
    cloned: findings.cloned,
    ...(findings.oldCode === undefined ? {} : { oldCode: findings.oldCode }),
    secrets: { made: findings.made, real: findings.given, stayed: findings.stayed },
  }
}

function rangeOf(values: readonly number[]): Range | undefined {
  return values.length === 0 ? undefined : { least: Math.min(...values), most: Math.max(...values) }
}
