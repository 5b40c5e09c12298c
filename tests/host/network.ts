// The network of a set: a bridge in a control namespace that has no other route, a namespace and a cable for each host.
import { existsSync, readdirSync, rmdirSync } from 'node:fs'
import { run } from '../../src/sys/process.ts'
import { controlAddress, type HostPlace, must, type Place } from './place.ts'

const NAMESPACES = '/run/netns'

export async function makeNetwork(place: Place): Promise<void> {
  if (existsSync(`${NAMESPACES}/${place.control}`)) return
  await must(['ip', 'netns', 'add', place.control])
  const ip = ['ip', '-n', place.control]
  await must([...ip, 'link', 'set', 'lo', 'up'])
  await must([...ip, 'link', 'add', 'bridge', 'type', 'bridge'])
  await must([...ip, 'address', 'add', `${controlAddress}/24`, 'dev', 'bridge'])
  await must([...ip, 'link', 'set', 'bridge', 'up'])
}

export async function connectHost(place: Place, host: HostPlace): Promise<void> {
  // A cable goes with the control namespace that holds its other end: then the host's own is made anew, too.
  if ((await run(['ip', '-n', host.netns, 'link', 'show', 'eth0'])).code === 0) return
  await removeNamespace(host.netns)
  await must(['ip', 'netns', 'add', host.netns])
  const cable = `cable${host.index}`
  await must([
    'ip',
    '-n',
    place.control,
    'link',
    'add',
    cable,
    'type',
    'veth',
    'peer',
    'name',
    'eth0',
    'netns',
    host.netns,
  ])
  await must(['ip', '-n', place.control, 'link', 'set', cable, 'master', 'bridge', 'up'])
  const ip = ['ip', '-n', host.netns]
  await must([...ip, 'link', 'set', 'lo', 'up'])
  await must([...ip, 'address', 'add', `${host.address}/24`, 'dev', 'eth0'])
  await must([...ip, 'link', 'set', 'eth0', 'up'])
}

export async function removeNamespace(name: string): Promise<void> {
  if (existsSync(`${NAMESPACES}/${name}`)) await must(['ip', 'netns', 'del', name])
}

/** `ip netns` mounts its directory on itself at first use. Where we were the first and are the last, that goes too. */
export async function forgetNamespaces(): Promise<void> {
  if (!existsSync(NAMESPACES) || readdirSync(NAMESPACES).length > 0) return
  await run(['umount', NAMESPACES])
  try {
    rmdirSync(NAMESPACES)
  } catch {
    // Somebody made a namespace in this moment: it stays.
  }
}
