// The trial of a declared call: the service as it is deployed is started in a room on a clone of its data, the call and its inverse are sent there, and files and
// tables are compared. What cannot be started there is not rehearsed, and nothing is claimed of it.
import { existsSync } from 'node:fs'
import { SekishoError } from '../../base/error.ts'
import type { ClonedData } from '../../plans/code.ts'
import type { Plan } from '../../plans/plan.ts'
import { declaredCall, requestIn } from '../../plans/playbooks/request.ts'
import type { Service } from '../../plans/policy.ts'
import { type CallReceipt, type CallSpec, rehearseCall } from '../../rehearsal/call.ts'
import { callSpec } from '../../rehearsal/call-spec.ts'
import { readRehearsedUnit } from '../../rehearsal/unit.ts'
import { withPlace } from '../../room/place.ts'
import type { Problem, TrialCheck } from '../../seal/journal.ts'
import { systemRandom } from '../../sys/clock.ts'
import { passableDirectory } from '../../sys/files.ts'
import { readOwners } from '../../tree/owners.ts'
import {
  backFacts,
  differenceProblems,
  faultText,
  notRehearsed,
  playFacts,
  redProblem,
} from '../beside/checks.ts'
import { idleReleases, withDatabase } from '../beside/given.ts'
import { roomPorts } from '../code/build.ts'
import { layOutData } from '../code/data-clone.ts'
import type { RunnerParts } from '../parts.ts'

const ALL_MS = 1_800_000
const NOT_REHEARSED = 'request.not_rehearsed'

export async function tryRequest(
  plan: Plan,
  service: Service,
  parts: RunnerParts,
): Promise<readonly TrialCheck[]> {
  const action = requestIn(plan)
  const call = action === undefined ? undefined : declaredCall(service, action.call)
  if (action === undefined || call === undefined)
    throw new SekishoError('judge.action_outside', { what: action?.call ?? '', service: plan.service })
  const validation = {
    check: 'validation',
    verdict: 'green',
    facts: { noValidator: [action.url] },
    problems: [],
  } as const
  if (!parts.systemctl || service.unit === undefined)
    return [validation, ...notRehearsed(NOT_REHEARSED, action.call, 'clone: no_systemd')]
  const { unit: name } = service
  const signal = AbortSignal.timeout(service.code?.rehearse.withinMs ?? ALL_MS)
  const unit = await readRehearsedUnit(name, { run: parts.process, signal })
  for (const one of [parts.place.code, parts.place.rooms]) await passableDirectory(one)
  const played = await withPlace(parts.place.rooms, async (directory) => {
    const data = await layOutData({ parts, service, directory, note: async () => {}, signal })
    const made = callSpec({
      service,
      unit,
      action,
      call,
      dataFrom: data.from,
      isThere: existsSync,
      idle: idleReleases(service),
    })
    if (!made.ok) return { why: `clone: ${made.why}` }
    const value =
      action.credential === undefined
        ? undefined
        : await parts.secrets.value(action.credential.reference, action.credential.version)
    const spec: CallSpec = {
      ...made.spec,
      headers: { 'idempotency-key': `rehearsal/${plan.change}` },
      ...(value === undefined || call.credential === undefined
        ? {}
        : { credential: { key: call.credential, value: value.toString('utf8').trim() } }),
      limits: { seconds: Math.ceil((service.code?.rehearse.withinMs ?? ALL_MS) / 1000) },
      signal,
    }
    const ports = {
      ...(await roomPorts(parts)),
      clock: parts.clock,
      random: systemRandom,
      owners: readOwners(),
    }
    const { receipt, output } = await withDatabase(service, parts, signal, (database) =>
      rehearseCall(ports, database === undefined ? spec : { ...spec, ...database }),
    )
    if (receipt.verdict !== 'green')
      parts.log('the rehearsal of a call did not come out green', {
        change: plan.change,
        call: action.call,
        output: output.slice(-2000),
      })
    return { receipt, data: data.told }
  })
  const found =
    'why' in played
      ? notRehearsed(NOT_REHEARSED, action.call, played.why)
      : checksOf(played.receipt, played.data, action.call, action.inverse !== undefined)
  return [validation, ...found]
}

/** Two checks of one play: what the call does, and what its inverse leaves. */
export function checksOf(
  receipt: CallReceipt,
  data: readonly ClonedData[],
  call: string,
  hasInverse: boolean,
): readonly TrialCheck[] {
  const { verdict, fault, changed } = receipt
  if (verdict === 'unknown' || (fault !== undefined && changed === undefined && fault.step === 'clone'))
    return notRehearsed(NOT_REHEARSED, call, faultText(fault))
  const ofCall: readonly Problem[] = fault === undefined ? [] : [redProblem(fault)]
  const isOfBack = fault !== undefined && ['inverse', 'back-health', 'compare'].includes(fault.step)
  const { callMs, status, readBack } = receipt
  const trial: TrialCheck = {
    check: 'trial',
    verdict: fault === undefined || isOfBack ? 'green' : 'red',
    facts: {
      ...(callMs === undefined ? {} : { milliseconds: callMs }),
      ...(status === undefined ? {} : { status }),
      ...(readBack === undefined ? {} : { readBack }),
      ...playFacts(receipt, data),
    },
    problems: isOfBack ? [] : ofCall,
  }
  return [trial, undoOf()]

  function undoOf(): TrialCheck {
    if (fault !== undefined && !isOfBack)
      return {
        check: 'undo',
        verdict: 'not_tried',
        facts: {},
        problems: [{ code: NOT_REHEARSED, path: call, text: faultText(fault) }],
      }
    if (!hasInverse) return { check: 'undo', verdict: 'green', facts: { wayBack: 'restore' }, problems: [] }
    // Where nothing changed there was nothing to take back: that proves no inverse.
    if (fault === undefined && changed?.length === 0)
      return {
        check: 'undo',
        verdict: 'not_tried',
        facts: {},
        problems: [{ code: 'request.no_effect', path: call, text: '' }],
      }
    return {
      check: 'undo',
      verdict: isOfBack ? 'red' : 'green',
      facts: {
        ...backFacts(receipt),
        ...(receipt.differed.length === 0 ? {} : { differed: [...receipt.differed] }),
      },
      problems: [...(isOfBack ? ofCall : []), ...differenceProblems(receipt)],
    }
  }
}
