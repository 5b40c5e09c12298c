// Does the unit keep this process from addresses that nobody declared? Tried, and not concluded: one datagram to an address of this machine
// itself, which its filter refuses. Nothing leaves the machine.
import { createSocket } from 'node:dgram'
import { readFile } from 'node:fs/promises'
import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { type NetworkSeen, reachOf } from '../checks/reach.ts'
import type { CompiledPolicy } from '../plans/policy.ts'

/** Discards what comes. */
const PORT = 9
const OWN_UNIT = /\/sekisho-watch\.service$/m

export interface Seen {
  readonly network: NetworkSeen
  /** Declared names that have no address now: nothing of them is reached. */
  readonly names: readonly string[]
}

export async function seeNetwork(policy: CompiledPolicy | undefined): Promise<Seen> {
  const group = await readFile('/proc/self/cgroup', 'utf8').catch(() => '')
  if (!OWN_UNIT.test(group)) return { network: 'no_unit', names: [] }
  const hosts = await readFile('/etc/hosts', 'utf8').catch(() => '')
  const { addresses: declared, names } =
    policy === undefined ? { addresses: [], names: [] } : reachOf(policy, hosts)
  const own = Object.values(networkInterfaces())
    .flatMap((some) => some ?? [])
    .find(({ internal, address, scopeid }) => !internal && !scopeid && !declared.includes(address))
  // Without a network there is nothing to try it with.
  if (own === undefined) return { network: 'unknown', names }
  return { network: (await sends(own.address)) ? 'open' : 'limited', names }
}

/** False where the system does not permit it. */
function sends(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4')
    const end = (error?: NodeJS.ErrnoException | null) => {
      socket.removeAllListeners('error')
      socket.on('error', () => {})
      socket.close()
      resolve(error?.code !== 'EPERM')
    }
    socket.once('error', end)
    socket.send(Buffer.alloc(1), PORT, address, end)
  })
}
