// The work `prune`: what the rules let go is taken away, target by target; each with its reason in the journal (backup.md §7). A lowered number of
// kept ones holds only after seven days. An append-only repository is pruned by its own identity, and not from here.
import { type BackupId, isBackupId, type KnownCopy } from '../backup/level.ts'
import type { Backups } from '../backup/levels.ts'
import { type Keep, keepInForce, type RetentionPlan, retain } from '../backup/retention.ts'
import { rulesDigest, underRules } from '../backup/rules-digest.ts'
import { SekishoError } from '../base/error.ts'
import { type Instant, instant } from '../base/time.ts'
import { type CompiledPolicy, type Service, serviceOf } from '../plans/policy.ts'
import { requirePlace } from './directory/list.ts'
import { removeSnapshot } from './directory/remove-snapshot.ts'
import type { SnapshotPorts } from './ports.ts'
import { forgetCopies } from './restic/work.ts'
import { rulesOf } from './set-of.ts'
import type { WorkContext } from './work.ts'

/** What the rules let go now: for whoever asks before, and for the work itself. */
export async function prunePlan(
  service: Service,
  known: Backups,
  parts: SnapshotPorts,
): Promise<RetentionPlan> {
  const rules = rulesOf(service)
  const copies = known.copies.filter(({ state }) => state !== 'pruned')
  // What was good by earlier rules is worth keeping. The newest must be good by the rules in force before anything goes.
  const newest = copies.filter(({ backup }) => backup === copies[0]?.backup)
  return retain({
    copies: [...underRules(newest, rulesDigest(service)), ...copies.filter((one) => !newest.includes(one))],
    keep: (await keepNow(service, parts)) ?? rules.keep,
    zone: rules.zone,
    now: instant(parts.clock.now()),
    clockJumpMs: (await parts.mark.check()).sound ? 0 : Number.MAX_SAFE_INTEGER,
    named: await namedByStages(parts),
  })
}

export async function workPrune(context: WorkContext): Promise<void> {
  const { parts, service, known, tell, progress, signal } = context
  const plan = await prunePlan(service, known(), parts)
  if (plan.blocked !== undefined) return
  const far = new Map<string, { readonly copy: KnownCopy; readonly why: string }[]>()
  // What cannot be taken away, or a server that is away, keeps the others from nothing.
  let failed: unknown
  for (const verdict of plan.verdicts) {
    if (verdict.keep) continue
    const { copy, because } = verdict
    if (copy.kind !== 'directory') {
      far.set(copy.copy, [...(far.get(copy.copy) ?? []), { copy, why: because.why }])
      continue
    }
    progress({ backup: copy.backup, copy: copy.copy, step: 'removing' })
    const base = { kind: 'backup', service: service.name, backup: copy.backup, copy: copy.copy } as const
    try {
      requirePlace(copy.to, copy.copy)
      // Out of `daily` first: a kill leaves none that a restore could choose, and the next run finishes it.
      await removeSnapshot({
        to: copy.to,
        id: copy.backup,
        run: parts.process,
        kill: parts.killPoint,
        signal,
        owner: process.geteuid?.() ?? 0,
      })
      await tell({ ...base, event: 'pruned', why: because.why, bytes: copy.bytes })
    } catch (cause) {
      if (signal.aborted) throw cause
      // Somebody has taken it away by hand, or a kill came between the act and its line: it is gone either way.
      if (cause instanceof SekishoError && cause.code === 'backup.snapshot_missing')
        await tell({ ...base, event: 'pruned', why: 'gone', bytes: copy.bytes })
      else failed ??= cause
    }
  }
  for (const [name, verdicts] of far)
    await pruneThere(name, verdicts, context).catch((cause: unknown) => {
      failed ??= cause
    })
  if (failed !== undefined) throw failed
}

/** What is gone is what the listing has no more; what only another identity may take away is left to it, with the command. */
async function pruneThere(
  name: string,
  verdicts: readonly { readonly copy: KnownCopy; readonly why: string }[],
  context: WorkContext,
): Promise<void> {
  const { service, tell, progress } = context
  const rule = rulesOf(service).copies.find((one) => one.name === name)
  if (rule === undefined || rule.kind !== 'restic') return
  // A copy in a repository that the rules named before is not missed from the listing of this one.
  const there = verdicts.filter(({ copy }) => copy.to === rule.to)
  if (there.length === 0) return
  progress({ copy: name, step: 'removing' })
  const { gone, elsewhere } = await forgetCopies(
    rule,
    there.map(({ copy }) => copy),
    context,
  )
  for (const { copy, why } of there)
    if (gone.has(copy.where))
      await tell({
        kind: 'backup',
        service: service.name,
        backup: copy.backup,
        copy: name,
        event: 'pruned',
        why,
        bytes: copy.bytes,
      })
  if (elsewhere !== undefined)
    throw new SekishoError('backup.prune_elsewhere', { copy: name, command: elsewhere })
}

/** The highest of each number that held within the last seven days, by the versions of the rules that this runner took. */
async function keepNow(service: Service, parts: SnapshotPorts): Promise<Keep | undefined> {
  const history: { at: Instant; keep: Keep }[] = []
  for (const { at, body } of parts.journal.rest) {
    if (body.kind !== 'policy') continue
    const policy: CompiledPolicy | undefined = await parts.policies
      .version(body.version)
      .catch(() => undefined)
    const keep = policy === undefined ? undefined : serviceOf(policy, service.name)?.backup?.keep
    if (keep !== undefined) history.push({ at, keep })
  }
  return keepInForce(history, instant(parts.clock.now()))
}

/**
 * What a restore was laid out from is named by its change, whether or not somebody has put a hold on it: until its time is over, and of
 * one that was carried out for as long as the original is kept as evidence.
 */
async function namedByStages({ clock, journal, stages }: SnapshotPorts): Promise<ReadonlySet<BackupId>> {
  const now = instant(clock.now())
  const kept = new Set(await stages.list())
  const named = [...journal.index.stages].filter(([stage, { expires }]) => expires >= now || kept.has(stage))
  return new Set(named.flatMap(([, { backups }]) => backups.filter(isBackupId)))
}
