// What an agent is told at its hook, in a fixed form: what would happen, which rule, and what to do instead. Short: it is read by a
// model and by the person beside it.
import type { Instead } from '../base/instead.ts'
import { guardSentence, insteadLine, readLine } from './guard.ts'
import type { Both, Language } from './words.ts'

export interface Refusal {
  readonly verdict: 'ask' | 'deny'
  readonly rule: string
  readonly params: Readonly<Record<string, string>>
  readonly part: string
  /** Files that say so, where the text alone does not. */
  readonly read: readonly string[]
  readonly instead: Instead | undefined
  /** The same effect was refused before, in this or another spelling. */
  readonly again: boolean
}

export function refusalText(
  { verdict, rule, params, part, read, instead, again }: Refusal,
  language: Language,
): string {
  const { what, why } = guardSentence(rule, params, language)
  const source = params['source'] === undefined ? '' : ` (${params['source']})`
  const where = read.length === 0 ? [] : [readLine(read, language)]
  const way = instead === undefined ? undefined : insteadLine(instead, language)
  if (language === 'ja')
    return [
      `関所: ${verdict === 'deny' ? '拒否' : '人の確認が要ります'}  ${part}`,
      `${what}${why ?? ''} 規則 ${rule}${source}`,
      ...where,
      ...(again ? ['先に断ったものと同じ結果です。書き方を変えても同じです。'] : []),
      ...(way === undefined ? [] : [`代わりに: ${way}`]),
      ...(verdict === 'deny' ? ['やり直しや回り道をしないでください。'] : []),
    ].join('\n')
  return [
    `Sekisho: ${verdict === 'deny' ? 'refused' : 'a person must confirm'}  ${part}`,
    `${what}${why === undefined ? '' : ` ${why}`} Rule ${rule}${source}.`,
    ...where,
    ...(again ? ['This is the same effect as was refused before; another spelling changes nothing.'] : []),
    ...(way === undefined ? [] : [`Instead: ${way}`]),
    ...(verdict === 'deny' ? ['Do not retry or work around this.'] : []),
  ].join('\n')
}

/** What the agent hands to a person: the line is complete. */
export const pausedText = (uid: number): Both<string> => ({
  ja: `関所: 断られた操作が続いたので、このアカウントのエージェントは止められています。人が次を行うまで待ってください: sekisho agent resume ${uid}（理由は sekisho doctor）`,
  en: `Sekisho: after repeated refusals this account’s agent is paused. Wait until a person runs: sekisho agent resume ${uid} (why: sekisho doctor)`,
})

export const HOOK_WORDS = {
  agent: {
    ja: '関所: このエージェントはまだ知りません。使えるのは sekisho hook claude-code です。',
    en: 'Sekisho: this agent is not known yet. What there is: sekisho hook claude-code.',
  },
  unreadable: {
    ja: '関所: この呼び出しを読めないので通しません。sekisho doctor を見てください。',
    en: 'Sekisho: this call cannot be read, so it is not let through. See sekisho doctor.',
  },
  policy: {
    ja: '関所: 番人の規則を読めないので何も通しません。人が sekisho config apply を行ってください。',
    en: 'Sekisho: the guard’s rules cannot be read, so nothing is let through. A person runs sekisho config apply.',
  },
  failed: {
    ja: '関所: 番人が壊れたので通しません。sekisho doctor を見てください。',
    en: 'Sekisho: the guard failed, so this is not let through. See sekisho doctor.',
  },
  settings: {
    ja: '関所: 設定が変えられました。このセッションは元の番人のまま続きます。人に知らせてください。',
    en: 'Sekisho: settings were changed. This session keeps the guard that it has. Tell a person.',
  },
} as const
