// What looks at each item: measures, and lets checks/items.ts judge. An item without a row here is not looked at by this process.
import { lstat, readFile } from 'node:fs/promises'
import { OWN_REQUEST } from '../base/own-request.ts'
import { askHealth } from '../checks/health.ts'
import {
  judgeCertificate,
  judgeClock,
  judgeDisk,
  judgeErrors,
  judgeHealth,
  judgeInodes,
  judgeJournal,
  judgeMemory,
  judgeUnit,
} from '../checks/items.ts'
import { spansText } from '../checks/lost-upstream.ts'
import { judgeRotation } from '../checks/rotation.ts'
import type { Service } from '../plans/policy.ts'
import type { HealthFacts } from '../seal/protocol.ts'
import { probeHttp } from '../sys/net.ts'
import { run } from '../sys/process.ts'
import { readCertificate } from './certificate.ts'
import { readClock } from './clock-facts.ts'
import { countErrors } from './error-logs.ts'
import { countJournal } from './journal-errors.ts'
import type { Collector, LookContext } from './looker.ts'
import { readLogFiles } from './rotation.ts'
import { readUpdates } from './updates.ts'
import { readMemory, readVolumes } from './volumes.ts'

export const COLLECTORS: Readonly<Record<string, Collector>> = {
  service: async ({ signal }, service) => {
    const unit = service?.unit ?? ''
    const shown = await run(['systemctl', 'show', '--property=LoadState,ActiveState,SubState', '--', unit], {
      timeoutMs: 10_000,
      signal,
    })
    const field = (name: string) => new RegExp(`^${name}=(.+)$`, 'm').exec(shown.stdout)?.[1]
    const [active, sub] = [field('ActiveState'), field('SubState')]
    if (shown.code !== 0 || active === undefined || sub === undefined)
      return [{ state: 'no_data', code: 'check.no_systemd', values: { unit } }]
    return [judgeUnit(unit, { active, sub }, service?.name)]
  },
  disk: async ({ policy, places }) => (await readVolumes(policy, places.directory)).map(judgeDisk),
  inodes: async ({ policy, places }) =>
    (await readVolumes(policy, places.directory)).map(judgeInodes).filter((one) => one !== undefined),
  memory: async () => [judgeMemory(await readMemory())],
  errors: async (context, service) => {
    if (service?.logs.error === undefined && service?.unit !== undefined)
      return [judgeJournal(service.unit, await countJournal(service.unit, context), service.errorsPerDay)]
    const path = service?.logs.error ?? ''
    const found = await countErrors(path, context)
    if (found.state === 'counted' && found.errors === 0 && found.leftBytes !== undefined)
      return [{ state: 'no_data', code: 'check.log_counting', values: { path, left: found.leftBytes } }]
    const counted = judgeErrors(path, found, service?.errorsPerDay)
    const ofSekisho = found.state === 'counted' ? (found.own ?? 0) : 0
    const judged = ofSekisho === 0 ? counted : { ...counted, values: { ...counted.values, ofSekisho } }
    if (found.state !== 'counted' || found.lost === undefined) return [judged]
    // The gate knows which changes ran meanwhile (app/own-restarts.ts).
    return [{ ...judged, values: { ...judged.values, lost: spansText(found.lost) } }]
  },
  api: async (context, service) =>
    service?.health === undefined ? [] : [judgeHealth(service, await healthOf(service, context))],
  certificate: async ({ clock, signal }, service) => {
    const url = new URL(service?.health?.url ?? '')
    const found = await readCertificate(url, clock.now(), signal)
    return [judgeCertificate(url.host, found, await hasCertbot())]
  },
  rotation: async ({ clock }, service) => {
    const { error, auth, access } = service?.logs ?? {}
    const paths = [error, auth, access].filter((path) => path !== undefined)
    return Promise.all(
      paths.map(async (path) => judgeRotation(await readLogFiles(path, clock.now()), clock.now())),
    )
  },
  updates: ({ clock, signal }) => readUpdates(clock.now(), signal),
  clock: async () => [judgeClock(await readClock())],
}

const CERTBOT = ['/usr/bin/certbot', '/snap/bin/certbot', '/usr/local/bin/certbot'] as const

async function hasCertbot(): Promise<boolean> {
  for (const path of CERTBOT) if ((await lstat(path).catch(() => undefined)) !== undefined) return true
  return false
}

const CA_LIMIT = 1_048_576

async function healthOf({ health }: Service, { clock, signal }: LookContext): Promise<HealthFacts> {
  if (health === undefined) return { verdict: 'no_data', attempts: [] }
  const ca = health.ca === undefined ? undefined : await readFile(health.ca).catch(() => null)
  if (ca === null || (ca !== undefined && ca.length > CA_LIMIT))
    return { verdict: 'no_data', attempts: [{ ok: false, milliseconds: 0, why: 'ca_unreadable' }] }
  return askHealth(health, {
    probe: () =>
      probeHttp(health.url, {
        timeoutMs: health.withinMs + 2000,
        headers: OWN_REQUEST,
        signal,
        ...(ca === undefined ? {} : { ca }),
      }),
    sleep: (ms) => clock.sleep(ms),
    signal,
  })
}
