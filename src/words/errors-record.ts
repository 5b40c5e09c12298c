// The ledger's refusals and failures in both languages.
import type { ErrorWords } from './words.ts'

export const RECORD_ERRORS = {
  'ledger.entry_invalid': {
    ja: { what: '台帳に書けない内容です（{kind}）', why: '{why}' },
    en: { what: 'This cannot be written into the ledger ({kind})', why: '{why}' },
  },
  'ledger.damaged': {
    ja: {
      what: '台帳の {seq} 番が壊れているか、ありません',
      why: '{why}',
      next: ['sekisho ledger verify'],
    },
    en: {
      what: 'Entry {seq} of the ledger is damaged or missing',
      why: '{why}',
      next: ['sekisho ledger verify'],
    },
  },
  'ledger.no_checkpoint': {
    ja: {
      what: '台帳に検印（runner の署名）がまだありません',
      why: '持ち出す台帳には、署名された検印が要ります',
      next: ['sekisho ledger checkpoint'],
    },
    en: {
      what: 'The ledger has no checkpoint yet',
      why: 'an export needs a signed checkpoint',
      next: ['sekisho ledger checkpoint'],
    },
  },
  'ledger.origin_other': {
    ja: {
      what: '別の台帳の検印は押しません: {origin}',
      why: 'この runner の台帳は {own} です',
      next: ['sekisho config apply'],
    },
    en: {
      what: 'No checkpoint is signed for another ledger: {origin}',
      why: 'the ledger of this runner is {own}',
      next: ['sekisho config apply'],
    },
  },
  'ledger.checkpoint_invalid': {
    ja: {
      what: '検印を押せません（{next} 件）',
      why: '大きさかハッシュの形が正しくありません',
    },
    en: {
      what: 'No checkpoint can be signed over {next} entries',
      why: 'its size or a hash is not well formed',
    },
  },
  'ledger.checkpoint_old': {
    ja: {
      what: '検印が古く、持ち出せません',
      why: '検印のあとで消された内容があります: {digest}',
      next: ['sekisho ledger checkpoint'],
    },
    en: {
      what: 'The checkpoint is too old for an export',
      why: 'content was erased after it was signed: {digest}',
      next: ['sekisho ledger checkpoint'],
    },
  },
  'ledger.checkpoint_shrinks': {
    ja: {
      what: '検印を押せません。台帳が {last} 件から {next} 件に減っています',
      why: '台帳は減りません。古い控えから戻したデータベースかもしれません',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'No checkpoint: the ledger went from {last} entries down to {next}',
      why: 'a ledger never shrinks; this may be a database restored from an older backup',
      next: ['sekisho doctor'],
    },
  },
  'ledger.checkpoint_forks': {
    ja: {
      what: '検印を押せません。{next} 件の台帳は、検印済みの {last} 件の続きではありません',
      why: '検印のあとで過去の記録が書き換えられたか、別の台帳です',
      next: ['sekisho ledger verify', 'sekisho doctor'],
    },
    en: {
      what: 'No checkpoint: the ledger of {next} entries does not continue the {last} signed before',
      why: 'an entry was rewritten after it was signed, or this is another ledger',
      next: ['sekisho ledger verify', 'sekisho doctor'],
    },
  },
  'ledger.blob_altered': {
    ja: {
      what: '保存された内容がハッシュと一致しません: {digest}',
      next: ['sekisho ledger verify'],
    },
    en: {
      what: 'Stored bytes do not match their digest: {digest}',
      next: ['sekisho ledger verify'],
    },
  },
  'ledger.blob_for_people': {
    ja: {
      what: 'この内容（{kind}）は AI には見せません: {digest}',
      why: '本番の値が入っていることがあります。AI には判定、コード、件数だけを見せます',
      next: ['サービスの担当者に見てもらう'],
    },
    en: {
      what: 'Agents do not read this ({kind}): {digest}',
      why: 'it may hold values of production; agents read verdicts, codes and counts',
      next: ['ask a person of the service to read it'],
    },
  },
  'ledger.blob_missing': {
    ja: { what: '台帳が指す内容がありません: {digest}', next: ['sekisho ledger verify'] },
    en: {
      what: 'The ledger names bytes that are not stored: {digest}',
      next: ['sekisho ledger verify'],
    },
  },
} as const satisfies ErrorWords
