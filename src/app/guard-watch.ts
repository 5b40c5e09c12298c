// What stands in front of the agents, as facts of `doctor` and as a change that is on the record within a minute, whether anybody asks or
// not (N14). The runner looks; here it is judged against the rules in force.
import type { DoctorFact } from '../contract/gate.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { GuardFacts, HookFact } from '../seal/runner-status.ts'
import { act, type Gate, plain } from './gate.ts'
import { seeRunner } from './see-runner.ts'
import { readSetting, writeSetting } from './store.ts'

const SETTING = 'guard_hooks'

const fact = (state: DoctorFact['state'], code: string, values: DoctorFact['values'] = {}): DoctorFact => ({
  name: 'guard',
  state,
  code,
  values,
})

/** Undefined facts: this runner was not told where the guard is. */
export function guardFacts(guard: GuardFacts | undefined, policy: CompiledPolicy): readonly DoctorFact[] {
  if (guard === undefined) return []
  const { hooks, version, spool } = guard
  // Rules that cannot be read stop every agent that has the hook; without a hook they stop nobody.
  const severe = hooks.length > 0 ? 'bad' : 'warn'
  return [
    ...(guard.policy === 'readable'
      ? version === policy.version
        ? []
        : [fact('bad', 'doctor.guard_stale')]
      : [
          fact(
            severe,
            guard.policy === 'missing' ? 'doctor.guard_no_policy' : 'doctor.guard_policy_unreadable',
          ),
        ]),
    ...(spool === 'writable' ? [] : [fact(severe, 'doctor.guard_spool', { why: spool })]),
    ...(hooks.length === 0 ? [fact('none', 'doctor.guard_no_hook')] : []),
    ...hooks.map((hook) => hookFact(hook, levelOf(guard))),
  ]
}

/** With no rules the built-in ones observe. With rules that cannot be read nothing is judged: no level is in force, and the hook stops every call. */
function levelOf({ policy, level }: GuardFacts): Level {
  if (policy === 'missing') return 'observe'
  return policy === 'readable' ? (level ?? 'observe') : 'none'
}
type Level = 'observe' | 'guard' | 'none'

export function hookFact(hook: HookFact, level: Level): DoctorFact {
  const { path, state, why = '', program = '', variable = '' } = hook
  if (state === 'wired')
    return level === 'none'
      ? fact('warn', 'doctor.guard_hook_without_level', { path })
      : fact('good', 'doctor.guard_hook', { path, level })
  const code = state === 'program' ? `doctor.guard_program_${why}` : `doctor.guard_hook_${state}`
  return fact('bad', code, { path, why, program, variable, level })
}

/** Twice is once: only a difference to what was last seen is written down. */
export async function watchHooks(gate: Gate): Promise<void> {
  const runner = await seeRunner(gate)
  if (!runner.reachable || runner.status.guard === undefined) return
  const now = plain({
    hooks: [...runner.status.guard.hooks].sort((a, b) => (a.path < b.path ? -1 : 1)),
    policy: runner.status.guard.policy,
    spool: runner.status.guard.spool,
  })
  const key = JSON.stringify(now)
  if ((await readSetting(gate.db, SETTING)) === key) return
  await act(gate, 'system', async (step) => {
    const before = await readSetting(step.tx, SETTING)
    if (before === key) return
    await writeSetting(step.tx, SETTING, key)
    // A first look at nothing is no news.
    if (before === undefined && runner.status.guard?.hooks.length === 0) return
    await step.record('guard.wiring', 'guard', now)
    await step.tell({ kind: 'guard.wiring', values: now })
  })
}
