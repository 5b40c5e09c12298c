// The sockets and processes of this host as the kernel lists them, for the questions of an isolation: who listens for SSH, who has logged in since.
import { readdirSync } from 'node:fs'
import { addressText, linkOr } from '../host/nginx-listeners.ts'
import { parseStat } from '../host/processes.ts'
import { kernelText } from '../sys/kernel-text.ts'
import { plainAddress } from './address.ts'

export interface TcpSocket {
  readonly local: { readonly address: string; readonly port: number }
  readonly remote: { readonly address: string; readonly port: number }
  readonly state: 'listens' | 'established' | 'other'
  readonly inode: string
}

export interface SeenProcess {
  readonly pid: number
  /** Milliseconds since boot. */
  readonly started: number
  readonly name: string
  readonly title: string
}

const STATES: Readonly<Record<string, TcpSocket['state']>> = { '0A': 'listens', '01': 'established' }

/** Rows of /proc/net/tcp and tcp6. */
export function parseTcp(table: string): readonly TcpSocket[] {
  return table.split('\n').flatMap((line) => {
    const fields = line.trim().split(/\s+/)
    const [local, remote] = [endOf(fields[1]), endOf(fields[2])]
    const inode = fields[9]
    if (local === undefined || remote === undefined || inode === undefined) return []
    return [{ local, remote, state: STATES[fields[3] ?? ''] ?? 'other', inode }]
  })
}

function endOf(text: string | undefined): TcpSocket['local'] | undefined {
  const [hex = '', port = ''] = (text ?? '').split(':')
  const address = addressText(hex)
  if (address === undefined || !/^[0-9A-Fa-f]{4}$/.test(port)) return undefined
  return { address: plainAddress(address) ?? address, port: Number.parseInt(port, 16) }
}

export function tcpSockets(): readonly TcpSocket[] {
  return parseTcp(['tcp', 'tcp6'].map((table) => kernelText(`/proc/net/${table}`)).join('\n'))
}

export function processesSeen(): readonly SeenProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = kernelText(`/proc/${name}/stat`)
      const read = parseStat(stat)
      if (read === undefined) return []
      const title = kernelText(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim()
      const comm = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
      return [{ pid: Number(name), started: read.started, name: comm, title }]
    })
}

/** Inodes of the sockets that a process holds; none where it has ended. */
export function socketsOf(pid: number): ReadonlySet<string> {
  const inodes = new Set<string>()
  try {
    for (const name of readdirSync(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOr(`/proc/${pid}/fd/${name}`))?.[1]
      if (inode !== undefined) inodes.add(inode)
    }
  } catch {
    // It has ended.
  }
  return inodes
}

/** Ports at which sshd listens. Where systemd listens in its place, none is found. */
export function sshPorts(): readonly number[] {
  const inodes = new Set(
    processesSeen()
      .filter(({ name }) => name === 'sshd')
      .flatMap(({ pid }) => [...socketsOf(pid)]),
  )
  const ports = tcpSockets().flatMap(({ state, local, inode }) =>
    state === 'listens' && inodes.has(inode) ? [local.port] : [],
  )
  return [...new Set(ports)].toSorted((a, b) => a - b)
}
