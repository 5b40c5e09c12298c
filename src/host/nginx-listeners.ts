// The sockets nginx listens on, from the kernel's own tables: of the trial's nginx in its namespace, and of the live
// master. Equal lists mean that a reload took every port.
import { readdirSync, readlinkSync } from 'node:fs'
import { kernelText } from '../sys/kernel-text.ts'

export interface Listener {
  readonly proto: 'tcp' | 'udp' | 'unix'
  /** `0.0.0.0` and `::` for all addresses; the path of a unix socket. */
  readonly address: string
  /** 0 for unix sockets. */
  readonly port: number
}

export const TABLES = ['tcp', 'tcp6', 'udp', 'udp6', 'unix'] as const

const TCP_LISTEN = '0A'
const UDP_UNCONNECTED = '07'
/** __SO_ACCEPTCON in the flags of /proc/net/unix. */
const ACCEPTS = 0x10000

/**
 * Reads the tables of /proc/net one after the other (`cat tcp tcp6 udp udp6 unix`); with `inodes` only those sockets.
 * Sorted, each once: `reuseport` opens one socket for each worker.
 */
export function parseListeners(tables: string, inodes?: ReadonlySet<string>): readonly Listener[] {
  const found = new Map<string, Listener>()
  let proto: 'tcp' | 'udp' | 'unix' | undefined
  for (const line of tables.split('\n')) {
    // The header of each table tells it apart: udp has a column `drops`, unix begins with `Num`.
    if (/^\s*sl\s/.test(line)) proto = /\bdrops\b|\bref pointer\b/.test(line) ? 'udp' : 'tcp'
    else if (/^Num\s/.test(line)) proto = 'unix'
    else if (proto !== undefined) {
      const listener = proto === 'unix' ? unixLine(line, inodes) : inetLine(proto, line, inodes)
      if (listener !== undefined) found.set(keyOf(listener), listener)
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, listener]) => listener)
}

function inetLine(proto: 'tcp' | 'udp', line: string, inodes?: ReadonlySet<string>): Listener | undefined {
  const fields = line.trim().split(/\s+/)
  const [address, port] = (fields[1] ?? '').split(':')
  if (address === undefined || port === undefined) return undefined
  if (fields[3] !== (proto === 'tcp' ? TCP_LISTEN : UDP_UNCONNECTED)) return undefined
  if (inodes !== undefined && !inodes.has(fields[9] ?? '')) return undefined
  const text = addressText(address)
  return text === undefined ? undefined : { proto, address: text, port: Number.parseInt(port, 16) }
}

function unixLine(line: string, inodes?: ReadonlySet<string>): Listener | undefined {
  const fields = line.trim().split(/\s+/)
  const [, , , flags, , , inode, ...path] = fields
  if (flags === undefined || inode === undefined || path.length === 0) return undefined
  if ((Number.parseInt(flags, 16) & ACCEPTS) === 0) return undefined
  if (inodes !== undefined && !inodes.has(inode)) return undefined
  return { proto: 'unix', address: path.join(' '), port: 0 }
}

/** The kernel writes addresses as 32-bit words in its own (little-endian) order. */
export function addressText(hex: string): string | undefined {
  if (!/^(?:[0-9A-Fa-f]{8}|[0-9A-Fa-f]{32})$/.test(hex)) return undefined
  const bytes = Buffer.from(hex, 'hex')
  for (let i = 0; i < bytes.length; i += 4) bytes.subarray(i, i + 4).reverse()
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16))
  const zeros = [...groups.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].map(([text]) => text)
  const longest = zeros.sort((a, b) => b.length - a.length)[0]
  if (longest === undefined) return groups.join(':')
  const [before, ...after] = groups.join(':').split(longest)
  return `${before ?? ''}::${after.join(longest).replace(/^:/, '')}`
}

/** The listening sockets that a live process holds. Undefined when it is gone or cannot be looked into. */
export function listenersOf(pid: number): readonly Listener[] | undefined {
  try {
    const inodes = new Set<string>()
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOr(`/proc/${pid}/fd/${name}`))?.[1]
      if (inode !== undefined) inodes.add(inode)
    }
    return parseListeners(TABLES.map((table) => kernelText(`/proc/${pid}/net/${table}`)).join(''), inodes)
  } catch {
    return undefined
  }
}

/** Sockets of this host that listen and that no process of this name holds. */
export function listenersOfOthers(name: string): readonly Listener[] {
  const pids = readdirSync('/proc').filter((one) => /^\d+$/.test(one))
  const own = pids.filter((pid) => kernelText(`/proc/${pid}/comm`).trim() === name)
  const held = new Set(own.flatMap((pid) => (listenersOf(Number(pid)) ?? []).map(keyOf)))
  const all = parseListeners(TABLES.map((table) => kernelText(`/proc/self/net/${table}`)).join(''))
  return all.filter((one) => !held.has(keyOf(one)))
}

function keyOf({ proto, address, port }: Listener): string {
  return `${proto} ${address} ${port}`
}

/** Could not be opened beside the other: the same port, on the same address or on all of them. */
export function isTakenBy(wanted: Listener, other: Listener): boolean {
  if (wanted.proto !== other.proto || wanted.port !== other.port) return false
  if (wanted.address === other.address) return true
  const isV6 = ({ address }: Listener) => address.includes(':')
  const isAny = ({ address }: Listener) => address === '::' || address === '0.0.0.0'
  if (wanted.proto === 'unix') return false
  // A socket for all addresses of version 6 may hold those of version 4 too.
  if (other.address === '::') return true
  return isV6(wanted) === isV6(other) && (isAny(wanted) || isAny(other))
}

/** Where a link of the kernel leads; empty where it is not there any more. */
export function linkOr(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
