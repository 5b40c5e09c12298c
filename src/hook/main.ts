// `sekisho hook claude-code`: one call of an agent in, one answer out. Closed on failure at `guard`: whatever goes wrong here, the call
// does not happen. Reads its policy, writes to its spool, and touches nothing else.
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
  writeSync,
} from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Verdict } from '../guard/decide.ts'
import { decideWith } from '../guard/decide-with.ts'
import { insteadOf } from '../guard/instead.ts'
import { intentOf } from '../guard/intent.ts'
import { mask } from '../guard/mask.ts'
import { BUILTIN, type Compiled, compile } from '../guard/policy.ts'
import { ALIVE, ANSWER_DESCRIPTOR, CLOSED, ENVIRONMENT, looked, PROOF } from '../guard/proof.ts'
import { readGuardPolicy } from '../guard/read-policy.ts'
import type { Request } from '../guard/request.ts'
import { HOOK_WORDS, pausedText, refusalText } from '../words/hook.ts'
import { visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'
import { type Asked, answerTo, readAsked } from './claude-code.ts'
import { dayOf } from './day.ts'
import { count, leave, type Spool, wasRefused } from './spool.ts'

const SYSTEM_GUARD = '/var/lib/sekisho-guard'
const INPUT_LIMIT = 16 * 1_048_576
const PART = 120
const SCRIPT_LIMIT = 65_536

interface Answer {
  readonly code: 0 | 2
  readonly out?: string
  readonly error?: string
}
type Environment = Readonly<Record<string, string | undefined>>
const NO_OPINION: Answer = { code: 0 }

/** The word behind an option. */
function optionOf(argv: readonly string[], option: string): string | undefined {
  const at = argv.indexOf(option)
  return at === -1 ? undefined : argv[at + 1]
}

/** Where policy, pauses and spool are: as installed, else the machine's, else this user's own. */
function guardDirectory(argv: readonly string[]): string {
  const named = optionOf(argv, '--guard')
  if (named !== undefined) return named
  return exists(SYSTEM_GUARD) ? SYSTEM_GUARD : join(homedir(), '.local/state/sekisho-guard')
}

function exists(path: string): boolean {
  try {
    statSync(path)
    return true
  } catch (error) {
    // What cannot be looked at is there for all that we know.
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}

function languageOf(argv: readonly string[], environment: Environment): Language {
  const at = argv.indexOf('--lang')
  const given =
    at === -1
      ? (environment['SEKISHO_LANG'] ?? environment['LC_ALL'] ?? environment['LANG'] ?? '')
      : (argv[at + 1] ?? '')
  return given.startsWith('ja') ? 'ja' : 'en'
}

/** 'none' where nothing was ever applied, 'unreadable' where something is there and cannot be used. */
function policyAt(directory: string): Compiled | 'none' | 'unreadable' {
  let source: string
  try {
    source = readFileSync(join(directory, 'guard.json'), 'utf8')
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'none' : 'unreadable'
  }
  const policy = readGuardPolicy(source)
  return policy === undefined ? 'unreadable' : compile(policy)
}

function input(): string | undefined {
  const parts: Buffer[] = []
  let length = 0
  const buffer = Buffer.allocUnsafe(65_536)
  for (;;) {
    let read: number
    try {
      read = readSync(0, buffer, 0, buffer.length, null)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EAGAIN') continue
      if (code === 'EOF') break
      throw error
    }
    if (read === 0) break
    length += read
    if (length > INPUT_LIMIT) return undefined
    parts.push(Buffer.from(buffer.subarray(0, read)))
  }
  return Buffer.concat(parts).toString('utf8')
}

const isClosed = (argv: readonly string[]) => argv.includes(CLOSED) || argv.includes(PROOF)

function answer(argv: readonly string[]): Answer {
  const language = languageOf(argv, process.env)
  // An agent whose payloads nobody here can read would be let through unseen.
  if (!argv.includes('claude-code')) return { code: 2, error: HOOK_WORDS.agent[language] }
  const directory = guardDirectory(argv)
  const found = policyAt(directory)
  // The closed form is put in where rules are in force: there their absence is no "never applied".
  if (found === 'unreadable' || (found === 'none' && isClosed(argv)))
    return { code: 2, error: HOOK_WORDS.policy[language] }
  const compiled = found === 'none' ? compile(BUILTIN) : found
  const observes = compiled.policy.level === 'observe'
  const refuse = (error: string): Answer => (observes ? NO_OPINION : { code: 2, error })
  try {
    const text = input()
    const asked = text === undefined ? undefined : readAsked(text)
    if (asked === undefined) return refuse(HOOK_WORDS.unreadable[language])
    const uid = process.getuid?.() ?? 0
    if (asked.event === 'ConfigChange')
      return asked.source === 'policy_settings' ? NO_OPINION : refuse(HOOK_WORDS.settings[language])
    if (asked.event !== 'PreToolUse' || asked.request === undefined) return NO_OPINION
    if (!observes && isPaused(directory, uid) && !isRead(asked.request))
      return refusal('deny', pausedText(uid)[language])
    const spool: Spool = {
      directory: join(directory, 'spool'),
      uid,
      name: () => cryptography().randomBytes(12).toString('hex'),
      day: dayOf(Date.now()),
    }
    count(spool)
    const verdict = decideWith(withEnvironment(asked.request, argv), compiled, {
      script: scriptAt,
      link: linkAt,
    })
    return verdict.verdict === 'allow'
      ? NO_OPINION
      : refused(asked, verdict, { compiled, spool, language, observes })
  } catch {
    return refuse(HOOK_WORDS.failed[language])
  }
}

/** With the rights of the agent, which is about to run it. */
function scriptAt(path: string): string | undefined {
  let file: number | undefined
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    const found = fstatSync(file)
    if (!found.isFile() || found.size > SCRIPT_LIMIT) return undefined
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // Not there or not ours to read: then it is judged by its name.
  } finally {
    if (file !== undefined) closeSync(file)
  }
}

function linkAt(path: string): string | undefined {
  try {
    // Most names are no links, and an error is slower than a look.
    return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true
      ? readlinkSync(path)
      : undefined
  } catch {
    return undefined // Not ours to look at.
  }
}

/** Loaded by a refusal alone: it takes longer than the whole decision. */
const cryptography = () => process.getBuiltinModule('node:crypto')

const digestOf = (text: string) => cryptography().createHash('sha256').update(text).digest('hex').slice(0, 32)

interface Around {
  readonly compiled: Compiled
  readonly spool: Spool
  readonly language: Language
  readonly observes: boolean
}

function refused(asked: Asked, verdict: Verdict, { compiled, spool, language, observes }: Around): Answer {
  const [first] = verdict.reasons
  if (first === undefined || verdict.verdict === 'allow') return NO_OPINION
  const intent = digestOf(intentOf(verdict) ?? first.rule)
  const again = !observes && wasRefused(spool, intent)
  const text = textOf(asked)
  leave(spool, {
    v: 1,
    agent: 'claude-code',
    session: asked.session.slice(0, 128),
    ...(asked.call === undefined ? {} : { call: asked.call.slice(0, 128) }),
    tool: asked.tool.slice(0, 128),
    cwd: asked.cwd.slice(0, 1024),
    verdict: verdict.verdict,
    rule: first.rule,
    intent,
    text: mask(text).slice(0, 2000),
    observed: observes,
  })
  if (observes) return NO_OPINION
  const { span } = first
  // A short line is shown as it is; of a long one the part that decided.
  const isShort = text.length <= PART || span === undefined || span[1] === 0
  const part = visibleLine(mask(isShort ? text : text.slice(span[0], span[1])))
  return refusal(
    verdict.verdict,
    refusalText(
      {
        verdict: verdict.verdict,
        rule: first.rule,
        params: first.params,
        read: (verdict.read ?? []).map(visibleLine),
        part: part.length > PART ? `${part.slice(0, PART)}…` : part,
        instead: insteadOf(verdict.reasons, compiled),
        again,
      },
      language,
    ),
  )
}

const refusal = (decision: 'ask' | 'deny', reason: string): Answer => ({
  code: 0,
  out: answerTo(decision, reason),
})

function textOf({ tool, request }: Asked): string {
  if (request?.kind === 'shell') return request.text
  if (request?.kind === 'file') return `${tool}(${request.paths.join(' ')})`
  return request === undefined ? tool : `${tool} ${JSON.stringify(request.input)?.slice(0, 2000) ?? ''}`
}

const isRead = (request: Request) => request.kind === 'file' && request.action === 'read'

function isPaused(directory: string, uid: number): boolean {
  return exists(join(directory, 'paused', String(uid)))
}

function withEnvironment(request: Request, argv: readonly string[]): Request {
  if (request.kind !== 'shell') return request
  const set = Object.entries(environmentFor(argv)).filter(
    (one): one is [string, string] => one[1] !== undefined,
  )
  return { ...request, environment: Object.fromEntries(set) }
}

/** Without the streams of node, which take longer to make than the decision. */
function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text)
  for (let from = 0; from < bytes.length; ) {
    try {
      from += writeSync(file, bytes, from)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
    }
  }
}

/** Of the agent's commands. Throws where it cannot be read: what a variable holds decides what a command does. */
function environmentFor(argv: readonly string[]): Environment {
  const path = optionOf(argv, ENVIRONMENT)
  if (path === undefined) return process.env
  const pairs = readFileSync(path, 'utf8').split('\0')
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const at = pair.indexOf('=')
      return at < 1 ? [] : [[pair.slice(0, at), pair.slice(at + 1)]]
    }),
  )
}

/** The process of the hook: its arguments, its streams, its end. */
export function runHere(): void {
  const argv = process.argv.slice(2)
  const proof = optionOf(argv, PROOF)
  const to = proof === undefined ? 1 : ANSWER_DESCRIPTOR
  const { code, out, error } = heard(answer(argv), to)
  // All or nothing: half an answer would be read as plain text, and the call would happen.
  if (out !== undefined) writeAll(to, out)
  if (error !== undefined) writeAll(2, `${error}\n`)
  if (code === 0 && proof !== undefined) writeAll(1, `${looked(proof)}\n`)
  // Everything is written: what node would still do at its natural end takes longer than the decision.
  process.exit(code === 0 && argv.includes(CLOSED) ? ALIVE : code)
}

/** An answer that goes nowhere is heard by nobody: then the end itself says no. */
function heard(given: Answer, to: number): Answer {
  if (given.out === undefined) return given
  const { rdev } = fstatSync(to)
  return rdev !== 0 && rdev === statSync('/dev/null').rdev ? { code: 2, error: given.out } : given
}
