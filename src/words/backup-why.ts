// Why a signature does not cover a backup, why the clock is refused, and what a drill found, in the reader's language.
import { quoted } from './remote-copy-why.ts'
import type { Both, Language } from './words.ts'

type Table = readonly (readonly [RegExp, Both<(...found: readonly string[]) => string>])[]

function said(table: Table, text: string, language: Language): string {
  for (const [form, words] of table) {
    const found = form.exec(text)
    if (found !== null) return words[language](...found.slice(1))
  }
  return quoted(text, language)
}

const NOT_SIGNED: Table = [
  [/^no statement$/, { ja: () => 'まだ所有者が署名していません', en: () => 'no owner has signed yet' }],
  [
    /^a statement for something else$/,
    { ja: () => '署名は、別のことに対するものです', en: () => 'what was signed is for something else' },
  ],
  [
    /^the statement was revoked$/,
    { ja: () => '署名は取り消されています', en: () => 'the signature was revoked' },
  ],
]

export function notSignedWhy(text: string, language: Language): string {
  return said(NOT_SIGNED, text, language)
}

const DRILL: Table = [
  [
    /^digest or content$/,
    {
      ja: () => 'この写しは、もう一度読むと、封をしたときと違うか、中身が良くありません',
      en: () => 'read again, this copy is not what was sealed, or its content is not good',
    },
  ],
  [
    /^(.+): (\d+) of (\d+)$/,
    {
      ja: (table, found, wanted) => `${table} の行数が違います: ${found}（写しを取ったときは ${wanted}）`,
      en: (table, found, wanted) => `${table} has ${found} rows, it had ${wanted} when it was copied`,
    },
  ],
  [
    /^(.+): digest$/,
    {
      ja: (path) => `戻した ${path} の中身が、写しを取ったときと違います`,
      en: (path) => `${path}, brought back, is not what was copied`,
    },
  ],
  [
    /^(\S+) (id-unique|require|type|min-records|missing-table|missing-column) ?(\S*) (\d+)$/,
    {
      ja: (table, _, column, count) => `${table} ${column} に、決まりに反するものが ${count} 件あります`,
      en: (table, _, column, count) => `${table} ${column}: ${count} break the rules`,
    },
  ],
  [
    /^(.*) (\S+) \((\d+)\)$/,
    {
      ja: (path, field, count) => `戻したものが写しと違います: ${path}（${field}。違いは全部で ${count} 件）`,
      en: (path, field, count) => `what was brought back differs: ${path} (${field}; ${count} in all)`,
    },
  ],
]

export function drillWhy(text: string, language: Language): string {
  return said(DRILL, text, language)
}

const CLOCK: Table = [
  [
    /^the clock says (\S+), it was (\S+) before$/,
    {
      ja: (now, before) => `時計は ${now} を指していますが、前に ${before} でした。戻っています`,
      en: (now, before) => `it says ${now}, and it was ${before} before: it went back`,
    },
  ],
  [
    /^the clock says (\S+), at most (\S+) has come$/,
    {
      ja: (now, most) => `時計は ${now} を指していますが、進んでも ${most} のはずです。大きくずれています`,
      en: (now, most) => `it says ${now}, and no more than ${most} can have come: it jumped`,
    },
  ],
  [
    /^the clock mark cannot be read$/,
    { ja: () => '時刻の記録を読めません', en: () => 'the stored time cannot be read' },
  ],
]

export function clockWhy(text: string, language: Language): string {
  return said(CLOCK, text, language)
}

const NOT_READ: Both<Readonly<Record<string, string>>> = {
  ja: {
    memory: '（メモリーの上限を超えました）',
    time: '（時間の上限を超えました）',
    'too large': '（ファイルが大きすぎます）',
    SIGKILL: '（途中で止められました）',
  },
  en: {
    memory: ' (it passed its limit of memory)',
    time: ' (it passed its limit of time)',
    'too large': ' (the file is too large)',
    SIGKILL: ' (it was killed)',
  },
}

/** How the child that reads contents ended. Most endings need no further words. */
export function notReadWhy(why: string, language: Language): string {
  return NOT_READ[language][why] ?? ''
}
