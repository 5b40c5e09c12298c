// The lines of `doctor` about backups, for each service with data. Without an answer nothing is claimed.
import { backupStanding, unansweredSize } from '../backup/backed-up.ts'
import { bytesOnly } from '../backup/bytes-only.ts'
import { newestFirst } from '../backup/levels.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import type { DoctorFact } from '../contract/gate.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import type { BackupFacts } from '../seal/protocol.ts'
import { factsOf } from './backup.ts'
import { type Gate, now } from './gate.ts'
import { nestedValues } from './nested-values.ts'

/** The factor after which the runner starts an overdue backup itself. */
const LATE = 1.5
const DAY = 86_400_000

/** `reachable`: whether the runner answers. If not, its own line says so, and this one says that backups were not asked about. */
export async function backupWatch(
  gate: Gate,
  policy: CompiledPolicy,
  reachable: boolean,
): Promise<readonly DoctorFact[]> {
  const services = policy.services.filter(holdsData)
  if (services.length === 0) return [fact('none', 'doctor.backup_nothing')]
  const facts = await Promise.all(
    services.map(async (service) => {
      if (service.backup === undefined)
        return [fact('warn', 'doctor.backup_not_declared', { service: service.name })]
      if (!reachable) return [fact('none', 'doctor.backup_not_asked', { service: service.name })]
      const known = await factsOf(gate, service)
      return serviceFacts(service, known, now(gate))
    }),
  )
  return facts.flat()
}

function holdsData({ data = [], databases = [] }: Service): boolean {
  return data.length > 0 || databases.length > 0
}

/** Every line of one service, the worst first. Pure. */
export function serviceFacts(
  service: Service,
  known: Pick<BackupFacts, 'backups' | 'standing'>,
  at: Instant,
): readonly DoctorFact[] {
  const first = backupFact(service, known, at)
  const all = [first, ...besideFacts(service, known, first)]
  return [...all.filter(({ state }) => state === 'bad'), ...all.filter(({ state }) => state !== 'bad')]
}

/** The first fault in the order in which they have to be mended. Pure. */
export function backupFact(
  { name, backup, data }: Service,
  { backups, standing }: Pick<BackupFacts, 'backups' | 'standing'>,
  at: Instant,
): DoctorFact {
  const service = name
  const everyMs = backup?.everyMs ?? DAY
  if (!standing) return fact('warn', 'doctor.backup_not_signed', { service })
  const last = backups.lastDone.backup
  const why = lastFailure(backups)
  if (last === undefined) return fact('warn', 'doctor.backup_never', { service, ...why })
  const asked = unansweredSize(backups.copies)
  if (asked !== undefined) return fact('bad', 'doctor.backup_question', { service, backup: asked })
  const sinceMs = milliseconds(at) - milliseconds(last)
  if (sinceMs > LATE * everyMs)
    return fact('bad', 'doctor.backup_late', { service, sinceMs, everyMs, ...why })
  const found = backupStanding(backups.copies, at, { limitMs: Math.max(DAY, LATE * everyMs) })
  if (found.standing !== 'fine')
    return fact('warn', 'doctor.backup_does_not_count', { service, why: found.reasons[0]?.code ?? 'none' })
  const { backup: id, copy, level } = found.copy
  return fact('good', 'doctor.backed_up', {
    service,
    backup: id,
    copy,
    level,
    bytesOnly: bytesOnly(found.copy, data).join(', '),
    ageMs: found.ageMs,
  })
}

/** Further faults, whatever the first one is: a failure that it does not name, damaged copies. Pure. */
export function besideFacts(
  { name: service }: Pick<Service, 'name'>,
  { backups, standing }: Pick<BackupFacts, 'backups' | 'standing'>,
  first: DoctorFact,
): readonly DoctorFact[] {
  const failure = lastFailure(backups)
  const suspect = backups.copies.filter(({ state }) => state === 'suspect')
  const unsound = unsoundContent(backups.copies)
  const noted = backups.places.flatMap(({ seen }) =>
    ['absentSecrets', 'setId'].flatMap((code) => seen[code]?.split('\n') ?? []),
  )
  return [
    ...(noted.length === 0 ? [] : [fact('warn', 'doctor.backup_noted', { service, paths: namesOf(noted) })]),
    ...(!standing || failure['why'] === '' || (first.values['why'] ?? '') === failure['why']
      ? []
      : [fact('bad', 'doctor.backup_failed', { service, ...failure })]),
    ...(unsound === undefined || first.code === 'doctor.backup_question'
      ? []
      : [fact('bad', 'doctor.backup_content', { service, ...unsound })]),
    ...(suspect.length === 0
      ? []
      : [
          fact('bad', 'doctor.backup_suspect', {
            service,
            count: suspect.length,
            copies: namesOf(suspect.map(({ backup, copy }) => `${backup} (${copy})`)),
          }),
        ]),
  ]
}

const NAMED = 5

/** The first of them; `(+3)` stands for three more, also where it comes from a list that was cut before. */
function namesOf(all: readonly string[]): string {
  const leftOut = all.map((one) => Number(/^\(\+(\d+)\)$/.exec(one)?.[1] ?? 0))
  const names = all.filter((_, i) => leftOut[i] === 0)
  const more = Math.max(0, names.length - NAMED) + leftOut.reduce((sum, one) => sum + one, 0)
  return [...names.slice(0, NAMED), ...(more > 0 ? [`(+${more})`] : [])].join('  ')
}

/** The newest backup whose bytes are as written and whose content is not good, wherever its copy lies. */
function unsoundContent(
  copies: BackupFacts['backups']['copies'],
): Readonly<Record<string, string>> | undefined {
  const [newest] = copies.filter(({ state }) => state !== 'pruned').toSorted(newestFirst)
  const found = copies.find(
    ({ backup, state, bad }) => backup === newest?.backup && state === 'sound' && bad !== undefined,
  )
  return found?.bad === undefined
    ? undefined
    : { backup: found.backup, copy: found.copy, item: found.bad.item, fault: found.bad.fault }
}

/** The last backup, where no good one has followed it. */
function lastFailure({ lastDone, failures }: BackupFacts['backups']): Readonly<Record<string, unknown>> {
  const failed = failures.findLast(({ work }) => work === 'backup')
  const last = lastDone.backup
  return failed === undefined || (last !== undefined && failed.at < last)
    ? { why: '' }
    : nestedValues(failed.why, failed.detail)
}

function fact(state: DoctorFact['state'], code: string, values: DoctorFact['values'] = {}): DoctorFact {
  return { name: 'backup', state, code, values }
}
