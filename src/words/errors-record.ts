// The ledger's refusals and failures in both languages.
import type { ErrorWords } from './words.ts'

export const RECORD_ERRORS = {
  'ledger.entry_invalid': {
    ja: (d) => ({ what: `台帳に書けない内容です（${d('kind')}）`, why: d('why') }),
    en: (d) => ({ what: `This cannot be written into the ledger (${d('kind')})`, why: d('why') }),
  },
  'ledger.damaged': {
    ja: (d) => ({
      what: `台帳の ${d('seq')} 番が壊れているか、ありません`,
      why: d('why'),
      next: ['sekisho ledger verify'],
    }),
    en: (d) => ({
      what: `Entry ${d('seq')} of the ledger is damaged or missing`,
      why: d('why'),
      next: ['sekisho ledger verify'],
    }),
  },
  'ledger.no_checkpoint': {
    ja: () => ({
      what: '台帳に検印（runner の署名）がまだありません',
      why: '持ち出す台帳には、署名された検印が要ります',
      next: ['sekisho ledger checkpoint'],
    }),
    en: () => ({
      what: 'The ledger has no checkpoint yet',
      why: 'an export needs a signed checkpoint',
      next: ['sekisho ledger checkpoint'],
    }),
  },
  'ledger.origin_other': {
    ja: (d) => ({
      what: `別の台帳の検印は押しません: ${d('origin')}`,
      why: `この runner の台帳は ${d('own')} です`,
      next: ['sekisho config apply'],
    }),
    en: (d) => ({
      what: `No checkpoint is signed for another ledger: ${d('origin')}`,
      why: `the ledger of this runner is ${d('own')}`,
      next: ['sekisho config apply'],
    }),
  },
  'ledger.checkpoint_invalid': {
    ja: (d) => ({
      what: `検印を押せません（${d('next')} 件）`,
      why: '大きさかハッシュの形が正しくありません',
    }),
    en: (d) => ({
      what: `No checkpoint can be signed over ${d('next')} entries`,
      why: 'its size or a hash is not well formed',
    }),
  },
  'ledger.checkpoint_old': {
    ja: (d) => ({
      what: '検印が古く、持ち出せません',
      why: `検印のあとで消された内容があります: ${d('digest')}`,
      next: ['sekisho ledger checkpoint'],
    }),
    en: (d) => ({
      what: 'The checkpoint is too old for an export',
      why: `content was erased after it was signed: ${d('digest')}`,
      next: ['sekisho ledger checkpoint'],
    }),
  },
  'ledger.checkpoint_shrinks': {
    ja: (d) => ({
      what: `検印を押せません。台帳が ${d('last')} 件から ${d('next')} 件に減っています`,
      why: '台帳は減りません。古い控えから戻したデータベースかもしれません',
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: `No checkpoint: the ledger went from ${d('last')} entries down to ${d('next')}`,
      why: 'a ledger never shrinks; this may be a database restored from an older backup',
      next: ['sekisho doctor'],
    }),
  },
  'ledger.checkpoint_forks': {
    ja: (d) => ({
      what: `検印を押せません。${d('next')} 件の台帳は、検印済みの ${d('last')} 件の続きではありません`,
      why: '検印のあとで過去の記録が書き換えられたか、別の台帳です',
      next: ['sekisho ledger verify', 'sekisho doctor'],
    }),
    en: (d) => ({
      what: `No checkpoint: the ledger of ${d('next')} entries does not continue the ${d('last')} signed before`,
      why: 'an entry was rewritten after it was signed, or this is another ledger',
      next: ['sekisho ledger verify', 'sekisho doctor'],
    }),
  },
  'ledger.blob_altered': {
    ja: (d) => ({
      what: `保存された内容がハッシュと一致しません: ${d('digest')}`,
      next: ['sekisho ledger verify'],
    }),
    en: (d) => ({
      what: `Stored bytes do not match their digest: ${d('digest')}`,
      next: ['sekisho ledger verify'],
    }),
  },
  'ledger.blob_missing': {
    ja: (d) => ({ what: `台帳が指す内容がありません: ${d('digest')}`, next: ['sekisho ledger verify'] }),
    en: (d) => ({
      what: `The ledger names bytes that are not stored: ${d('digest')}`,
      next: ['sekisho ledger verify'],
    }),
  },
} satisfies ErrorWords
