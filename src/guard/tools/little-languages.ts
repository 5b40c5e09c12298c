// Languages that live in one operand: awk, jq, PowerShell, AppleScript.

import { judgeOrigins } from '../builtins.ts'
import { readAwk } from '../code/awk.ts'
import { encodedCommand, pathOf, readPowerShell } from '../code/powershell.ts'
import { marked } from '../hole.ts'
import { isMarked, pickedOut } from '../mark.ts'
import type { Call } from '../shell.ts'
import { FROM_CODE, FROM_PROGRAM, NOTHING, type Stream, wordedBy } from '../stream.ts'
import { fieldFor, inputOf, type Tool, touch } from '../tool.ts'
import { COMPONENT, literal, prefix, suffix, type Value } from '../value.ts'

/** What comes out of a filter came from what went in. */
const filtered = (stream: Stream): Stream => ({
  origins: stream.origins.length === 0 ? FROM_CODE.origins : stream.origins,
})

/** A word that `xargs` or a variable leaves open is code that is not known. */
const isOpenCode = (value: Value) => value.length > 0 && value.every((piece) => typeof piece !== 'string')

function unknown(call: Call, span: Call['span']): void {
  call.shell.emit({ verb: 'exec.unknown', on: { kind: 'program', name: '' } }, span)
  call.shell.world.say('unknown code', span)
}

/** A letter at a time, as PowerShell shortens its parameters. */
const parameter = (name: string, full: string): boolean => name !== '' && full.startsWith(name.toLowerCase())

function powershell(call: Call): Stream {
  const { shell, args } = call
  for (let i = 0; i < args.length; i++) {
    const field = args[i]
    if (field === undefined) break
    const name = prefix(field.value)
    const next = args[i + 1]
    if (/^[-/]/.test(name)) {
      const word = name.slice(1)
      if (parameter(word, 'encodedcommand') || word.toLowerCase() === 'ec') {
        const code = next === undefined ? undefined : encodedCommand(next.value)
        shell.emit({ verb: 'exec.decoded', on: { kind: 'program', name: 'powershell' } }, field.span)
        if (code !== undefined) readPowerShell(code, call, next ?? field)
        return FROM_PROGRAM
      }
      if (parameter(word, 'command')) {
        const words = args.slice(i + 1)
        if (words.some(({ value }) => isOpenCode(value))) unknown(call, field.span)
        else if (words.length === 1 && literal(words[0]?.value ?? []) === '-') break
        else readPowerShell(words.map(({ value }) => marked(value)).join(' '), call, words[0] ?? field)
        return FROM_PROGRAM
      }
      if (parameter(word, 'file')) {
        if (next !== undefined) runFile(call, next)
        return FROM_PROGRAM
      }
      if (
        /^(?:executionpolicy|ex|ep|inputformat|outputformat|version|windowstyle|w|configurationname|workingdirectory|wd|settingsfile|custompipename)$/i.test(
          word,
        )
      )
        i++
      if (/^(?:help|\?|h)$/i.test(word)) return NOTHING
      continue
    }
    // Without a parameter: a file for pwsh, a command for Windows PowerShell.
    const plain = suffix(field.value)
    if (/\.ps1$/i.test(plain)) runFile(call, field)
    else if (isOpenCode(field.value)) unknown(call, field.span)
    else
      readPowerShell(
        args
          .slice(i)
          .map(({ value }) => marked(value))
          .join(' '),
        call,
        field,
      )
    return FROM_PROGRAM
  }
  for (const value of call.stdin.texts ?? []) readPowerShell(marked(value), call, call.name)
  judgeOrigins(call, call.stdin, call.name)
  return FROM_PROGRAM
}

function runFile(call: Call, given: Call['name']): void {
  const { shell } = call
  const plain = literal(given.value)
  const field = plain === undefined ? given : { ...given, value: pathOf(plain) }
  touch(call, 'path.exec', field)
  const stream = shell.contents(shell.paths(field.value))
  for (const value of stream.texts ?? []) readPowerShell(marked(value), call, field)
  judgeOrigins(call, stream, field)
}

/** `print "rm " $1`: a word of the program stands first in the line, and the rest is what comes in. */
const LINES = /\bprintf?[\s(]*"\s*[A-Za-z][\w./-]*[ "]/
export const LITTLE_LANGUAGES: readonly Tool[] = [
  {
    names: 'awk gawk mawk nawk original-awk busybox-awk goawk',
    short: 'FvfeilEW',
    attached: 'odpDL',
    long: 'field-separator assign file source include load exec',
    harmless: 'help version V h',
    style: 'posix',
    act: (call, args) => {
      const variables = new Map<string, Value>()
      for (const { value } of args.values('v assign')) {
        const start = prefix(value)
        const equals = start.indexOf('=')
        if (equals > 0)
          variables.set(
            start.slice(0, equals),
            [start.slice(equals + 1), ...value.slice(1)].filter((one) => one !== ''),
          )
      }
      const files = args.values('f file E exec')
      const texts = [...args.values('e source')]
      let inputs = args.operands
      if (files.length === 0 && texts.length === 0 && inputs[0] !== undefined) {
        texts.push(inputs[0])
        inputs = inputs.slice(1)
      }
      for (const field of texts) {
        if (isOpenCode(field.value)) unknown(call, field.span)
        else readAwk(marked(field.value), call, field, variables)
      }
      for (const field of files) {
        touch(call, 'path.exec', field)
        const stream = inputOf(call, [field])
        for (const value of stream.texts ?? []) readAwk(marked(value), call, field, variables)
        judgeOrigins(call, stream, field)
      }
      const real = inputs.filter(({ value }) => !/^[A-Za-z_]\w*=/.test(prefix(value)))
      for (const field of real) touch(call, 'path.read', field)
      if (args.values('i include').some(({ value }) => literal(value) === 'inplace'))
        for (const field of real) touch(call, 'path.write', field)
      const input = inputOf(call, real)
      if (!isMarked(input))
        return texts.some(({ value }) => LINES.test(prefix(value)))
          ? wordedBy(filtered(input))
          : filtered(input)
      // `/node/{print $2}`: the lines that the first pattern picks out.
      const picked = /^\s*\/([^/]{1,80})\//.exec(texts.length === 1 ? prefix(texts[0]?.value ?? []) : '')?.[1]
      return picked === undefined ? input : pickedOut(input, [picked])
    },
  },
  {
    names: 'jq gojq jaq yq xq tomlq dasel fx gron',
    short: 'fLIioP',
    long: 'from-file indent',
    flags:
      'null-input raw-output raw-input slurp compact-output tab sort-keys exit-status join-output inplace in-place',
    harmless: 'help version h V',
    style: 'gnu',
    act: (call, args) => {
      const plain = args.options.map(({ name }) => name)
      // `--arg NAME VALUE`, `--slurpfile NAME FILE`: two words each.
      let inputs = [...args.operands]
      for (const [i, field] of call.args.entries()) {
        const name = literal(field.value)
        if (name === undefined || !/^--(?:arg|argjson|slurpfile|rawfile|argfile)$/.test(name)) continue
        const [one, two] = [call.args[i + 1], call.args[i + 2]]
        inputs = inputs.filter((each) => each !== one && each !== two)
        if (two !== undefined && name.endsWith('file')) touch(call, 'path.read', two)
      }
      for (const field of args.values('f from-file')) touch(call, 'path.read', field)
      if (!plain.includes('f') && !plain.includes('from-file')) inputs = inputs.slice(1)
      for (const field of inputs) touch(call, 'path.read', field)
      if (plain.includes('inplace') || plain.includes('in-place'))
        for (const field of inputs) touch(call, 'path.write', field)
      return filtered(inputOf(call, inputs))
    },
  },
  {
    // One file a document, with the name that an expression says.
    names: 'yq',
    style: 'gnu',
    short: 's',
    long: 'split-exp split-exp-file',
    act: (call, args) => {
      if (args.has('s split-exp split-exp-file'))
        touch(call, 'path.create', fieldFor(call, [COMPONENT, '.yml']))
      return undefined
    },
  },
  { names: 'powershell pwsh powershell_ise pwsh-preview', harmless: '-', act: (call) => powershell(call) },
  {
    names: 'osascript',
    short: 'els',
    act: (call, args) => {
      for (const field of args.values('e')) {
        const source = marked(field.value)
        for (const match of source.slice(0, 8_000).matchAll(/do shell script\s+"((?:[^"\\]|\\.)*)"/gi))
          call.shell
            .fork({ via: [...call.shell.state.via, 'osascript'] })
            .code((match[1] ?? '').replace(/\\(.)/g, '$1'), field.span)
        if (/\b(?:shut down|restart|log out)\b/i.test(source) && /tell\s+app/i.test(source))
          call.shell.emit(
            { verb: /shut down/i.test(source) ? 'host.shutdown' : 'host.reboot', on: { kind: 'host' } },
            field.span,
          )
        if (/\b(?:delete|empty)\b/i.test(source) && /finder/i.test(source))
          call.shell.world.say('unknown code', field.span)
      }
      const [script] = args.operands
      if (script !== undefined && !args.has('e')) {
        touch(call, 'path.exec', script)
        judgeOrigins(call, call.shell.contents(call.shell.paths(script.value)), script)
      } else if (!args.has('e')) judgeOrigins(call, call.stdin, call.name)
      return FROM_PROGRAM
    },
  },
]
