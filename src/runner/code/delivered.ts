// What the journal of the runner says about the code of a service: which changes were kept, whether the branch has their commits, and which commits ran.
// A change is staged only on the commit that runs (issue: what is kept and not delivered would be dropped by the next change without a word).
import { SekishoError } from '../../base/error.ts'
import { changeOf, type ExecutionId } from '../../base/id.ts'
import type { RepositoryState } from '../../code/repository-state.ts'
import { type CodeWish, goesBack } from '../../plans/code.ts'
import type { Plan } from '../../plans/plan.ts'
import type { Service } from '../../plans/policy.ts'
import type { Body } from '../journal/index.ts'
import type { RunnerParts } from '../parts.ts'
import { planAt } from '../plan-at.ts'

/** A change of code that was kept. */
export interface KeptCode {
  readonly execution: ExecutionId
  readonly change: string
  /** What the branch pointed to before it, and what it points to after it. */
  readonly before: string
  readonly after: string
}

/** Of one service, in the order in which they ended. */
export async function keptCode(name: Service['name'], parts: RunnerParts): Promise<readonly KeptCode[]> {
  const { journal, objects } = parts
  const kept: KeptCode[] = []
  for (const [execution, { outcome }] of journal.index.closed) {
    const accepted = outcome === 'kept' ? journal.index.accepted.get(execution) : undefined
    const plan = accepted === undefined ? undefined : await planAt(accepted.plan, objects)
    if (plan?.pattern !== 'code' || plan.service !== name) continue
    const before = plan.actions.flatMap(({ action }) =>
      action.kind === 'commit' ? [action.deployed] : [],
    )[0]
    const after = madeIn(execution, plan, parts)
    if (before !== undefined && after !== undefined)
      kept.push({ execution, change: changeOf(execution), before, after })
  }
  return kept
}

/** The commit that the action made, as its outcome says it. */
export function madeIn(execution: ExecutionId, plan: Plan, { journal }: RunnerParts): string | undefined {
  const id = plan.actions.find(({ action }) => action.kind === 'commit')?.id
  const line = journal
    .known(execution)
    ?.lines.findLast(
      ({ key, body }) => body.kind === 'outcome' && key.startsWith(`${execution}/${id}/apply/`),
    )
  const commit = line?.body.kind === 'outcome' ? line.body.detail['commit'] : undefined
  return typeof commit === 'string' ? commit : undefined
}

/** True while the branch does not have the commit of a kept change. */
export function isUndelivered(line: Body<'code'> | undefined): boolean {
  return line === undefined || line.event === 'commitFailed'
}

/**
 * Throws deploy.not_delivered while the newest kept change has no commit on the branch, and deploy.branch_other where the branch points to something
 * else than what was deployed.
 */
export function assertDelivered(
  kept: readonly KeptCode[],
  { branch, commit, path }: Pick<RepositoryState, 'branch' | 'commit' | 'path'>,
  { journal }: RunnerParts,
): void {
  const newest = kept.at(-1)
  if (newest === undefined || newest.after === commit) return
  const line = journal.index.code.get(newest.execution)
  if (isUndelivered(line))
    throw new SekishoError('deploy.not_delivered', {
      change: newest.change,
      branch,
      path,
      why: line?.why ?? 'not tried yet',
    })
  throw new SekishoError('deploy.branch_other', {
    branch,
    path,
    found: commit.slice(0, 12),
    runs: newest.after.slice(0, 12),
    change: newest.change,
  })
}

/** The change that is taken back, where later ones were kept: the commit that it replaced would drop them. */
export function takenBackBelow(wish: CodeWish, kept: readonly KeptCode[], tip: string): KeptCode | undefined {
  const { takesBack } = wish
  const found = takesBack === undefined ? undefined : kept.findLast(({ change }) => change === takesBack)
  return found?.after === tip ? undefined : found
}

/** A way back needs no tests because what it goes back to ran here: that is believed of the journal alone. Throws deploy.never_ran. */
export function assertRanHere(wish: CodeWish, kept: readonly KeptCode[]): void {
  if (!goesBack(wish)) return
  const { commit } = wish
  if (!kept.some(({ before, after }) => before === commit || after === commit))
    throw new SekishoError('deploy.never_ran', { commit: commit.slice(0, 12) })
}
