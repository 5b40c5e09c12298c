// Refusals around notices, pings and alerts.
import type { ErrorWords } from './words.ts'

export const NOTIFY_ERRORS = {
  'notice.unknown': {
    ja: { what: 'その通知はありません: {notice}', next: ['sekisho notify list'] },
    en: { what: 'There is no such notice: {notice}', next: ['sekisho notify list'] },
  },
  'notice.ended': {
    ja: { what: '{notice} はもう終わっています', why: '{at} に終わりました', next: ['sekisho notify list'] },
    en: { what: '{notice} is over', why: 'it ended at {at}', next: ['sekisho notify list'] },
  },
  'notice.no_channel': {
    ja: {
      what: '通知先が一つも宣言されていません',
      next: [
        'sekisho.yaml に notify: channels: を書き、sudo sekisho config apply（例は docs/guide/checks.ja.md）',
      ],
    },
    en: {
      what: 'No channel is declared',
      next: [
        'write notify: channels: into sekisho.yaml, then sudo sekisho config apply (an example: docs/guide/checks.md)',
      ],
    },
  },
  'notice.channel_unknown': {
    ja: {
      what: 'その通知先は宣言されていません: {channel}',
      why: 'あるもの: {known}',
      next: ['sekisho notify test'],
    },
    en: {
      what: 'No such channel is declared: {channel}',
      why: 'there are: {known}',
      next: ['sekisho notify test'],
    },
  },
  'notification.no_channel': {
    ja: {
      what: '{change} は始まりません',
      why: '利用者に知らせると決まっていますが、知らせる先がありません',
      next: ['sekisho.yaml の notify: users: に通知先を書き、sudo sekisho config apply'],
    },
    en: {
      what: '{change} does not start',
      why: 'users are to be told, and there is no channel to them',
      next: ['name a channel in notify: users: of sekisho.yaml, then sudo sekisho config apply'],
    },
  },
  'notification.not_delivered': {
    ja: {
      what: '{change} は、利用者への知らせが届いてから始まります',
      why: 'まだ全部には届いていません: {channels}',
      next: ['sekisho notify list'],
    },
    en: {
      what: '{change} starts when users have been told',
      why: 'not every channel has taken it yet: {channels}',
      next: ['sekisho notify list'],
    },
  },
  'lease.none': {
    ja: { what: '{service} は保守中ではありません', next: ['sekisho maintenance show'] },
    en: { what: '{service} is not under maintenance', next: ['sekisho maintenance show'] },
  },
  'lease.not_declared': {
    ja: (d) => ({
      what: `${d('service')} の保守の入れ方が宣言されていません`,
      next: [
        'sekisho.yaml のこのサービスに maintenance: { on: […], off: […] } を書き、sudo sekisho config apply',
      ],
    }),
    en: (d) => ({
      what: `How ${d('service')} is put under maintenance is not declared`,
      next: [
        'write maintenance: { on: […], off: […] } for it in sekisho.yaml, then sudo sekisho config apply',
      ],
    }),
  },
  'lease.not_on': {
    ja: {
      what: '{service} を保守に入れられませんでした。元に戻しています',
      why: '{why}',
      next: ['sekisho maintenance show'],
    },
    en: {
      what: '{service} could not be put under maintenance; it is being turned back',
      why: '{why}',
      next: ['sekisho maintenance show'],
    },
  },
  'lease.running': {
    ja: {
      what: '{service} はもう保守中です',
      why: '{until} に自動で終わります。延ばすことはできません',
      next: ['sekisho maintenance end --service {service}'],
    },
    en: {
      what: '{service} is under maintenance already',
      why: 'it ends by itself at {until}, and cannot be extended',
      next: ['sekisho maintenance end --service {service}'],
    },
  },
  'lease.too_long': {
    ja: {
      what: '{service} の保守は {seconds} 秒までです',
      next: ['--for を短くするか、sekisho.yaml の maintenance: longest: を直す'],
    },
    en: {
      what: 'Maintenance of {service} lasts at most {seconds} seconds',
      next: ['make --for shorter, or change maintenance: longest: in sekisho.yaml'],
    },
  },
  'source.refused': {
    ja: {
      what: '{source} として受け取れません',
      why: 'その名前が宣言されていないか、秘密が違います',
      next: ['sekisho.yaml の notify を確かめる', 'sekisho notify secret で新しい秘密を作る'],
    },
    en: {
      what: 'Not taken as {source}',
      why: 'no such name is declared, or the secret is another one',
      next: ['look at notify in sekisho.yaml', 'make a new secret with sekisho notify secret'],
    },
  },
} as const satisfies ErrorWords
