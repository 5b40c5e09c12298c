// How coverage has moved from one kept change of code to the next, as the trials in the journal say it. The journal is never shortened, so the trend does not
// end where old releases are removed.
import { isObject } from '../../base/json.ts'
import type { Service } from '../../plans/policy.ts'
import type { RunnerParts } from '../parts.ts'
import { planAt } from '../plan-at.ts'

/**
 * Ten thousandths of the lines, oldest first: before and after each kept change of the service. A drop that people have waived is a new beginning: what was
 * higher before it does not count any more.
 */
export async function coverageTrend(
  name: Service['name'],
  { journal, objects }: Pick<RunnerParts, 'journal' | 'objects'>,
): Promise<readonly number[]> {
  const { closed, accepted, trials } = journal.index
  const newest = new Map([...trials.values()].map((trial) => [trial.plan, trial]))
  let trend: number[] = []
  for (const [execution, { outcome }] of closed) {
    const plan = outcome === 'kept' ? accepted.get(execution)?.plan : undefined
    const trial = plan === undefined ? undefined : newest.get(plan)
    const tests = trial?.checks.find(({ check }) => check === 'tests')
    if (plan === undefined || tests === undefined) continue
    if ((await planAt(plan, objects))?.service !== name) continue
    const [before, after] = [tests.facts['before'], tests.facts['after']].map(coverageOf)
    if (tests.verdict !== 'green') trend = []
    else if (before !== undefined) trend.push(before)
    if (after !== undefined) trend.push(after)
  }
  return trend
}

function coverageOf(figures: unknown): number | undefined {
  const coverage = isObject(figures) ? figures['coverage'] : undefined
  return typeof coverage === 'number' ? coverage : undefined
}
