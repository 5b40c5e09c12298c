// Plays deploy and way back of what was staged in a room that holds a clone of production, and keeps of the receipt what people see and what decides.
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { sha256 } from '../../base/hash.ts'
import { instant } from '../../base/time.ts'
import { artefactOf } from '../../git/artefact.ts'
import type { CodeRehearsal, CodeStaged } from '../../plans/code.ts'
import { codeRehearsalSpec } from '../../rehearsal/code-spec.ts'
import { rehearse } from '../../rehearsal/rehearse.ts'
import type { RehearsalSpec } from '../../rehearsal/spec.ts'
import { readRehearsedUnit } from '../../rehearsal/unit.ts'
import { systemRandom } from '../../sys/clock.ts'
import { readOwners } from '../../tree/owners.ts'
import { roomPorts } from './build.ts'
import { CODE_LIFE_MS } from './code-life.ts'
import type { CodeContext } from './context.ts'
import { layOutData } from './data-clone.ts'
import { absentDatabases, type RoomClone } from './migrations.ts'
import type { Built } from './stage-code.ts'
import { knownPaths, rehearsalOf } from './told-rehearsal.ts'

/** For a range, and not one figure. */
const RUNS = 3
const REQUESTS_PER_SECOND = 200

export async function rehearseCode(
  context: CodeContext,
  staged: Omit<CodeStaged, 'rehearsal' | 'schema'>,
  built: Built,
  database?: RoomClone,
): Promise<CodeRehearsal> {
  const { parts, service, rules, stage, signal } = context
  const { realSecrets } = rules.rehearse
  const none = (why: string): CodeRehearsal => ({
    verdict: 'not_tried',
    red: { step: 'clone', why },
    deploy: [],
    back: [],
    differences: [],
    notCompared: [],
    realSecrets,
    expires: context.expires,
  })
  if (!parts.systemctl || service.unit === undefined) return none('no_systemd')
  const data = await layOutData(context)
  const deployed = await artefactOf(built.deployed, { signal })
  if (!deployed.ok) return none(deployed.code)
  const made = codeRehearsalSpec({
    service,
    unit: await readRehearsedUnit(service.unit, { run: parts.process, signal }),
    staged: withWholePaths(staged),
    deployed: built.deployed,
    candidate: staged.release === undefined ? built.laid : built.candidate,
    digests: {
      played: sha256(`${stage} ${staged.artefact.digest}`),
      deployed: deployed.artefact.digest,
      artefact: staged.artefact.digest,
    },
    validMs: CODE_LIFE_MS,
    runs: RUNS,
    perSecond: REQUESTS_PER_SECOND,
    isThere: existsSync,
    dataFrom: data.from,
    signal,
  })
  if (!made.ok) return none(made.why)
  const { receipt, output } = await rehearse(
    { ...(await roomPorts(parts)), clock: parts.clock, random: systemRandom, owners: readOwners() },
    withDatabase(made.spec, staged, database),
  )
  signal.throwIfAborted()
  // Whoever mends it needs what the service said, and every path; whoever reads the card, an agent too, gets what the plan and the deployed tree name.
  if (receipt.verdict !== 'green')
    parts.log('a rehearsal did not come out green', {
      stage,
      at: instant(parts.clock.now()),
      output: output.slice(-2000),
      paths: receipt.differences.map(({ path, field, after }) => `${after} ${field} ${path}`),
    })
  const known = knownPaths(staged, deployed.artefact)
  const told = rehearsalOf(receipt, realSecrets, known)
  const isBuiltAside = staged.release === undefined && (rules.dependencies ?? rules.build) !== undefined
  return {
    ...told,
    notCompared: [
      ...absentDatabases(service, database).map(({ what, why }) => `${why} ${what}`),
      ...(isBuiltAside ? ['built'] : []),
      ...told.notCompared,
    ],
    data: data.told,
  }
}

/** The schema changes before the code, and of a way back behind it: as the plan does it. */
function withDatabase(
  spec: RehearsalSpec,
  { back, release, path }: Omit<CodeStaged, 'rehearsal' | 'schema'>,
  database: RoomClone | undefined,
): RehearsalSpec {
  if (database === undefined) return spec
  const { port, name, clone, migrates } = database
  const room = { port, socket: clone.socket, name: `postgresql:${port}/${name}`, bytes: clone.bytes }
  if (!migrates) return { ...spec, database: room }
  const turn = { kind: 'outside', what: name } as const
  const placing = spec.steps.filter(({ kind }) => kind !== 'restart')
  const restarts = spec.steps.filter(({ kind }) => kind === 'restart')
  const isBack = back === true
  const leads = release?.leads
  return {
    ...spec,
    steps: isBack ? [...placing, turn, ...restarts] : [turn, ...placing, ...restarts],
    database: {
      ...room,
      change: clone.change,
      ...(isBack
        ? {}
        : {
            oldCode: {
              smokeIn:
                release === undefined || leads === undefined ? path : resolve(dirname(release.link), leads),
            },
          }),
    },
  }
}

/** A link may lead by a path from where it lies. */
function withWholePaths(staged: Omit<CodeStaged, 'rehearsal' | 'schema'>) {
  const { release, ...rest } = staged
  if (release === undefined) return rest
  const { leads } = release
  return {
    ...rest,
    release: { ...release, ...(leads === undefined ? {} : { leads: resolve(dirname(release.link), leads) }) },
  }
}
