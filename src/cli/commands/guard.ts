// `sekisho guard check | batch`: the guard's answer to a command, a tool call, or a stream of them. Nothing is run and nothing recorded.
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SekishoError } from '../../base/error.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { shellWord } from '../../base/shell-word.ts'
import { requestOfTool } from '../../guard/agent-tools.ts'
import { decide, type Verdict } from '../../guard/decide.ts'
import { decideWith } from '../../guard/decide-with.ts'
import { insteadOf } from '../../guard/instead.ts'
import { BUILTIN, type Compiled, compile } from '../../guard/policy.ts'
import { readGuardPolicy } from '../../guard/read-policy.ts'
import type { Request } from '../../guard/request.ts'
import { readForGuard } from '../../policy/read.ts'
import { fileError } from '../../sys/files.ts'
import { plainJson } from '../../words/layout.ts'
import { policyReport } from '../../words/policy.ts'
import { guardHere } from '../agent-wiring.ts'
import { type Call, option } from '../command.ts'
import { showVerdict } from '../show-verdict.ts'

const SCRIPT_LIMIT = 65_536
const EXITS = { allow: EXIT.done, ask: EXIT.waiting, deny: EXIT.blocked } as const

export async function run(call: Call): Promise<ExitCode> {
  const compiled = await policyOf(call)
  return call.words === 'guard batch' ? await batch(call, compiled) : check(call, compiled)
}

/** `--config` first; then what `config apply` wrote, here or for the whole machine, as the hook finds it; where nothing was ever applied, the built-in rules. */
export async function policyOf(call: Call): Promise<Compiled> {
  const file = option(call, 'config')
  if (file !== undefined) {
    const source = await readFile(file, 'utf8').catch((cause: unknown) => {
      throw fileError(file, cause)
    })
    const read = readForGuard(source)
    if (read.ok) return compile(read.policy)
    throw new SekishoError('guard.config', {
      report: policyReport(read.problems, file, call.terminal.language),
    })
  }
  const path = join(guardHere(call), 'guard.json')
  const source = await readFile(path, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined
    throw fileError(path, cause)
  })
  if (source === undefined) return compile(BUILTIN)
  const policy = readGuardPolicy(source)
  if (policy === undefined) throw new SekishoError('guard.policy_unreadable', { path })
  return compile(policy)
}

function check(call: Call, compiled: Compiled): ExitCode {
  const { terminal } = call
  const { verdict, text } = judged(call, compiled)
  if (terminal.json) terminal.answer(withInstead(verdict, compiled))
  else terminal.say(showVerdict(verdict, text, compiled, terminal))
  return EXITS[verdict.verdict]
}

/** What was asked after `--`, and the answer. */
export function judged(call: Call, compiled: Compiled): { readonly verdict: Verdict; readonly text: string } {
  const { positionals } = call
  const cwd = option(call, 'cwd') ?? process.cwd()
  const tool = option(call, 'tool')
  const [only, ...more] = positionals
  // One word is a line as it would be typed; several are the words of one command.
  const text = more.length === 0 ? (only ?? '') : positionals.map(shellWord).join(' ')
  const request: Request | undefined =
    tool === undefined
      ? { kind: 'shell', text, cwd, actor: 'person' }
      : requestOfTool(tool, inputOf(tool, text), cwd)
  const verdict: Verdict =
    request === undefined
      ? { verdict: 'allow', reasons: [], effects: [] }
      : decideWith(request, compiled, { script: scriptHere, link: linkHere })
  return { verdict, text }
}

/** As the hook reads it: a script that the line starts is part of what it does. */
function scriptHere(path: string): string | undefined {
  try {
    const found = statSync(path)
    return found.isFile() && found.size <= SCRIPT_LIMIT ? readFileSync(path, 'utf8') : undefined
  } catch {
    return undefined // Not there or not ours to read.
  }
}

function linkHere(path: string): string | undefined {
  try {
    return readlinkSync(path)
  } catch {
    return undefined // No link, or not ours to look at.
  }
}

/** After `--tool NAME --` stands the tool's input as JSON, or the one path that it is about. */
function inputOf(tool: string, source: string): unknown {
  if (source.trimStart().startsWith('{')) {
    try {
      return JSON.parse(source)
    } catch {
      throw new SekishoError('guard.input', { why: 'JSON' })
    }
  }
  return tool === 'Bash'
    ? { command: source }
    : tool.startsWith('Notebook')
      ? { notebook_path: source }
      : { file_path: source, path: source }
}

/** A line in, a line out; what cannot be read is answered with `ask`, never with silence. Lines end at LF and nowhere else. */
async function batch(call: Call, compiled: Compiled): Promise<ExitCode> {
  const input = await call.stdin()
  const home = option(call, 'cwd') ?? process.cwd()
  const lines = input.toString('utf8').split('\n')
  if (lines.at(-1) === '') lines.pop()
  const out: string[] = []
  for (const line of lines) out.push(plainJson(answerTo(line, home, compiled)))
  call.terminal.streams.out(out.length === 0 ? '' : `${out.join('\n')}\n`)
  return EXIT.done
}

function answerTo(line: string, home: string, compiled: Compiled): object {
  const unclear = {
    verdict: 'ask',
    reasons: [{ rule: 'input.unreadable', kind: 'unclear', verdict: 'ask', effects: [], params: {} }],
    effects: [],
  }
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return unclear
  }
  if (typeof value !== 'object' || value === null) return unclear
  const { cmd, tool, input, cwd = home } = value as Readonly<Record<string, unknown>>
  if (typeof cwd !== 'string') return unclear
  if (typeof cmd === 'string')
    return withInstead(decide({ kind: 'shell', text: cmd, cwd }, compiled), compiled)
  if (typeof tool !== 'string') return unclear
  const request = requestOfTool(tool, input, cwd)
  return request === undefined
    ? { verdict: 'allow', reasons: [], effects: [] }
    : withInstead(decide(request, compiled), compiled)
}

function withInstead(verdict: Verdict, compiled: Compiled): object {
  const instead = insteadOf(verdict.reasons, compiled)
  return { ...verdict, ...(instead === undefined ? {} : { instead }) }
}
