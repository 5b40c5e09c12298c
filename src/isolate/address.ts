// Addresses in one spelling each, and where a person's SSH connection comes from.
import { isIP } from 'node:net'

/** One spelling: a mapped IPv4 address as IPv4, IPv6 in its short form. Undefined where it is no address. A zone (`%eth0`) is no part of it. */
export function plainAddress(text: string): string | undefined {
  const [bare = ''] = text.trim().split('%')
  if (isIP(bare) === 4) return bare
  if (isIP(bare) !== 6) return undefined
  const short = new URL(`http://[${bare}]/`).hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(short)
  if (mapped === null) return short
  const [high, low] = [Number.parseInt(mapped[1] ?? '', 16), Number.parseInt(mapped[2] ?? '', 16)]
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

/** `fe80::1%eth0`: the device on which the address holds. */
export function deviceOf(text: string): string | undefined {
  const device = text.trim().split('%')[1]
  return device === undefined || device === '' ? undefined : device
}

export interface SshConnection {
  readonly address: string
  readonly device?: string
  /** Of sshd, at which it arrived. */
  readonly port: number
}

/** `SSH_CONNECTION`: client address, client port, server address, server port. Undefined where it is anything else. */
export function sshConnection(text: string): SshConnection | undefined {
  const [client = '', , , port = '', ...more] = text.trim().split(/\s+/)
  const address = plainAddress(client)
  if (address === undefined || more.length > 0 || !/^[1-9]\d{0,4}$/.test(port)) return undefined
  if (Number(port) > 65_535) return undefined
  const device = deviceOf(client)
  return { address, ...(device === undefined ? {} : { device }), port: Number(port) }
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.')
}
