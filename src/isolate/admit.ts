// Whom an isolation admits: made of how the administrator came, of where sshd listens, and of the addresses of notices that are declared.
import { type Answer, refused } from '../base/error.ts'
import type { Admission, AdmittedNotice } from '../plans/isolation.ts'
import type { AdministratorComes, IsolationWarning } from '../seal/isolation-protocol.ts'
import { deviceOf, isLoopback, plainAddress, type SshConnection, sshConnection } from './address.ts'

const SSH_PORT = 22

export interface Admitted {
  readonly admission: Admission
  readonly keepBy: 'login' | 'terminal'
  readonly warnings: readonly IsolationWarning[]
}

/**
 * A typed address before the connection, for whoever comes by a bastion knows better. Without both it is a person at a terminal of this host who
 * keeps it; without a terminal too nobody could, and nothing is done.
 */
export function admit(
  comes: AdministratorComes,
  listening: readonly number[],
  notices: readonly AdmittedNotice[],
): Answer<{ readonly admitted: Admitted }> {
  const came = comes.ssh === undefined ? undefined : sshConnection(comes.ssh)
  if (comes.ssh !== undefined && came === undefined)
    return refused('isolation.address_wrong', { given: comes.ssh })
  const typed = comes.from === undefined ? undefined : plainAddress(comes.from)
  if (comes.from !== undefined && typed === undefined)
    return refused('isolation.address_wrong', { given: comes.from })
  const address = typed ?? came?.address
  if (address === undefined) {
    if (comes.terminal === undefined) return refused('isolation.nobody_admitted', {})
    return { ok: true, admitted: { admission: { notices }, keepBy: 'terminal', warnings: [] } }
  }
  const device = typed === undefined ? came?.device : deviceOf(comes.from ?? '')
  const ports = portsFor(came, listening)
  const warnings: IsolationWarning[] = [
    ...(isLoopback(address) ? [{ code: 'loopback' as const, values: { address } }] : []),
    ...(listening.length === 0 && came === undefined
      ? [{ code: 'no_ssh_port' as const, values: { port: String(SSH_PORT) } }]
      : []),
  ]
  const administrator = { address, ...(device === undefined ? {} : { device }), ports }
  return { ok: true, admitted: { admission: { administrator, notices }, keepBy: 'login', warnings } }
}

/** The port of the present connection, and every other one of sshd: a new login may come by any of them. */
function portsFor(came: SshConnection | undefined, listening: readonly number[]): readonly number[] {
  const all = [...(came === undefined ? [] : [came.port]), ...listening]
  const ports = [...new Set(all)].toSorted((a, b) => a - b).slice(0, 16)
  return ports.length === 0 ? [SSH_PORT] : ports
}
