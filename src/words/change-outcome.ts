// How a change stands or ended, as the last screen about it prints it.
import { listed } from './labels.ts'
import type { Both } from './words.ts'

export const CHANGE_OUTCOME = {
  stopped: (id: string): Both<string> => ({
    ja: `止まったことを確かめました。記録: sekisho record show ${id}`,
    en: `Done, and proven to have stopped. The record: sekisho record show ${id}`,
  }),
  runs: (id: string): Both<string> => ({
    ja: `動いていることを確かめました。記録: sekisho record show ${id}`,
    en: `Done, and proven to run. The record: sekisho record show ${id}`,
  }),
  kept: (id: string): Both<string> => ({
    ja: `維持しました。記録: sekisho record show ${id}`,
    en: `Kept. The record: sekisho record show ${id}`,
  }),
  /** `done`: what was done to production. */
  void: (id: string, done: Both<string>): Both<string> => ({
    ja: `${id} の承認は無効になりました。${done.ja}`,
    en: `The approval of ${id} is void. ${done.en}`,
  }),
  blocked: (id: string): Both<string> => ({
    ja: `${id} は検査で止まりました。本番には何もしていません`,
    en: `${id} is blocked by a check. Nothing was done to production`,
  }),
  awaitsApproval: (id: string): Both<string> => ({
    ja: `承認待ちです。待つ: sekisho change wait ${id}`,
    en: `Waiting for approval. To wait: sekisho change wait ${id}`,
  }),
  awaitsKeep: (id: string): Both<string> => ({
    ja: `${id} は維持の確認を待っています。答えがなければ元に戻ります`,
    en: `${id} waits for keep; without an answer it goes back`,
  }),
  goesBackIn: (seconds: number): Both<string> => ({
    ja: `あと ${seconds} 秒で元に戻ります`,
    en: `it goes back in ${seconds} s`,
  }),
  awaitsPerson: (id: string): Both<string> => ({
    ja: `${id} は人の判断を待っています`,
    en: `${id} waits for a person`,
  }),
  lost: (id: string): Both<string> => ({
    ja: `${id} がどこまで進んだか分かりません`,
    en: `How far ${id} came is not known`,
  }),
  lostWhy: {
    ja: 'ランナーがこの実行を知りません。ランナーの状態が失われたか、古いものに戻されています。元の状態が戻れば続きます',
    en: 'the runner does not know this execution: its state was lost, or an older one was put back. Once the right one is back, it goes on',
  },
  takenBack: {
    ja: '元に戻しました。本番は変更前と同じです。',
    en: 'Taken back. Production is as it was before.',
  },
  failedPartly: {
    ja: '失敗しました。戻っていないものがあります。本番は変更前と同じではありません。',
    en: 'Failed, and not all of it is taken back. Production is not as it was before.',
  },
  /** `unit`: how its unit stands, where that is known. */
  failedForGood: (unit: string | undefined): Both<string> => ({
    ja: `失敗しました。これには取り消しがありません。${unit === undefined ? '' : `サービスは今 ${unit} です`}`,
    en: `Failed; there is no way back for this.${unit === undefined ? '' : ` The service is ${unit}`}`,
  }),
  stays: (id: string): Both<string> => ({
    ja: `変更は残っています。続き: sekisho change wait ${id}`,
    en: `The change stays. To go on: sekisho change wait ${id}`,
  }),
} as const

/** What was done to production although the change was not kept. */
export const WAS_DONE = {
  nothing: { ja: '本番には何もしていません', en: 'Nothing was done to production' },
  done: (acts: readonly string[]): Both<string> => ({
    ja: `本番で行ったこと: ${listed(acts, 'ja')}`,
    en: `Done to production: ${listed(acts, 'en')}`,
  }),
  takenBack: (act: string): Both<string> => ({ ja: `${act}を元に戻す`, en: `taken back: ${act}` }),
} as const
