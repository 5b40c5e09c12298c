// What tests need of the reference service in a host: its policy with the key of the host's own operator.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Host } from './host.ts'
import { CHECKOUT } from './place.ts'

const EXAMPLE = join(CHECKOUT, 'examples/mirai/deploy/sekisho.yaml')

/** The public half of /home/ops1/.ssh/id_ed25519, as one line. It is the same in all hosts of a set. */
export async function operatorKey(host: Host): Promise<string> {
  return (await host.read('/home/ops1/.ssh/id_ed25519.pub')).toString().trim()
}

/** The example's sekisho.yaml, with the key of ops1 of this host in the place of the example's. */
export async function miraiPolicy(host: Host): Promise<string> {
  const text = await readFile(EXAMPLE, 'utf8')
  const own = text.replace(/'ssh-ed25519 [^']+'/, `'${await operatorKey(host)}'`)
  if (own === text) throw new Error(`${EXAMPLE}: no key to replace`)
  return own
}
