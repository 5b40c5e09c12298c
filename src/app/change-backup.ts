// The check *backup* of a change of data, from the gate's side: what the runner's journal says now, and a missing or stale one taken at once.
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

/** Somebody waits at a terminal: a backup that takes longer goes on by itself, and the trial is asked for again. */
const WAIT_MS = 60_000
const LOOK_MS = 250

/** Red with the reasons while it does not stand; nothing while it does: what is green is the trial's to say, from its own journal. */
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
 * A backup that is missing or too old is taken now, by the standing statement that its owner signed, before the change is tried. Says
 * whether it is still being taken.
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
      // Refused by its limits, or busy with something else: the trial says how it stands.
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
