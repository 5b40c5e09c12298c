// Backups at the gate: what the runner's journal has about them, orders that name service and work, and the clock that gives orders. The gate
// stores no level: it asks the runner.

import { ageMs, backupStanding, limitFor, RTO_DRILLS, rtoMs, worstLoss } from '../backup/backed-up.ts'
import { bytesOnly } from '../backup/bytes-only.ts'
import { dueWork } from '../backup/due.ts'
import type { Work } from '../backup/events.ts'
import { counts, type KnownCopy } from '../backup/level.ts'
import { SekishoError } from '../base/error.ts'
import type { Instant } from '../base/time.ts'
import type { BackupsView, CopyView, PruningView, WorkProgressView } from '../contract/backup.ts'
import type { Actor } from '../identity/actor.ts'
import type { Service } from '../plans/policy.ts'
import type { BackupFacts, WorkProgress } from '../seal/protocol.ts'
import { allow, declaredService, SYSTEM } from './authorize.ts'
import { type Gate, now } from './gate.ts'

export async function backupsOf(gate: Gate, actor: Actor, name: string): Promise<BackupsView> {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'backup.read', { kind: 'service', service: service.name })
  return viewOf(service, await factsOf(gate, service), now(gate))
}

/** Throws backup.not_declared. */
export async function pruningOf(gate: Gate, actor: Actor, name: string): Promise<PruningView> {
  const service = declaredService(gate.policy(), name)
  allow(gate, actor, 'backup.read', { kind: 'service', service: service.name })
  if (service.backup === undefined) throw new SekishoError('backup.not_declared', { service: service.name })
  const { facts } = await gate.runner.read({ kind: 'pruning', service: service.name })
  return { service: service.name, ...facts, goes: facts.goes.map((one) => ({ ...one })) }
}

/** Throws backup.*, and what the runner refuses with. */
export async function orderBackup(
  gate: Gate,
  actor: Actor,
  name: string,
  { work, all }: { readonly work: Work; readonly all?: true | undefined },
): Promise<{ readonly accepted: true; readonly joined: boolean }> {
  const service = declaredService(gate.policy(), name)
  // An agent may order a backup. Only a person may order a prune, or the clock by the signed rules.
  const operation = work === 'prune' ? 'backup.prune' : 'backup.run'
  allow(gate, actor, operation, { kind: 'service', service: service.name })
  if (service.backup === undefined) throw new SekishoError('backup.not_declared', { service: service.name })
  return gate.runner.ask('backup', {
    service: service.name,
    work,
    ...(all === undefined ? {} : { all }),
    ...(actor.kind === 'agent' ? { by: 'agent' } : {}),
  })
}

/** Gives the order that is due for each service in turn: the runner does one at a time. */
export async function orderWhatIsDue(gate: Gate): Promise<void> {
  for (const service of gate.policy().services) {
    if (service.backup === undefined) continue
    const { backups, standing, running } = await factsOf(gate, service)
    if (!standing || running !== undefined) continue
    const work = dueWork(service.backup, backups, now(gate))
    if (work === undefined) continue
    const operation = work === 'prune' ? 'backup.prune' : 'backup.run'
    allow(gate, SYSTEM, operation, { kind: 'service', service: service.name })
    try {
      await gate.runner.ask('backup', { service: service.name, work, by: 'clock' })
      gate.log.info({ service: service.name, work }, 'a work of the backups was ordered')
      return
    } catch (error) {
      if (!(error instanceof SekishoError)) throw error
      // The runner is busy, or refuses this one: go on with the next service.
      gate.log.warn({ service: service.name, work, code: error.code }, 'a due work was refused')
    }
  }
}

/** Throws backup.not_declared, and runner.* where the runner does not answer. */
export async function factsOf(gate: Gate, { name, backup }: Service): Promise<BackupFacts> {
  if (backup === undefined) throw new SekishoError('backup.not_declared', { service: name })
  return (await gate.runner.read({ kind: 'backups', service: name })).facts
}

function viewOf(
  { name, backup, data }: Service,
  { backups, moreCopies, found, moreFound, standing, running }: BackupFacts,
  at: Instant,
): BackupsView {
  if (backup === undefined) throw new SekishoError('backup.not_declared', { service: name })
  const due = running === undefined ? dueWork(backup, backups, at) : undefined
  const { rpoMs, rtoMs, everyMs, copies } = backup
  return {
    service: name,
    at,
    copies: backups.copies.map((one) => copyOf(one, data)),
    ...(moreCopies === undefined ? {} : { moreCopies }),
    standing,
    everyMs,
    targets: copies.map(({ name: copy, kind, to }) => ({ name: copy, kind, to })),
    places: backups.places.map(({ at: when, copy, place, seen }) => ({
      at: when,
      copy,
      place,
      counts: counts(place),
      seen: { ...seen },
    })),
    ...(found === undefined ? {} : { found: found.map((one) => ({ ...one })) }),
    ...(moreFound === undefined ? {} : { moreFound }),
    ...(running === undefined ? {} : { running: progressOf(running) }),
    ...(due === undefined ? {} : { due }),
    failures: backups.failures.map((one) => ({ ...one, detail: { ...one.detail } })),
    drills: backups.drills.map((one) => ({ ...one })),
    lastDone: { ...backups.lastDone },
    measured: measuredOf(backups, { ...(data === undefined ? {} : { data }), everyMs }, at),
    promised: {
      ...(rpoMs === undefined ? {} : { rpoMs }),
      ...(rtoMs === undefined ? {} : { rtoMs }),
    },
  }
}

function measuredOf(
  { copies, drills }: BackupFacts['backups'],
  { data, everyMs }: Pick<Service, 'data'> & { readonly everyMs: number },
  at: Instant,
): BackupsView['measured'] {
  const { standing, copy, reasons } = backupStanding(copies, at, { limitMs: limitFor(everyMs) })
  const loss = worstLoss(copies, at)
  const restore = rtoMs(drills)
  const onlyBytes = copy === undefined ? [] : bytesOnly(copy, data)
  return {
    standing,
    ...(reasons[0] === undefined ? {} : { why: reasons[0].code }),
    ...(copy === undefined ? {} : { level: copy.level, ageMs: ageMs(copy, at) }),
    ...(onlyBytes.length === 0 ? {} : { bytesOnly: [...onlyBytes] }),
    ...(loss === undefined ? {} : { loss }),
    ...(restore === undefined ? {} : { restore: { ms: restore, of: Math.min(drills.length, RTO_DRILLS) } }),
  }
}

function copyOf(known: KnownCopy, data: Service['data']): CopyView {
  const { backup, copy, kind, to, place, state, level, taken, ...more } = known
  const onlyBytes = bytesOnly(known, data)
  const { earned, read, manifest, bytes, entries, heldBy, imported, restoreMs, without, why, damaged, bad } =
    more
  return {
    backup,
    copy,
    kind,
    to,
    place,
    counts: counts(place),
    state,
    level,
    ...(onlyBytes.length === 0 ? {} : { bytesOnly: [...onlyBytes] }),
    taken,
    earned: { ...earned },
    ...(read === undefined ? {} : { read }),
    manifest,
    bytes,
    entries,
    heldBy: [...heldBy],
    imported,
    ...(restoreMs === undefined ? {} : { restoreMs }),
    ...(without === undefined ? {} : { without }),
    ...(why === undefined ? {} : { why }),
    ...(damaged === undefined ? {} : { damaged }),
    ...(bad === undefined ? {} : { bad: { ...bad } }),
  }
}

function progressOf({ work, startedAt, backup, copy, step, ...more }: WorkProgress): WorkProgressView {
  const { copyNumber, copyCount, entries, bytes, totalEntries, totalBytes, rate } = more
  return {
    work,
    startedAt,
    ...(backup === undefined ? {} : { backup }),
    ...(copy === undefined ? {} : { copy }),
    ...(copyNumber === undefined ? {} : { copyNumber }),
    ...(copyCount === undefined ? {} : { copyCount }),
    step,
    entries,
    bytes,
    totalEntries,
    totalBytes,
    rate,
  }
}
