// The trial of a declared command: its files are those that approvers are shown, and it is run beside the deployed service in a room, on a clone of the data, and
// taken back there. What cannot be started there is not rehearsed, and nothing is claimed of it.
import { existsSync } from 'node:fs'
import { join, posix, relative } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { SekishoError } from '../../base/error.ts'
import type { ClonedData } from '../../plans/code.ts'
import { isAtOrBelow } from '../../plans/data-directory.ts'
import type { Plan } from '../../plans/plan.ts'
import { type CommandStep, commandIn, commandNamed } from '../../plans/playbooks/command.ts'
import type { Service } from '../../plans/policy.ts'
import { codeOf } from '../../rehearsal/call-spec.ts'
import { type CommandReceipt, type CommandSpec, rehearseCommand } from '../../rehearsal/command.ts'
import { healthInside, placesAround } from '../../rehearsal/service-places.ts'
import type { RehearsalPlace } from '../../rehearsal/spec.ts'
import { type RehearsedUnit, readRehearsedUnit } from '../../rehearsal/unit.ts'
import { withPlace } from '../../room/place.ts'
import { OWN_PLACES, withOwnPlace } from '../../schema/own-place.ts'
import { readToolFiles } from '../../schema/tool-files.ts'
import type { Problem, TrialCheck } from '../../seal/journal.ts'
import { systemRandom } from '../../sys/clock.ts'
import { passableDirectory } from '../../sys/files.ts'
import { readOwners } from '../../tree/owners.ts'
import { takeFiles } from '../../tree/take-files.ts'
import { requireOwnPlaces } from '../act/command-places.ts'
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
import { commandFilesHands } from './command-files.ts'

const ALL_MS = 1_800_000
const NOT_REHEARSED = 'exec.not_rehearsed'

export async function tryCommand(
  plan: Plan,
  service: Service,
  parts: RunnerParts,
): Promise<readonly TrialCheck[]> {
  const action = commandIn(plan)
  const declared = action === undefined ? undefined : commandNamed(service, action.name)
  if (action === undefined || declared === undefined)
    throw new SekishoError('judge.action_outside', { what: action?.name ?? '', service: plan.service })
  await requireOwnPlaces(declared)
  return withOwnPlace(join(parts.place.state, OWN_PLACES.command), async (tree) => {
    const validation = await sameFiles(action, service, tree, parts)
    const found = await played(action, declared.withinMs, service, tree, parts)
    return [validation, ...found]
  })
}

/** INVARIANT: what approvers are shown of the files is what this host finds changed in them, whoever made the plan. Throws schema.tool_files_moved. */
async function sameFiles(
  { directory, own, name }: CommandStep,
  service: Service,
  tree: string,
  parts: RunnerParts,
): Promise<TrialCheck> {
  const shown = await commandFilesHands(service.name, name, parts)
  const files = await takeFiles(directory, { to: tree, leave: shown.leave })
  const { changed, counts } = await readToolFiles(tree, {
    ...shown,
    leave: (path) => shown.leave(join(directory, relative(tree, path))),
    withhold: (path) => shown.withhold(join(directory, relative(tree, path))),
  })
  if (files.digest !== own.files || !isDeepStrictEqual(changed, own.changed))
    throw new SekishoError('schema.tool_files_moved', { directory })
  return {
    check: 'validation',
    verdict: 'green',
    facts: {
      noValidator: [directory],
      files: files.entries.filter(({ kind }) => kind !== 'directory').length,
      changed: { ...counts, ...(shown.since === undefined ? {} : { since: shown.since }) },
    },
    problems: [],
  }
}

async function played(
  action: CommandStep,
  withinMs: number,
  service: Service,
  tree: string,
  parts: RunnerParts,
): Promise<readonly TrialCheck[]> {
  const { name, own } = action
  if (!parts.systemctl || service.unit === undefined)
    return notRehearsed(NOT_REHEARSED, name, 'clone: no_systemd')
  const allMs = service.code?.rehearse.withinMs ?? ALL_MS
  const signal = AbortSignal.timeout(allMs)
  const unit = await readRehearsedUnit(service.unit, { run: parts.process, signal })
  for (const one of [parts.place.code, parts.place.rooms]) await passableDirectory(one)
  return withPlace(parts.place.rooms, async (directory) => {
    const data = await layOutData({ parts, service, directory, note: async () => {}, signal })
    const made = placesOf(action, tree, { service, unit, dataFrom: data.from })
    if (made === undefined) return notRehearsed(NOT_REHEARSED, name, 'clone: no_health')
    const spec: CommandSpec = {
      ...made,
      directory: action.directory,
      argv: action.argv,
      ...(own.back === undefined ? {} : { back: own.back }),
      withinMs,
      limits: { seconds: Math.ceil(allMs / 1000) },
      signal,
    }
    const ports = {
      ...(await roomPorts(parts)),
      clock: parts.clock,
      random: systemRandom,
      owners: readOwners(),
    }
    const { receipt, output } = await withDatabase(service, parts, signal, (database) =>
      rehearseCommand(ports, database === undefined ? spec : { ...spec, ...database }),
    )
    if (receipt.verdict !== 'green')
      parts.log('the rehearsal of a command did not come out green', {
        service: service.name,
        command: name,
        output: output.slice(-2000),
      })
    return commandChecks(receipt, data.told, name, own.back !== undefined)
  })
}

interface Around {
  readonly service: Service
  readonly unit: RehearsedUnit
  readonly dataFrom: (directory: string) => string | undefined
}

/** The service as it is, the sealed files at their place, and what the command may write. Undefined: nobody could ask the service there. */
function placesOf(
  { directory, own }: CommandStep,
  tree: string,
  { service, unit, dataFrom }: Around,
): Pick<CommandSpec, 'unit' | 'health' | 'places' | 'given' | 'live' | 'secrets' | 'mayChange'> | undefined {
  const health = healthInside(service)
  if (health === undefined) return undefined
  const files: RehearsalPlace = { path: directory, kind: 'other', from: tree, mode: 0o755 }
  const code = codeOf(service, unit, idleReleases(service), existsSync)
    .filter(({ path }) => path !== directory)
    .map(
      (one): RehearsalPlace =>
        isAtOrBelow(directory, one.path)
          ? { ...one, leave: [...(one.leave ?? []), posix.relative(one.path, directory)] }
          : one,
    )
  const written = own.writes
    .filter((path) => existsSync(path) && !code.some((one) => isAtOrBelow(path, one.path)))
    .map((path): RehearsalPlace => ({ path, kind: 'target' }))
  const around = placesAround({
    service,
    unit,
    code: [...code, files, ...written],
    kind: 'target',
    dataFrom,
    isThere: existsSync,
  })
  return {
    unit,
    health,
    places: around.places,
    given: {},
    live: [],
    secrets: { ...around.secrets, real: service.code?.rehearse.realSecrets ?? [] },
    mayChange: [...own.writes, ...(service.data ?? []).map(({ dir }) => dir)],
  }
}

/** Two checks of one play: what the command does, and what its way back leaves. */
export function commandChecks(
  receipt: CommandReceipt,
  data: readonly ClonedData[],
  command: string,
  hasBack: boolean,
): readonly TrialCheck[] {
  const { verdict, fault } = receipt
  if (verdict === 'unknown') return notRehearsed(NOT_REHEARSED, command, faultText(fault))
  const isOfBack = fault !== undefined && ['back', 'back-health', 'compare'].includes(fault.step)
  const red: readonly Problem[] = fault === undefined ? [] : [redProblem(fault)]
  const { commandMs } = receipt
  const trial: TrialCheck = {
    check: 'trial',
    verdict: fault === undefined || isOfBack ? 'green' : 'red',
    facts: {
      ...(commandMs === undefined ? {} : { milliseconds: commandMs }),
      ...playFacts(receipt, data),
    },
    problems: isOfBack ? [] : red,
  }
  if (fault !== undefined && !isOfBack)
    return [
      trial,
      ...notRehearsed(NOT_REHEARSED, command, faultText(fault)).filter(({ check }) => check === 'undo'),
    ]
  if (!hasBack)
    return [trial, { check: 'undo', verdict: 'green', facts: { wayBack: 'restore' }, problems: [] }]
  const undo: TrialCheck = {
    check: 'undo',
    verdict: isOfBack ? 'red' : 'green',
    facts: backFacts(receipt),
    problems: [...(isOfBack ? red : []), ...differenceProblems(receipt)],
  }
  return [trial, undo]
}
