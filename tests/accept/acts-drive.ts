// Gives an order to the small execution in a host and reads back what it saw.

import type { Action } from '../../src/plans/actions.ts'
import type { UndoStep } from '../../src/plans/plan.ts'
import type { ConfigFile, Health } from '../../src/plans/policy.ts'
import type { Proof } from '../../src/plans/proofs.ts'
import { SITE } from '../host/faults.ts'
import { CHECKOUT_IN_HOST, type Host, NODE_IN_HOST } from '../host/host.ts'
import { CA_PATH } from '../host/lower.ts'
import { DATA, type HostOrder, type HostReport, POLICY, type ReadOrder } from './acts-host.ts'
import { declaration } from './acts-world.ts'

export const NGINX = 'nginx.service'
export const ERROR_LOG = '/var/log/nginx/error.log'
export const SITE_FILE: ConfigFile = declaration(SITE, { kind: 'nginx', activation: 'reload', unit: NGINX })
export const HEALTH: Health = {
  url: 'https://localhost/health',
  status: 200,
  json: { status: 'healthy' },
  // A machine with much else to do is not unhealthy.
  withinMs: 5000,
  ca: CA_PATH,
  good: 5,
  of: 5,
  everyMs: 100,
}
export const NGINX_PROOF: Proof = { kind: 'nginx', unit: NGINX, errorLog: ERROR_LOG, stableMs: 4000 }
const reloadNginx = { kind: 'unit', verb: 'reload', unit: NGINX } as const
export const RELOAD: { readonly action: Action; readonly undo: readonly UndoStep[] } = {
  action: reloadNginx,
  undo: [],
}

/** A change of the site: files, then a reload; undone by putting back and one more reload. */
export function siteOrder(text: string, more: Partial<HostOrder> = {}): HostOrder {
  return {
    execution: 'CHG-2026-0001/1',
    files: [SITE_FILE],
    unit: 'mirai-knowledge-system.service',
    health: HEALTH,
    replace: { [SITE]: text },
    undo: [reloadNginx],
    then: [RELOAD],
    proof: [{ kind: 'files' }, NGINX_PROOF, { kind: 'health' }],
    ...more,
  }
}

/** The directories that `sekisho install host` makes. */
export async function prepare(host: Host): Promise<void> {
  await host.ok([
    'install',
    '-d',
    '-m',
    '0700',
    `${DATA}/runner`,
    `${DATA}/runner/journal`,
    `${DATA}/runner/armed`,
    `${DATA}/runner/copies`,
  ])
  await host.ok(['install', '-d', '-m', '0755', '/etc/sekisho'])
  await host.put(POLICY, '{}', 0o640)
}

export async function execute(host: Host, order: HostOrder): Promise<HostReport> {
  return (await drive(host, { execute: order })) as HostReport
}

/** What the typed readers say in the host. */
export async function read(host: Host, order: ReadOrder): Promise<unknown> {
  return drive(host, { read: order })
}

async function drive(host: Host, input: object): Promise<unknown> {
  const argv = [NODE_IN_HOST, `${CHECKOUT_IN_HOST}/tests/accept/acts-host.ts`]
  return JSON.parse(await host.ok(argv, { input: JSON.stringify(input), timeoutMs: 150_000 }))
}

/** Sockets that nginx listens on now, as `ss` says: what a right trial would have had. */
export async function listenersBySs(
  host: Host,
): Promise<readonly { proto: 'tcp'; address: string; port: number }[]> {
  const text = await host.ok(['ss', '-Hltnp'])
  return text
    .split('\n')
    .filter((line) => line.includes('"nginx"'))
    .flatMap((line) => {
      const found = /\s(\S+):(\d+)\s+\S+:\S+\s/.exec(line)
      if (found === null) return []
      const address = (found[1] ?? '').replace(/[[\]]/g, '').replace('*', '::')
      return [{ proto: 'tcp' as const, address, port: Number(found[2]) }]
    })
}
