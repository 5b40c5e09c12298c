// sed: an editor for streams with commands that read, write and run.
import { runText } from '../builtins.ts'
import type { Field } from '../fields.ts'
import { isMarked } from '../mark.ts'
import type { Call } from '../shell.ts'
import { FROM_CODE, FROM_PROGRAM, known, type Stream, wordedBy } from '../stream.ts'
import { inputOf, type Tool, touch } from '../tool.ts'
import { concat, literal, split, type Value } from '../value.ts'

/** `.bak` behind the name; with a star the name stands in its place, and a slash leads elsewhere. */
function backupOf(file: Value, kept: Value): Value {
  const stars = split(kept, '*')
  if (stars.length === 1) return concat(file, kept)
  const names = split(file, '/')
  const name = names.at(-1) ?? []
  const made = concat(...stars.map((part, i) => (i === 0 ? part : concat(name, part))))
  if (split(made, '/').length > 1) return made
  return concat(...names.slice(0, -1).map((part) => concat(part, ['/'])), made)
}

interface Command {
  readonly does: 'read' | 'write' | 'run' | 'run-input' | 'replace' | 'make' | 'other'
  /** The file, or the text that is run. */
  readonly text: string
  readonly replace?: {
    readonly from: string
    readonly to: string
    readonly all: boolean
    readonly flags: string
  }
}

const NOTHING_MORE: Command = { does: 'other', text: '' }
/** Text of its own comes in between. */
const MAKES: Command = { does: 'make', text: '' }

/** The commands of a script that matter, in order. Total and linear: what is not understood is skipped. */
function sedCommands(script: string): readonly Command[] {
  const commands: Command[] = []
  let at = 0
  const toEnd = (): string => {
    const end = script.indexOf('\n', at)
    const text = script.slice(at, end === -1 ? script.length : end)
    at = end === -1 ? script.length : end + 1
    return text.trim()
  }
  const delimited = (delimiter: string): string => {
    let text = ''
    while (at < script.length) {
      const character = script[at] as string
      if (character === '\\') {
        text += script.slice(at, at + 2)
        at += 2
        continue
      }
      if (character === delimiter) break
      text += character
      at++
    }
    at++
    return text
  }
  const address = (): void => {
    for (;;) {
      const character = script[at]
      if (character === '/' || character === '\\') {
        const delimiter = character === '/' ? '/' : (script[++at] ?? '/')
        at++
        delimited(delimiter)
        while (script[at] === 'I' || script[at] === 'M') at++
      } else if (character !== undefined && '0123456789$,~+!- \t'.includes(character)) at++
      else return
    }
  }
  while (at < script.length) {
    const before = at
    while (at < script.length && ' \t\n;{}'.includes(script[at] as string)) at++
    address()
    const letter = script[at++]
    switch (letter) {
      case undefined:
        return commands
      case '#':
      case ':':
      case 'b':
      case 't':
      case 'T':
        if (letter === '#') toEnd()
        else while (at < script.length && !';\n}'.includes(script[at] as string)) at++
        break
      case 'r':
      case 'R':
        commands.push({ does: 'read', text: toEnd() })
        break
      case 'w':
      case 'W':
        commands.push({ does: 'write', text: toEnd() })
        break
      case 'e': {
        const text = toEnd()
        commands.push(text === '' ? { does: 'run-input', text } : { does: 'run', text })
        break
      }
      case 'a':
      case 'i':
      case 'c':
        while (script[at - 1] !== undefined && at < script.length) {
          const line = script.indexOf('\n', at)
          const end = line === -1 ? script.length : line
          const continues = script[end - 1] === '\\'
          at = end + 1
          if (!continues) break
        }
        commands.push(MAKES)
        break
      case 's':
      case 'y': {
        const delimiter = script[at++] ?? '/'
        const from = delimited(delimiter)
        const to = delimited(delimiter)
        let flags = ''
        while (at < script.length && 'gpiImMe0123456789'.includes(script[at] as string)) flags += script[at++]
        const writes = script[at] === 'w'
        if (letter === 'y') {
          commands.push(MAKES)
          break
        }
        commands.push({
          does: flags.includes('e') ? 'run' : 'replace',
          text: to,
          replace: { from, to, all: flags.includes('g'), flags },
        })
        if (writes) {
          at++
          commands.push({ does: 'write', text: toEnd() })
        }
        break
      }
      default:
        commands.push(NOTHING_MORE)
    }
    if (at === before) at++
  }
  return commands
}

const sed: NonNullable<Tool['act']> = (call, args) => {
  const given = args.values('e expression')
  const files = args.values('f file')
  const scripts = [...given, ...(given.length + files.length === 0 ? args.operands.slice(0, 1) : [])]
  const inputs = given.length + files.length === 0 ? args.operands.slice(1) : args.operands
  for (const file of files) touch(call, 'path.read', file)
  const inPlace = args.options.some(({ name }) => name === 'i' || name === 'in-place')
  // `-i.bak`: the old file stays under that name.
  const kept = args.value('i in-place')?.value
  const empties = scripts.some(({ value }) => /^\s*(?:1\s*,\s*\$)?\s*d\s*;?\s*$/.test(literal(value) ?? ''))
  for (const file of inputs) {
    touch(call, 'path.read', file)
    if (inPlace) touch(call, 'path.write', file, { note: 'edited' })
    if (inPlace && kept === undefined && empties) touch(call, 'path.write', file, { note: 'emptied' })
    if (kept !== undefined) touch(call, 'path.create', { ...file, value: backupOf(file.value, kept) })
  }
  const sandboxed = args.has('sandbox')
  const all: { readonly command: Command; readonly field: Field }[] = []
  for (const field of scripts) {
    const source = literal(field.value)
    // A script of which a part is unknown: its known parts are read, and so are the commands in them.
    for (const command of sedCommands(source ?? partly(field.value))) all.push({ command, field })
  }
  // A script that this text has written, or that comes in.
  for (const field of files)
    for (const value of inputOf(call, [field]).texts ?? [])
      for (const command of sedCommands(literal(value) ?? partly(value))) all.push({ command, field })
  const input = inputOf(call, inputs)
  for (const { command, field } of all) if (!sandboxed) act(call, command, field, input)
  if (inPlace) return FROM_PROGRAM
  return output(
    all.map(({ command }) => command),
    input,
  )
}

const partly = (value: Value): string =>
  value.map((piece) => (typeof piece === 'string' ? piece : 'x')).join('')

function act(call: Call, { does, text, replace }: Command, field: Field, input: Stream): void {
  const file: Field = { ...field, value: [text], open: false }
  if (does === 'read' && text !== '') touch(call, 'path.read', file)
  if (does === 'write' && text !== '' && !text.startsWith('/dev/std')) touch(call, 'path.write', file)
  if (does === 'run-input' || (does === 'run' && replace !== undefined)) {
    // The pattern space is run: what came in, after the replacement.
    const said = replace === undefined ? '' : unescape(replace.to)
    if (said.trim() !== '') run(call, field, [said])
    for (const one of input.texts ?? []) if (replace === undefined) run(call, field, one)
    call.shell.emit({ verb: 'exec.option', on: { kind: 'program', name: 'sed' } }, field.span)
  } else if (does === 'run') run(call, field, [text])
}

const unescape = (source: string) =>
  source.replaceAll(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one))

function run(call: Call, field: Field, value: Value): void {
  const child = call.shell.fork({ via: [...call.shell.state.via, 'sed'] })
  runText({ ...call, shell: child, span: field.span }, value, { origins: [] })
}

/** A pattern or a replacement that means its own characters; undefined where some of them mean more. */
function plainly(source: string): string | undefined {
  let text = ''
  for (let at = 0; at < source.length; at++) {
    const character = source[at] as string
    if (character === '\\') {
      const next = source[++at]
      if (next === undefined || !'/.*[]^$&,:;#!-|'.includes(next)) return undefined
      text += next
    } else if ('.*[]^$+?(){}|&'.includes(character)) return undefined
    else text += character
  }
  return text
}

// `s/^/rm /`: a word is put in front of every line.
const beginsLines = ({ from, to }: { readonly from: string; readonly to: string }): boolean =>
  /^(?:\^|\.\*|\\?\(\.\*\\?\))/.test(from) && /^\s*[A-Za-z][\w./-]* /.test(to)

/** A script of nothing but plain replacements on a known text has a known output; what else makes a new one has none. */
function output(commands: readonly Command[], input: Stream): Stream {
  if (isMarked(input)) return input
  if (input.texts === undefined)
    return commands.some(({ replace }) => replace !== undefined && beginsLines(replace))
      ? wordedBy(input)
      : input
  let { texts } = input
  for (const { does, replace } of commands) {
    if (does === 'other' || does === 'write') continue
    const from = replace === undefined ? undefined : plainly(replace.from)
    const to = replace === undefined ? undefined : plainly(replace.to)
    if (does !== 'replace' || from === undefined || to === undefined || /[^gp]/.test(replace?.flags ?? ''))
      return input.origins.length > 0 ? { origins: input.origins } : FROM_CODE
    texts = texts.map((value): Value => {
      const source = literal(value)
      if (source === undefined) return value
      const change = (line: string) =>
        replace?.all === true ? line.replaceAll(from, () => to) : line.replace(from, () => to)
      return [source.split('\n').map(change).join('\n')]
    })
  }
  return { ...known(...texts), origins: input.origins }
}

export const SED: readonly Tool[] = [
  {
    names: 'sed gsed',
    short: 'efl',
    attached: 'i',
    long: 'expression file line-length',
    flags:
      'in-place null-data zero-terminated separate sandbox follow-symlinks posix quiet silent regexp-extended unbuffered debug',
    act: sed,
  },
]
