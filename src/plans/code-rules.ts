// What sekisho.yaml says of the code of a service, compiled: where it lies, how it is deployed, and the commands that build, test and smoke-test it.
// A command is a list of words and never a line for a shell.
import { boolean, type Decoder, integer, list, literal, object, optional, text } from '../base/decode.ts'

/** `releases`: a directory for each release and one link that is switched. `in-place`: changed paths of one work tree. */
export type DeployKind = 'releases' | 'in-place'

export interface PushRule {
  readonly url: string
  /** Under which `sekisho secret put SERVICE NAME` has stored it. */
  readonly credential?: string
}

export interface RepoRules {
  /** The work tree, or the directory that holds `releases/`, `shared/` and the link `current`. */
  readonly path: string
  readonly branch: string
  readonly deploy: DeployKind
  /** Paths below a release that lie in `shared/` and belong to no release. */
  readonly shared: readonly string[]
  /** Releases that stay, the running one counted. */
  readonly keep: number
  readonly push?: PushRule
}

export interface CommandRule {
  readonly argv: readonly string[]
  readonly withinMs: number
  /** Hosts that this step may reach, and nothing else. Absent: it has no network. */
  readonly registry?: readonly string[]
}

export type ResultsRule =
  | { readonly format: 'junit'; readonly files: string }
  | { readonly format: 'go-json'; readonly files: string }
export interface CoverageRule {
  readonly format: 'lcov' | 'cobertura'
  readonly file: string
}
export interface TestRule extends CommandRule {
  readonly results: ResultsRule
  readonly coverage?: CoverageRule
}

export interface RehearseRules {
  /** Where the booted service answers in the room; absent, the declared health is asked there. */
  readonly health?: string
  readonly withinMs: number
  /** Names of variables whose real value the room gets: shown on the card. */
  readonly realSecrets: readonly string[]
}

/** Everything of a service that a change of its code goes by. */
export interface CodeRules {
  readonly repo: RepoRules
  readonly dependencies?: CommandRule
  readonly build?: CommandRule
  readonly test: TestRule
  readonly smoke?: CommandRule
  readonly rehearse: RehearseRules
  /** A change over unrelated parts of the code is refused without a reason. */
  readonly oneConcern: boolean
}

const word = text({ max: 4096 })
const path = text({ max: 4096, pattern: /^\/[^\0\n]*$/, what: 'an absolute path' })
const below = text({ max: 1000, pattern: /^[^/\0\n][^\0\n]*$/, what: 'a path below' })
const command = {
  argv: list(word, 100),
  withinMs: integer(1, 86_400_000),
  registry: optional(list(word, 20)),
}
const commandRule: Decoder<CommandRule> = object(command)

export const codeRules: Decoder<CodeRules> = object({
  repo: object({
    path,
    branch: word,
    deploy: literal('releases', 'in-place'),
    shared: list(below, 100),
    keep: integer(2, 100),
    push: optional(object({ url: word, credential: optional(word) })),
  }),
  dependencies: optional(commandRule),
  build: optional(commandRule),
  test: object({
    ...command,
    results: object({ format: literal('junit', 'go-json'), files: below }),
    coverage: optional(object({ format: literal('lcov', 'cobertura'), file: below })),
  }),
  smoke: optional(commandRule),
  rehearse: object({
    health: optional(word),
    withinMs: integer(1, 86_400_000),
    realSecrets: list(word, 200),
  }),
  oneConcern: boolean,
})
