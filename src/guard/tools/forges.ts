// Forges: repositories, requests and releases where others work too. Their `api` is an HTTP client of its own.
import { readArguments } from '../arguments.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { vcs } from './git-arguments.ts'
import { carryOut, type Hosted, type Spoken, speak } from './hosted.ts'

const TOOLS: readonly Hosted[] = [
  {
    names: 'gh',
    changes: 'merge lock transfer',
    short: 'RHpqtFfXbBLoenu',
    flags: 'web',
    also: /^secret set\b/,
  },
  { names: 'glab', changes: 'merge disable', short: 'RgpFX' },
  { names: 'tea hub', changes: 'merge', short: 'r' },
]

/** Edits that decide who may see or do something, or that put another thing in the place of one that others have. */
const TELLING = new Set(['visibility', 'default-branch', 'clobber'])

/** What anybody who takes part may write, whatever the client: an issue, a request, and words about them. */
const TALK =
  /^\/?repos\/[^/]+\/[^/]+\/(?:issues|pulls)(?:\/\d+\/(?:comments|reviews|labels|assignees|requested_reviewers)(?:\/\d+\/replies)?|\/comments\/\d+\/(?:replies|reactions))?\/?$/

function api(call: Call): void {
  const args = readArguments(call.args, {
    short: 'XfFHqtp',
    long: 'method field raw-field header jq template input hostname cache preview',
    flags: 'paginate include silent slurp verbose',
  })
  if (literal(args.operands[0]?.value ?? []) !== 'api') return
  const given = args.value('X method')
  const fields = args.values('f F field raw-field input')
  const method =
    given === undefined ? (fields.length > 0 ? 'POST' : 'GET') : (literal(given.value) ?? '?').toUpperCase()
  const path = literal(args.operands[1]?.value ?? []) ?? ''
  // A query of GraphQL is a POST that reads, unless it is a mutation.
  if (path === 'graphql') {
    if (!fields.some(({ value }) => /^query=\s*mutation|mutation[\s({]/.test(prefix(value)))) return
  } else if (/^(GET|HEAD|OPTIONS)$/.test(method)) return
  if (method === 'POST' && TALK.test(path)) return
  call.shell.emit(
    {
      verb: method === 'DELETE' ? 'infra.delete' : 'infra.change',
      on: { kind: 'infra', platform: literal(call.name.value) ?? '', type: 'api', name: [path] },
    },
    call.span,
  )
}

/** `repo create --public --push`: what lies here is everybody's from then on. */
const opens = ({ nouns, verb, options }: Spoken): boolean =>
  /^(?:repo|project)s?$/.test(nouns[0] ?? '') &&
  verb === 'create' &&
  options.includes('public') &&
  options.some((option) => /^(?:push|source|s)$/.test(option))

/** `repo sync --force`: the branch becomes what the other repository has; what only it had is gone. */
const overwrites = ({ nouns, verb, options }: Spoken): boolean =>
  nouns[0] === 'repo' && verb === 'sync' && options.includes('force')
function overwrite(call: Call): void {
  const args = readArguments(call.args, { short: 'bsR', long: 'branch source repo', flags: 'force' })
  // Without a repository it is the one here.
  if (args.operands[2] === undefined) vcs(call, 'discard', undefined, 'sync')
  else vcs(call, 'force-push', args.value('b branch'), 'sync')
}

export const FORGES: readonly Tool[] = TOOLS.map((tool) => ({
  names: tool.names,
  style: 'posix',
  harmless: 'help version',
  act: (call): Stream => {
    const said = speak(call, tool)
    if (said !== undefined && said.nouns[0] !== 'api') carryOut(call, said, tool)
    if (said?.meaning === 'harmless' && said.options.some((option) => TELLING.has(option)))
      carryOut(call, { ...said, meaning: 'change' }, tool)
    if (said !== undefined && opens(said))
      call.shell.emit(
        {
          verb: 'infra.expose',
          on: { kind: 'infra', platform: literal(call.name.value) ?? '', type: 'repo' },
        },
        call.span,
      )
    if (said !== undefined && overwrites(said)) overwrite(call)
    api(call)
    return FROM_PROGRAM
  },
}))
