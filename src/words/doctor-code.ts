// What `sekisho status` and `doctor` say of commits of kept changes that are not where they belong.
import type { Both, Reader, Sentence } from './words.ts'

export const CODE_DOCTOR_WORDS: Readonly<Record<string, Both<(d: Reader) => Sentence>>> = {
  'doctor.not_committed': {
    ja: (d) => ({
      what: `${d('service')}: ${d('change')} のコードは動いていますが、そのコミットがブランチにありません`,
      why: `${d('why')}。10 分ごとに試し直します。置けるまで、次のコードの変更は用意できません`,
      next: [`sekisho record show ${d('change')}`],
    }),
    en: (d) => ({
      what: `${d('service')}: the code of ${d('change')} runs, and its commit is not on the branch`,
      why: `${d('why')}; it is tried again every 10 minutes, and until then no further change of code can be prepared`,
      next: [`sekisho record show ${d('change')}`],
    }),
  },
  'doctor.not_pushed': {
    ja: (d) => ({
      what: `${d('service')}: ${d('change')} のコミットを push できていません`,
      why: `${d('why')}。10 分ごとに、7 日間試し直します`,
      next: [`sekisho record show ${d('change')}`],
    }),
    en: (d) => ({
      what: `${d('service')}: the commit of ${d('change')} was not pushed`,
      why: `${d('why')}; it is tried again every 10 minutes for 7 days`,
      next: [`sekisho record show ${d('change')}`],
    }),
  },
}
