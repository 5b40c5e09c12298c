// Debuggers, tracers and listeners: what they fasten to. What only reads counters, a finished core or a saved capture fastens to nothing.
import { type Arguments, type Grammar, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { processOf } from '../mark.ts'
import { INSPECTOR } from '../rules/debug.ts'
import type { Call } from '../shell.ts'
import { originsOf } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal, prefix, split, text, type Value } from '../value.ts'
import { serve } from './dev-servers.ts'

type By = 'pid' | 'name' | 'port' | 'all'

function attach(call: Call, by: By, value: Value, span = call.span, note?: string): void {
  call.shell.emit(
    { verb: 'debug.attach', on: { kind: 'process', by, value }, ...(note === undefined ? {} : { note }) },
    span,
  )
}

/** Numbers, `4711,4712`, what a search found, what a file of a known name holds. */
function attachTo(call: Call, field: Field, note?: string): void {
  for (const value of split(field.value, ',')) {
    const meant = processOf(value)
    if (meant === undefined) continue
    const file = meant.by === 'pid' ? fileName(value) : undefined
    if (file !== undefined) attach(call, 'name', text(file), field.span, note)
    else if (meant.by === 'unit')
      call.shell.emit(
        {
          verb: 'debug.attach',
          on: { kind: 'service', manager: 'systemd', name: meant.value },
          ...(note === undefined ? {} : { note }),
        },
        field.span,
      )
    else
      call.shell.emit(
        {
          verb: 'debug.attach',
          on: { kind: 'process', by: meant.by, value: meant.value },
          ...(note === undefined ? {} : { note }),
        },
        field.span,
      )
  }
}

/** `$(cat /run/nginx.pid)`: the file says whose number it is. */
function fileName(value: Value): string | undefined {
  for (const origin of originsOf(value)) {
    const last = origin.from === 'file' ? origin.path.segments.at(-1) : undefined
    const name = last === undefined || last === 'tree' ? undefined : literal(last)
    if (name !== undefined) return name.replace(/\.pid$/, '')
  }
  return undefined
}

/** A tool that fastens to what these options name. */
interface Tracer extends Grammar {
  readonly names: string
  readonly harmless?: string
  readonly pid?: string
  readonly name?: string
  /** Options that take in the whole machine. */
  readonly all?: string
  /** Every operand is a process too. */
  readonly operands?: true
  /** Only these subcommands. */
  readonly sub?: string
}

const TRACERS: readonly Tracer[] = [
  {
    names: 'strace',
    short: 'abeEoOpPsSuUIX',
    long: 'trace output attach user',
    style: 'posix',
    pid: 'p attach',
  },
  { names: 'ltrace', short: 'aADeFlnopsuwx', long: 'output user', style: 'posix', pid: 'p' },
  {
    names: 'lldb',
    short: 'pnoOsSkKfcal',
    long: 'attach-pid attach-name one-line one-line-before-file source file core arch',
    flags: 'wait-for batch',
    style: 'posix',
    pid: 'p attach-pid',
    name: 'n attach-name',
  },
  {
    names: 'perf',
    sub: 'record trace probe mem sched lock kmem',
    short: 'ptCFoecuGj',
    long: 'pid tid cpu freq output event',
    flags: 'all-cpus',
    style: 'posix',
    pid: 'p pid t tid',
    all: 'a all-cpus',
  },
  {
    names: 'bpftrace',
    short: 'epcoBd',
    harmless: 'l L V h help version info',
    style: 'posix',
    all: '',
    pid: 'p',
  },
  { names: 'stap', short: 'exomDpsIrv', harmless: 'l L V h help version', style: 'posix', all: '' },
  {
    names: 'dtrace dtruss opensnoop.d',
    short: 'nspoxcmf',
    harmless: 'l V h',
    style: 'posix',
    pid: 'p',
    all: '',
  },
  { names: 'sysdig csysdig', short: 'rwcspnSFC', harmless: 'r h help l list cl', all: '' },
  { names: 'gcore reptyr pyrasite pyrasite-shell jattach inject', short: 'o', operands: true },
  { names: 'criu', sub: 'dump pre-dump', short: 't', long: 'tree images-dir', pid: 't tree' },
  {
    names: 'frida frida-trace frida-ps frida-discover',
    short: 'pnfFUDRHl',
    pid: 'p attach-pid',
    name: 'n attach-name',
  },
  { names: 'rbspy', sub: 'record snapshot', short: 'pdf', long: 'pid', pid: 'p pid' },
  { names: 'phpspy austin austinp', short: 'pPoHif', long: 'pid', pid: 'p pid' },
  { names: 'memray', sub: 'attach', operands: true },
  { names: 'asprof async-profiler profiler.sh', short: 'edfi', operands: true },
  { names: 'jhsdb', sub: 'clhsdb hsdb jstack jmap jinfo jsnap debugd', long: 'pid', pid: 'pid' },
]

const tracer =
  (one: Tracer): NonNullable<Tool['act']> =>
  (call) => {
    let words = call.args
    if (one.sub !== undefined) {
      const [first, ...rest] = words
      if (first === undefined || !one.sub.split(' ').includes(literal(first.value) ?? '')) return undefined
      words = rest
    }
    const args = readArguments(words, one)
    if (one.harmless !== undefined && args.has(one.harmless)) return undefined
    let told = false
    for (const field of one.pid === undefined ? [] : args.values(one.pid)) {
      attachTo(call, field)
      told = true
    }
    for (const { value, span } of one.name === undefined ? [] : args.values(one.name)) {
      attach(call, 'name', value, span)
      told = true
    }
    if (one.operands === true)
      for (const field of args.operands)
        if (/^\d+$|^$|[^\w./-]/.test(prefix(field.value))) attachTo(call, field)
    if (!told && one.all !== undefined && (one.all === '' || args.has(one.all))) attach(call, 'all', [])
    return undefined
  }

/** `gdb PROGRAM 4711`, `-p 4711`, `-ex "attach 4711"`; a core file in place of the number is only read. */
const gdb: NonNullable<Tool['act']> = (call) => {
  const args = readArguments(call.args, {
    style: 'words',
    long: 'p pid ex eval-command x command s symbols e exec se c core d directory cd tty iex init-eval-command b l interpreter',
  })
  for (const field of args.values('p pid')) attachTo(call, field)
  for (const { value, span } of args.values('ex eval-command iex init-eval-command')) {
    const words = prefix(value).trim()
    if (/^att(?:ach?)?\b/.test(words)) attach(call, 'pid', text(words.replace(/^\S+\s*/, '')), span)
    else if (/^target\s+(?:extended-)?remote\b/.test(words)) attach(call, 'pid', [], span)
  }
  const [program, second] = args.operands
  if (program === undefined || args.has('core c')) return undefined
  if (second === undefined || args.has('args')) serve(call, program)
  else if (/^\d+$/.test(prefix(second.value)) || literal(second.value) === undefined) attachTo(call, second)
  return undefined
}

/** `gdbserver :1234 --attach 4711`, `gdbserver :1234 ./program`. */
const gdbServer: NonNullable<Tool['act']> = (call) => {
  const args = readArguments(call.args, { flags: 'attach multi once debug wrapper help version' })
  if (args.has('help version')) return undefined
  const [, what] = args.operands
  if (args.has('attach')) {
    for (const field of args.operands.slice(-1)) attachTo(call, field)
  } else if (args.has('multi')) attach(call, 'pid', [])
  else if (what !== undefined) serve(call, what)
  return undefined
}

/** Stacks are told by the process itself, at its own safe points; a heap is its whole memory. */
const JCMD_READS =
  /^(?:help|Thread\.print|VM\.(?:version|flags|uptime|command_line|info|native_memory|classloader_stats|stringtable|symboltable)|GC\.(?:heap_info|class_histogram|class_stats|finalizer_info)|PerfCounter\.print)$/

const jcmd: NonNullable<Tool['act']> = (call) => {
  const [pid, command] = call.args
  if (pid === undefined || command === undefined || prefix(pid.value).startsWith('-')) return undefined
  if (!JCMD_READS.test(literal(command.value) ?? '')) attachTo(call, pid)
  return undefined
}

/** `py-spy dump` stops the process while it looks; without blocking and without variables it only reads addresses. */
const pySpy: NonNullable<Tool['act']> = (call) => {
  const [first, ...rest] = call.args
  const verb = first === undefined ? '' : literal(first.value)
  if (verb !== 'dump' && verb !== 'record' && verb !== 'top') return undefined
  const args = readArguments(rest, {
    short: 'pordf',
    long: 'pid output rate duration format',
    flags: 'nonblocking locals native subprocesses idle gil threads json function',
    style: 'posix',
  })
  if (verb === 'dump' && args.has('nonblocking') && !args.has('locals l')) return undefined
  for (const field of args.values('p pid')) attachTo(call, field)
  return undefined
}

/** What is listened to: the ports of a filter, or all there is where it names none and does not leave them out. */
function listen(call: Call, filter: readonly Field[]): void {
  const words = filter.flatMap(({ value, span }) =>
    split(value, ' ').map((word) => ({ word: literal(word), value: word, span })),
  )
  let told = false
  for (const [i, { word }] of words.entries()) {
    const next = words[i + 1]
    if (word === undefined || !/^(?:port|portrange)$/.test(word) || next === undefined) continue
    const before = words[i - 1]?.word
    if (before === 'not' || before === '!' || words[i - 2]?.word === 'not') continue
    told = true
    const [low = Number.NaN, high = low] = (next.word ?? '').split('-').map(Number)
    // A wide range is as good as all there is.
    if (high - low > 64) attach(call, 'all', [])
    else if (high > low)
      for (let port = low; port <= high; port++) attach(call, 'port', text(String(port)), next.span)
    else attach(call, 'port', next.word === undefined ? next.value : text(String(low)), next.span)
  }
  if (!told && !words.some(({ word }) => word !== undefined && /^(?:icmp6?|arp|rarp|stp|lldp)$/.test(word)))
    attach(call, 'all', [])
}

const CAPTURE: Grammar = {
  short: 'BcCEFGijMrsTVwWyzfYRdHNtKebaoPX',
  long: 'interface read-file count snapshot-length snaplen capture-filter',
  flags: 'list-interfaces',
}
const capture =
  (harmless: string, filters: (args: Arguments) => readonly Field[]): NonNullable<Tool['act']> =>
  (call, args) => {
    if (!args.has(harmless)) listen(call, filters(args))
    return undefined
  }

/** The signal by which a JavaScript engine opens its inspector. */
const OPENS = /^(?:SIG)?USR1$|^10$/i

const kill: NonNullable<Tool['act']> = (call) => {
  const [first, ...rest] = call.args
  const word = first === undefined ? '' : prefix(first.value)
  const isNext = /^(?:-s|-n|--signal)$/.test(word)
  const signal = isNext ? prefix(rest[0]?.value ?? []) : word.replace(/^--signal=|^-[sn]?/, '')
  if (!word.startsWith('-') || !OPENS.test(signal)) return undefined
  for (const field of isNext ? rest.slice(1) : rest)
    if (literal(field.value) !== '--') attachTo(call, field, INSPECTOR)
  return undefined
}

/** `pkill -USR1 name`, `killall -s USR1 name`: the last word is the name. */
const killByName: NonNullable<Tool['act']> = (call) => {
  const words = call.args.map(({ value }) => prefix(value))
  const sent = words.some(
    (word, i) =>
      OPENS.test(word.replace(/^--signal=|^-s?/, '')) &&
      (word.startsWith('-') || /^(?:-s|--signal)$/.test(words[i - 1] ?? '')),
  )
  const last = call.args.at(-1)
  if (!sent || last === undefined) return undefined
  call.shell.emit(
    { verb: 'debug.attach', on: { kind: 'process', by: 'pattern', value: last.value }, note: INSPECTOR },
    last.span,
  )
  return undefined
}

const act = (names: string, one: NonNullable<Tool['act']>): Tool => ({
  names,
  style: 'posix',
  harmless: '-',
  act: one,
})

/** Fastens to a process by a number or to a program that waits at an address: for the debuggers of languages. */
export function debugs(call: Call, field: Field): void {
  attachTo(call, field)
}

export const DEBUG: readonly Tool[] = [
  ...TRACERS.map((one) => act(one.names, tracer(one))),
  act('gdb gdb-multiarch cgdb ddd', gdb),
  act('gdbserver lldb-server', gdbServer),
  act('jcmd', jcmd),
  act('py-spy', pySpy),
  {
    names: 'jmap',
    style: 'words',
    harmless: 'h help histo',
    act: (call, args) => {
      for (const field of args.operands) attachTo(call, field)
      return undefined
    },
  },
  {
    names: 'tcpdump',
    ...CAPTURE,
    short: 'BcCEFGijMrsTVwWyz',
    style: 'gnu',
    harmless: 'help h version',
    act: capture('r D list-interfaces L d', (args) => args.operands),
  },
  {
    names: 'tshark dumpcap termshark wireshark tcpflow',
    ...CAPTURE,
    harmless: 'help h v version',
    act: capture('r read-file D list-interfaces L G', (args) => [
      ...args.values('f capture-filter'),
      ...args.operands,
    ]),
  },
  {
    // The first word is what is looked for; what follows is the filter.
    names: 'ngrep',
    short: 'IOnADWdFsSP',
    harmless: 'h V',
    act: capture('I', (args) => args.operands.slice(1)),
  },
  { names: 'ssldump', short: 'irfkpo', harmless: 'h v', act: capture('r', (args) => args.operands) },
  act('kill', kill),
  act('pkill killall', killByName),
]
