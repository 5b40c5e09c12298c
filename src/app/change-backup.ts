// The check *backup* of a change of data, at the gate: what the runner's journal shows now. A missing or stale backup is taken at once.
import { backupStanding } from '../backup/backed-up.ts'
import { SekishoError } from '../base/error.ts'
import { labelledDigest } from '../base/hash.ts'
import { after } from '../base/time.ts'
import type { CheckResult } from '../change/change.ts'
import type { Plan } from '../plans/plan.ts'
import type { Service } from '../plans/policy.ts'
import { checkRow } from '../seal/checks.ts'
import { declaredService } from './authorize.ts'
import { factsOf } from './backup.ts'
import { type Gate, now, plain } from './gate.ts'

/** A person waits at a terminal: a backup that takes longer goes on, and the trial has to be asked for again. */
const WAIT_MS = 60_000
const LOOK_MS = 250

/** Red with its reasons where the backup is missing. Green comes only from the trial, by the runner's own journal. */
export async function backupMissing(gate: Gate, plan: Plan): Promise<readonly CheckResult[]> {
  const asserted = plan.pre.find(({ kind }) => kind === 'backup')
  if (asserted?.kind !== 'backup') return []
  const service = declaredService(gate.policy(), plan.service)
  if (service.backup === undefined) return [red(gate, [{ code: 'backup.none', text: service.name }])]
  const { backups, running } = await factsOf(gate, service)
  const found = backupStanding(backups.copies, now(gate), { level: asserted.level })
  if (found.standing === 'fine') return []
  const busy = running === undefined ? [] : [{ code: 'backup.being_taken', text: running.work }]
  return [red(gate, [...busy, ...found.reasons.map(({ code }) => ({ code: `backup.${code}`, text: '' }))])]
}

/**
 * Takes a missing or stale backup now, by the standing statement of its owner, before the change is tried. Returns whether it is still
 * under way.
 */
export async function takeMissingBackup(gate: Gate, plan: Plan): Promise<'waits' | 'done'> {
  const asserted = plan.pre.find(({ kind }) => kind === 'backup')
  const service = declaredService(gate.policy(), plan.service)
  if (asserted?.kind !== 'backup' || service.backup === undefined) return 'done'
  const { backups, standing, running } = await factsOf(gate, service)
  const found = backupStanding(backups.copies, now(gate), { level: asserted.level }).standing
  if (found !== 'missing' && found !== 'stale') return 'done'
  if (running === undefined) {
    if (!standing) return 'done'
    try {
      await gate.runner.ask('backup', { service: service.name, work: 'backup', by: 'change' })
    } catch (error) {
      // The runner refuses or is busy: the trial shows the state.
      if (error instanceof SekishoError) return error.code === 'backup.busy' ? 'waits' : 'done'
      throw error
    }
  }
  return ended(gate, service)
}

async function ended(gate: Gate, service: Service): Promise<'waits' | 'done'> {
  for (let waited = 0; waited < WAIT_MS; waited += LOOK_MS) {
    if ((await factsOf(gate, service)).running === undefined) return 'done'
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
  return 'waits'
}

function red(gate: Gate, problems: CheckResult['problems']): CheckResult {
  const row = checkRow('backup')
  const at = now(gate)
  const evidence = labelledDigest('sekisho-check-v1', {
    check: row.name,
    at,
    facts: {},
    problems: plain(problems),
  })
  return {
    check: row.name,
    verdict: 'red',
    collector: row.collector,
    facts: {},
    problems,
    at,
    expires: after(at, row.validMs),
    evidence,
  }
}
