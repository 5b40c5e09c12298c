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
  'doctor.rooms_unlimited': {
    ja: (d) => ({
      what: `コードの変更は、このホストでは通りません: ${d('services')}`,
      why: '承認前のコードをテストし予行する部屋に、メモリとプロセスの上限を付けられません（cgroup の memory と pids がありません）',
      next: ['cat /sys/fs/cgroup/cgroup.controllers'],
    }),
    en: (d) => ({
      what: `a change of code cannot pass on this host: ${d('services')}`,
      why: 'the rooms in which code is tested and rehearsed before it is approved have no limits of memory and processes (no cgroup controllers memory and pids)',
      next: ['cat /sys/fs/cgroup/cgroup.controllers'],
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
