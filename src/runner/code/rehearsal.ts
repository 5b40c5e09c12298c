// Plays deploy and way back of what was staged in a room that holds a clone of production, and keeps of the receipt what people see and what decides.
import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { sha256 } from '../../base/hash.ts'
import { instant } from '../../base/time.ts'
import { artefactOf } from '../../git/artefact.ts'
import type { CodeRehearsal, CodeStaged } from '../../plans/code.ts'
import type { Receipt } from '../../plans/receipt.ts'
import { codeRehearsalSpec } from '../../rehearsal/code-spec.ts'
import { rehearse } from '../../rehearsal/rehearse.ts'
import { readRehearsedUnit } from '../../rehearsal/unit.ts'
import { systemRandom } from '../../sys/clock.ts'
import { readOwners } from '../../tree/owners.ts'
import { roomPorts } from './build.ts'
import { CODE_LIFE_MS } from './code-life.ts'
import type { CodeContext } from './context.ts'
import { layOutData } from './data-clone.ts'
import type { Built } from './stage-code.ts'

/** For a range, and not one figure. */
const RUNS = 3
const REQUESTS_PER_SECOND = 200
const SHOWN = 100

export async function rehearseCode(
  context: CodeContext,
  staged: Omit<CodeStaged, 'rehearsal'>,
  built: Built,
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
    candidate: built.candidate,
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
    made.spec,
  )
  signal.throwIfAborted()
  // Whoever mends it needs what the service said; agents see the receipt alone.
  if (receipt.verdict !== 'green')
    parts.log('a rehearsal did not come out green', {
      stage,
      at: instant(parts.clock.now()),
      output: output.slice(-2000),
    })
  return { ...rehearsalOf(receipt, realSecrets), data: data.told }
}

/** A link may lead by a path from where it lies. */
function withWholePaths(staged: Omit<CodeStaged, 'rehearsal'>) {
  const { release, ...rest } = staged
  if (release === undefined) return rest
  const { leads } = release
  return {
    ...rest,
    release: { ...release, ...(leads === undefined ? {} : { leads: resolve(dirname(release.link), leads) }) },
  }
}

function rehearsalOf(receipt: Receipt, realSecrets: readonly string[]): CodeRehearsal {
  const {
    verdict,
    fault,
    deployMs,
    backMs,
    lost,
    differences,
    notCompared,
    environment,
    expires,
    backHealthy,
    sockets,
  } = receipt
  const both = (range: { readonly least: number; readonly most: number } | undefined) =>
    range === undefined ? [] : [Math.round(range.least), Math.round(range.most)]
  return {
    verdict: verdict === 'unknown' ? 'not_tried' : verdict,
    ...(fault === undefined
      ? {}
      : {
          red: {
            step: fault.step,
            ...(fault.what === undefined ? {} : { path: fault.what }),
            why: fault.exit === undefined ? fault.code : `${fault.code} ${fault.exit}`,
          },
        }),
    deploy: both(deployMs),
    back: both(backMs),
    ...(lost === undefined
      ? {}
      : { lostDeploy: both(lost.deploy), lostBack: both(lost.back), perSecond: lost.perSecond }),
    backHealthy,
    ...(sockets.length === 0 ? {} : { sockets }),
    differences: differences.slice(0, SHOWN).map(({ path, field, after }) => `${after} ${field} ${path}`),
    notCompared: notCompared.slice(0, SHOWN).map(({ what, why }) => `${why} ${what}`),
    realSecrets,
    environment,
    expires,
  }
}
