// Tools of others: their input is walked, and what looks like a command, a path, SQL or a request is judged as one.
import type { Field } from './expand.ts'
import type { CallRequest } from './request.ts'
import type { Shell } from './shell.ts'
import { NOTHING } from './stream.ts'
import { touch } from './tool.ts'
import { text } from './value.ts'

/** Keys under which tools carry these things. */
const COMMANDS = new Set([
  'command',
  'cmd',
  'commands',
  'script',
  'shell',
  'bash',
  'code_to_run',
  'commandline',
])
const PATHS = new Set([
  'path',
  'paths',
  'file',
  'files',
  'file_path',
  'filepath',
  'filename',
  'uri',
  'source',
  'destination',
  'from',
  'to',
  'target',
  'directory',
  'notebook_path',
  'absolute_path',
  'relative_path',
])
const QUERIES = new Set(['sql', 'query', 'statement', 'queries', 'statements'])
const CODE = new Set(['code', 'python', 'javascript', 'source_code'])

/** What a tool's name says that it does to the paths it is given. Anything else may write. */
const READS = [
  'read',
  'get',
  'list',
  'search',
  'find',
  'stat',
  'view',
  'show',
  'tree',
  'info',
  'fetch',
  'open',
  'cat',
  'grep',
  'glob',
  'describe',
  'query',
  'inspect',
  'status',
  'diff',
  'log',
]
const DELETES = ['delete', 'remove', 'unlink', 'rm', 'trash', 'purge']
const MOVES = ['move', 'rename', 'mv']

const DEPTH = 8
const STRINGS = 256

export function runCall(shell: Shell, { server, name, input }: CallRequest): void {
  const words = wordsOf(name)
  const span = [0, 0] as const
  const field = (value: string): Field => ({ value: text(value), span, open: false })
  const call = { name: field(name), args: [], span, stdin: NOTHING, shell }
  const inner = shell.fork({ via: [`${server}.${name}`] })
  let strings = STRINGS
  const walk = (value: unknown, key: string, depth: number): void => {
    if (depth > DEPTH || strings <= 0) {
      shell.world.limit ??= 'depth'
      return
    }
    if (typeof value === 'string') {
      strings--
      judge(value, key)
      return
    }
    if (Array.isArray(value)) {
      // An argument list is a command too.
      if (COMMANDS.has(key) || key === 'args' || key === 'argv') {
        const all = value.filter((one) => typeof one === 'string')
        const [program, ...rest] = all
        if (program !== undefined && key !== 'args')
          inner.start(field(program), rest.map(field), NOTHING, span)
      }
      for (const one of value) walk(one, key, depth + 1)
      return
    }
    if (typeof value === 'object' && value !== null) {
      const record = value as Readonly<Record<string, unknown>>
      const { command, args } = record
      if (typeof command === 'string' && Array.isArray(args))
        inner.start(field(command), args.filter((one) => typeof one === 'string').map(field), NOTHING, span)
      const { url, method } = record
      if (typeof url === 'string' && typeof method === 'string')
        inner.start(field('curl'), [field('-X'), field(method), field(url)], NOTHING, span)
      for (const [next, one] of Object.entries(record)) walk(one, next.toLowerCase(), depth + 1)
    }
  }
  const judge = (value: string, key: string): void => {
    if (COMMANDS.has(key)) inner.code(value, span)
    else if (QUERIES.has(key) && looksLikeSql(value))
      inner.start(field('psql'), [field('-c'), field(value)], NOTHING, span)
    else if (CODE.has(key)) {
      inner.start(field('python3'), [field('-c'), field(value)], NOTHING, span)
      inner.start(field('node'), [field('-e'), field(value)], NOTHING, span)
    } else if (PATHS.has(key)) {
      const path = value.startsWith('file://') ? value.slice('file://'.length) : value
      if (path.includes('://')) return
      touch(
        { ...call, shell: inner },
        accessOf(words),
        field(path),
        DELETES.some((one) => words.includes(one)) ? { recursive: true } : {},
      )
    }
  }
  walk(input, '', 0)
}

function accessOf(words: readonly string[]): 'path.read' | 'path.delete' | 'path.move' | 'path.write' {
  if (DELETES.some((one) => words.includes(one))) return 'path.delete'
  if (MOVES.some((one) => words.includes(one))) return 'path.move'
  return READS.some((one) => words.includes(one)) && !words.includes('write') ? 'path.read' : 'path.write'
}

/** `readTextFile`, `read_text_file` and `read-text-file` are three words. */
const wordsOf = (name: string): readonly string[] =>
  name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((one) => one !== '')

const SQL_START =
  /^\s*(?:--[^\n]*\n\s*)*(?:select|insert|update|delete|drop|truncate|alter|create|grant|revoke|with|copy|explain|do|call|merge|replace|vacuum|begin|set)\b/i
const looksLikeSql = (value: string) => SQL_START.test(value)
