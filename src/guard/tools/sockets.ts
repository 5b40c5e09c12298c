// Programs that join a stream to a socket: netcat, socat, telnet. A shell behind a socket is a shell for whoever is at the other end.
import type { Arguments } from '../arguments.ts'
import { runText } from '../builtins.ts'
import type { Field } from '../fields.ts'
import { REQUEST } from '../redirect.ts'
import type { Call } from '../shell.ts'
import { FROM_NETWORK, FROM_PROGRAM, NOTHING, type Stream } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { after, concat, literal, prefix, split, type Value } from '../value.ts'
import { request } from './requests.ts'

/** Runs a program whose input comes from afar and whose output goes there. */
function behindSocket(call: Call, code: Field): void {
  const { world } = call.shell
  const before = world.effects.length
  const child = call.shell.fork({ via: [...call.shell.state.via, literal(call.name.value) ?? 'nc'] })
  const out = runText({ ...call, shell: child, span: code.span }, code.value, FROM_NETWORK)
  call.shell.upload(out, code.span, [])
  const runsWhatComes = world.effects
    .slice(before)
    .some(({ verb }) => verb === 'exec.downloaded' || verb === 'exec.unknown')
  if (runsWhatComes)
    call.shell.emit({ verb: 'exec.shell-server', on: { kind: 'program', name: 'sh' } }, code.span)
}

const netcat: NonNullable<Tool['act']> = (call, args: Arguments) => {
  for (const code of args.values('e exec c sh-exec lua-exec')) behindSocket(call, code)
  for (const file of args.values('o output')) touch(call, 'path.write', file)
  if (args.has('z')) return NOTHING
  if (args.has('U unixsock') && args.operands[0] !== undefined) said(call, call.stdin, args.operands[0])
  if (args.has('l listen')) call.shell.emit({ verb: 'net.listen', on: { kind: 'url', url: [] } }, call.span)
  call.shell.upload(call.stdin, call.span, args.operands[0]?.value ?? [], true)
  atPort(call, args.operands[0], args.operands.at(-1))
  return args.has('send-only') ? NOTHING : FROM_NETWORK
}

/** Stores whose own language is lines of words: what is said to their ports is as good as their client. */
function atPort(call: Call, host: Field | undefined, port: Field | undefined): void {
  const number = port === undefined ? undefined : literal(port.value)
  if (number === undefined || call.stdin.texts === undefined) return
  if (/^(?:6379|6380|7000|26379)$/.test(number)) {
    const texts = call.stdin.texts.map((one) =>
      one.map((piece) => (typeof piece === 'string' ? piece.replaceAll('\r', '') : piece)),
    )
    call.shell.fork().start({ ...call.name, value: ['redis-cli'] }, [], { ...call.stdin, texts }, call.span)
  }
  if (host !== undefined) requestsIn(call, call.stdin, { ...host, value: concat(host.value, [`:${number}`]) })
  const away =
    number === '11211' &&
    call.stdin.texts.some((one) => /\b(?:flush_all|shutdown)\b/.test(literal(one) ?? ''))
  if (away)
    call.shell.emit(
      { verb: 'db.truncate', on: { kind: 'database', engine: 'memcached' }, reversible: 'no' },
      call.span,
    )
}

/** The first line of a request, whoever writes it. */
export function requestsIn(call: Call, stream: Stream, to: Field): void {
  for (const one of stream.texts ?? []) {
    const line = REQUEST.exec(prefix(one))
    if (line === null || line[1] === 'GET' || line[1] === 'HEAD') continue
    const at = /^[a-z]+:/.test(line[2] ?? '') ? '' : (line[2] ?? '')
    request(call, { ...to, value: concat(to.value, [at]) }, line[1], literal(one) ?? '')
  }
}

interface Address {
  readonly kind: 'network' | 'program' | 'file' | 'stdio' | 'descriptor' | 'other'
  readonly value: Value
}

const NETWORKS =
  /^(?:TCP|UDP|SCTP|DCCP|UDPLITE|SSL|OPENSSL|DTLS|PROXY|SOCKS|VSOCK|IP|SOCKET|POSIXMQ|WEBSOCKET)/

function addressOf(value: Value): Address {
  const start = prefix(value)
  const match = /^([A-Za-z0-9-]+)(?::|,|$)/.exec(start)
  const type = (match?.[1] ?? '').toUpperCase()
  const rest = after(value, match?.[0] ?? '') ?? []
  if (start === '-' || type === 'STDIO' || type === 'STDIN' || type === 'STDOUT' || type === 'STDERR')
    return { kind: 'stdio', value: rest }
  if (NETWORKS.test(type)) return { kind: 'network', value: rest }
  if (type === 'EXEC' || type === 'SYSTEM')
    return { kind: 'program', value: unquoted(type === 'EXEC' ? beforeOptions(rest) : rest) }
  if (type === 'SHELL') return { kind: 'program', value: rest.length === 0 ? ['sh'] : unquoted(rest) }
  if (
    [
      'OPEN',
      'FILE',
      'GOPEN',
      'CREATE',
      'CREAT',
      'PIPE',
      'FIFO',
      'UNIX',
      'UNIX-CONNECT',
      'UNIX-CLIENT',
    ].includes(type)
  )
    return { kind: 'file', value: unquoted(beforeOptions(rest)) }
  if (type === 'FD') return { kind: 'descriptor', value: rest }
  if (start.startsWith('/') || start.startsWith('.')) return { kind: 'file', value: beforeOptions(value) }
  return { kind: 'other', value: rest }
}

/** Options of an address stand behind commas. */
const beforeOptions = (value: Value): Value => {
  const source = literal(value)
  if (source === undefined || /['"\\]/.test(source)) return value
  return split(value, ',')[0] ?? []
}

/** socat takes quotes and backslashes away of its own. */
const unquoted = (value: Value): Value => {
  const source = literal(value)
  if (source === undefined) return value
  const bare = source.replaceAll(/\\(["'\\ ,:!])/g, '$1')
  const whole = /^(["'])(.*)\1$/s.exec(bare)
  return [whole?.[2] ?? bare]
}

const socat: NonNullable<Tool['act']> = (call, args) => {
  const [one, two] = args.operands
  if (one === undefined || two === undefined) return FROM_PROGRAM
  const left = sides(one)
  const right = sides(two)
  const forwards = !args.has('U')
  const backwards = !args.has('u')
  let out: Stream = FROM_PROGRAM
  if (forwards) out = flow(call, left.read, right.write, one, two) ?? out
  if (backwards) out = flow(call, right.read, left.write, two, one) ?? out
  for (const [here, other, field] of [
    [left.read, right.write, one],
    [right.read, left.write, two],
  ] as const)
    if (here.kind === 'program') {
      if (other.kind === 'network' || networkOf(call, other))
        behindSocket(call, { ...field, value: here.value })
      else
        runText(
          { ...call, shell: call.shell.fork({ via: [...call.shell.state.via, 'socat'] }) },
          here.value,
          other.kind === 'stdio' ? call.stdin : NOTHING,
        )
    }
  return out
}

/** `A!!B` reads from the one and writes to the other. */
function sides({ value }: Field): { readonly read: Address; readonly write: Address } {
  const parts = split(value, '!').filter((part) => part.length > 0)
  const source = literal(value)
  if (source?.includes('!!') === true && parts.length === 2)
    return { read: addressOf(parts[0] ?? []), write: addressOf(parts[1] ?? []) }
  const both = addressOf(value)
  return { read: both, write: both }
}

function descriptorOf(call: Call, { kind, value }: Address) {
  if (kind !== 'descriptor') return undefined
  const name = literal(value) ?? ''
  const number = Number(name)
  return call.shell.state.descriptors.get(Number.isInteger(number) && name !== '' ? number : name)
}
const networkOf = (call: Call, address: Address): boolean =>
  address.kind === 'network' || descriptorOf(call, address)?.write?.to === 'network'

/** What is said to a program at its control socket, line by line. */
function said(call: Call, stream: Stream, socket: Field): void {
  for (const one of stream.texts ?? []) request(call, socket, 'POST', literal(one) ?? '')
}

/** Data goes from one address to another. */
function flow(call: Call, from: Address, to: Address, source: Field, target: Field): Stream | undefined {
  let stream: Stream = FROM_PROGRAM
  if (from.kind === 'stdio') stream = call.stdin
  else if (from.kind === 'network') stream = FROM_NETWORK
  else if (from.kind === 'descriptor') stream = descriptorOf(call, from)?.read ?? FROM_PROGRAM
  else if (from.kind === 'file') {
    const file: Field = { ...source, value: from.value }
    if (!networkOf(call, to) && to.kind !== 'stdio' && to.kind !== 'file') return undefined
    touch(call, 'path.read', file)
    stream = call.shell.contents(call.shell.paths(file.value))
  }
  if (to.kind === 'file' && from.kind === 'stdio') said(call, stream, { ...target, value: to.value })
  if (networkOf(call, to)) call.shell.upload(stream, target.span, to.value, true)
  if (to.kind === 'file' && from.kind !== 'file') {
    if (from.kind === 'network') {
      touch(call, 'path.write', { ...target, value: to.value })
      call.shell.remember(call.shell.paths(to.value), stream, false)
    }
  }
  return to.kind === 'stdio' ? stream : undefined
}

/** `grpcurl ADDRESS package.Service/Method`: a request that is posted, by the name of its method. */
const grpc: NonNullable<Tool['act']> = (call, args) => {
  const [address, method] = args.operands
  const name = method === undefined ? undefined : literal(method.value)
  if (address === undefined || method === undefined || name === undefined || !name.includes('/'))
    return FROM_NETWORK
  const url: Field = { ...method, value: concat(address.value, [`/${name}`]) }
  request(call, url, 'POST', literal(args.value('d')?.value ?? []) ?? '')
  return FROM_NETWORK
}

export const SOCKETS: readonly Tool[] = [
  {
    names: 'grpcurl',
    style: 'words',
    long: 'd H import-path proto protoset authority cacert cert key max-time connect-timeout',
    act: grpc,
  },
  {
    names: 'nc ncat netcat nc.openbsd nc.traditional',
    short: 'ecgGiImMoOPpqsTVwWXxd',
    long: 'exec sh-exec lua-exec output source source-port wait delay idle-timeout max-conns proxy proxy-type proxy-auth ssl-cert ssl-key ssl-trustfile allow deny hex-dump',
    flags: 'listen send-only recv-only keep-open udp ssl verbose nodns broker chat',
    act: netcat,
  },
  { names: 'socat', short: 'bLltTWsS', style: 'gnu', act: socat },
  {
    names: 'telnet',
    short: 'lbenSX',
    act: (call, args) => {
      call.shell.upload(call.stdin, call.span, args.operands[0]?.value ?? [], true)
      atPort(call, args.operands[0], args.operands[1])
      return FROM_NETWORK
    },
  },
  {
    // `smbclient //HOST/SHARE -c 'del *'`
    names: 'smbclient',
    short: 'UcDWkmpsIOnTMLRAbdEetWi',
    long: 'command user workgroup directory port authentication-file',
    act: (call, args) => {
      const [share = call.name] = args.operands
      for (const { value } of args.values('c command'))
        if (
          /(?:^|[;\n])\s*(?:del|rm|deltree|rmdir|rd|wdel|rename|put|mput|setmode)\b/i.test(
            literal(value) ?? 'rm',
          )
        )
          request(call, share, 'SMB')
      return FROM_NETWORK
    },
  },
  {
    names: 'snmpset',
    style: 'posix',
    act: (call) => {
      call.shell.emit({ verb: 'infra.change', on: { kind: 'infra', platform: 'snmp' } }, call.span)
      return undefined
    },
  },
  {
    names: 'websocat wscat',
    act: (call, args) => {
      call.shell.upload(call.stdin, call.span, args.operands[0]?.value ?? [], true)
      return FROM_NETWORK
    },
  },
]
