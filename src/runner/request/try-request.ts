// The trial of a declared call: the service as it is deployed is started in a room on a clone of its data, the call and its inverse are sent there, and files and
// tables are compared. What cannot be started there is not rehearsed, and nothing is claimed of it.
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import type { ClonedData } from '../../plans/code.ts'
import type { Plan } from '../../plans/plan.ts'
import { declaredCall, requestIn } from '../../plans/playbooks/request.ts'
import { hasMigrations } from '../../plans/playbooks/schema.ts'
import type { Service } from '../../plans/policy.ts'
import type { NotCompared } from '../../plans/receipt.ts'
import { type CallReceipt, type CallSpec, rehearseCall } from '../../rehearsal/call.ts'
import { callSpec } from '../../rehearsal/call-spec.ts'
import { readRehearsedUnit } from '../../rehearsal/unit.ts'
import { withPlace } from '../../room/place.ts'
import type { CodeClone } from '../../schema/pairs.ts'
import { withCodeClone } from '../../schema/pairs.ts'
import type { Problem, TrialCheck } from '../../seal/journal.ts'
import { systemRandom } from '../../sys/clock.ts'
import { passableDirectory } from '../../sys/files.ts'
import { readOwners } from '../../tree/owners.ts'
import { roomPorts } from '../code/build.ts'
import { layOutData } from '../code/data-clone.ts'
import { absentDatabases } from '../code/migrations.ts'
import type { RunnerParts } from '../parts.ts'

const ALL_MS = 1_800_000
const SHOWN = 50

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
    return [validation, ...notRehearsed('clone: no_systemd', action.call)]
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
      ? notRehearsed(played.why, action.call)
      : checksOf(played.receipt, played.data, action.call, action.inverse !== undefined)
  return [validation, ...found]
}

interface Played {
  readonly receipt: { readonly notCompared: readonly NotCompared[] }
}

/**
 * A database that cannot be cloned stops nothing by itself: whether the service starts without it, its start tells. INVARIANT: the receipt names each declared
 * database that the room did not have, before all else that was not compared.
 */
export async function withDatabase<T extends Played>(
  service: Pick<Service, 'databases'>,
  parts: RunnerParts,
  signal: AbortSignal,
  playWith: (database: Pick<CallSpec, 'database' | 'tables'> | undefined) => Promise<T>,
): Promise<T> {
  const { databases = [] } = service
  const database = databases.find(hasMigrations) ?? databases[0]
  const play = async (given: Parameters<typeof playWith>[0]): Promise<T> => {
    const played = await playWith(given)
    const absent = absentDatabases(service, given === undefined ? undefined : database)
    const notCompared = [...absent, ...played.receipt.notCompared]
    return { ...played, receipt: { ...played.receipt, notCompared } }
  }
  if (database === undefined) return play(undefined)
  const { name, port } = database
  let isPlayed = false
  const onClone = ({ socket, bytes, content }: CodeClone) => {
    isPlayed = true
    return play({
      database: { port, socket, name: `postgresql:${port}/${name}`, bytes },
      tables: content,
    })
  }
  return withCodeClone(database, [], parts, signal, false, onClone).catch(async (cause: unknown) => {
    if (isPlayed || !(cause instanceof SekishoError) || !/^(backup\.db|schema)/.test(cause.code)) throw cause
    return play(undefined)
  })
}

/** Releases that lie beside the one that runs. */
export function idleReleases({ code }: Service): readonly string[] {
  if (code?.repo.deploy !== 'releases') return []
  const { path } = code.repo
  try {
    const runs = realpathSync(join(path, 'current'))
    const holder = dirname(runs)
    if (holder === path) return []
    return readdirSync(holder)
      .map((name) => join(holder, name))
      .filter((one) => one !== runs)
  } catch {
    return []
  }
}

function notRehearsed(why: string, call: string): readonly TrialCheck[] {
  const problems: readonly Problem[] = [{ code: 'request.not_rehearsed', path: call, text: why }]
  const none = { verdict: 'not_tried', facts: {} } as const
  return [
    { check: 'trial', ...none, problems },
    { check: 'undo', ...none, problems },
  ]
}

const told = (all: readonly NotCompared[]) => all.slice(0, SHOWN).map(({ what, why }) => `${why} ${what}`)

/** Two checks of one play: what the call does, and what its inverse leaves. */
export function checksOf(
  receipt: CallReceipt,
  data: readonly ClonedData[],
  call: string,
  hasInverse: boolean,
): readonly TrialCheck[] {
  const { verdict, fault, changed, differences = [], environment } = receipt
  if (verdict === 'unknown' || (fault !== undefined && changed === undefined && fault.step === 'clone'))
    return notRehearsed(faultText(fault), call)
  const ofCall: readonly Problem[] = fault === undefined ? [] : [redProblem(fault)]
  const isOfBack = fault !== undefined && ['inverse', 'back-health', 'compare'].includes(fault.step)
  const { bootMs, callMs, status, readBack, compared, tables, notCompared, stayed, backMs } = receipt
  const trial: TrialCheck = {
    check: 'trial',
    verdict: fault === undefined || isOfBack ? 'green' : 'red',
    facts: {
      ...(callMs === undefined ? {} : { milliseconds: callMs }),
      ...(bootMs === undefined ? {} : { bootMs }),
      ...(status === undefined ? {} : { status }),
      ...(readBack === undefined ? {} : { readBack }),
      changed: (changed ?? []).slice(0, SHOWN),
      changes: changed?.length ?? 0,
      compared,
      tables,
      data: data.map((one) => ({ ...one })),
      notCompared: told(notCompared),
      ...(stayed.length === 0 ? {} : { stayed: stayed.slice(0, SHOWN) }),
      environment,
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
        problems: [{ code: 'request.not_rehearsed', path: call, text: faultText(fault) }],
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
        ...(backMs === undefined ? {} : { milliseconds: backMs }),
        ...(receipt.differed.length === 0 ? {} : { differed: [...receipt.differed] }),
        ...(receipt.rewritten.length === 0 ? {} : { rewritten: receipt.rewritten.slice(0, SHOWN) }),
        ...(tables === 0 ? {} : { notSame: ['sequences'] }),
        notCompared: told(notCompared),
      },
      problems: [
        ...(isOfBack ? ofCall : []),
        ...differences.slice(0, SHOWN).map(({ path, field, after }) => ({
          code: 'rehearsal.difference',
          // Of its own: it may be a name that a user of the service has chosen (app/agents-see.ts).
          path,
          text: `${after} ${field}`,
        })),
      ],
    }
  }
}

const redProblem = (fault: NonNullable<CallReceipt['fault']>): Problem => ({
  code: 'rehearsal.red',
  text: `${fault.step}: ${fault.code}${fault.exit === undefined ? '' : ` ${fault.exit}`}`,
  ...(fault.what === undefined ? {} : { path: fault.what }),
})

/** `STEP: FAULT EXIT WHAT`. */
function faultText(fault: CallReceipt['fault']): string {
  if (fault === undefined) return 'clone: unavailable'
  const { step, code, exit, what } = fault
  return [
    `${step}: ${code}`,
    ...(exit === undefined ? [] : [String(exit)]),
    ...(what === undefined ? [] : [what]),
  ].join(' ')
}
