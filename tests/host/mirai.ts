// What tests need of the reference service in a host: its policy with the key of the host's own operator.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Disk } from './boot.ts'
import { type Host, MIRAI_UNIT } from './host.ts'
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

/**
 * Where data is exchanged: a host's root is an overlay, on which a directory of the lower layer cannot be exchanged. Copies and drills lie on the
 * overlay itself.
 */
export const DATA_DISKS: readonly Disk[] = [{ at: '/var/lib/mirai', size: '2G', kind: 'tmpfs' }]

/** Once a host with DATA_DISKS is up: the places as the host's root has them, on disks of their own. */
export async function settleDisks(host: Host): Promise<void> {
  // The staging place lies above the data, where nobody but root may write.
  await host.ok(['chown', 'root:mirai', '/var/lib/mirai'])
  await host.ok(['chmod', '750', '/var/lib/mirai'])
  await host.ok(['install', '-d', '-o', 'mirai', '-g', 'mirai', '-m', '750', '/var/lib/mirai/data'])
  await host.ok(['systemctl', 'restart', MIRAI_UNIT])
}
