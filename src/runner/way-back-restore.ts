// The way back of what nothing but a restore takes back: that restore is rehearsed, and card and record show its seconds and what it would lose.
import { SekishoError } from '../base/error.ts'
import type { JsonObject } from '../base/json.ts'
import { BACKUP_LEVEL } from '../plans/data-directory.ts'
import type { Service } from '../plans/policy.ts'
import type { TrialCheck } from '../seal/journal.ts'
import { rehearseRestore } from '../snapshot/rehearse-restore.ts'
import { copiesKnown, type RunnerParts } from './parts.ts'

const ALL_MS = 3_600_000

/** Of a trial whose way back is a restore: with that restore rehearsed. Every other trial is as it was. */
export async function withRestore(
  checks: readonly TrialCheck[],
  service: Service,
  parts: RunnerParts,
): Promise<readonly TrialCheck[]> {
  const isOfRestore = ({ check, verdict, facts }: TrialCheck) =>
    check === 'undo' && verdict === 'green' && facts['wayBack'] === 'restore'
  if (!checks.some(isOfRestore) || service.backup === undefined) return checks
  const found = await rehearsed(service, parts)
  return checks.map((one) => (isOfRestore(one) ? { ...one, ...found(one.facts) } : one))
}

type Found = (facts: JsonObject) => Pick<TrialCheck, 'verdict' | 'facts' | 'problems'>

async function rehearsed(service: Service, parts: RunnerParts): Promise<Found> {
  try {
    const signal = AbortSignal.timeout(ALL_MS)
    const restored = await rehearseRestore(copiesKnown(service.name, parts), BACKUP_LEVEL, {
      parts,
      service,
      signal,
    })
    // Without a copy that counts the check of the backup blocks.
    if (restored === undefined) return (facts) => ({ verdict: 'green', facts, problems: [] })
    const { ms, ...rest } = restored
    return (facts) => ({
      verdict: 'green',
      facts: { ...facts, milliseconds: ms, restored: { ...rest, notRead: [...rest.notRead] } },
      problems: [],
    })
  } catch (cause) {
    if (!(cause instanceof SekishoError)) throw cause
    const { code, detail } = cause
    return (facts) => ({
      verdict: 'red',
      facts,
      problems: [{ code, text: `${code} ${JSON.stringify(detail)}`.slice(0, 2000) }],
    })
  }
}
