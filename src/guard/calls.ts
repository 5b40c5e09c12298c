// Tools of others: their input is walked, and what looks like a command, a path, SQL or a request is judged as one.
import { standIn } from './call-programs.ts'
import { isSql, type Kind, kindOf, wordsOf } from './call-words.ts'
import type { Field } from './fields.ts'
import type { CallRequest } from './request.ts'
import type { Shell } from './shell.ts'
import { NOTHING } from './stream.ts'
import { touch } from './tool.ts'
import { text } from './value.ts'

/** What a tool's name says that it does to the paths it is given. Anything else may write. */
const READS = new Set(
  'read get list search find stat view show tree info fetch open cat grep glob describe query inspect status diff log upload'.split(
    ' ',
  ),
)
/** Of those that show what is in the files. */
const SEARCHES = new Set(['grep', 'search', 'rg', 'ripgrep', 'query'])
const DELETES = new Set(['delete', 'remove', 'unlink', 'rm', 'trash', 'purge'])
const MOVES = new Set(['move', 'rename', 'mv'])
const COPIES = new Set(['copy', 'cp', 'duplicate', 'clone'])
const SOURCES = new Set(['source', 'src', 'from', 'origin'])

/** Servers and tools that run whatever text they are given; that speak to a database; that run a language. */
const RUNS = new Set('shell bash zsh sh terminal tmux screen ssh exec command cmd console pty cli'.split(' '))
const STORES = new Set(
  'sql postgres postgresql pg mysql mariadb sqlite mssql database db supabase prisma'.split(' '),
)
const LANGUAGES = new Set('py python node js javascript jupyter ide repl eval'.split(' '))

const DEPTH = 8
const STRINGS = 256

type Access = 'path.read' | 'path.delete' | 'path.move' | 'path.write'

export function runCall(shell: Shell, { server, name, input }: CallRequest): void {
  const words = wordsOf(name)
  const about = [...wordsOf(server), ...words]
  const has = (set: ReadonlySet<string>) => about.some((one) => set.has(one))
  const [runs, stores, speaks] = [has(RUNS), has(STORES), has(LANGUAGES)]
  const span = [0, 0] as const
  const field = (value: string): Field => ({ value: text(value), span, open: false })
  let inner = shell.fork({ via: [`${server}.${name}`] })
  let strings = STRINGS

  const start = (program: string, list: readonly string[]) =>
    inner.start(field(program), list.map(field), NOTHING, span)
  const onPath = (source: string, key: string): void => {
    const value = /^file:\/\/(?:localhost)?(?=\/)/i.exec(source)
    const path = value === null ? source : source.slice(value[0].length)
    if (path === '' || path.includes('://') || path.includes('\n')) return
    const verb = accessOf(words, key)
    const call = { name: field(name), args: [], span, stdin: NOTHING, shell: inner }
    touch(call, verb, field(path), verb === 'path.delete' ? { recursive: true } : {})
  }
  const judge = (value: string, key: string): void => {
    const kind = kindOf(key)
    patched(value, (path, access) => {
      const call = { name: field(name), args: [], span, stdin: NOTHING, shell: inner }
      touch(call, access, field(path))
    })
    const isCommand = kind === 'command' || (runs && (kind === undefined || kind === 'content'))
    if (isCommand) inner.code(value, span)
    if ((kind === 'query' || stores) && isSql(value)) start('psql', ['-c', value])
    if (kind === 'code' || (speaks && kind !== 'command')) {
      start('python3', ['-c', value])
      start('node', ['-e', value])
    }
    // Whatever its key is called: a word that is an absolute path is one.
    const isAbsolute = kind === undefined && /^(?:\/|~\/|file:\/\/)\S+$/.test(value)
    if (kind === 'path' || isAbsolute || /^file:\/\//i.test(value)) onPath(value, key)
  }
  const walkRecord = (record: Readonly<Record<string, unknown>>, depth: number): void => {
    const [outer, list] = [inner, Object.entries(record)]
    const named = (kind: Kind) => list.find(([key]) => kindOf(key) === kind)?.[1]
    const directory = named('cwd')
    if (typeof directory === 'string' && directory !== '')
      inner = inner.fork({ cwd: inner.paths(text(directory)) })
    const given = record['args'] ?? record['arguments'] ?? record['argv']
    const program = record['program'] ?? record['executable'] ?? named('command')
    if (typeof program === 'string' && Array.isArray(given))
      start(
        program,
        given.filter((one) => typeof one === 'string'),
      )
    const url = record['url'] ?? record['uri'] ?? record['endpoint']
    const method =
      record['method'] ?? record['verb'] ?? words.find((one) => /^(?:delete|post|put|patch)$/.test(one))
    if (typeof url === 'string' && typeof method === 'string' && /^(?:https?:\/\/|\/|localhost)/i.test(url))
      start('curl', ['-X', method.toUpperCase(), url])
    // A search through a tree reads what its pattern of names says.
    const globs = list.flatMap(([key, one]) =>
      /^(?:globs?|includes?|include_?(?:globs?|patterns?)|file_?(?:globs?|patterns?))$/i.test(key)
        ? [one]
        : [],
    )
    if (globs.length > 0 && words.some((one) => SEARCHES.has(one)))
      for (const one of globs.flat(1)) if (typeof one === 'string') start('rg', ['-g', one, '-e', '…'])
    const root = list.find(([key]) => /^(?:root|base|dir|directory|folder|parent)$/i.test(key))?.[1]
    for (const [key, one] of list) {
      if (typeof root === 'string' && typeof one === 'string' && /^(?:file_?)?name$|^file$|^path$/i.test(key))
        onPath(`${root}/${one}`, key)
      if (kindOf(key) !== 'cwd') walk(one, key, depth + 1)
    }
    inner = outer
  }
  const walk = (value: unknown, key: string, depth: number): void => {
    if (depth > DEPTH || strings <= 0) {
      shell.world.limit ??= 'depth'
      return
    }
    if (typeof value === 'string') {
      strings--
      judge(value, key)
      // What is written down as JSON is input too.
      const made = kindOf(key) === 'content' ? undefined : parsed(value)
      if (made !== undefined) walk(made, key, depth + 1)
      return
    }
    if (Array.isArray(value)) {
      const all = value.filter((one) => typeof one === 'string')
      const [program, ...rest] = all
      // An argument list is a command too.
      if (program !== undefined && (kindOf(key) === 'command' || (runs && key !== ''))) start(program, rest)
      for (const one of value) walk(one, key, depth + 1)
      return
    }
    if (typeof value === 'object' && value !== null)
      walkRecord(value as Readonly<Record<string, unknown>>, depth)
  }
  const known = standIn(server, words, input)
  if (known !== undefined) start(known.program, known.args)
  walk(input, '', 0)
}

function parsed(value: string): unknown {
  if (!/^\s*[[{]/.test(value) || value.length > 65_536) return undefined
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}

/** The headers of a patch as agents write it. */
function patched(value: string, tell: (path: string, access: Access) => void): void {
  if (!value.includes('*** Begin Patch')) return
  for (const line of value.split('\n')) {
    const header = /^\*\*\* (?:(Delete) File|(?:Add|Update) File|Move to): (.+)$/.exec(line.trimEnd())
    if (header?.[2] !== undefined) tell(header[2], header[1] === undefined ? 'path.write' : 'path.delete')
  }
}

function accessOf(words: readonly string[], key: string): Access {
  const has = (set: ReadonlySet<string>) => words.some((one) => set.has(one))
  if (has(DELETES)) return 'path.delete'
  if (has(MOVES)) return 'path.move'
  if (has(COPIES)) return wordsOf(key).some((one) => SOURCES.has(one)) ? 'path.read' : 'path.write'
  return (has(READS) || words.includes('webfetch')) && !words.includes('write') ? 'path.read' : 'path.write'
}
