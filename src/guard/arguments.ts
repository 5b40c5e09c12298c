// How programs read their words: short options bundled, values attached or apart, long options by unique prefix, `--`.
import type { Field } from './fields.ts'
import { after, literal, prefix, type Value } from './value.ts'

export interface Grammar {
  /** Short options that take a value, as letters. */
  readonly short?: string
  /** Short options whose value, if any, is attached: `sed -i.bak`. */
  readonly attached?: string
  /** Long options that take a value, separated by blanks. */
  readonly long?: string
  /** Long options without a value: only needed so that shortened names are recognised. */
  readonly flags?: string
  /**
   * `gnu`: options anywhere before `--`. `posix`: the first operand ends them. `words`: one dash and a whole word (`find -name`,
   * `terraform -target=x`), values apart or after `=`; two dashes mean the same.
   */
  readonly style?: 'gnu' | 'posix' | 'words'
}

export interface Option {
  /** Without dashes. */
  readonly name: string
  readonly value?: Field
  readonly field: Field
}

export class Arguments {
  readonly options: readonly Option[]
  readonly operands: readonly Field[]
  /** A shortened option fits several: the program refuses the whole line. */
  readonly isAmbiguous: boolean
  constructor(options: readonly Option[], operands: readonly Field[], isAmbiguous = false) {
    this.options = options
    this.operands = operands
    this.isAmbiguous = isAmbiguous
  }
  /** `names`: separated by blanks; any of them. */
  has(names: string): boolean {
    if (this.options.length === 0) return false
    const wanted = list(names)
    return this.options.some(({ name }) => wanted.includes(name))
  }
  values(names: string): readonly Field[] {
    if (this.options.length === 0) return []
    const wanted = list(names)
    const all: Field[] = []
    for (const { name, value } of this.options)
      if (value !== undefined && wanted.includes(name)) all.push(value)
    return all
  }
  value(names: string): Field | undefined {
    return this.values(names).at(-1)
  }
  /** The literal text of an operand, lower case not forced. */
  word(at: number): string | undefined {
    const field = this.operands.at(at)
    return field === undefined ? undefined : literal(field.value)
  }
}

const listed = new Map<string, readonly string[]>()
/** Words of the tables, set apart once. */
export function list(source: string | undefined, at: ' ' | '|' = ' '): readonly string[] {
  if (source === undefined || source === '') return []
  const key = at === ' ' ? source : `|${source}`
  let found = listed.get(key)
  if (found === undefined) listed.set(key, (found = source.split(at)))
  return found
}

/** `usual`: the style of a grammar that names none. */
export function readArguments(
  args: readonly Field[],
  grammar: Grammar,
  usual: NonNullable<Grammar['style']> = 'gnu',
): Arguments {
  const options: Option[] = []
  const operands: Field[] = []
  let isAmbiguous = false
  const { short = '', attached = '', style = usual } = grammar
  const long = list(grammar.long)
  const flags = list(grammar.flags)
  for (let i = 0; i < args.length; i++) {
    const field = args[i] as Field
    const start = prefix(field.value)
    const plain = literal(field.value)
    if (plain === '--') {
      operands.push(...args.slice(i + 1))
      break
    }
    if (!start.startsWith('-') || plain === '-') {
      operands.push(field)
      if (style !== 'posix') continue
      operands.push(...args.slice(i + 1))
      break
    }
    const isWord = start.startsWith('--') || style === 'words'
    if (isWord) {
      const body = start.replace(/^--?/, '')
      const equals = body.indexOf('=')
      const given = equals === -1 ? body : body.slice(0, equals)
      const fitting = fit(given, long, flags)
      const name = fitting[0] ?? given
      if (fitting.length > 1) isAmbiguous = true
      if (equals !== -1) {
        const dashes = start.length - body.length
        const value = after(field.value, start.slice(0, dashes + equals + 1)) ?? []
        if (isTurnedOff(name, literal(value)) && !long.includes(name)) turnOff(options, name)
        else options.push({ name, value: { ...field, value }, field })
      } else if (long.includes(name) && i + 1 < args.length) {
        i++
        options.push({ name, value: args[i] as Field, field })
      } else options.push({ name, field })
      continue
    }
    for (let at = 1; at < start.length; at++) {
      const letter = start[at] as string
      if (attached.includes(letter)) {
        const value = after(field.value, start.slice(0, at + 1)) ?? []
        options.push({ name: letter, ...(value.length > 0 ? { value: { ...field, value } } : {}), field })
        break
      }
      if (short.includes(letter)) {
        const rest: Value = after(field.value, start.slice(0, at + 1)) ?? []
        if (rest.length > 0) options.push({ name: letter, value: { ...field, value: rest }, field })
        else if (i + 1 < args.length) {
          i++
          options.push({ name: letter, value: args[i] as Field, field })
        } else options.push({ name: letter, field })
        break
      }
      options.push({ name: letter, field })
    }
  }
  return new Arguments(options, operands, isAmbiguous)
}

/** `--dry-run=false`: as if the option had not been there, also where it stood before. */
export const isTurnedOff = (name: string, value: string | undefined): boolean =>
  value !== undefined &&
  (/^false$/i.test(value) || (/^[0f]$/i.test(value) && /^(?:help|version|dry-?run|preview-only)$/.test(name)))

function turnOff(options: Option[], name: string): void {
  for (let at = options.length - 1; at >= 0; at--) if (options[at]?.name === name) options.splice(at, 1)
}

/** A shortened long option stands for the only one that it can; several where it could be each of them, none where it is none. */
function fit(given: string, long: readonly string[], flags: readonly string[]): readonly string[] {
  if (long.includes(given) || flags.includes(given)) return [given]
  if (given.length === 0) return [given]
  const fitting = [...long, ...flags].filter((name) => name.startsWith(given))
  if (fitting.length === 1) return fitting
  if (fitting.length === 0) return [given]
  return sameStem(fitting) ? fitting.slice(0, 1) : [given, ...fitting]
}

/** `color` and `colour` are one option. */
const sameStem = (names: readonly string[]) => names.every((name) => name.startsWith(names[0] as string))
