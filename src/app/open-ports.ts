// What of this machine can be reached from outside, by the kernel's own tables: for the card that opens it to the network again.
import { readFile } from 'node:fs/promises'

const LISTEN = '0A'
/** 127.0.0.0/8 and ::1 in the kernel's order of bytes. */
const LOOPBACK = [/^[0-9A-F]{6}7F$/, /^0{24}01000000$/, /^0{16}FFFF0000[0-9A-F]{6}7F$/]

/** `*:22`: the TCP ports on which somebody listens for others than this machine. */
export async function openPorts(): Promise<readonly string[]> {
  const tables = ['/proc/net/tcp', '/proc/net/tcp6']
  const texts = await Promise.all(tables.map((table) => readFile(table, 'utf8').catch(() => '')))
  return portsIn(texts.join('\n'))
}

export function portsIn(table: string): readonly string[] {
  const ports = table.split('\n').flatMap((line) => {
    const [, local = '', , state] = line.trim().split(/\s+/)
    const [address = '', port = ''] = local.split(':')
    return state === LISTEN && !LOOPBACK.some((one) => one.test(address)) ? [Number.parseInt(port, 16)] : []
  })
  return [...new Set(ports)].toSorted((a, b) => a - b).map((port) => `*:${port}`)
}
