// The world must be as it was when it was sealed: every target is read again now, and the plan's own picture of each file must be
// what was read (spine §4.4).
import { type Answer, refused } from '../../base/error.ts'
import { fileTarget, type TargetId } from '../../base/id.ts'
import { canonical, type Json } from '../../base/json.ts'
import type { Envelope } from '../../seal/envelope.ts'
import { fingerprint, type TargetFacts } from '../../seal/fingerprint.ts'
import { ownNameOf } from '../../seal/own-name.ts'
import type { FileState, Link, Plan } from '../../seal/plan.ts'

export function judgeBaseline(
  plan: Plan,
  envelope: Envelope,
  facts: ReadonlyMap<TargetId, TargetFacts>,
): Answer<object> {
  const { change } = plan
  for (const { target, digest } of envelope.baseline) {
    const now = facts.get(target)
    if (now === undefined || fingerprint(target, now) !== digest)
      return refused('judge.baseline_moved', { target, change })
  }
  for (const { action } of plan.actions) {
    if (action.kind !== 'replaceFiles' && action.kind !== 'editEnv') continue
    for (const one of action.kind === 'editEnv' ? [action] : action.files) {
      const target = fileTarget(plan.host, one.path)
      if (!isPictureOf(one, facts.get(target))) return refused('judge.baseline_moved', { target, change })
    }
  }
  return { ok: true }
}

interface Picture {
  readonly path: string
  readonly real: string
  readonly links: readonly Link[]
  readonly before: FileState
}

/**
 * Either the file at the end of the chain of links, or (delete, link) the declared name itself where that is a link: never a link on
 * the way to it, which would be another directory's.
 */
export function isPictureOf(one: Picture, facts: TargetFacts | undefined): boolean {
  if (facts?.kind !== 'file') return false
  if (one.links.length === 0 && facts.links.length > 0) {
    const own = ownNameOf(one.path, facts.links)
    return (
      own?.target !== undefined &&
      one.before.kind === 'link' &&
      one.real === own.path &&
      one.before.target === own.target
    )
  }
  return (
    facts.real === one.real &&
    same(facts.links as unknown as Json, one.links as unknown as Json) &&
    same(facts.state as unknown as Json, one.before as unknown as Json)
  )
}

function same(a: Json, b: Json): boolean {
  return canonical(a) === canonical(b)
}
