// The check *backup*: what changes data starts only while a copy that counts was read as deeply as is asked and is not older than a day
// (guide 3.1; S06, S08). The runner believes its own journal and nothing else.
import { BACKUP_LIMIT_MS, type BackupReason, backupStanding } from '../../backup/backed-up.ts'
import { bytesOnly } from '../../backup/bytes-only.ts'
import type { KnownCopy, Level } from '../../backup/level.ts'
import type { DataDirectory } from '../../backup/set.ts'
import { after, type Instant } from '../../base/time.ts'
import type { Assertion, Plan } from '../../plans/plan.ts'
import type { Problem, TrialCheck } from '../../seal/journal.ts'

export function backupAsserted({
  pre,
}: Pick<Plan, 'pre'>): Extract<Assertion, { readonly kind: 'backup' }> | undefined {
  return pre.find((one) => one.kind === 'backup')
}

/** Undefined while it holds; else how it stands. */
export function backupFault(
  copies: readonly KnownCopy[],
  level: Level,
  now: Instant,
): 'missing' | 'stale' | 'too_low' | undefined {
  const { standing } = backupStanding(copies, now, { level })
  return standing === 'fine' ? undefined : standing
}

/** In the facts of a green one, `until`: after that moment the copy is too old, and with it whatever was sealed over it. */
export function backupCheck(
  copies: readonly KnownCopy[],
  level: Level,
  now: Instant,
  data: readonly DataDirectory[] = [],
): TrialCheck {
  const found = backupStanding(copies, now, { level })
  if (found.standing !== 'fine')
    return {
      check: 'backup',
      verdict: 'red',
      facts: { standing: found.standing, level },
      problems: found.reasons.map(problemOf),
    }
  const { backup, copy, level: read, place, taken, manifest } = found.copy
  const onlyBytes = bytesOnly(found.copy, data)
  return {
    check: 'backup',
    verdict: 'green',
    facts: {
      backup,
      copy,
      level: read,
      ...(onlyBytes.length === 0 ? {} : { bytesOnly: [...onlyBytes] }),
      place,
      taken,
      manifest,
      until: after(taken, BACKUP_LIMIT_MS),
    },
    problems: [],
  }
}

/** In words by its code; the text is what it is about. */
function problemOf(reason: BackupReason): Problem {
  switch (reason.code) {
    case 'none':
      return { code: 'backup.none', text: '' }
    case 'same_disk_only':
    case 'not_sound':
      return { code: `backup.${reason.code}`, text: String(reason.copies) }
    case 'rules_changed':
      return { code: 'backup.rules_changed', text: `${reason.copy} ${reason.backup}` }
    case 'from_the_future':
      return { code: 'backup.from_the_future', text: `${reason.copy} ${reason.backup}` }
    case 'too_old':
      return {
        code: 'backup.too_old',
        text: `${reason.copy} ${reason.backup} (${Math.floor(reason.ageMs / 3_600_000)} h)`,
      }
    case 'level':
      return {
        code: 'backup.level',
        text: `${reason.copy} ${reason.backup}: ${reason.level} < ${reason.wanted}`,
      }
  }
}
