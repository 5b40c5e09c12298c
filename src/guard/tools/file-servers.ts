// Servers that hand out whatever lies in a directory: to everybody who reaches the port, unless they listen to this machine alone.
import { type Arguments, type Grammar, readArguments } from '../arguments.ts'
import { SERVED } from '../effect.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { fieldFor, type Tool } from '../tool.ts'
import { literal } from '../value.ts'

const LOCAL = /^(?:localhost|127(?:\.\d+){3}|\[?::1\]?)(?::\d+)?$/

interface FileServer extends Grammar {
  readonly names: string
  /** The subcommand that serves. */
  readonly verb?: string
  /** Options that name the directory, before the operands. */
  readonly directory?: string
  /** Its operands are no directories. */
  readonly nameless?: true
  /** Options after which nothing is served. */
  readonly harmless?: string
  /** Options that name the address. */
  readonly address?: string
}

const SERVERS: readonly FileServer[] = [
  { names: 'http-server', short: 'pacCK', long: 'port cors proxy', address: 'a' },
  { names: 'serve', short: 'lpc', long: 'listen port config', address: 'l listen' },
  { names: 'httpd', short: 'hpucrdme', directory: 'h', nameless: true, address: 'p', harmless: 'help' },
  {
    names: 'caddy',
    verb: 'file-server',
    short: 'lrd',
    long: 'listen root domain',
    directory: 'r root',
    nameless: true,
    address: 'l listen',
  },
  { names: 'darkhttpd', long: 'port addr maxconn log chroot index mimetypes', address: 'addr' },
  { names: 'miniserve', short: 'ipad', long: 'interfaces port auth index', address: 'i interfaces' },
  { names: 'webfsd', short: 'rpb', directory: 'r', nameless: true, address: 'b' },
]

/** Whoever asks gets what lies there, and what lies below. */
export function handOut(call: Call, directory: Field | undefined, address: Field | undefined): void {
  if (address !== undefined && LOCAL.test(literal(address.value) ?? '')) return
  for (const path of directory === undefined ? call.shell.state.cwd : call.shell.paths(directory.value))
    call.shell.emit(
      { verb: 'net.upload', on: { kind: 'path', path }, recursive: true, note: SERVED },
      directory?.span ?? call.span,
    )
}

const serves =
  (server: FileServer) =>
  (call: Call, args: Arguments): undefined => {
    const operands = server.verb === undefined ? args.operands : args.operands.slice(1)
    if (server.verb !== undefined && args.word(0) !== server.verb) return
    if (args.has(server.harmless ?? 'h help version V')) return
    handOut(
      call,
      args.value(server.directory ?? 'root') ?? (server.nameless === true ? undefined : operands[0]),
      args.value(server.address ?? ''),
    )
  }

/** `python -m http.server`, and the name that it had before. */
export function pythonServer(call: Call, rest: readonly Field[]): void {
  const args = readArguments(rest, { short: 'dbp', long: 'directory bind protocol' })
  handOut(call, args.value('d directory') ?? fieldFor(call, ['.']), args.value('b bind'))
}

export const FILE_SERVERS: readonly Tool[] = SERVERS.map(
  (server): Tool => ({ ...server, harmless: '', act: serves(server) }),
)
