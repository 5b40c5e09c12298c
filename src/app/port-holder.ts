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

const LISTEN = '0A'

/** The uid of who listens on the port, from the text of /proc/net/tcp. */
export function listenerIn(table: string, port: number): number | undefined {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  for (const line of table.split('\n').slice(1)) {
    const [, local = '', , state, , , , uid] = line.trim().split(/\s+/)
    if (state === LISTEN && local.endsWith(`:${wanted}`)) return Number(uid)
  }
  return undefined
}

async function nameOf(uid: number): Promise<string | undefined> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '')
  return users
    .split('\n')
    .map((line) => line.split(':'))
    .find(([, , id]) => id === String(uid))?.[0]
}
