// Processes: who is ended, by number, name, pattern, port. A search for processes answers with a mark instead of numbers, so that what
// is done with them later is done to what was searched for.
import { readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { type By, fileNamesOf, found, isMark, processOf } from '../mark.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, fromFiles, opaque, type Stream } from '../stream.ts'
import { nameOf, type Tool } from '../tool.ts'
import { after, literal, prefix, split, text, type Value } from '../value.ts'
import { emitService } from './container-run.ts'
import { power } from './power.ts'

function kill(call: Call, by: By, value: Value, span = call.span, note?: 'reload'): void {
  const more = note === undefined ? {} : { note }
  call.shell.emit({ verb: 'process.kill', on: { kind: 'process', by, value }, ...more }, span)
}

/** A number, or the mark of a search. */
function killOne(call: Call, given: Field, signal: string): void {
  // `-$(pgrep …)`: the group of whoever was found.
  const inner = after(given.value, '-')
  const field = inner !== undefined && isMark(inner) ? { ...given, value: inner } : given
  const start = prefix(field.value)
  const meant = processOf(field.value)
  if (meant !== undefined && isMark(field.value)) {
    if (reloads(signal)) return
    if (meant.by === 'unit') emitService(call, 'systemd', 'stop', { ...field, value: meant.value })
    else kill(call, meant.by, meant.value, field.span)
    return
  }
  // The first process goes down, unless it is told to read its settings again.
  if (start === '1' && literal(field.value) === '1' && !reloads(signal)) power(call, 'shutdown')
  else if (literal(field.value) === '-1') kill(call, 'all', [], field.span)
  else if (!start.startsWith('%'))
    kill(
      call,
      'pid',
      field.value,
      field.span,
      // Of a file's number it is known whose it is, and so that it is told to read its settings.
      reloads(signal) && fileNamesOf(field.value).length > 0 ? 'reload' : undefined,
    )
}

/** Signals that end nothing. */
const tests = (signal: string) => /^(0|SIG0|CONT|SIGCONT|18|WINCH|SIGWINCH|28|URG|CHLD)$/i.test(signal)
const reloads = (signal: string) => /^(HUP|SIGHUP|1|USR1|SIGUSR1|10|USR2|SIGUSR2|12)$/i.test(signal)

function killCommand(call: Call): Stream {
  let signal = ''
  const targets: Field[] = []
  for (let i = 0; i < call.args.length; i++) {
    const field = call.args[i] as Field
    const word = prefix(field.value)
    if (targets.length === 0 && /^-(l|L|-list|-table|-help|V)/.test(word)) return FROM_PROGRAM
    if (targets.length === 0 && /^(-s|-n|--signal|-q)$/.test(word))
      signal = prefix(call.args[++i]?.value ?? [])
    else if (targets.length === 0 && word.startsWith('--signal=')) signal = word.slice(9)
    else if (word === '--') continue
    else if (signal === '' && targets.length === 0 && /^-\w/.test(word) && i + 1 < call.args.length)
      signal = word.slice(1)
    else targets.push(field)
  }
  if (tests(signal)) return FROM_PROGRAM
  for (const field of targets) killOne(call, field, signal)
  return FROM_PROGRAM
}

const PGREP = {
  short: 'dFGPrsgtuUC',
  long: 'delimiter pidfile group parent runstates session pgroup terminal euid uid signal ns nslist older env cgroup queue',
  flags:
    'full exact newest oldest count list-name list-full inverse ignore-case lightweight echo require-handler help version',
} as const

/** `-9` and `-KILL` are signals; the rest are options. */
function signalOf(args: readonly Field[]): { readonly signal: string; readonly rest: readonly Field[] } {
  const at = args.findIndex(({ value }) => /^-(\d+|(SIG)?[A-Z][A-Z]+\d?(\+\d)?)$/.test(prefix(value)))
  if (at === -1) return { signal: '', rest: args }
  return {
    signal: prefix((args[at] as Field).value).slice(1),
    rest: [...args.slice(0, at), ...args.slice(at + 1)],
  }
}

function selection(call: Call, rest: readonly Field[]) {
  const args = readArguments(rest, PGREP)
  const [pattern] = args.operands
  const user = args.value('u U euid uid')
  const file = args.value('F pidfile')
  if (file !== undefined && pattern === undefined)
    return {
      args,
      by: 'pid' as const,
      value: opaque(call.shell.contents(call.shell.paths(file.value))),
      span: file.span,
    }
  const by: By =
    pattern === undefined
      ? user === undefined
        ? 'pid'
        : 'user'
      : args.has('x exact') && !args.has('f full')
        ? 'name'
        : 'pattern'
  return { args, by, value: pattern?.value ?? user?.value ?? [], span: pattern?.span ?? call.span }
}

function pkill(call: Call): Stream {
  const given = signalOf(call.args)
  const { args, by, value, span } = selection(call, given.rest)
  const signal = literal(args.value('signal')?.value ?? []) || given.signal
  if (
    args.has('help h version V') ||
    tests(signal) ||
    (args.operands.length === 0 && args.options.length === 0)
  )
    return FROM_PROGRAM
  if (reloads(signal) && by !== 'pid') emitService(call, 'process', 'reload', { value, span, open: false })
  else kill(call, by, value, span, reloads(signal) ? 'reload' : undefined)
  return FROM_PROGRAM
}

/** A table of processes: all of them, until somebody searches in it. */
const LIST: Stream = found('list', [])

/** `ps -C name`, `-u user`, `-p number`; else everything. */
function ps(call: Call): Stream {
  const args = readArguments(call.args, {
    short: 'CGgopqstuUOk',
    long: 'pid ppid user User group Group sid tty quick-pid format sort cols columns width lines rows',
  })
  if (args.has('help version V L')) return FROM_PROGRAM
  const name = args.value('C')
  if (name !== undefined) return found('name', name.value)
  return args.has('p q pid quick-pid ppid g s sid G u U user User') ? FROM_PROGRAM : LIST
}

function killall(call: Call): Stream {
  const given = signalOf(call.args)
  const args = readArguments(given.rest, {
    short: 'suoyzn',
    long: 'signal user older-than younger-than ns context',
    flags: 'exact regexp ignore-case interactive list quiet verbose wait process-group help version',
  })
  const signal = literal(args.value('s signal')?.value ?? []) || given.signal
  if (args.has('help version l list V') || tests(signal)) return FROM_PROGRAM
  for (const { value, span } of args.operands)
    if (reloads(signal)) emitService(call, 'process', 'reload', { value, span, open: false })
    else kill(call, args.has('r regexp') ? 'pattern' : 'name', value, span)
  if (args.operands.length === 0)
    for (const { value, span } of args.values('u user')) kill(call, 'user', value, span)
  return FROM_PROGRAM
}

/** Numbers of those that have a file open: they are told by the file. */
const whoeverHas = ({ shell }: Call, value: Value): Value => opaque(fromFiles(shell.paths(value), true))

/** `3000/tcp`, or a port after `-n tcp`, or a file that somebody has open. */
function fuser(call: Call): Stream {
  const given = signalOf(call.args)
  const args = readArguments(given.rest, {
    short: 'n',
    long: 'namespace',
    flags: 'kill all ismountpoint interactive list-signals mount user verbose silent writeonly',
  })
  let out: Stream = FROM_PROGRAM
  for (const { value, span } of args.operands) {
    const port = /^(\d+)(\/(tcp|udp|sctp))?$/.exec(literal(value) ?? '')?.[1]
    const by = port === undefined ? 'pid' : 'port'
    const what = port === undefined ? whoeverHas(call, value) : text(port)
    if (args.has('k kill')) kill(call, by, what, span)
    else out = found(by, what)
  }
  return out
}

/** `lsof -t -i :3000`: the numbers of who holds a port. */
function lsof(call: Call): Stream {
  const args = readArguments(call.args, { short: 'acdFgnpsuS', attached: 'iDr' })
  if (!args.has('t')) return FROM_PROGRAM
  const words = [...args.values('i'), ...args.operands].map(({ value }) => prefix(value))
  const port = words.map((one) => /:?(\d+)$/.exec(one)?.[1]).find((one) => one !== undefined)
  const command = args.value('c')
  if (port !== undefined) return found('port', text(port))
  if (command !== undefined) return found('pattern', command.value)
  const [file] = args.operands
  return file === undefined ? FROM_PROGRAM : found('pid', whoeverHas(call, file.value))
}

/** `start-stop-daemon --stop --pidfile FILE`, `--exec`, `--name`; `killproc -p FILE NAME`. */
function stopDaemon(call: Call): Stream {
  const args = readArguments(call.args, {
    short: 'acdgnNopPrRsuxIk',
    long: 'exec startas pidfile chuid group name nicelevel chdir chroot signal retry user ppid pid',
    flags: 'start stop status test background oknodo quiet verbose help version',
  })
  const isKiller = literal(call.name.value)?.endsWith('killproc') === true
  if (args.has('help version') || (!isKiller && !args.has('K stop')) || args.has('t test'))
    return FROM_PROGRAM
  const signal = literal(args.value('s signal')?.value ?? []) ?? ''
  if (tests(signal)) return FROM_PROGRAM
  const note = reloads(signal) ? 'reload' : undefined
  const file = args.value('p pidfile')
  if (file !== undefined)
    kill(call, 'pid', opaque(call.shell.contents(call.shell.paths(file.value))), file.span, note)
  for (const { value, span } of [
    ...args.values('n name x exec a startas'),
    ...(isKiller ? args.operands : []),
  ])
    kill(call, 'name', split(value, '/').at(-1) ?? value, span, note)
  for (const { value, span } of args.values('pid')) kill(call, 'pid', value, span, note)
  return FROM_PROGRAM
}

export const PROCESSES: readonly Tool[] = [
  { names: 'kill', style: 'posix', harmless: '-', act: killCommand },
  { names: 'pkill skill slay', style: 'posix', harmless: 'help', act: pkill },
  { names: 'killall', style: 'posix', harmless: 'help version', act: killall },
  { names: 'killall5', style: 'posix', act: (call) => (kill(call, 'all', []), undefined) },
  { names: 'ps', style: 'posix', harmless: '-', act: ps },
  // `ss -ltnp`: who holds which port.
  {
    names: 'ss netstat',
    act: (call, args) => {
      // Connections are ended, not listed.
      if (nameOf(call) === 'ss' && args.has('K kill'))
        call.shell.emit({ verb: 'net.configure', on: { kind: 'host' } }, call.span)
      return args.has('p processes program programs') ? LIST : undefined
    },
  },
  { names: 'fuser', style: 'posix', act: fuser },
  { names: 'lsof', style: 'posix', harmless: '-', act: lsof },
  {
    names: 'pgrep',
    style: 'posix',
    act: (call) => {
      const { by, value, args } = selection(call, signalOf(call.args).rest)
      return args.has('c count l list-name a list-full') ? FROM_PROGRAM : found(by, value)
    },
  },
  {
    names: 'pidof pidofproc',
    short: 'osS',
    act: (_call, args) =>
      args.operands[0] === undefined ? FROM_PROGRAM : found('name', args.operands[0].value),
  },
  { names: 'start-stop-daemon killproc', style: 'posix', harmless: '-', act: stopDaemon },
  {
    // A control group goes with everything in it: `cgdelete -r cpu,memory:system.slice/app.service`.
    names: 'cgdelete cgclear',
    short: 'glfL',
    act: (call, args) => {
      for (const group of args.operands) {
        const last = split(group.value, '/').at(-1) ?? group.value
        emitService(call, 'systemd', 'stop', { ...group, value: last })
      }
      return undefined
    },
  },
  {
    // `taskkill /IM node.exe /F`, `/PID 4711`
    names: 'taskkill tskill',
    style: 'posix',
    harmless: '-',
    act: (call) => {
      for (const [i, { value }] of call.args.entries()) {
        const option = (literal(value) ?? '').toLowerCase()
        const next = call.args[i + 1]
        if (next === undefined) continue
        if (option === '/im')
          kill(call, 'name', text((literal(next.value) ?? '*').replace(/\.exe$/i, '')), next.span)
        else if (option === '/pid') kill(call, 'pid', next.value, next.span)
      }
      return undefined
    },
  },
  {
    names: 'kill-port fkill',
    act: (call, args) => {
      for (const { value, span } of args.operands) {
        const port = /^:?(\d+)$/.exec(literal(value) ?? '')?.[1]
        kill(call, port === undefined ? 'name' : 'port', port === undefined ? value : text(port), span)
      }
      return undefined
    },
  },
]
