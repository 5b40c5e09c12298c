// Sentences for refusals that only journals of earlier releases hold: the judge answers with these codes no more.
import type { Both, ErrorWords } from './words.ts'

/** What a plan left out (`judge.look_missing`), and what must hold at the start. */
export const LOOKS: Both<Readonly<Record<string, string>>> = {
  ja: {
    health_before: '実行前の健全性',
    backup: 'データのバックアップの確認',
    activation: '書き込みのあとの再起動または再読み込み',
    files: 'ファイルの照合',
    nginx: 'nginx の確認',
    unit: 'ユニットの確認',
    restarted: '再起動したことの確認',
    answers: '接続に応えることの確認',
    probe: 'アプリケーションによる確認',
    health: '実行後の健全性',
    person: '人による維持の判断',
  },
  en: {
    health_before: 'health before',
    backup: 'that the data is backed up',
    activation: 'the restart or reload after the write',
    files: 'the look at the files',
    nginx: 'the look at nginx',
    unit: 'the look at the unit',
    restarted: 'what shows the restart',
    answers: 'that the service answers who connects',
    probe: 'the probe of the application',
    health: 'health afterwards',
    person: 'the keep by a person',
  },
}

export const EARLIER_JUDGE_ERRORS = {
  'judge.look_missing': {
    ja: (d) => ({
      what: `プランに必要な手順が抜けています: ${LOOKS.ja[d('what')] ?? d('what')}（${d('of')}）`,
      why: '変更が効いたことを示すものは、省いて承認を受けることはできません',
      next: [`sekisho change revise ${d('change')}`],
    }),
    en: (d) => ({
      what: `The plan leaves out what it must have: ${LOOKS.en[d('what')] ?? d('what')} (${d('of')})`,
      why: 'what shows that a change is in effect cannot be left out, not by an approval either',
      next: [`sekisho change revise ${d('change')}`],
    }),
  },
  'judge.undo_incomplete': {
    ja: {
      what: '元に戻す手順がプランにありません: {action}',
      why: 'ファイルの変更には、元のファイルへの復元と、それをもう一度有効にする手順（再起動や再読み込み）が必ず要ります',
    },
    en: {
      what: 'The plan lacks the undo of an action: {action}',
      why: 'a change of files needs its way back: the old files, and what makes them effective again (its restart or reload)',
    },
  },
} as const satisfies ErrorWords
