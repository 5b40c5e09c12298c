// Commands of the other system, as they are typed into a shell that has them: cmd's built-in words and PowerShell.
import { judgeOrigins, runText } from '../builtins.ts'
import type { Field } from '../expand.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { fieldFor, type Tool, touch } from '../tool.ts'
import { literal, type Value } from '../value.ts'

/** `del /s /q *.tmp`: one slash and letters are an option. */
const isSwitch = ({ value }: Field) => /^\/[A-Za-z?](?::\S*)?$/.test(literal(value) ?? '')

const removes: NonNullable<Tool['act']> = (call) => {
  const deep = call.args.some(({ value }) => /^\/s$/i.test(literal(value) ?? ''))
  for (const field of call.args)
    if (!isSwitch(field)) touch(call, 'path.delete', slashed(field), { recursive: deep, reversible: 'no' })
  return FROM_PROGRAM
}

/** `C:\Users` as a path of ours: a drive is a root. */
function slashed(field: Field): Field {
  const plain = literal(field.value)
  if (plain === undefined) return field
  const path = plain.replace(/^[A-Za-z]:(?=[\\/]|$)/, '/').replaceAll('\\', '/')
  return { ...field, value: [path === '' ? '.' : path.replace(/^\/\//, '/')] }
}

const DELETES = /^(?:remove-item|ri|rm|del|rd|erase|rmdir|clear-content|clc)$/
const STOPS = /^(?:stop-computer|restart-computer)$/
const FORMATS = /^(?:format-volume|clear-disk|initialize-disk|remove-partition)$/
const FETCHES =
  /\b(?:invoke-webrequest|iwr|invoke-restmethod|irm|curl|wget|downloadstring|downloadfile|webclient|start-bitstransfer)\b/
const RUNS = /\b(?:iex|invoke-expression)\b/

/** What a text of PowerShell does, statement by statement: verbs that delete, format, stop, and code that was fetched. */
function powershellText(call: Call, source: string): void {
  for (const statement of source.split(/[\n;|&{}]/)) {
    const words = statement.match(/"[^"]*"|'[^']*'|[^\s,]+/g) ?? []
    const verb = (words[0] ?? '').toLowerCase()
    const options = words.filter((word) => word.startsWith('-')).map((word) => word.toLowerCase())
    if (options.some((word) => word.startsWith('-whatif'))) continue
    if (DELETES.test(verb))
      for (const word of words.slice(1))
        if (!word.startsWith('-'))
          touch(call, 'path.delete', slashed(fieldFor(call, [word.replace(/^(["'])(.*)\1$/, '$2')])), {
            recursive: options.some((one) => '-recurse'.startsWith(one) && one.length > 1),
          })
    if (STOPS.test(verb)) call.shell.emit({ verb: 'host.shutdown', on: { kind: 'host' } }, call.span)
    if (FORMATS.test(verb))
      call.shell.emit({ verb: 'device.format', on: { kind: 'program', name: verb } }, call.span)
  }
  const low = source.toLowerCase()
  if (RUNS.test(low) && FETCHES.test(low))
    call.shell.emit({ verb: 'exec.downloaded', on: { kind: 'program', name: 'powershell' } }, call.span)
}

const OPTIONS = ['command', 'c', 'encodedcommand', 'enc', 'ec', 'e', 'file', 'f']

const powershell: NonNullable<Tool['act']> = (call) => {
  const { args } = call
  for (let at = 0; at < args.length; at++) {
    const field = args[at] as Field
    const word = literal(field.value)
    if (word === undefined || !/^[-/]/.test(word)) return inline(call, args.slice(at))
    const name = word.slice(1).toLowerCase()
    const option =
      OPTIONS.find((one) => one === name) ??
      (name.length > 1 ? OPTIONS.find((one) => one.startsWith(name)) : undefined)
    if (option === undefined) {
      // Those with a value of their own.
      if (
        /^(?:ex|ep|executionpolicy|v|version|w|windowstyle|inputformat|outputformat|of|if|config|settingsfile|wd|workingdirectory|custompipename|psconsolefile)/.test(
          name,
        )
      )
        at++
      continue
    }
    if (option.startsWith('f')) return script(call, args[at + 1])
    if (option.startsWith('e')) return encoded(call, args[at + 1])
    return inline(call, args.slice(at + 1))
  }
  for (const one of call.stdin.texts ?? []) powershellText(call, literal(one) ?? '')
  judgeOrigins(call, call.stdin, fieldFor(call, []))
  return FROM_PROGRAM
}

function inline(call: Call, words: readonly Field[]): Stream {
  const text = words.map(({ value }) => literal(value) ?? '‹?›').join(' ')
  if (words.length === 1 && literal(words[0]?.value ?? []) === '-') return FROM_PROGRAM
  for (const { value, span } of words)
    judgeOrigins(call, { origins: originsIn(value) }, { value, span, open: false })
  powershellText(call, text)
  return FROM_PROGRAM
}
const originsIn = (value: Value) =>
  value.flatMap((piece) => (typeof piece === 'string' ? [] : (piece.origins ?? [])))

function encoded(call: Call, field: Field | undefined): Stream {
  const plain = field === undefined ? undefined : literal(field.value)
  if (plain === undefined)
    call.shell.emit({ verb: 'exec.decoded', on: { kind: 'program', name: 'powershell' } }, call.span)
  else powershellText(call, Buffer.from(plain, 'base64').toString('utf16le'))
  return FROM_PROGRAM
}

function script(call: Call, field: Field | undefined): Stream {
  if (field === undefined) return FROM_PROGRAM
  const stream = call.shell.contents(call.shell.paths(field.value))
  for (const one of stream.texts ?? []) powershellText(call, literal(one) ?? '')
  judgeOrigins(call, stream, field)
  return FROM_PROGRAM
}

export const WINDOWS: readonly Tool[] = [
  { names: 'rd del erase deltree', harmless: '', act: removes },
  {
    names: 'format format.com',
    act: (call) => {
      if (call.args.some(({ value }) => /^[A-Za-z]:$/.test(literal(value) ?? '')))
        call.shell.emit({ verb: 'device.format', on: { kind: 'program', name: 'format' } }, call.span)
      return FROM_PROGRAM
    },
  },
  {
    names: 'diskpart',
    act: (call) => {
      for (const one of call.stdin.texts ?? [])
        if (/\b(?:clean|format|delete)\b/i.test(literal(one) ?? ''))
          call.shell.emit({ verb: 'device.partition', on: { kind: 'program', name: 'diskpart' } }, call.span)
      return FROM_PROGRAM
    },
  },
  { names: 'powershell pwsh powershell-preview', harmless: '', act: powershell },
  {
    names: 'cmd',
    harmless: '',
    act: (call) => {
      const at = call.args.findIndex(({ value }) => /^\/[ck]$/i.test(literal(value) ?? ''))
      const words = at === -1 ? [] : call.args.slice(at + 1)
      const [name, ...rest] = words
      if (name !== undefined && words.length === 1) runText(call, name.value)
      else if (name !== undefined) call.shell.start(name, rest, call.stdin, call.span)
      return FROM_PROGRAM
    },
  },
]
