// The rules by which the content of a copy is judged, as one digest. A verdict stands in the journal with it: under other rules the verdict says nothing.
import { type Digest, labelledDigest } from '../base/hash.ts'
import type { KnownCopy } from './level.ts'
import { LEVELS } from './level.ts'
import type { Database, DataDirectory, Invariants } from './set.ts'

const LABEL = 'sekisho/content-rules/1'

export function rulesDigest(service: {
  readonly data?: readonly DataDirectory[]
  readonly databases?: readonly Database[]
}): Digest {
  const { data = [], databases = [] } = service
  return labelledDigest(LABEL, {
    data: data.map(({ name, format, secret, invariants }) => ({
      name,
      format,
      secret: [...secret],
      invariants: invariantsOf(invariants),
    })),
    databases: databases.map(({ name, port, invariants }) => ({
      name,
      port,
      invariants: invariantsOf(invariants),
    })),
  })
}

function invariantsOf(all: Readonly<Record<string, Invariants>>) {
  return Object.fromEntries(
    Object.entries(all).map(([name, { id, require, types, minRecords, shrink, growth }]) => [
      name,
      {
        ...(id === undefined ? {} : { id }),
        require: [...require],
        types: { ...types },
        minRecords,
        shrink,
        growth,
      },
    ]),
  )
}

/**
 * Copies as they stand under the rules in force. Content that was judged by other rules is neither good nor bad: the level falls to what holds under any
 * rules, and what was wrong by the others is not said.
 */
export function underRules(copies: readonly KnownCopy[], rules: Digest): readonly KnownCopy[] {
  return copies.map((copy) => standing(copy, rules))
}

function standing(copy: KnownCopy, rules: Digest): KnownCopy {
  const { why, bad: _bad, rules: judgedBy, ...rest } = copy
  const { content, restored, ...earned } = copy.earned
  const isJudged = content !== undefined || restored !== undefined || isOfContent(copy)
  if (!isJudged || judgedBy === rules) return copy
  return {
    ...rest,
    ...(judgedBy === undefined ? {} : { rules: judgedBy }),
    ...(why === undefined || (copy.state === 'sound' && isOfContent(copy)) ? {} : { why }),
    earned,
    level: LEVELS.findLast((level) => earned[level as keyof typeof earned] !== undefined) ?? 'written',
    isStale: true,
  }
}

/** Refused by its content: `articles.rubbish`, `content.not_read`. A drill that failed is a finding of another kind. */
function isOfContent({ state, why, bad }: KnownCopy): boolean {
  if (bad !== undefined) return true
  return state === 'sound' && why !== undefined && why !== 'drill.failed'
}
