// What calls of a script do to the world, as actions that the tables of the languages name.
import { judgeOrigins, runText } from '../builtins.ts'
import type { Resource, Verb } from '../effect.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { SHELLS } from '../shells.ts'
import { runSql } from '../sql/apply.ts'
import { NOTHING, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import { ANY, concat, literal, type Value } from '../value.ts'
import type { Action, Given, Language, PathVerb } from './language.ts'
import { type Code, expandedHome, fromStream, NONE, originsOf, plain, valuesOf } from './value.ts'

/** Where a reader tells what it finds. */
export interface Teller {
  readonly call: Call
  readonly field: Field
  readonly language: Language
  /** What the line gives to the code, by its full name. */
  readonly given: ReadonlyMap<string, Code>
  /** The cloud, cluster or engine whose kit the text loads. */
  readonly kit: string | undefined
  /** Reads a text of the same language. */
  readonly read: (source: string) => void
  /** Nothing is told in the first turn. */
  quiet: boolean
  /** It connects to somewhere; it starts a shell: both together hand the machine over. */
  sockets: boolean
  shells: boolean
}

export function say(tell: Teller, verb: Verb, on: Resource): void {
  if (!tell.quiet) tell.call.shell.emit({ verb, on }, tell.field.span)
}

const fieldOf = (tell: Teller, value: Value): Field => ({ ...tell.field, value, open: false })

/** An effect on the path that a value is. A path that is not known at all says nothing. */
export function onPath(tell: Teller, verb: PathVerb, code: Code | undefined, recursive = false): void {
  if (tell.quiet || code === undefined) return
  const all = code.values ?? (code.list ?? []).flatMap((one) => one.values ?? [])
  for (const value of all.slice(0, 32)) {
    if (value.length === 0 || (value.length === 1 && value[0] === ANY)) continue
    const more = recursive ? { recursive, reversible: 'no' as const } : {}
    touch(tell.call, verb, fieldOf(tell, expandedHome(value)), more)
  }
}

export const argument = (
  given: Given,
  place: number | 'on',
  ...names: readonly string[]
): Code | undefined => {
  for (const name of names) {
    const found = given.named.get(name)
    if (found !== undefined) return found
  }
  return place === 'on' ? given.on : given.all[place]
}

/** Effects on the path at a place of the arguments (`on`: what the method is called on). */
export function path(verb: PathVerb, place: number | 'on' = 0, recursive = false): Action {
  return ({ tell }, given) => {
    onPath(tell, verb, argument(given, place, 'path', 'file'), recursive)
    return undefined
  }
}

/** Every argument is a path. */
export function paths(verb: PathVerb, recursive = false): Action {
  return ({ tell }, given) => {
    for (const one of given.all) onPath(tell, verb, one, recursive)
    return undefined
  }
}

/** From one place to another: what is moved goes, what it is called afterwards is written. */
export function transfer(from: PathVerb, recursive = false): Action {
  return ({ tell }, given) => {
    const onIt = given.on.name === '@path'
    onPath(tell, from, onIt ? given.on : given.all[0], recursive)
    onPath(tell, 'path.write', onIt ? given.all[0] : given.all[1])
    laterName(tell, from, onIt ? given.on : given.all[0], onIt ? given.all[0] : given.all[1])
    return undefined
  }
}

/** As with the programs for it: a copy holds what its source held, a link and a moved file are found under two names. */
function laterName(tell: Teller, verb: PathVerb, source: Code | undefined, target: Code | undefined): void {
  const [from, to] = [source?.values?.[0], target?.values?.[0]]
  if (tell.quiet || from === undefined || to === undefined) return
  const { shell } = tell.call
  const [there, here] = [shell.paths(expandedHome(from)), shell.paths(expandedHome(to))]
  if (verb !== 'path.link') shell.remember(here, shell.contents(there), false)
  if (verb !== 'path.read') for (const one of there) for (const name of here) shell.link(name, one)
}

/** Reads a file: what it holds flows on. */
export const reading =
  (place: number | 'on' = 0): Action =>
  ({ tell }, given) => {
    const code = argument(given, place, 'file', 'path')
    onPath(tell, 'path.read', code)
    return contentsOf(tell, code)
  }

export function contentsOf({ call: { shell } }: Teller, code: Code | undefined): Code {
  const value = code?.values?.[0]
  if (value === undefined)
    return { name: '@file', ...(code?.origins === undefined ? {} : { origins: code.origins }) }
  return { ...fromStream(shell.contents(shell.paths(expandedHome(value)))), name: '@file' }
}

/** Opens a file: the mode says what for. */
export function opening(path = 0, mode = 1): Action {
  return ({ tell }, given) => {
    const code = argument(given, path, 'file', 'path', 'filename')
    const how = plain(argument(given, mode, 'mode', 'flags', 'flag', 'open')) ?? 'r'
    if (/[waxc>]|[+]/.test(how)) onPath(tell, /[wxc>]/.test(how) ? 'path.write' : 'path.append', code)
    if (!/^[wax]b?$/.test(how)) onPath(tell, 'path.read', code)
    return contentsOf(tell, code)
  }
}

/** A text for the shell. */
export const shellText =
  (place = 0): Action =>
  ({ tell }, given) => {
    const code = argument(given, place, 'cmd', 'command', 'args')
    if (code?.list !== undefined) return startWords(tell, code.list)
    // Several arguments are the words of one program.
    if (given.all.length > place + 1 && given.all.slice(place).every(({ values }) => values !== undefined))
      return startWords(tell, given.all.slice(place))
    return runShellText(tell, code)
  }

export function runShellText(tell: Teller, code: Code | undefined): Code {
  if (tell.quiet) return NONE
  const { call, field, language } = tell
  const { shell } = call
  if (code?.values === undefined) {
    unknownCode(tell, code)
    return { origins: [{ from: 'program' }] }
  }
  let out: Stream = NOTHING
  for (const value of code.values) {
    const child = shell.fork({ via: [...shell.state.via, language.name] })
    if (isShell(literal(value)?.trim().split(/\s+/) ?? [])) tell.shells = true
    out = runText({ ...call, shell: child, span: field.span, stdin: NOTHING }, value, NOTHING)
    shell.keepFiles(child)
  }
  return fromStream(out)
}

/** A shell that waits for what to run. */
const isShell = (words: readonly (string | undefined)[]): boolean => {
  const [program, ...rest] = words
  return (
    program !== undefined &&
    SHELLS.split(' ').includes(program.slice(program.lastIndexOf('/') + 1)) &&
    !rest.some((one) => one?.startsWith('-c') === true || (one !== undefined && !/^(?:-|\d*[<>])/.test(one)))
  )
}

/** Words of a program, one argument each, without a shell between. */
export function startWords(tell: Teller, list: readonly Code[]): Code {
  if (tell.quiet || list.length === 0) return NONE
  const { call, field, language } = tell
  const words = list.slice(0, 200).map((one): Field => {
    const value = valuesOf(one)[0] ?? [ANY]
    return { ...field, value, open: one.values === undefined }
  })
  if (isShell(words.map(({ value }) => literal(value)))) tell.shells = true
  const [name, ...rest] = words
  const child = call.shell.fork({ via: [...call.shell.state.via, language.name] })
  const out = child.start(name as Field, rest, NOTHING, field.span)
  call.shell.keepFiles(child)
  return fromStream(out)
}

/** `spawn(program, [words])` */
export const programAndList =
  (place = 0): Action =>
  ({ tell }, given) => {
    const program = given.all[place]
    const list = given.all[place + 1]?.list ?? []
    if (program?.list !== undefined) return startWords(tell, program.list)
    const isShellText =
      plain(
        given.all[place + 1]?.fields?.get('shell') ??
          given.all[place + 2]?.fields?.get('shell') ??
          given.named.get('shell'),
      ) !== undefined || given.all[place + 2]?.fields?.get('shell') !== undefined
    if (program?.values === undefined || (list.length === 0 && isShellText))
      return runShellText(tell, program)
    if (isShellText)
      return runShellText(tell, {
        values: [
          concat(program.values[0] ?? [], ...list.flatMap((one) => [[' '], valuesOf(one)[0] ?? [ANY]])),
        ],
      })
    return startWords(tell, [program, ...list])
  }

/** `execl(file, word, …)`: the first word is the name that it goes by. */
export const listedWords: Action = ({ tell }, given) => {
  const [file, ...rest] = given.all
  if (file === undefined) return undefined
  const words = rest.length === 1 && rest[0]?.list !== undefined ? rest[0].list : rest
  return startWords(tell, [file, ...words.slice(1)])
}

/** Runs text in the language itself. */
export const evaluation: Action = ({ tell }, given) => {
  const [code] = given.all
  if (tell.quiet || code === undefined) return undefined
  if (code.values === undefined) unknownCode(tell, code)
  else
    for (const value of code.values) {
      if (value.length > 0 && value.every((piece) => typeof piece !== 'string')) unknownCode(tell, code)
      else tell.read(value.map((piece) => (typeof piece === 'string' ? piece : '\uFFFC')).join(''))
    }
  return undefined
}

function unknownCode(tell: Teller, code: Code | undefined): void {
  const origins = originsOf(code)
  const { call, field } = tell
  if (origins.length > 0) judgeOrigins(call, { origins }, field)
  if (origins.some(({ from }) => from === 'network' || from === 'decoder')) return
  call.shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: '' } }, field.span)
  call.shell.world.say('unknown code', field.span)
}

/** A string of a call that is a statement of SQL. */
export const sqlText: Action = ({ tell }, given) => {
  const values = given.all[0]?.values
  if (!tell.quiet) for (const value of values ?? []) runSql(tell.call, value, tell.field, { engine: 'sql' })
  return { name: '@rows' }
}

export const database =
  (verb: Extract<Verb, `db.${string}`>, bounded?: (given: Given) => boolean): Action =>
  ({ tell }, given) => {
    say(tell, verb, {
      kind: 'database',
      engine: 'sql',
      ...(bounded === undefined ? {} : { bounded: bounded(given) }),
    })
    return undefined
  }

export const download: Action = ({ tell }, given) => {
  const [url] = given.all
  if (!tell.quiet)
    for (const value of url?.values ?? [])
      tell.call.shell.emit({ verb: 'net.download', on: { kind: 'url', url: value } }, tell.field.span)
  return { origins: [{ from: 'network' }], name: '@response' }
}

/** What is sent is what matters. */
export const sending: Action = ({ tell }, given) => {
  const { call, field } = tell
  const all = [
    ...given.all.slice(1),
    ...given.named.values(),
    ...given.all.flatMap(({ fields }) => [...(fields?.values() ?? [])]),
  ]
  const url = given.all[0]?.values?.[0] ?? []
  if (!tell.quiet) {
    call.shell.upload({ origins: all.flatMap((one) => [...originsOf(one)]) }, field.span, url)
  }
  return { origins: [{ from: 'network' }], name: '@response' }
}

/** A request with a method of its own; what comes back is the network's. */
export const asking =
  (method: string, place = 0): Action =>
  (reader, given) => {
    const { call, field, quiet } = reader.tell
    // An address that is not known may be any.
    const url = argument(given, place, 'url')?.values ?? [[ANY]]
    const body = [...given.named.values(), ...given.all.slice(place + 1)]
    const note = body
      .flatMap((one) => [one, ...(one.fields?.values() ?? [])])
      .map((one) => plain(one) ?? '')
      .join(' ')
      .trim()
    if (!quiet && method !== 'GET' && method !== 'HEAD' && method !== 'OPTIONS')
      for (const value of url)
        call.shell.emit(
          {
            verb: 'net.mutate',
            on: { kind: 'url', url: value, method },
            ...(note === '' ? {} : { note: note.slice(0, 2_000) }),
          },
          field.span,
        )
    return sending(reader, { ...given, all: given.all.slice(place) })
  }

export const connecting: Action = ({ tell }) => {
  tell.sockets = true
  return { name: '@socket', origins: [{ from: 'network' }] }
}
