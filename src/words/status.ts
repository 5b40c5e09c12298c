// Words of `sekisho status`: the head line, the name of each row, and what stands in a row beside the changes.
import { SEEN_AGO, SPAN } from './amounts.ts'
import { LABELS } from './labels.ts'
import type { Both } from './words.ts'

interface Counts {
  readonly reds: number
  readonly waiting: number
  readonly queued: number
  readonly running: number
  readonly uncertain: number
}

interface CheckCounts {
  readonly good: number
  readonly red: number
  readonly warning?: number | undefined
  readonly weekly?: number | undefined
  readonly late: number
  readonly noData: number
  readonly elsewhere?: number | undefined
}

const looked = (ageMs: number): Both<string> => ({
  ja: `（${SEEN_AGO.ja(ageMs)}に確認）`,
  en: ` (looked at ${SEEN_AGO.en(ageMs)})`,
})

export const STATUS_WORDS = {
  maintenance: (service: string, until: string, reason: string, why: string | undefined): Both<string> => ({
    ja: `保守中 ${service}（${until} に自動で終わります）${reason}${why === undefined ? '' : `  まだ戻せていません: ${why}`}`,
    en: `maintenance of ${service}, ends by itself at ${until}: ${reason}${why === undefined ? '' : `  not turned off yet: ${why}`}`,
  }),
  calm: { ja: '平常', en: 'calm' },
  calmButWeekly: (weekly: number): Both<string> => ({
    ja: `平常（週次の確認に異常 ${weekly}）`,
    en: `calm but for ${weekly} weekly`,
  }),
  lookHere: { ja: '要確認', en: 'look here' },
  waiting: { ja: '待ちあり', en: 'waiting' },
  /** `word`: one of the three above, painted. */
  head: (word: string, { reds, waiting, queued, running, uncertain }: Counts): Both<string> => ({
    ja: `関所 ${word}   赤 ${reds}、承認待ち ${waiting}${queued === 0 ? '' : `、開始待ち ${queued}`}、実行中 ${running}、不明 ${uncertain}`,
    en: `Sekisho ${word}   ${reds} red, ${waiting} waiting${queued === 0 ? '' : `, ${queued} to start`}, ${running} running, ${uncertain} uncertain`,
  }),
  rows: {
    health: { ja: '健全', en: 'health' },
    checks: { ja: '確認', en: 'checks' },
    muted: { ja: '通知を停止', en: 'muted' },
    open: { ja: '終わっていない', en: 'still open' },
    forPerson: { ja: '判断待ち', en: 'for a person' },
    waitsFor: { ja: '承認待ち', en: 'waits for' },
    youAlone: { ja: '単独承認', en: 'you alone' },
    paused: { ja: '止められた AI', en: 'paused agent' },
    running: { ja: '実行中', en: 'running' },
    toStart: { ja: '開始待ち', en: 'to start' },
    uncertain: { ja: '不明', en: 'uncertain' },
    red: { ja: '赤', en: 'red' },
    toRevise: { ja: '直し待ち', en: 'to be revised' },
    last: { ja: '最後の変更', en: 'last change' },
    ledger: { ja: '台帳', en: 'ledger' },
    next: LABELS.next,
  },
  /** Each check is counted once. `elsewhere`: in another row of the same page. */
  checks: ({
    good,
    red,
    warning = 0,
    weekly = 0,
    late,
    noData,
    elsewhere = 0,
  }: CheckCounts): Both<string> => {
    const next = red + warning + weekly + late + noData + elsewhere === 0 ? '' : '  sekisho check list'
    const some = (count: number, text: string) => (count === 0 ? '' : text)
    return {
      ja: `良好 ${good}、異常 ${red}${some(warning, `、注意 ${warning}`)}${some(weekly, `、週次の異常 ${weekly}`)}、遅れ ${late}、データなし ${noData}${some(elsewhere, `、ほかの行で ${elsewhere}`)}${next}`,
      en: `${good} good, ${red} red${some(warning, `, ${warning} to be watched`)}${some(weekly, `, ${weekly} weekly`)}, ${late} late, ${noData} without data${some(elsewhere, `, ${elsewhere} in other rows`)}${next}`,
    }
  },
  moreChecks: (others: number): Both<string> => ({
    ja: `ほか ${others} 件  sekisho check list`,
    en: `and ${others} more: sekisho check list`,
  }),
  notKnown: (state: string, what: string): Both<string> => ({
    ja: `${state}: ${what}`,
    en: `${state}: ${what}`,
  }),
  doubted: (check: string, ageMs: number): Both<string> => ({
    ja: `分かりません（${SEEN_AGO.ja(ageMs)}に見たときは健全。その後 ${check} が異常）`,
    en: `not known (healthy ${SEEN_AGO.en(ageMs)}; ${check} has been red since)`,
  }),
  more: (others: number): Both<string> =>
    others === 0 ? { ja: '', en: '' } : { ja: `  ほか ${others} 件`, en: `  and ${others} more` },
  moreRed: (others: number): Both<string> => ({
    ja: `ほか ${others} 件  sekisho doctor`,
    en: `and ${others} more: sekisho doctor`,
  }),
  aloneFrom: (id: string, at: string): Both<string> => ({
    ja: `${id} を ${at} から承認できます`,
    en: `may approve ${id} from ${at}`,
  }),
  healthNotKnown: (services: number): Both<string> => ({
    ja: `健全を確かめられていないサービス ${services} 件`,
    en: `health not known: ${services}`,
  }),
  redSince: (at: string, ms: number): Both<string> => ({
    ja: `（${at}に確認、${SPAN.ja(ms)}前の確認から）`,
    en: ` (looked at ${at}, seen so for ${SPAN.en(ms)})`,
  }),
  lastLookedAt: (ageMs: number): Both<string> => ({
    ja: `（最後に見たのは ${SEEN_AGO.ja(ageMs)}）`,
    en: ` (last looked at ${SEEN_AGO.en(ageMs)})`,
  }),
  looked,
  notLookedAt: { ja: '見ていません', en: 'not looked at' },
  noHealthDeclared: { ja: 'health の宣言なし', en: 'no health declared' },
  waitsForNobody: { ja: 'なし', en: 'nobody' },
  you: { ja: 'あなた', en: 'you' },
  nobodyMayApprove: { ja: '承認できる人がいません', en: 'nobody who may approve' },
  guardTestRed: {
    ja: '番人が自己試験に間違えました  sekisho doctor',
    en: 'the guard answered its self-test wrongly  sekisho doctor',
  },
  onlyHealthIsRed: { ja: '健全の行のとおり', en: 'see health' },
  onlyChecksAreRed: { ja: '確認の行のとおり', en: 'see checks' },
  onlyBothAreRed: { ja: '健全と確認の行のとおり', en: 'see health and checks' },
  pausedAgent: (who: string, intents: number, others: number): Both<string> => ({
    ja: `${who}（断られた操作 ${intents} 種）${others === 0 ? '' : `  ほか ${others} 件`}  理由は sekisho doctor`,
    en: `${who} (${intents} kinds of refused calls)${others === 0 ? '' : `  and ${others} more`}  why: sekisho doctor`,
  }),
  entries: (size: number): Both<string> => ({ ja: `${size} 件`, en: `${size} entries` }),
  checkpoint: (at: string | undefined): Both<string> =>
    at === undefined
      ? { ja: '検印 なし', en: 'no checkpoint' }
      : { ja: `検印 ${at}`, en: `checkpoint ${at}` },
  witness: (isThere: boolean): Both<string> =>
    isThere ? { ja: '立会 あり', en: 'witnessed' } : { ja: '立会 なし', en: 'no witness' },
  goesBackIn: (seconds: number): Both<string> => ({
    ja: `  あと ${seconds} 秒で元に戻る`,
    en: `  goes back in ${seconds} s`,
  }),
  wayBackTakes: (seconds: string): Both<string> => ({
    ja: `  戻すのに ${seconds} 秒`,
    en: `  way back takes ${seconds} s`,
  }),
} as const
