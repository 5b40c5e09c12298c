// Does a plan's picture of a file show what was read of it? One rule for the gate's check and for the judge.
import { canonical, type Json } from '../base/json.ts'
import type { FileState, Link } from './file-state.ts'
import type { TargetFacts } from './fingerprint.ts'
import { ownNameOf } from './own-name.ts'

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
      one.before.target === own.target &&
      one.before.uid === facts.link?.uid &&
      one.before.gid === facts.link.gid
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
