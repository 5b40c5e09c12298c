// What `sekisho doctor` and `status` say of the isolation of a host.
import type { Both, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>

const again = {
  ja: (d: Reader) => (Number(d('restored')) > 0 ? `。表を ${d('restored')} 回戻しました` : ''),
  en: (d: Reader) => (Number(d('restored')) > 0 ? `; its table was put back ${d('restored')} times` : ''),
}
const nobody = { ja: 'だれも入れません', en: 'nobody' }
const gone = {
  ja: (d: Reader) => (d('table') === 'present' ? '' : '。いま表がありません'),
  en: (d: Reader) => (d('table') === 'present' ? '' : '; its table is not there now'),
}

export const ISOLATION_DOCTOR_WORDS: Readonly<Record<string, Words>> = {
  'doctor.isolated': {
    ja: (d) => ({
      what: `このホストは ${d('incident')} のために遮断されています（${d('since')} から。SSH は ${d('address') || nobody.ja}）${gone.ja(d)}${again.ja(d)}`,
      why: '承認された変更だけが終わらせます',
      next: [`sekisho incident reconnect ${d('incident')}`],
    }),
    en: (d) => ({
      what: `this host is isolated for ${d('incident')} (since ${d('since')}; SSH from ${d('address') || nobody.en})${gone.en(d)}${again.en(d)}`,
      why: 'only an approved change ends it',
      next: [`sekisho incident reconnect ${d('incident')}`],
    }),
  },
  'doctor.isolation_unsigned': {
    ja: (d) => ({
      what: '侵入されたときにこのホストを遮断するための、所有者の署名がまだありません',
      why: '前もって一度署名しておけば、そのときすぐに遮断できます',
      next: [`sekisho standing sign ${d('service')} isolate`],
    }),
    en: (d) => ({
      what: 'no owner has signed yet that this host may be cut off when it is broken into',
      why: 'signed once before, it can be cut off at once',
      next: [`sekisho standing sign ${d('service')} isolate`],
    }),
  },
  'doctor.isolation_trial': {
    ja: (d) => ({
      what: `このホストは ${d('incident')} のために遮断され、管理者の新しいログインを待っています（SSH は ${d('address') || nobody.ja}）`,
      why: '時間内にログインがなければ元に戻します',
      next: ['sudo sekisho incident isolation'],
    }),
    en: (d) => ({
      what: `this host is isolated for ${d('incident')} and waits for a new login of the administrator (SSH from ${d('address') || nobody.en})`,
      why: 'without one in time it is undone',
      next: ['sudo sekisho incident isolation'],
    }),
  },
  'doctor.isolation_ending': {
    ja: (d) => ({
      what: `${d('incident')} のための遮断は終わりましたが、表をまだ外せていません${d('why') === '' ? '' : `（${d('why')}）`}`,
      next: ['sudo nft list table inet sekisho_isolation'],
    }),
    en: (d) => ({
      what: `the isolation for ${d('incident')} is over, and its table could not be taken away yet${d('why') === '' ? '' : ` (${d('why')})`}`,
      next: ['sudo nft list table inet sekisho_isolation'],
    }),
  },
  'doctor.isolation_stray': {
    ja: () => ({
      what: '遮断の表 sekisho_isolation がありますが、その記録がありません',
      why: 'だれがなぜ作ったか分かりません。Sekisho は自分からは外しません',
      next: ['sudo nft list table inet sekisho_isolation', 'sudo nft delete table inet sekisho_isolation'],
    }),
    en: () => ({
      what: 'a table sekisho_isolation stands, and no record says why',
      why: 'who made it is not known; Sekisho does not take it away by itself',
      next: ['sudo nft list table inet sekisho_isolation', 'sudo nft delete table inet sekisho_isolation'],
    }),
  },
  'doctor.isolation_unreadable': {
    ja: (d) => ({
      what: `遮断の記録を読めません（${d('why')}）。${{ present: '表はあります', absent: '表はありません' }[d('table')] ?? '表は見られません'}`,
      next: ['sudo nft list table inet sekisho_isolation'],
    }),
    en: (d) => ({
      what: `the record of an isolation cannot be read (${d('why')}); ${{ present: 'its table stands', absent: 'its table is not there' }[d('table')] ?? 'its table cannot be seen'}`,
      next: ['sudo nft list table inet sekisho_isolation'],
    }),
  },
}
