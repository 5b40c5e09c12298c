// What an administrator should know before a host is cut off: who else keeps rules here, what would hang without the network, and what could be
// stopped where no isolation is to be had.
import { stat } from 'node:fs/promises'
import type { IsolationWarning } from '../seal/isolation-protocol.ts'
import { kernelText } from '../sys/kernel-text.ts'
import { isLoopback } from './address.ts'
import { processesSeen, socketsOf, tcpSockets } from './sockets.ts'

/** File systems whose bytes lie on another machine. */
const NETWORK_DISKS = /^(?:nfs4?|cifs|smb3|ceph|fuse\.sshfs|fuse\.glusterfs|glusterfs|9p|afs|ocfs2|gfs2)$/

/** Mount points of network disks, from the text of /proc/self/mounts. */
export function networkDisks(mounts: string): readonly string[] {
  return mounts.split('\n').flatMap((line) => {
    const [, at = '', kind = ''] = line.split(' ')
    return NETWORK_DISKS.test(kind) ? [at.replaceAll('\\040', ' ')] : []
  })
}

/** Do names of users come over the network? From the text of /etc/nsswitch.conf. */
export function asksDirectory(nsswitch: string): string | undefined {
  const line = nsswitch
    .split('\n')
    .find(
      (one) =>
        /^\s*(?:passwd|group)\s*:/.test(one.replace(/#.*/, '')) &&
        /\b(?:ldap|sss|winbind|nis)\b/.test(one.replace(/#.*/, '')),
    )
  return line === undefined ? undefined : /\b(ldap|sss|winbind|nis)\b/.exec(line)?.[1]
}

const isThere = async (path: string) => (await stat(path).catch(() => undefined)) !== undefined

export async function lookAround(nsswitch: string): Promise<readonly IsolationWarning[]> {
  const warnings: IsolationWarning[] = []
  const directory = asksDirectory(nsswitch)
  if (directory !== undefined) warnings.push({ code: 'ldap', values: { source: directory } })
  const disks = networkDisks(kernelText('/proc/self/mounts'))
  if (disks.length > 0)
    warnings.push({ code: 'network_disk', values: { paths: disks.slice(0, 10).join(', ') } })
  if (await isThere('/run/firewalld')) warnings.push({ code: 'firewalld', values: {} })
  if (await isThere('/run/docker.sock')) warnings.push({ code: 'docker', values: {} })
  return warnings
}

/** The unit of a process, from the text of /proc/PID/cgroup. */
export function unitOfGroup(group: string): string | undefined {
  return /\/([A-Za-z0-9:_.\\@-]+\.service)(?:\/|$)/m.exec(group)?.[1]
}

/** Units that listen for others than this host: what can be stopped where nothing can be cut off. */
export function unitsThatListen(): readonly string[] {
  const open = new Set(
    tcpSockets().flatMap(({ state, local, inode }) =>
      state === 'listens' && !isLoopback(local.address) ? [inode] : [],
    ),
  )
  const units = processesSeen().flatMap(({ pid }) => {
    if (![...socketsOf(pid)].some((inode) => open.has(inode))) return []
    return unitOfGroup(kernelText(`/proc/${pid}/cgroup`)) ?? []
  })
  return [...new Set(units)].filter((unit) => !/^ssh(?:d)?(?:@.*)?\.service$/.test(unit)).toSorted()
}
