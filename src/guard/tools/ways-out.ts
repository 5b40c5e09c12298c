// Programs with a small language of their own that has a way out of it: a line that is a command of the shell, a name of a file that is
// written. And interpreters of which nothing else is known: the names and lines in quotes may be meant.

import type { Arguments } from '../arguments.ts'
import { judgeOrigins } from '../builtins.ts'
import type { Field } from '../fields.ts'
import { marked, sourceOfMarked, unmarked } from '../hole.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { runOption } from './options.ts'

type Reader = (source: string, call: Call, field: Field) => void

/** Lines of a text that are looked at, and how much of each. */
const LINES = 512
const LENGTH = 2_000

const run = (call: Call, field: Field, code: string): void => {
  if (code.trim() !== '') runOption(call, { ...field, value: unmarked(code) }, 'shell')
}
const at = (field: Field, name: string): Field => ({ ...field, value: unmarked(name), open: false })

function eachLine(source: string, call: Call, field: Field, read: (line: string) => void): void {
  for (const line of source.split('\n', LINES)) {
    if (!call.shell.world.step()) return
    if (line.length > LENGTH) call.shell.world.say('unknown code', field.span)
    else read(line)
  }
}

/** Code by option, files by option or operand, else what comes in. */
const speaks =
  (read: Reader, code: string, scripts = '', operands = true): NonNullable<Tool['act']> =>
  (call, args) => {
    const texts = args.values(code)
    for (const field of texts) read(marked(field.value), call, field)
    const files = [...args.values(scripts), ...(operands ? args.operands : [])]
    for (const field of files) runFile(read, call, field)
    if (texts.length === 0 && files.length === 0) {
      for (const value of call.stdin.texts ?? []) read(marked(value), call, call.name)
      judgeOrigins(call, call.stdin, call.name)
    }
    return FROM_PROGRAM
  }

function runFile(read: Reader, call: Call, field: Field): void {
  touch(call, 'path.read', field)
  const stream = call.shell.contents(call.shell.paths(field.value))
  for (const value of stream.texts ?? []) read(marked(value), call, field)
  judgeOrigins(call, stream, field)
}

/** `shell TEXT`, `!TEXT`, `pipe … | TEXT`, `call system("TEXT")`; what is dumped, logged and read in. */
const debuggerLines: Reader = (source, call, field) =>
  eachLine(source, call, field, (given) => {
    const line = given.trim()
    const command = /^(?:(?:platform\s+)?she?l?l?\s+(?:-h\s+)?|!|make\s+|(?:pipe|\|)\s[^|]*\|)\s*(.*)$/.exec(
      line,
    )?.[1]
    if (command !== undefined) run(call, field, line.startsWith('make') ? `make ${command}` : command)
    // A function of the C library, called in the process.
    for (const match of line.matchAll(
      /\b(system|popen|execl|unlink|remove|truncate)\s*\(\s*"((?:[^"\\]|\\.){0,1000})"/g,
    )) {
      const text = match[2] ?? ''
      if (match[1] === 'system' || match[1] === 'popen' || match[1] === 'execl') run(call, field, text)
      else touch(call, match[1] === 'truncate' ? 'path.write' : 'path.delete', at(field, text))
    }
    const words = line.split(/\s+/)
    if (/^(?:dump|append)\s/.test(line)) {
      const file = words.find(
        (one, i) => i > 0 && !/^(?:binary|ihex|srec|tekhex|verilog|memory|value)$/.test(one),
      )
      if (file !== undefined) touch(call, 'path.write', at(field, file))
    } else if (/^set\s+logging\s+file\s/.test(line)) touch(call, 'path.append', at(field, words[3] ?? ''))
    else if (/^(?:gcore|generate-core-file|save\s+\S+)\s/.test(line))
      touch(call, 'path.write', at(field, words.at(-1) ?? ''))
    else if (/^(?:source|command\s+source)\s/.test(line))
      touch(call, 'path.exec', at(field, words.at(-1) ?? ''))
    const script = /^(?:py(?:thon)?|script)\s+(\S.*)$/.exec(line)?.[1]
    if (script !== undefined)
      call.shell
        .fork()
        .start(at(field, 'python3'), [at(field, '-c'), at(field, script)], FROM_PROGRAM, field.span)
  })

/** `!TEXT` */
const dc: Reader = (source, call, field) =>
  eachLine(source, call, field, (line) => {
    const command = /(?:^|[\s\]\dpfnq])!(?![<>=])(.*)$/.exec(line)?.[1]
    if (command !== undefined) run(call, field, command)
  })

/** `syscmd(`TEXT')`, `esyscmd`, `include(`FILE')`; comments begin with `dnl` or #. */
const m4: Reader = (source, call, field) => {
  for (const match of source
    .slice(0, 65_536)
    .matchAll(/\b(e?syscmd|s?include|undivert)\(\s*`?([^'`)]{0,1000})/g)) {
    if (!call.shell.world.step(2)) return
    if (match[1]?.endsWith('syscmd') === true) run(call, field, match[2] ?? '')
    else touch(call, 'path.read', at(field, match[2] ?? ''))
  }
}

const quoted = (line: string): string | undefined => {
  const found = /"((?:[^"\\]|\\.)*)"|'([^']*)'/.exec(line)
  return found === null ? undefined : (found[1] ?? found[2])
}

/** `system "TEXT"`, `!TEXT`, `set output 'FILE'`, `plot '< TEXT'`. */
const gnuplot: Reader = (source, call, field) =>
  eachLine(source, call, field, (whole) => {
    if (whole.trimStart().startsWith('!')) return run(call, field, whole.trimStart().slice(1))
    for (const line of whole.split(';').map((one) => one.trim())) {
      const name = quoted(line)
      if (/^(?:system|!)|\bsystem\s*\(/.test(line)) run(call, field, name ?? '')
      else if (name === undefined) continue
      else if (/^\s*[<|]/.test(name)) run(call, field, name.replace(/^\s*[<|]/, ''))
      else if (/^(?:set\s+(?:o(?:u(?:t(?:p(?:u(?:t)?)?)?)?)?|table|print)|save(?:\s+\w+)?)\s/.test(line))
        touch(call, 'path.write', at(field, name))
      else if (/^(?:load|call)\s/.test(line)) touch(call, 'path.read', at(field, name))
      else if (/^(?:s?plot|stats|fit)\b/.test(line)) touch(call, 'path.read', at(field, name))
    }
  })

/** Files by their names, past their owners and modes: `cat FILE`, `dump FILE TO`, with -w `rm FILE`. */
const debugfs: Reader = (source, call, field) =>
  eachLine(source, call, field, (line) => {
    const [verb = '', ...rest] = line.trim().split(/\s+/)
    const words = rest.filter((one) => !one.startsWith('-')).map((one) => at(field, one))
    const [first] = words
    const last = words.at(-1)
    if (first === undefined || last === undefined) return
    if (/^(?:cat|dump|dump_inode|rdump|bd|block_dump|blocks|ex)$/.test(verb)) {
      touch(call, 'path.read', first, verb === 'rdump' ? { recursive: true } : {})
      if (/dump/.test(verb) && words.length > 1) touch(call, 'path.create', last)
    } else if (/^(?:rm|kill_file|unlink|clri|rmdir)$/.test(verb)) touch(call, 'path.delete', first)
    else if (
      /^(?:write|ln|link|mkdir|mknod|symlink|sif|set_inode_field|mi|modify_inode|punch|truncate)$/.test(verb)
    )
      touch(
        call,
        'path.write',
        /^(?:sif|set_inode_field|mi|modify_inode|punch|truncate|mkdir|mknod|symlink)$/.test(verb)
          ? first
          : last,
      )
  })

const TEXTS = 64

/** A language that nobody here reads: what stands in quotes may be a file that it changes or a line that it runs. */
const foreign: Reader = (source, call, field) => {
  const { shell } = call
  let count = 0
  for (const match of source
    .slice(0, 65_536)
    .matchAll(/"((?:[^"\\\n]|\\.){1,400})"|'((?:[^'\\\n]|\\.){1,400})'/g)) {
    if (count++ > TEXTS || !shell.world.step(2)) return
    const text = (match[1] ?? match[2] ?? '').trim()
    if (/\s/.test(text)) shell.fork({ doubtful: true }).code(sourceOfMarked(text), field.span)
    else if (/[./]/.test(text)) touch(call, 'path.append', { ...at(field, text), open: true })
  }
}

const debuggers = (call: Call, args: Arguments) => {
  for (const one of args.values('ex eval-command iex init-eval-command o one-line O one-line-before-file'))
    debuggerLines(marked(one.value), call, one)
  for (const one of args.values('x command ix init-command s source S source-before-file'))
    runFile(debuggerLines, call, one)
  for (const one of call.stdin.texts ?? []) debuggerLines(marked(one), call, call.name)
  return undefined
}

export const WAYS_OUT: readonly Tool[] = [
  {
    names: 'gdb gdb-multiarch cgdb lldb',
    style: 'words',
    long: 'p pid ex eval-command x command ix init-command s source S source-before-file symbols e exec se c core d directory cd tty iex init-eval-command o one-line O one-line-before-file',
    flags: 'batch',
    harmless: '-',
    act: debuggers,
  },
  { names: 'debugfs', short: 'bsdzfR', act: speaks(debugfs, 'R', 'f', false) },
  { names: 'dc', short: 'ef', long: 'expression file', act: speaks(dc, 'e expression', 'f file') },
  {
    names: 'm4 gm4',
    short: 'DUIBSoFRdlLst',
    long: 'define undefine include',
    act: speaks(m4, '-'),
  },
  { names: 'gnuplot', short: 'ec', act: speaks(gnuplot, 'e') },
  {
    names:
      'newlisp gforth pforth picolisp pil pike rexx regina maxima sage wolframscript gst swipl gprolog yap idris coqtop ijconsole apl dyalog bqn squirrel wren gravity nickle yabasic bwbasic',
    short: 'egcx',
    long: 'eval goal code batch-string execute',
    act: speaks(foreign, 'e g c x eval goal code batch-string execute'),
  },
]
