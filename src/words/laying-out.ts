// Words of a restore that is being laid out: of what it is, whose, and how it ends.
import type { Both, Sentence } from './words.ts'

export interface LayingOutWords {
  /** What a restore is of, by its kind: all, one file, one database. */
  readonly wish: (kind: string, what: string) => string
  /** Whose lay-out it is, since when, and how far; 0: nobody knows. */
  readonly began: (by: string, ago: string, step: string, percent: number) => string
  /** Ctrl-C while a restore is laid out. */
  readonly goesOn: (service: string) => string
  readonly cancelling: (what: string, by: string, ago: string) => string
  readonly clearingGoesOn: string
  readonly cancelled: string
  /** `change cancel ID`: what was proposed already is not being prepared. */
  readonly isWithdrawn: (change: string) => Both<string>
  readonly readyAlready: Sentence
  /** `--stop-first`, and nobody here may decide that it stops; `line`: what to type when it has. */
  readonly stopsFirst: (line: string) => string
  /** It was stopped before a restore that was not carried out, by it or by somebody. */
  readonly standsStill: (service: string) => Sentence
}

const isWithdrawn = (change: string): Both<string> => ({
  ja: `change cancel は、用意している途中のものを取りやめます。出した変更を取り下げる: sekisho change withdraw ${change}`,
  en: `change cancel ends what is being prepared; to take a proposed change away: sekisho change withdraw ${change}`,
})

const JA: LayingOutWords = {
  isWithdrawn,
  wish: (kind, what) =>
    kind === 'full'
      ? 'データのすべて'
      : kind === 'database'
        ? `データベース ${what}`
        : kind === 'salvage'
          ? `${what}（読めるレコードを残す）`
          : kind === 'rollback'
            ? `${what} の取り消し`
            : what,
  began: (by, ago, step, percent) =>
    `${ago}、${by} が始めました（${step}${percent === 0 ? '' : `、${percent}%`}）`,
  goesOn: (service) =>
    `用意は続いています。同じコマンドでまた見られます。取りやめる: sekisho restore cancel --service ${service}`,
  cancelling: (what, by, ago) => `取りやめます: ${what}（${ago}、${by} が始めたもの）`,
  clearingGoesOn: '片づけは続いています。',
  cancelled: '取りやめました。作りかけたものは、すべて片づけました。サービスには触れていません。',
  readyAlready: {
    what: '取りやめる前に、用意が終わっていました',
    why: '誰も決めないものは、4 時間で片づきます',
    next: ['sekisho change list'],
  },
  stopsFirst: (line) => `まず、サービスを止める変更が要ります。止まったら: ${line}`,
  standsStill: (service) => ({
    what: `${service} は止まったままです`,
    why: '復元の前から止まっています。復元が終われば動きますが、まだ終わっていません',
    next: [
      'sekisho status',
      `復元せずに動かす: sekisho do service --service ${service} --verb start --instruction "…"`,
    ],
  }),
}

const EN: LayingOutWords = {
  isWithdrawn,
  wish: (kind, what) =>
    kind === 'full'
      ? 'all data'
      : kind === 'database'
        ? `database ${what}`
        : kind === 'salvage'
          ? `${what} (keeping what can be read)`
          : kind === 'rollback'
            ? `taking ${what} back`
            : what,
  began: (by, ago, step, percent) => `begun by ${by} ${ago} (${step}${percent === 0 ? '' : `, ${percent}%`})`,
  goesOn: (service) =>
    `It goes on being laid out; the same command joins it again, and this cancels it: sekisho restore cancel --service ${service}`,
  cancelling: (what, by, ago) => `Cancelling: ${what} (begun by ${by} ${ago})`,
  clearingGoesOn: 'Clearing away goes on.',
  cancelled: 'Cancelled. All that was made for it is cleared away; the service was not touched.',
  readyAlready: {
    what: 'It was laid out before it could be cancelled',
    why: 'it is cleared away after 4 hours when nobody decides',
    next: ['sekisho change list'],
  },
  stopsFirst: (line) => `The service has to be stopped first, by a change of its own. When it is: ${line}`,
  standsStill: (service) => ({
    what: `${service} stands still`,
    why: 'it was stopped before the restore, which starts it again, and which was not carried out yet',
    next: [
      'sekisho status',
      `to start it without a restore: sekisho do service --service ${service} --verb start --instruction "…"`,
    ],
  }),
}

export const LAYING_OUT_WORDS: Both<LayingOutWords> = { ja: JA, en: EN }
