// A change of code: what is wished for, what the runner has built, tested and rehearsed beside, and what a plan does with it. The plan names what was
// staged by digest, so that what is approved is what was tested.
import {
  boolean,
  type Decoder,
  integer,
  list,
  literal,
  matching,
  object,
  optional,
  text,
} from '../base/decode.ts'
import { type Digest, isDigest, labelledDigest } from '../base/hash.ts'
import { type ChangeId, isChangeId, isServiceName, type ServiceName } from '../base/id.ts'
import type { Json } from '../base/json.ts'
import { type Instant, isInstant } from '../base/time.ts'
import type { DeployKind } from './code-rules.ts'
import { type CodeSchema, codeSchema } from './code-schema.ts'
import { absolutePath } from './file-state.ts'
import { type Staged, stageId } from './restore.ts'

/** `bundle`: its digest. Absent: the commit lies in the service's own repository already. */
export interface CodeWish {
  readonly kind: 'code'
  readonly commit: string
  readonly bundle?: Digest
  /** The change whose code is taken back by this. */
  readonly takesBack?: ChangeId
}

/** Goes back to what production has had before: its suite ran then. */
export function goesBack({ bundle }: CodeWish): boolean {
  return bundle === undefined
}

/** `removed` has no `after`, `added` no `before`. `from`: where a renamed one was. */
export interface CodeFile {
  readonly path: string
  readonly kind: 'added' | 'changed' | 'removed' | 'renamed' | 'mode'
  readonly from?: string
  readonly before?: CodeBlob
  readonly after?: CodeBlob
}
export interface CodeBlob {
  readonly mode: string
  readonly digest: Digest
  readonly size: number
}

/** Figures of one run of a suite, as its own report says. */
export interface SuiteFigures {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
  readonly milliseconds: number
  /** Ten thousandths of the lines: 8125 is 81.25 %. */
  readonly coverage?: number
}
/** What was found; `blocks`: nobody goes on before it is mended or waived. */
export interface CodeFinding {
  readonly code: string
  readonly blocks: boolean
  readonly path?: string
  readonly line?: number
  /** Values of the sentence. */
  readonly text: string
}
/** Of a run that blocks: which one, how it ended, what it printed last, and what its report says of the cases that failed. */
export interface RedSuite {
  readonly run: string
  readonly exit?: number
  readonly ended: string
  /** The declared report, where the command wrote none. */
  readonly noReport?: string
  readonly lines: readonly string[]
  readonly cases: readonly { readonly name: string; readonly lines: readonly string[] }[]
}
export interface CodeTests {
  /** The deployed suite on the deployed code, the candidate's on the candidate's, the deployed one on the candidate's code. */
  readonly before: SuiteFigures
  readonly after: SuiteFigures
  readonly crossed?: SuiteFigures
  /** As it was typed in the rules; told with `red`. */
  readonly argv?: readonly string[]
  readonly red?: readonly RedSuite[]
  readonly findings: readonly CodeFinding[]
}
export interface CodeImpact {
  readonly routes: readonly string[]
  readonly models: readonly string[]
  readonly migrations: readonly string[]
  readonly environment: readonly string[]
  readonly units: readonly string[]
  readonly dependencies: readonly string[]
  readonly importers: readonly string[]
  /** Tables that its migrations name; absent where it has none. */
  readonly tables?: readonly string[]
  /** Files that name such a table and do not change. */
  readonly tableUsers?: readonly string[]
  /** Units that PID 1 stops or restarts with the one of the service. */
  readonly movedUnits?: readonly string[]
  readonly findings: readonly CodeFinding[]
  /** What was not looked at, and why. */
  readonly notRead: readonly string[]
}
/** Data of the room, by the directory that it stands for. Without a backup it was copied from the directory itself. */
export interface ClonedData {
  readonly path: string
  readonly backup?: string
  readonly copy?: string
  /** Of the backup, when it was laid out. */
  readonly ageMs?: number
  /** Files of the directory that were not as the backup has them. */
  readonly differs?: number
}
/** Deploy and way back as they were played in the room. `unavailable`: no room could be made here. */
export interface CodeRehearsal {
  readonly verdict: 'green' | 'red' | 'not_tried'
  readonly red?: { readonly step: string; readonly path?: string; readonly why: string }
  /** Milliseconds of each run. */
  readonly deploy: readonly number[]
  readonly back: readonly number[]
  /** Requests that got no answer, of each run; absent where none were sent. */
  readonly lostDeploy?: readonly number[]
  readonly lostBack?: readonly number[]
  readonly differences: readonly string[]
  readonly notCompared: readonly string[]
  readonly realSecrets: readonly string[]
  /** Variables of the room whose values were plain and stayed. */
  readonly stayed?: readonly string[]
  readonly environment?: Digest
  readonly data?: readonly ClonedData[]
  /** The release that the way back names was started in the room and was healthy: so often. */
  readonly backHealthy?: number
  /** Of the sockets of the unit that were held while the service was replaced. */
  readonly sockets?: readonly string[]
  /** Requests a second that were sent while requests without an answer were counted. */
  readonly perSecond?: number
  readonly expires: Instant
  readonly oldCode?: OldCode
}

/** The deployed release on the new schema: does it start, is it well, does its smoke test pass? */
export interface OldCode {
  readonly runs: boolean
  /** Where it did not. */
  readonly step?: string
  readonly why?: string
}

/** Everything of a stage that people see and that decides. */
export interface CodeStaged {
  readonly kind: 'code'
  readonly stage: string
  readonly service: ServiceName
  readonly at: Instant
  readonly expires: Instant
  readonly commit: string
  readonly subject: string
  /** It goes back to a commit that production has had. */
  readonly back?: true
  readonly takesBack?: ChangeId
  /** State of the repository before: what `git status` and `git log` showed (S17). */
  readonly before: {
    readonly branch: string
    readonly commit: string
    readonly subject: string
    readonly status: readonly string[]
    /** How many paths are not as committed, where `status` does not list all. */
    readonly changed?: number
  }
  readonly deploy: DeployKind
  readonly path: string
  /** Of `releases`: the directory that was built, and what the link leads to now. */
  readonly release?: { readonly path: string; readonly link: string; readonly leads?: string }
  readonly artefact: { readonly digest: Digest; readonly entries: number; readonly bytes: number }
  readonly files: readonly CodeFile[]
  readonly tests?: CodeTests
  readonly impact: CodeImpact
  readonly rehearsal: CodeRehearsal
  /** Absent: no migration is new. */
  readonly schema?: CodeSchema
}

/** As many changed files as one change may have. */
export const CODE_FILES_MAX = 3000

export const commitName: Decoder<string> = text({
  max: 64,
  pattern: /^[0-9a-f]{40}([0-9a-f]{24})?$/,
  what: 'a commit',
})
const digest: Decoder<Digest> = matching(isDigest, 'a digest')
const at: Decoder<Instant> = matching(isInstant, 'an instant')
const word = text({ max: 4096 })
const words = list(word, 2000)
const count = integer(0)

export const codeWish: Decoder<CodeWish> = object({
  kind: literal('code'),
  commit: commitName,
  bundle: optional(digest),
  takesBack: optional(matching(isChangeId, 'a change id')),
})

const blob: Decoder<CodeBlob> = object({ mode: text({ max: 6 }), digest, size: count })
const file: Decoder<CodeFile> = object({
  path: word,
  kind: literal('added', 'changed', 'removed', 'renamed', 'mode'),
  from: optional(word),
  before: optional(blob),
  after: optional(blob),
})
const figures: Decoder<SuiteFigures> = object({
  passed: count,
  failed: count,
  skipped: count,
  milliseconds: count,
  coverage: optional(integer(0, 10_000)),
})
const finding: Decoder<CodeFinding> = object({
  code: word,
  blocks: boolean,
  path: optional(word),
  line: optional(count),
  text: word,
})
const findings = list(finding, 2000)
const shownLines = list(text({ max: 400 }), 20)
const redSuite: Decoder<RedSuite> = object({
  run: word,
  exit: optional(integer(0, 255)),
  ended: word,
  noReport: optional(word),
  lines: shownLines,
  cases: list(object({ name: word, lines: shownLines }), 20),
})
const tests: Decoder<CodeTests> = object({
  before: figures,
  after: figures,
  crossed: optional(figures),
  argv: optional(list(word, 200)),
  red: optional(list(redSuite, 4)),
  findings,
})
const impact: Decoder<CodeImpact> = object({
  routes: words,
  models: words,
  migrations: words,
  environment: words,
  units: words,
  dependencies: words,
  importers: words,
  tables: optional(words),
  tableUsers: optional(words),
  movedUnits: optional(words),
  findings,
  notRead: words,
})
const times = list(count, 20)
const rehearsal: Decoder<CodeRehearsal> = object({
  verdict: literal('green', 'red', 'not_tried'),
  red: optional(object({ step: word, path: optional(word), why: word })),
  deploy: times,
  back: times,
  lostDeploy: optional(times),
  lostBack: optional(times),
  differences: words,
  notCompared: words,
  realSecrets: words,
  stayed: optional(words),
  environment: optional(digest),
  data: optional(
    list(
      object({
        path: word,
        backup: optional(word),
        copy: optional(word),
        ageMs: optional(count),
        differs: optional(count),
      }),
      1000,
    ),
  ),
  backHealthy: optional(integer(0, 100)),
  sockets: optional(list(word, 20)),
  perSecond: optional(count),
  expires: at,
  oldCode: optional(object({ runs: boolean, step: optional(word), why: optional(word) })),
})
/** Total decoder of what was staged. */
export const codeStaged: Decoder<CodeStaged> = object({
  kind: literal('code'),
  stage: stageId,
  service: matching(isServiceName, 'a service name'),
  at,
  expires: at,
  commit: commitName,
  subject: word,
  back: optional(literal(true)),
  takesBack: optional(matching(isChangeId, 'a change id')),
  before: object({
    branch: word,
    commit: commitName,
    subject: word,
    status: list(word, 200),
    changed: optional(count),
  }),
  deploy: literal('releases', 'in-place'),
  path: absolutePath,
  release: optional(object({ path: absolutePath, link: absolutePath, leads: optional(word) })),
  artefact: object({ digest, entries: count, bytes: count }),
  files: list(file, CODE_FILES_MAX),
  tests: optional(tests),
  impact,
  rehearsal,
  schema: optional(codeSchema),
})

/** What the verb `stage` has prepared: code, or a restore. */
export function isCodeStaged(of: Staged | CodeStaged): of is CodeStaged {
  return 'kind' in of
}

/** What the runner's journal names of a stage, and what its plan is made of. */
export function codeStagedDigest(of: CodeStaged): Digest {
  return labelledDigest('sekisho-code-staged-v1', of as unknown as Json)
}

/** A suite that failed, a finding that blocks: red. A rollback to what ran before has no suite of its own. */
export function testsVerdict({ tests, back }: CodeStaged): 'green' | 'red' | 'not_tried' {
  if (tests === undefined) return back === true ? 'green' : 'not_tried'
  return tests.after.failed === 0 && !tests.findings.some(({ blocks }) => blocks) ? 'green' : 'red'
}
