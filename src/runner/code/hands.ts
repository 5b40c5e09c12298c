// What the acts of a change of code work through, and what is asked of a stage again: the artefact, what stands there, the files that people read.
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { failureOf, SekishoError } from '../../base/error.ts'
import type { Digest } from '../../base/hash.ts'
import { artefactOf } from '../../git/artefact.ts'
import { leadsTo } from '../../host/code-facts.ts'
import type { Plan } from '../../plans/plan.ts'
import { serviceOf } from '../../plans/policy.ts'
import { environmentDigest } from '../../rehearsal/environment.ts'
import { readRehearsedUnit } from '../../rehearsal/unit.ts'
import { readRegular, syncDirectory } from '../../sys/files.ts'
import { type Places, whatStands } from '../../tree/exchange-places.ts'
import type { CodeHands } from '../act/code.ts'
import type { RunnerParts } from '../parts.ts'
import { digestAt } from './places.ts'
import type { CodeRecord } from './record.ts'
import { sealedFor } from './sealed-tree.ts'
import { filesDigest, KEPT_FILES, SHOWN_MAX } from './stage-code.ts'
import { TOOL_FILES } from './tool-turn.ts'

const OPEN = 0o755

export function codeHands(plan: Plan, parts: RunnerParts, commit: CodeHands['commit']): CodeHands {
  const record = (stage: string) => parts.code.load(stage, parts.journal.index)
  return {
    record,
    sealed: (directory) => sealedFor(directory, plan, record),
    artefact: artefactNow,
    environment: (record) => sameEnvironment(record, parts),
    moved: movedNow,
    open: async (release) => {
      await chmod(release, OPEN)
      await syncDirectory(release)
    },
    toolFiles: ({ own }) => join(own[0] ?? '', TOOL_FILES),
    commit,
  }
}

/** Read again whole. Throws code.artefact_kind, file.*. */
export async function artefactNow({ staged, places }: CodeRecord): Promise<Digest> {
  const { release, files } = staged
  if (release !== undefined) {
    const answer = await artefactOf(release.path)
    if (!answer.ok) throw failureOf(answer)
    return answer.artefact.digest
  }
  // What comes lies beside until it is exchanged, and at its path afterwards.
  for (const { path, after } of files) {
    if (after === undefined) continue
    const at = seenAt(`${staged.path}/${path}`, places)
    if (at === undefined || (await digestAt(at)) !== after.digest)
      throw new SekishoError('deploy.artefact_other', { path: `${staged.path}/${path}` })
  }
  return filesDigest(files)
}

/** Of what was rehearsed alone. Throws deploy.environment_moved. */
export async function sameEnvironment({ staged }: CodeRecord, parts: RunnerParts): Promise<void> {
  const { environment } = staged.rehearsal
  const unit = serviceOf(parts.policies.current, staged.service)?.unit
  if (environment === undefined || unit === undefined || !parts.systemctl) return
  const now = environmentDigest(await readRehearsedUnit(unit, { run: parts.process }))
  if (now !== environment) throw new SekishoError('deploy.environment_moved', { unit })
}

/** Where the new state of a path lies now: by itself, or below a directory that is new as a whole. */
function seenAt(path: string, places: readonly Places[]): string | undefined {
  const place = places.find((one) => one.path === path || path.startsWith(`${one.path}/`))
  if (place === undefined) return undefined
  const from = whatStands(place) === 'new' ? place.path : place.beside
  return `${from}${path.slice(place.path.length)}`
}

/** The first path that is neither what it was when it was staged nor the new one. */
export async function movedNow({ staged, places }: CodeRecord): Promise<string | undefined> {
  const { release, files } = staged
  const isOld = (path: string) => places.some((one) => one.path === path && whatStands(one) === 'old')
  if (release !== undefined)
    return isOld(release.link) && leadsTo(release.link) !== release.leads ? release.link : undefined
  for (const { path, from, before } of files) {
    const at = `${staged.path}/${from ?? path}`
    if (before !== undefined && isOld(at) && (await digestAt(at)) !== before.digest) return at
    const to = `${staged.path}/${path}`
    if ((before === undefined || from !== undefined) && isOld(to) && (await digestAt(to)) !== undefined)
      return to
  }
  return undefined
}

/** Bytes of one side of a changed file, by the digest that people were told. Throws runner.object_missing. */
export async function stagedBytes({ staged, own }: CodeRecord, digest: Digest): Promise<Buffer> {
  const isNamed =
    staged.files.some(({ before, after }) => before?.digest === digest || after?.digest === digest) ||
    staged.schema?.turn?.changed.some(({ before, after }) =>
      [before, after].some((side) => side?.text === digest),
    ) === true
  const found = isNamed ? await readRegular(`${own[0] ?? ''}/${KEPT_FILES}/${digest}`, SHOWN_MAX) : undefined
  if (found === undefined) throw new SekishoError('runner.object_missing', { kind: 'blob', digest })
  return Buffer.from(found.bytes)
}

/** A link leads into it, or what it has put aside still lies beside. */
export function isCodeUsed({ staged, places }: CodeRecord): boolean {
  const { release } = staged
  if (release === undefined) return places.some((place) => whatStands(place) !== 'old')
  return leadsTo(release.link)?.endsWith(release.path.slice(release.path.lastIndexOf('/'))) === true
}
