// The rehearsal of a change of code, from what the inventory declares and what was staged: which places are cloned, which steps are played. Values in, values out.
import { dirname, posix } from 'node:path'
import type { Digest } from '../base/hash.ts'
import type { Service } from '../plans/policy.ts'
import type { PlacedFile, PlayStep } from './protocol.ts'
import { healthInside, placesAround } from './service-places.ts'
import type { RehearsalPlace, RehearsalSpec } from './spec.ts'
import type { RehearsedUnit } from './unit.ts'

/** As what was staged says it. */
export interface StagedCode {
  readonly deploy: 'releases' | 'in-place'
  /** It goes back to what production has had. */
  readonly back?: true
  /** Of the repository: what holds releases and the link, or the work tree. */
  readonly path: string
  /** `leads`: the release that runs now. */
  readonly release?: { readonly path: string; readonly link: string; readonly leads?: string }
  readonly files: readonly {
    readonly path: string
    readonly kind: string
    /** Where a renamed one was. */
    readonly from?: string
    readonly after?: { readonly mode: string }
  }[]
}

export interface CodeRehearsalInput {
  readonly service: Service
  readonly unit: RehearsedUnit
  readonly staged: StagedCode
  /** The deployed tree, built; and the candidate's. Directories of ours. */
  readonly deployed: string
  readonly candidate: string
  readonly digests: { readonly played: Digest; readonly deployed: Digest; readonly artefact: Digest }
  readonly validMs: number
  readonly runs: number
  readonly perSecond: number
  /** Where a clone of a data directory comes from: the newest copy that counts. Undefined: from the directory itself. */
  readonly dataFrom?: (directory: string) => string | undefined
  /** Is there anything at this path of the host? */
  readonly isThere: (path: string) => boolean
  readonly signal?: AbortSignal
  readonly progress?: RehearsalSpec['progress']
}

/** Names what stops it where no room could play it. */
export type CodeRehearsal =
  | { readonly ok: true; readonly spec: RehearsalSpec }
  | { readonly ok: false; readonly why: 'no_health' | 'nothing_deployed' | 'no_rules' }

const GIVEN = '/rehearsal/given/candidate'

export function codeRehearsalSpec(input: CodeRehearsalInput): CodeRehearsal {
  const { service, unit, staged, digests } = input
  const { code } = service
  if (code === undefined) return { ok: false, why: 'no_rules' }
  const health = healthInside(service)
  if (health === undefined) return { ok: false, why: 'no_health' }
  if (staged.deploy === 'releases' && staged.release?.leads === undefined)
    return { ok: false, why: 'nothing_deployed' }
  const code_ = codePlaces(input)
  const around = placesAround({ ...input, code: code_.places, kind: 'live' })
  return {
    ok: true,
    spec: {
      unit,
      health,
      places: around.places,
      given: staged.deploy === 'in-place' ? { candidate: input.candidate } : {},
      steps: code_.steps,
      mayChange: code_.mayChange,
      live: around.within,
      secrets: { ...around.secrets, real: code.rehearse.realSecrets },
      ...(code.smoke === undefined
        ? {}
        : {
            smoke: {
              argv: code.smoke.argv,
              cwd: staged.release?.path ?? staged.path,
              withinMs: code.smoke.withinMs,
            },
          }),
      ...(staged.back === true ? { mayBeSick: true } : {}),
      runs: input.runs,
      perSecond: input.perSecond,
      ...digests,
      validMs: input.validMs,
      limits: { seconds: Math.ceil(code.rehearse.withinMs / 1000) },
      ...(input.signal === undefined ? {} : { signal: input.signal }),
      ...(input.progress === undefined ? {} : { progress: input.progress }),
    },
  }
}

interface CodePlaces {
  readonly places: readonly RehearsalPlace[]
  readonly steps: readonly PlayStep[]
  readonly mayChange: readonly string[]
}

function codePlaces({ staged, deployed, candidate }: CodeRehearsalInput): CodePlaces {
  const { path, release } = staged
  if (release !== undefined) {
    const { link, path: built, leads = '' } = release
    return {
      places: [
        { path, kind: 'target', leave: ['.git', 'repository.git', posix.relative(path, dirname(built))] },
        { path: leads, kind: 'target', from: deployed, mode: 0o755 },
        { path: built, kind: 'target', from: candidate, mode: 0o755 },
      ],
      steps: [
        { kind: 'link', path: link, target: posix.relative(dirname(link), built) },
        { kind: 'restart' },
      ],
      mayChange: [link, built],
    }
  }
  const changed = staged.files.flatMap((file): readonly PlacedFile[] => {
    const at = posix.join(path, file.path)
    const gone = file.from === undefined ? [] : [{ path: posix.join(path, file.from) }]
    if (file.after === undefined) return [...gone, { path: at }]
    return [...gone, { path: at, from: `${GIVEN}/${file.path}`, program: file.after.mode === '100755' }]
  })
  return {
    places: [{ path, kind: 'target', leave: ['.git'] }],
    steps: [{ kind: 'place', files: changed }, { kind: 'restart' }],
    mayChange: changed.map((one) => one.path),
  }
}
