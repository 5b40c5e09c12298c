// What opens an incident by itself: red checks and failed changes where the rules say so (`incidents:`), and red alerts of declared sources.
// One incident a service stands for all of them, and what has opened or joined one does so once.

import { SekishoError } from '../base/error.ts'
import type { Detail } from '../base/error-values.ts'
import type { ServiceName } from '../base/id.ts'
import type { Change } from '../change/change.ts'
import { listChanges } from '../change/store.ts'
import { definitionsOf } from '../checks/definition.ts'
import { mutedUntil } from '../checks/mute.ts'
import { type CheckId, familyOf } from '../checks/result.ts'
import { incidentOfSource, openIncidentOf } from '../incident/store.ts'
import { type CompiledPolicy, serviceOf } from '../plans/policy.ts'
import type { JournalLine, Outcome } from '../seal/journal.ts'
import { reader } from '../words/errors.ts'
import { ALERTS_TEXT, FAILED_CHANGE_TEXT, redCheckText } from '../words/incident-opened.ts'
import { linkAlerts, unlinkedAlerts } from './alert-store.ts'
import { listCheckRows, listMutes, openFindings } from './check-store.ts'
import { type Act, act, type Gate, now } from './gate.ts'
import { openWithin } from './incident-open.ts'

/** Sources looked at in one go. */
const MOST = 100
const TEXT = 300

/** The clock's part. What cannot be opened now is looked at again. */
export async function openFromSources(gate: Gate): Promise<void> {
  await openFromAlerts(gate)
  await openFromChecks(gate)
}

async function openFromAlerts(gate: Gate): Promise<void> {
  const policy = gate.policy()
  for (const alerts of await unlinkedAlerts(gate.db, MOST)) {
    const { source, title, count, firstAt } = alerts
    const service = serviceOf(policy, alerts.service as ServiceName) // Looked up, and thereby checked.
    if (service === undefined) continue
    await act(gate, 'system', async (step) => {
      const { incident } = await openWithin(step, policy, {
        service,
        by: 'system',
        because: ALERTS_TEXT[policy.language](source, title, count).slice(0, TEXT),
        seenSince: firstAt,
        source: { kind: 'alert', ref: source },
      })
      await linkAlerts(step.tx, alerts, incident.id)
    })
  }
}

/** A change that is running now says by its own proof what became of the service. */
const RUNNING = ['executing', 'verifying', 'rolling_back'] as const

async function openFromChecks(gate: Gate): Promise<void> {
  const policy = gate.policy()
  const items = policy.incidents?.checks ?? []
  if (items.length === 0) return
  const definitions = new Map(definitionsOf(policy).map((one) => [one.id, one]))
  const mutes = await listMutes(gate.db)
  for (const { id, check, state, code, values, openedAt, acknowledged } of await openFindings(gate.db)) {
    const { item = '', service: name } = definitions.get(familyOf(check)) ?? {}
    const service = name === undefined ? undefined : serviceOf(policy, name)
    // Somebody has it in hand, or said before that it will be red.
    const isQuiet = acknowledged !== undefined || mutedUntil(check, mutes, now(gate)) !== undefined
    if (state !== 'red' || service === undefined || !items.includes(item) || isQuiet) continue
    const source = { kind: 'check', ref: id } as const
    if ((await incidentOfSource(gate.db, source)) !== undefined) continue
    const running = await listChanges(gate.db, { service: service.name, states: RUNNING, limit: 1 })
    if (running.length > 0) continue
    if (await isOfBefore(gate, service.name, check)) continue
    await act(gate, 'system', (step) =>
      openWithin(step, policy, {
        service,
        by: 'system',
        // What is wrong with data is no matter of a restart.
        ...(item === 'data' ? { level: 2 as const } : {}),
        because: redCheckText(item, code, reader(values as Detail), policy.language).slice(0, TEXT),
        seenSince: openedAt,
        isHit: item === 'service' || item === 'api',
        source,
      }),
    )
  }
}

/** It was seen red before the open incident of its service recovered, and not since: what is red again will be seen again. */
async function isOfBefore(gate: Gate, service: ServiceName, check: CheckId): Promise<boolean> {
  const recoveredAt = (await openIncidentOf(gate.db, service))?.incident.recoveredAt
  if (recoveredAt === undefined) return false
  const row = (await listCheckRows(gate.db)).find((one) => one.check === check)
  return row !== undefined && (row.saidAt ?? row.lookedAt) <= recoveredAt
}

/** A change whose proof was red, or whose way back failed. In the transaction that closes it, or says that it waits for a person. */
export async function openFromChange(
  gate: Gate,
  step: Act,
  change: Pick<Change, 'id' | 'service'>,
  end: 'undone' | 'failed' | 'stuck',
): Promise<void> {
  const policy = policyOf(gate)
  const service = policy === undefined ? undefined : serviceOf(policy, change.service)
  if (policy?.incidents?.failedChanges !== true || service === undefined) return
  await openWithin(step, policy, {
    service,
    by: 'system',
    because: FAILED_CHANGE_TEXT[policy.language][end](change.id),
    seenSince: step.at,
    isHit: end !== 'undone',
    source: { kind: 'change', ref: change.id },
    ...(end === 'undone' ? { undone: change.id } : {}),
  })
}

/** What the journal says of the proof; undefined where nothing failed. */
export function failureIn(
  outcome: Outcome | 'refused',
  lines: readonly JournalLine[],
): 'undone' | 'failed' | undefined {
  if (outcome === 'failed') return 'failed'
  const isRed = lines.some(({ body }) => body.kind === 'proof' && body.verdict === 'red')
  return outcome === 'rolled_back' && isRed ? 'undone' : undefined
}

/** Rules that cannot be read now keep no execution from being closed. */
function policyOf(gate: Gate): CompiledPolicy | undefined {
  try {
    return gate.policy()
  } catch (error) {
    if (error instanceof SekishoError) return undefined
    throw error
  }
}
