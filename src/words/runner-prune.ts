// What people read of copies from before changes that go, or would go.
import { sizeText } from './amounts.ts'
import type { Both } from './words.ts'

interface Pruned {
  readonly copies: readonly { readonly execution: string; readonly path: string; readonly copy: string }[]
  readonly count: number
  readonly bytes: number
  readonly kept: number
}
type Lines = (pruned: Pruned, dryRun: boolean) => readonly string[]

const SHOWN = 20

const list = ({ copies }: Pruned) =>
  copies.slice(0, SHOWN).map(({ execution, copy }) => `  ${execution}  ${copy}`)

export const RUNNER_PRUNE_WORDS: Both<Lines> = {
  ja: (pruned, dryRun) => {
    const { count, bytes, kept } = pruned
    if (count === 0)
      return [
        `消す写しはありません。残る写し: ${kept} 件`,
        '決まり: 変更の終わりから 180 日を過ぎ、同じファイルにそれより新しい写しが 5 件あるものだけを消します',
      ]
    const more = count > SHOWN ? [`  ほかに ${count - SHOWN} 件`] : []
    const what = dryRun ? '消えることになる写し' : '消した写し'
    return [
      `${what}: ${count} 件（${sizeText(bytes)}）。残る写し: ${kept} 件`,
      ...list(pruned),
      ...more,
      ...(dryRun ? ['消すには: sekisho runner prune'] : []),
    ]
  },
  en: (pruned, dryRun) => {
    const { count, bytes, kept } = pruned
    if (count === 0)
      return [
        `No copy goes; ${kept} stay`,
        'Rule: a copy goes 180 days after its change has ended, and only where its file has five newer copies',
      ]
    const more = count > SHOWN ? [`  and ${count - SHOWN} more`] : []
    return [
      `${dryRun ? 'Copies that would go' : 'Copies taken away'}: ${count} (${sizeText(bytes)}); ${kept} stay`,
      ...list(pruned),
      ...more,
      ...(dryRun ? ['To take them away: sekisho runner prune'] : []),
    ]
  },
}
