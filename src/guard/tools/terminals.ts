// Programs that type into a terminal for somebody, or keep one: tmux, screen, expect.

import { judgeOrigins, runText } from '../builtins.ts'
import { readTcl } from '../code/tcl.ts'
import { marked } from '../hole.ts'
import { joined } from '../printing.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, NOTHING, type Stream } from '../stream.ts'
import { type Sub, type Tool, touch } from '../tool.ts'
import { concat, literal, type Value } from '../value.ts'
import { launch } from './items.ts'

const typed = (call: Call, value: Value, stdin: Stream = NOTHING): Stream =>
  runText({ ...call, shell: call.shell.fork({ via: [...call.shell.state.via, 'terminal'] }) }, value, stdin)

/** Keys by their names are no text. */
const KEY =
  /^(?:Enter|C-.|M-.|S-.|KPEnter|Escape|Space|Tab|BSpace|Up|Down|Left|Right|Home|End|PageUp|PageDown|F\d+)$/

const keys: NonNullable<Tool['act']> = (call, args) => {
  const words = args.operands.filter(({ value }) => !KEY.test(literal(value) ?? ''))
  if (words.length > 0)
    typed(call, concat(...words.map(({ value }, i) => (i === 0 ? value : concat([' '], value)))))
  return NOTHING
}

/** The words behind the options are one text for a shell. */
const text: NonNullable<Tool['act']> = (call, args) => {
  if (args.operands.length > 0) typed(call, joined(args.operands))
  return NOTHING
}

const TMUX: Readonly<Record<string, Sub>> = {
  'send-keys send': { short: 'tNc', act: keys },
  'new-session new': { short: 'cefFnstxy', act: text },
  'new-window neww split-window splitw respawn-pane respawnp respawn-window respawnw popup display-popup': {
    short: 'cFntelxybdhwsST',
    act: text,
  },
  'run-shell run': { short: 'tdc', act: text },
  'if-shell if': {
    short: 't',
    act: (call, args) => {
      for (const { value } of args.operands.slice(0, 1)) typed(call, value)
      return NOTHING
    },
  },
  'pipe-pane pipep': { short: 't', act: text },
  'set-hook': { short: 't' },
  'source-file source': { short: 't', does: [{ do: 'path.read' }] },
  'save-buffer saveb': { short: 'b', does: [{ do: 'path.write' }] },
  'load-buffer loadb': { short: 'bt', does: [{ do: 'path.read' }] },
  '*': {},
}

/** screen has signs of its own for the key that ends a line: `\\n`, `\\015`, `^M`. */
const pressed = (value: Value): Value =>
  value.map((piece) =>
    typeof piece === 'string' ? piece.replaceAll(/\\(?:[nr]|01[25])|\^[MJ]/g, '\n') : piece,
  )

const screen: NonNullable<Tool['act']> = (call, args) => {
  if (!args.has('X'))
    return args.operands.length === 0 ? FROM_PROGRAM : launch(call, call.shell, args.operands, NOTHING)
  const [verb, ...words] = args.operands
  const word = verb === undefined ? '' : (literal(verb.value) ?? '')
  if (word === 'stuff') typed(call, joined(words.map((one) => ({ ...one, value: pressed(one.value) }))))
  else if (word === 'exec' || word === 'screen') typed(call, joined(words))
  return NOTHING
}

/** Tcl and what is built on it: a script, `-c` of expect, or what comes in. */
const tcl: NonNullable<Tool['act']> = (call, args) => {
  const inner = { ...call, shell: call.shell.fork({ via: [...call.shell.state.via, 'tcl'] }) }
  const texts = args.values('c e')
  for (const field of texts) readTcl(marked(field.value), inner, field)
  const [file] = args.operands
  if (file !== undefined) {
    touch(inner, 'path.exec', file)
    for (const one of call.shell.contents(call.shell.paths(file.value)).texts ?? [])
      readTcl(marked(one), inner, file)
  } else if (texts.length === 0) {
    for (const one of call.stdin.texts ?? []) readTcl(marked(one), inner, call.name)
    judgeOrigins(call, call.stdin, call.name)
  }
  call.shell.keepFiles(inner.shell)
  return FROM_PROGRAM
}

export const TERMINALS: readonly Tool[] = [
  { names: 'tmux byobu', short: 'cfLS', style: 'posix', sub: TMUX },
  { names: 'screen', short: 'cehpSstT', style: 'posix', act: screen },
  {
    names: 'zellij',
    style: 'posix',
    sub: {
      'run r': {
        short: 'nd',
        long: 'name direction cwd',
        style: 'posix',
        act: (call, args) => launch(call, call.shell, args.operands, NOTHING),
      },
      '*': {},
    },
  },
  { names: 'expect', short: 'cf', style: 'posix', act: tcl },
  {
    names: 'tclsh tclsh8.5 tclsh8.6 tclsh9.0 wish wish8.6 wish9.0 jimsh',
    short: 'e',
    long: 'encoding',
    style: 'posix',
    act: tcl,
  },
  {
    // `perf stat CMD`, `perf record CMD`; `machinectl shell NAME CMD`; `capsh -- -c TEXT`.
    names: 'perf',
    style: 'posix',
    sub: {
      'stat record trace': {
        style: 'posix',
        short: 'eFcoprtCGxIDjmu',
        long: 'event output pid tid cpu repeat freq count delay interval-print field-separator call-graph',
        does: [{ do: 'path.write', to: 'option:o output' }],
        act: (call, args) => launch(call, call.shell, args.operands, NOTHING),
      },
      '*': {},
    },
  },
  {
    names: 'machinectl',
    style: 'posix',
    short: 'MHpE',
    long: 'machine host uid setenv',
    sub: {
      shell: {
        style: 'posix',
        act: (call, args) => launch(call, call.shell, args.operands.slice(1), NOTHING),
      },
      '*': {},
    },
  },
  {
    names: 'capsh',
    style: 'posix',
    act: (call, args) =>
      args.operands.length > 0
        ? call.shell.start({ ...call.name, value: ['bash'] }, args.operands, call.stdin, call.span)
        : undefined,
  },
  { names: 'sudoedit', does: [{ do: 'path.write', note: 'edited' }] },
]
