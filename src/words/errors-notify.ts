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
      next: ['sekisho.yaml に notify: channels: を書き、sekisho config apply'],
    },
    en: {
      what: 'No channel is declared',
      next: ['write notify: channels: into sekisho.yaml, then sekisho config apply'],
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
