// What a program does, as data: how it reads its words, its subcommands, and which effects its words have. One file a field in
// tools/; docs/guide/guard-tools.md shows how to add one.
import { type Arguments, type Grammar, readArguments } from './arguments.ts'
import type { Certainty, Resource, Verb } from './effect.ts'
import type { Field } from './fields.ts'
import type { Call } from './shell.ts'
import { ended, FROM_PROGRAM, follow, isHidden, NOTHING, type Stream } from './stream.ts'
import { literal, type Value } from './value.ts'

/**
 * Which words an effect is on: `operands` (all), `first`, `last`, `butFirst`, `butLast`, `cwd`, `option:o output`, a number (the operand at that
 * place), or `none`.
 */
export type Words =
  | 'operands'
  | 'first'
  | 'last'
  | 'butFirst'
  | 'butLast'
  | 'cwd'
  | 'none'
  | number
  | `option:${string}`

export interface Does {
  readonly do: Verb
  readonly to?: Words
  /** One of these options is given (separated by blanks). */
  readonly when?: string
  /** And one of these. */
  readonly and?: string
  /** None of these is given. */
  readonly unless?: string
  /** The tree below too: always, or with one of these options. */
  readonly deep?: true | string
  /** Only with this many operands or more / fewer. */
  readonly least?: number
  readonly most?: number
  readonly reversible?: 'yes' | 'no'
  readonly note?: string
}

export interface Tool extends Grammar {
  /** Separated by blanks. */
  readonly names: string
  readonly does?: readonly Does[]
  /** Subcommands; names may be alternatives: `'rm remove'`. `'*'` for any other. */
  readonly sub?: Readonly<Record<string, Sub>>
  /** What it does with the files that it is given is not known here: a word that is a secret is a doubt, as with a program nobody knows. */
  readonly aims?: true
  /** Options after which nothing else happens. */
  readonly harmless?: string
  /** What infra, db and service effects are on, by the platform's name. */
  readonly platform?: string
  /** What it writes to standard output. `input`: what it reads (the standard input without operands, else the files). */
  readonly writes?: 'nothing' | 'input' | 'network' | 'decoder'
  /** What it reads without end it writes without end; all others stop, or say nothing until they do. */
  readonly endless?: true
  /** What data cannot say. Returns what it writes, or undefined for the rule of `writes`. */
  readonly act?: (call: Call, args: Arguments, tool: Sub) => Stream | undefined
}
export type Sub = Omit<Tool, 'names' | 'aims'>

const HARMLESS = 'help version'

export function perform(tool: Sub, call: Call, inherited?: string): Stream {
  const out = carriedOut(tool, call, inherited)
  return tool.endless === true ? out : ended(out)
}

function carriedOut(tool: Sub, call: Call, inherited?: string): Stream {
  const args = readArguments(call.args, tool, tool.sub === undefined ? 'gnu' : 'posix')
  if (args.has(tool.harmless ?? HARMLESS)) return FROM_PROGRAM
  const platform = tool.platform ?? inherited
  const sub = tool.sub === undefined ? undefined : subOf(tool.sub, args.operands[0])
  for (const does of tool.does ?? []) carry(does, call, args, platform)
  const acted = tool.act?.(call, args, tool)
  if (sub !== undefined) return perform(sub, { ...call, args: args.operands.slice(1) }, platform)
  if (acted !== undefined) return acted
  if (tool.writes === undefined) return FROM_PROGRAM
  if (tool.writes === 'input') return inputOf(call, args.operands)
  return tool.writes === 'nothing' ? NOTHING : { origins: [{ from: tool.writes }] }
}

function subOf(all: Readonly<Record<string, Sub>>, field: Field | undefined): Sub | undefined {
  const name = field === undefined ? undefined : literal(field.value)
  if (name === undefined) return field === undefined ? undefined : all['*']
  return subsOf(all).get(name) ?? all['*']
}

const named = new WeakMap<Readonly<Record<string, Sub>>, ReadonlyMap<string, Sub>>()
/** By each of their names; the first that claims one has it. */
function subsOf(all: Readonly<Record<string, Sub>>): ReadonlyMap<string, Sub> {
  let found = named.get(all)
  if (found === undefined) {
    const pairs = Object.entries(all).flatMap(([names, sub]) =>
      names.split(' ').map((one) => [one, sub] as const),
    )
    named.set(all, (found = new Map(pairs.toReversed())))
  }
  return found
}

/** What a filter reads: its files, or what comes in. */
export function inputOf(call: Call, files: readonly Field[]): Stream {
  const named = files.filter(({ value }) => literal(value) !== '-')
  if (named.length === 0) return call.stdin
  let all: Stream | undefined
  for (const { value } of named) {
    const one = call.shell.contents(call.shell.paths(value))
    all = all === undefined ? one : follow(all, one)
  }
  return all ?? call.stdin
}

function carry(does: Does, call: Call, args: Arguments, platform: string | undefined): void {
  if (does.when !== undefined && !args.has(does.when)) return
  if (does.and !== undefined && !args.has(does.and)) return
  if (does.unless !== undefined && args.has(does.unless)) return
  if (does.least !== undefined && args.operands.length < does.least) return
  if (does.most !== undefined && args.operands.length > does.most) return
  const deep = does.deep === true || (does.deep !== undefined && args.has(does.deep))
  const more = {
    ...(deep ? { recursive: true } : {}),
    ...(does.reversible === undefined ? {} : { reversible: does.reversible }),
    ...(does.note === undefined ? {} : { note: does.note }),
  }
  const family = does.do.slice(0, does.do.indexOf('.'))
  if (family === 'path' || family === 'device') {
    for (const field of wordsOf(does.to ?? 'operands', call, args)) touch(call, does.do, field, more)
    return
  }
  const [first] = does.to === 'none' ? [] : wordsOf(does.to ?? 'operands', call, args)
  call.shell.emit({ verb: does.do, on: resourceOf(family, first?.value, platform), ...more }, call.span)
}

/** What a program is called, without the directory that it lies in. */
export const nameOf = ({ name }: Call): string => (literal(name.value) ?? '').split('/').at(-1) ?? ''

/** A word that a program means without being given it, or that stood in a text. */
export const fieldFor = ({ span }: Call, value: Value): Field => ({ value, span, open: false })

export function wordsOf(words: Words, call: Call, args: Arguments): readonly Field[] {
  const { operands } = args
  if (typeof words === 'number') return operands[words] === undefined ? [] : [operands[words]]
  switch (words) {
    case 'operands':
      return operands
    case 'first':
      return operands.slice(0, 1)
    case 'last':
      return operands.slice(-1)
    case 'butFirst':
      return operands.slice(1)
    case 'butLast':
      return operands.slice(0, -1)
    case 'none':
      return []
    case 'cwd':
      return [fieldFor(call, ['.'])]
    default:
      return args.values(words.slice('option:'.length))
  }
}

/** An effect on every path that a word can mean. */
export function touch(
  call: Call,
  verb: Verb,
  field: Field,
  more: {
    readonly recursive?: boolean
    readonly except?: readonly string[]
    readonly reversible?: 'yes' | 'no'
    readonly note?: string
    readonly certainty?: Certainty
  } = {},
): void {
  const { shell } = call
  const certainty = field.open ? 'unknown' : literal(field.value) === undefined ? 'possible' : 'exact'
  const hidden = isHidden(field.value) ? { hidden: true as const } : {}
  for (const one of shell.paths(field.value))
    shell.emit({ verb, on: { kind: 'path', path: one }, certainty, ...hidden, ...more }, field.span)
}

function resourceOf(family: string, value: Value | undefined, platform = ''): Resource {
  switch (family) {
    case 'service':
      return { kind: 'service', manager: platform, name: value ?? [] }
    case 'host':
      return { kind: 'host' }
    case 'db': {
      const object = value === undefined ? undefined : literal(value)
      return { kind: 'database', engine: platform, ...(object === undefined ? {} : { object }) }
    }
    case 'vcs':
      return { kind: 'repository', ...(value === undefined ? {} : { ref: value }) }
    case 'net':
      return { kind: 'url', url: value ?? [] }
    case 'infra':
      return { kind: 'infra', platform, ...(value === undefined ? {} : { name: value }) }
    default:
      return { kind: 'program', name: platform }
  }
}
