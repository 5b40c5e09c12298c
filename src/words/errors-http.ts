// Sentences of the HTTP door: who is heard, who logs in, what was asked before.
import type { ErrorWords } from './words.ts'

export const HTTP_ERRORS = {
  'http.host_refused': {
    ja: {
      what: 'この名前では答えません: {host}',
      why: 'この関所は 127.0.0.1 と localhost だけで答えます',
    },
    en: {
      what: 'Not answered under the name {host}',
      why: 'this gate answers to 127.0.0.1 and localhost only',
    },
  },
  'http.origin_refused': {
    ja: {
      what: 'ほかのページからの要求には答えません: {origin}',
      why: '関所はブラウザーのページを持ちません。要求は sekisho コマンドから送ります',
      next: ['sekisho status'],
    },
    en: {
      what: 'Not answered for another page: {origin}',
      why: 'this gate has no pages in a browser; requests come from the sekisho command',
      next: ['sekisho status'],
    },
  },
  'http.not_json': {
    ja: {
      what: 'JSON ではない本文は受け取りません',
      why: 'Content-Type: {type}',
      next: ['Content-Type: application/json'],
    },
    en: {
      what: 'Only JSON is taken as a body',
      why: 'Content-Type: {type}',
      next: ['Content-Type: application/json'],
    },
  },
  'http.too_often': {
    ja: { what: 'ログインの回数が多すぎます。{seconds} 秒待ってください' },
    en: { what: 'Too many logins at once: wait {seconds} s' },
  },
  'http.no_route': {
    ja: { what: 'その入口はありません: {path}' },
    en: { what: 'There is no such route: {path}' },
  },
  'idempotency.other_body': {
    ja: {
      what: '同じ Idempotency-Key で別の内容です: {key}',
      why: '同じ鍵には同じ要求だけを送れます',
    },
    en: {
      what: 'The Idempotency-Key {key} was used for another request',
      why: 'one key belongs to one request',
    },
  },
  'idempotency.under_way': {
    ja: { what: '同じ要求がまだ処理中です: {key}' },
    en: { what: 'The same request is still being answered: {key}' },
  },
  'login.challenge_unknown': {
    ja: {
      what: 'この合言葉は使えません',
      why: '期限切れか、もう使われたものです',
      next: ['sekisho login'],
    },
    en: {
      what: 'This challenge cannot be used',
      why: 'it expired or was used before',
      next: ['sekisho login'],
    },
  },
  'login.key_refused': {
    ja: (d) => ({
      what: `この鍵ではログインできません: ${d('person')}`,
      why:
        d('why') === 'revoked'
          ? 'この鍵は失効しています'
          : d('why').startsWith('SHA256:')
            ? `${d('person')} の鍵として登録されていません（${d('why')}）`
            : d('why'),
      next: [`規則の持ち主が  sudo sekisho key add ${d('person')} FILE.pub`],
    }),
    en: (d) => ({
      what: `This key does not log ${d('person')} in`,
      why:
        d('why') === 'revoked'
          ? 'the key is revoked'
          : d('why').startsWith('SHA256:')
            ? `it is not enrolled as a key of ${d('person')} (${d('why')})`
            : d('why'),
      next: [`the owner of the rules: sudo sekisho key add ${d('person')} FILE.pub`],
    }),
  },
  'token.missing': {
    ja: { what: '誰の操作か分かりません', why: 'トークンがありません', next: ['sekisho login'] },
    en: { what: 'It is not known who asks', why: 'there is no token', next: ['sekisho login'] },
  },
  'token.not_valid': {
    ja: {
      what: 'このトークンは使えません',
      why: '期限切れか、取り消されたか、作ったときの鍵が失効したか、この関所のものではありません',
      next: ['sekisho login'],
    },
    en: {
      what: 'This token does not work',
      why: 'it expired, was revoked, was made with a key that counts no more, or is not of this gate',
      next: ['sekisho login'],
    },
  },
} as const satisfies ErrorWords
