// The commit of a kept change of code on its record: where it is, or why it is not there.
import { CODE_WORDS } from '../words/code.ts'
import { visibleLine } from '../words/layout.ts'
import type { Language } from '../words/words.ts'
import { type RecordSource, words } from './record-facts.ts'

/** What the last line of each kind says: a failure is shown until it is made good. Nothing for other patterns. */
export function deliveredLines({ entries }: RecordSource, language: Language): readonly string[] {
  const w = CODE_WORDS[language]
  const last = (...kinds: readonly string[]) => entries.findLast(({ kind }) => kinds.includes(kind))
  const [commit, push] = [
    last('change.committed', 'change.commit_failed'),
    last('change.pushed', 'change.push_failed'),
  ]
  return [
    ...(commit === undefined
      ? []
      : [
          commit.kind === 'change.committed'
            ? w.committed(words(commit.payload, 'commit') ?? '')
            : w.commitFailed(words(commit.payload, 'commit') ?? '', words(commit.payload, 'why') ?? ''),
        ]),
    ...(push === undefined
      ? []
      : [push.kind === 'change.pushed' ? w.pushed : w.pushFailed(words(push.payload, 'why') ?? '')]),
  ].map(visibleLine)
}
