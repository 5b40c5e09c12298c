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
  readonly late: number
  readonly noData: number
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
  checks: ({ good, red, warning = 0, late, noData }: CheckCounts): Both<string> => {
    const next = red + warning + late + noData === 0 ? '' : '  sekisho check list'
    return {
      ja: `良好 ${good}、異常 ${red}${warning === 0 ? '' : `、注意 ${warning}`}、遅れ ${late}、データなし ${noData}${next}`,
      en: `${good} good, ${red} red${warning === 0 ? '' : `, ${warning} to be watched`}, ${late} late, ${noData} without data${next}`,
    }
  },
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
    ja: `（${at}、${SPAN.ja(ms)}前から）`,
    en: ` (looked at ${at}, so for ${SPAN.en(ms)})`,
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
  onlyHealthIsRed: { ja: '健全のほかは なし', en: 'nothing but health' },
  onlyChecksAreRed: { ja: '確認のほかは なし', en: 'nothing but checks' },
  onlyBothAreRed: { ja: '健全と確認のほかは なし', en: 'nothing but health and checks' },
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
