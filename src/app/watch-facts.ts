// What `status` and `doctor` make of the last stored look (watch.ts). Pure: nothing is asked here.
import { type Instant, milliseconds } from '../base/time.ts'
import type { DoctorFact, HealthNow } from '../contract/gate.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { KnownFile } from './declared-file.ts'
import { isRecent, type Watch } from './watch.ts'

/** Of every service in the rules, looked at or not. */
export function healthNow(
  { services }: Pick<CompiledPolicy, 'services'>,
  { health }: Watch,
  moment: Instant,
): readonly HealthNow[] {
  return services.map(({ name: service, health: declared }) => {
    if (declared === undefined) return { service, verdict: 'not_declared' as const, detail: '' }
    const known = health[service]
    if (known === undefined) return { service, verdict: 'not_looked_at' as const, detail: '' }
    if (!isRecent(known.at, moment))
      return { service, verdict: 'not_looked_at' as const, detail: '', at: known.at }
    return { service, ...known }
  })
}

/** Facts of `doctor`, one a service. */
export function healthFacts(health: readonly HealthNow[], moment: Instant): readonly DoctorFact[] {
  const before = (at: string) => milliseconds(moment) - Date.parse(at)
  return health.map(({ verdict, at, since, ...rest }) => ({
    name: 'health',
    state:
      verdict === 'green' ? 'good' : verdict === 'red' ? 'bad' : verdict === 'not_declared' ? 'none' : 'warn',
    code: rest.doubt === undefined ? `doctor.health_${verdict}` : 'doctor.health_doubted',
    values: {
      ...rest,
      ...(at === undefined ? {} : { ageMs: before(at) }),
      ...(since === undefined ? {} : { sinceMs: before(since) }),
    },
  }))
}

/** Files that differ from what the gate last knew, one fact each; else one fact for all, with the age of the look. */
export function fileFacts(
  { services }: Pick<CompiledPolicy, 'services'>,
  { files }: Watch,
  moment: Instant,
): readonly DoctorFact[] {
  const declared = new Set(
    services.flatMap(({ name, files: own }) => own.map(({ path }) => `${name} ${path}`)),
  )
  if (declared.size === 0) return []
  const isSecret = ({ service, path }: KnownFile) =>
    services.some(
      ({ name, files: own }) => name === service && own.some((one) => one.path === path && one.secret),
    )
  const known = Object.values(files).filter(({ service, path }) => declared.has(`${service} ${path}`))
  const ageMs = (file: KnownFile) => milliseconds(moment) - milliseconds(file.at)
  const edited = known.flatMap((file) =>
    file.edited === undefined
      ? []
      : [
          fact('bad', 'doctor.file_edited', {
            path: file.path,
            service: file.service,
            secret: isSecret(file),
            since: file.edited.since,
            sinceMs: milliseconds(moment) - milliseconds(file.edited.since),
            ageMs: ageMs(file),
          }),
        ],
  )
  const old = declared.size - known.filter(({ at }) => isRecent(at, moment)).length
  const same = declared.size - old - edited.length
  return [
    ...edited,
    ...(old > 0 ? [fact('warn', 'doctor.files_not_looked_at', { count: old })] : []),
    ...(same > 0 && old === 0
      ? [fact('good', 'doctor.files_same', { count: same, ageMs: Math.max(...known.map(ageMs)) })]
      : []),
  ]
}

/** What was bad at the last look at the backups, with its age. */
export function redBackups({ backups }: Watch, moment: Instant): readonly DoctorFact[] {
  if (backups === undefined) return []
  const ageMs = milliseconds(moment) - milliseconds(backups.at)
  return backups.facts
    .filter(({ state }) => state === 'bad')
    .map((one) => ({ ...one, values: { ...one.values, ageMs } }))
}

function fact(state: DoctorFact['state'], code: string, values: DoctorFact['values']): DoctorFact {
  return { name: 'files', state, code, values }
}
