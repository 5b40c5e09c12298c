// PowerShell: statements of commands with named parameters. What is no cmdlet is a program of the machine.

import type { Field } from '../fields.ts'
import { HOLE, marked, unmarked } from '../hole.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, known, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import { ANY, literal, text, type Value } from '../value.ts'
import { type Does, doesOf } from './cmdlets.ts'
import { decoded } from './value.ts'

/** Words of one command, as written. */
interface Word {
  readonly text: string
  readonly quoted: boolean
}

const PATH_PARAMETERS = new Set([
  'path',
  'literalpath',
  'filepath',
  'destination',
  'pspath',
  'lp',
  'name',
  'value',
])
const FLAGS = new Set([
  'recurse',
  'force',
  'confirm',
  'whatif',
  'verbose',
  'passthru',
  'append',
  'wait',
  'nonewline',
  'r',
  'rec',
  'fo',
  'raw',
  'nonewwindow',
  'usebasicparsing',
])

export function readPowerShell(source: string, call: Call, field: Field, nested = 0): void {
  if (nested > 6 || !call.shell.world.step(1 + (source.length >> 6))) return
  const variables = new Map<string, string>()
  let downloads = false
  for (const pipeline of statementsOf(source)) {
    const assigned = /^\s*\$(\w+)\s*=\s*(.*)$/s.exec(pipeline.length === 1 ? (pipeline[0] ?? '') : '')
    if (assigned !== null) {
      const [only] = wordsOf(assigned[2] ?? '', variables)
      if (only !== undefined && only.quoted) variables.set((assigned[1] ?? '').toLowerCase(), only.text)
    }
    let found: Found | undefined
    for (const part of pipeline) {
      const words = wordsOf(assigned === null ? part : (assigned[2] ?? ''), variables)
      const [name, ...rest] = words[0]?.text === '&' || words[0]?.text === '.' ? words.slice(1) : words
      if (name === undefined) continue
      downloads ||=
        /downloadstring|webclient|invoke-webrequest|\biwr\b|\birm\b|invoke-restmethod|frombase64string/i.test(
          part,
        )
      const low = name.text.toLowerCase()
      const does = doesOf(low)
      if (part === pipeline[0]) found = handedOn(low, rest) ?? typed(call)
      if (does === undefined) {
        // A method call or an expression is no program.
        if (/^[A-Za-z][\w.-]*$/.test(name.text) && !name.quoted)
          call.shell.start(
            { ...field, value: unmarked(name.text) },
            rest.map(({ text: one }) => ({ ...field, value: unmarked(one), open: false })),
            call.stdin,
            field.span,
          )
        const net = /\[(?:system\.)?io\.(?:file|directory)\]::(\w+)\(\s*['"]([^'"]+)/i.exec(part)
        if (net !== null) {
          const verb = /^delete/i.test(net[1] ?? '')
            ? 'path.delete'
            : /^(?:write|append|create)/i.test(net[1] ?? '')
              ? 'path.write'
              : 'path.read'
          touch(
            call,
            verb,
            { ...field, value: pathOf(net[2] ?? ''), open: false },
            verb === 'path.delete' ? { recursive: true } : {},
          )
        }
        continue
      }
      carry(does, rest, call, field, { part, downloads, nested, found: found ?? NOBODY })
    }
  }
}

interface Given {
  readonly part: string
  readonly downloads: boolean
  readonly nested: number
  /** What the first of a pipeline hands on to those behind it. */
  readonly found: Found
}

interface Found {
  readonly things: readonly string[]
  /** With all that is beneath. */
  readonly deep: boolean
}
const NOBODY: Found = { things: [], deep: false }

/** Cmdlets that are typed at a prompt are programs of their own: what one hands on is what it prints. */
function typed(call: Call): Found | undefined {
  const [only] = call.stdin.texts ?? []
  const things = only === undefined ? [] : marked(only).split('\n')
  return things[0] === undefined || things[0] === '' ? undefined : { things, deep: false }
}

/** What a typed one prints for the next. */
export function printedBy(call: Call): Stream {
  const [name, ...rest] = wordsOf(
    [call.name, ...call.args].map(({ value }) => marked(value)).join(' '),
    new Map(),
  )
  const found = handedOn(name?.text.toLowerCase() ?? '', rest)
  return found === undefined || found.things.length === 0
    ? FROM_PROGRAM
    : known(unmarked(found.things.join('\n')))
}

const isRecursive = (named: ReadonlyMap<string, string>): boolean =>
  [...named.keys()].some((one) => one.startsWith('r') && 'recurse'.startsWith(one))

/** `Get-ChildItem DIRECTORY | …`, `Get-Process NAME | …` */
function handedOn(name: string, words: readonly Word[]): Found | undefined {
  if (!/^(?:get-(?:childitem|item|process|service)|gci|dir|ls|gi|gps|ps|gsv)$/.test(name)) return undefined
  const { named, operands } = parametersOf(words)
  if (!/^(?:get-childitem|gci|dir|ls)$/.test(name)) return { things: operands, deep: false }
  const filter = named.get('filter') ?? named.get('include')
  const things = (operands.length === 0 ? ['.'] : operands).map((one) =>
    one.includes('*') ? one : `${one.replace(/[\\/]$/, '')}/${filter ?? '*'}`,
  )
  return { things, deep: isRecursive(named) }
}

/** What stands behind a cmdlet: the parameters that have a name, and all that it is done to. */
function parametersOf(words: readonly Word[]): {
  readonly named: ReadonlyMap<string, string>
  readonly operands: readonly string[]
} {
  const named = new Map<string, string>()
  const operands: string[] = []
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as Word
    if (word.quoted || !word.text.startsWith('-') || word.text.length < 2) {
      for (const one of word.quoted ? [word.text] : word.text.split(',')) if (one !== '') operands.push(one)
      continue
    }
    const name = word.text.slice(1).replace(/:.*$/, '').toLowerCase()
    const isFlag =
      FLAGS.has(name) ||
      words[i + 1] === undefined ||
      (words[i + 1]?.quoted === false && words[i + 1]?.text.startsWith('-') === true)
    if (isFlag) named.set(name, '')
    else {
      i++
      named.set(name, words[i]?.text ?? '')
      if (PATH_PARAMETERS.has(name)) operands.push(words[i]?.text ?? '')
    }
  }
  return { named, operands }
}

function carry(does: Does, words: readonly Word[], call: Call, field: Field, given: Given): void {
  const { shell } = call
  const { named, operands: own } = parametersOf(words)
  // `… | Move-Item -Destination DIRECTORY` says only where to.
  const wanted = does.on === 'path' && does.second !== undefined ? 1 : 0
  const operands = own.length > wanted ? own : [...given.found.things, ...own]
  if (named.has('whatif')) return
  switch (does.on) {
    case 'path': {
      const recursive =
        isRecursive(named) ||
        (own.length <= wanted && given.found.deep) ||
        /^(?:rd|rmdir)$/i.test(given.part.trim().split(/\s/)[0] ?? '')
      const all = does.second === undefined || operands.length < 2 ? operands : operands.slice(0, -1)
      for (const one of all.filter((two) => two !== ''))
        touch(
          call,
          does.verb,
          { ...field, value: pathOf(one), open: false },
          {
            ...(recursive ? { recursive } : {}),
            ...(does.note === undefined ? {} : { note: does.note }),
          },
        )
      if (does.second !== undefined && operands.length > 1)
        touch(call, does.second, { ...field, value: pathOf(operands.at(-1) ?? ''), open: false })
      return
    }
    case 'host':
      shell.emit({ verb: does.verb, on: { kind: 'host' } }, field.span)
      return
    case 'service':
      for (const one of operands)
        shell.emit(
          { verb: does.verb, on: { kind: 'service', manager: 'windows', name: text(one) } },
          field.span,
        )
      return
    case 'process':
      for (const one of operands)
        shell.emit(
          {
            verb: 'process.kill',
            on: { kind: 'process', by: /^\d+$/.test(one) ? 'pid' : 'name', value: text(one) },
          },
          field.span,
        )
      return
    case 'code': {
      const [code] = words.filter((word) => word.quoted)
      if (code !== undefined && !given.downloads) readPowerShell(code.text, call, field, given.nested + 1)
      else if (given.downloads)
        shell.emit({ verb: 'exec.downloaded', on: { kind: 'program', name: 'powershell' } }, field.span)
      else shell.world.say('unknown code', field.span)
      return
    }
    case 'download': {
      const verb = (named.get('method') ?? named.get('custommethod') ?? '').toUpperCase()
      const url = named.get('uri') ?? operands[0] ?? ''
      const meant = verb !== '' ? verb : named.has('body') || named.has('infile') ? 'POST' : 'GET'
      if (!/^(?:GET|HEAD|OPTIONS|DEFAULT)$/.test(meant))
        shell.emit(
          {
            verb: 'net.mutate',
            on: { kind: 'url', url: pathOf(url), method: meant },
            note: named.get('body') ?? '',
          },
          field.span,
        )
      const out = named.get('outfile') ?? named.get('o') ?? named.get('destination')
      if (out !== undefined && out !== '') {
        const target: Field = { ...field, value: pathOf(out), open: false }
        touch(call, 'path.write', target)
        shell.remember(shell.paths(target.value), { origins: [{ from: 'network' }] }, false)
      }
      shell.emit({ verb: 'net.download', on: { kind: 'url', url: text(operands[0] ?? '') } }, field.span)
      return
    }
    case 'start': {
      const [program, ...rest] = operands
      const list = named.get('argumentlist') ?? named.get('args')
      if (program !== undefined)
        shell.start(
          { ...field, value: text(program) },
          [...rest, ...(list?.split(/[\s,]+/) ?? [])]
            .filter((one) => one !== '')
            .map((one) => ({ ...field, value: text(one), open: false })),
          call.stdin,
          field.span,
        )
      return
    }
    case 'remote': {
      const block = /\{(.*)\}/s.exec(given.part)?.[1]
      if (block !== undefined) readPowerShell(block, call, field, given.nested + 1)
      return
    }
    case 'device':
      shell.emit({ verb: does.verb, on: { kind: 'program', name: operands[0] ?? '' } }, field.span)
      return
    case 'other':
      shell.emit({ verb: does.verb, on: { kind: 'program', name: 'powershell' } }, field.span)
  }
}

/** `C:\Users` as a path of ours: the drive is the root. */
export function pathOf(source: string): Value {
  const plain = source
    .replaceAll('\\', '/')
    .replace(/^[A-Za-z]:/, (drive) =>
      source.length === 2 ? '/' : drive.toLowerCase() === 'c:' || drive.length === 2 ? '' : drive,
    )
  const all: (string | typeof ANY | { readonly wild: 'name' })[] = []
  for (const part of plain.split(/(\*|￼|\$\w+)/)) {
    if (part === '*') all.push({ wild: 'name' })
    else if (part === HOLE || /^\$\w+$/.test(part)) all.push(ANY)
    else if (part !== '') all.push(part)
  }
  return all
}

/** Statements, each as the parts of its pipeline; quotes and blocks are kept whole. */
function statementsOf(source: string): readonly (readonly string[])[] {
  const all: string[][] = []
  let parts: string[] = []
  let from = 0
  let depth = 0
  let mark = ''
  const part = (to: number): void => {
    const one = source.slice(from, to).trim()
    if (one !== '') parts.push(one)
  }
  for (let i = 0; i < source.length; i++) {
    const character = source[i] as string
    if (mark !== '') {
      if (character === '`' && mark === '"') i++
      else if (character === mark) mark = ''
      continue
    }
    if (character === "'" || character === '"') mark = character
    else if (character === '{' || character === '(') depth++
    else if (character === '}' || character === ')') depth = Math.max(0, depth - 1)
    else if (character === '#' && depth === 0 && (i === 0 || /\s/.test(source[i - 1] ?? ''))) {
      part(i)
      const end = source.indexOf('\n', i)
      i = end === -1 ? source.length : end
      from = i
    } else if (
      depth === 0 &&
      (character === '|' || character === ';' || character === '\n' || character === '&')
    ) {
      if (character === '&' && source[i + 1] !== '&') continue
      part(i)
      if (source[i + 1] === character) i++
      from = i + 1
      if (character !== '|') {
        if (parts.length > 0) all.push(parts)
        parts = []
      }
    }
  }
  part(source.length)
  if (parts.length > 0) all.push(parts)
  // What stands in blocks runs as well.
  const inner = /[{(]([^{}()]{3,4000})[})]/g
  for (const match of source.slice(0, 16_000).matchAll(inner))
    if (/^\s*(?:remove-|stop-|clear-|ri\b|rm\b|del\b)/i.test(match[1] ?? '')) all.push([match[1] ?? ''])
  return all.slice(0, 400)
}

function wordsOf(source: string, variables: ReadonlyMap<string, string>): readonly Word[] {
  const all: Word[] = []
  for (const match of source
    .slice(0, 20_000)
    .matchAll(/'((?:[^']|'')*)'|"((?:[^"`]|`[\s\S])*)"|\{[^}]*\}|\(|\)|[^\s'"(){}]+/g)) {
    const quoted = match[1] !== undefined || match[2] !== undefined
    const raw = match[1]?.replaceAll("''", "'") ?? match[2]?.replace(/`(.)/gs, '$1') ?? match[0]
    const filled =
      match[1] === undefined
        ? raw.replace(/\$(\w+)/g, (whole, name: string) =>
            /^home$/i.test(name) ? '/home/user' : (variables.get(name.toLowerCase()) ?? whole),
          )
        : raw
    all.push({ text: filled, quoted })
    if (all.length > 400) break
  }
  return all
}

/** `-EncodedCommand`: base 64 of UTF-16. */
export function encodedCommand(value: Value): string | undefined {
  const source = literal(value)
  const bytes = source === undefined ? undefined : decoded(source)
  return bytes === undefined ? undefined : bytes.replaceAll('\0', '')
}
