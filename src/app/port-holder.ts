// Whose program listens on a port of this machine, by the kernel's own table: for the sentence that says a port is taken.
import { readFile } from 'node:fs/promises'

/** The name of the user, or `uid N`; `?` where the kernel does not say. */
export async function portHolder(port: number): Promise<string> {
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const uid = listenerIn(await readFile(table, 'utf8').catch(() => ''), port)
    if (uid !== undefined) return (await nameOf(uid)) ?? `uid ${uid}`
  }
  return '?'
}

/** The uid of who has the other end, `port`, of a loopback connection to our port; undefined where the kernel does not say. */
export async function connectionOwner(port: number, ours: number): Promise<number | undefined> {
  const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '')
  return ownerIn(
    table,
    (one) => one.state === ESTABLISHED && endsWith(one.local, port) && endsWith(one.remote, ours),
  )
}

const ESTABLISHED = '01'
const LISTEN = '0A'

/** The uid of who listens on the port, from the text of /proc/net/tcp. */
export const listenerIn = (table: string, port: number) =>
  ownerIn(table, ({ state, local }) => state === LISTEN && endsWith(local, port))

interface Line {
  readonly local: string
  readonly remote: string
  readonly state: string
}

function ownerIn(table: string, isWanted: (line: Line) => boolean): number | undefined {
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', remote = '', state = '', , , , uid] = line.trim().split(/\s+/)
    if (isWanted({ local, remote, state })) return Number(uid)
  }
  return undefined
}

const endsWith = (address: string, port: number) =>
  address.endsWith(`:${port.toString(16).toUpperCase().padStart(4, '0')}`)

async function nameOf(uid: number): Promise<string | undefined> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return users
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , id]) => id === String(uid))?.[0]
}
