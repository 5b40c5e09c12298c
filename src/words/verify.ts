// What sekisho-verify says, in both languages.
import type { Both, Language } from './words.ts'

export interface VerifyWords {
  readonly sound: (d: { origin: string; entries: number; size: number; extract: boolean }) => string
  readonly root: (root: string) => string
  readonly blobs: (d: { blobs: number; erased: number }) => string
  readonly statements: (count: number, known: boolean) => string
  readonly erased: (d: { digest: string; seq: number }) => string
  readonly extractLimit: string
  readonly change: (d: { id: string; entries: number }) => string
  readonly altered: (d: { seq: number; line: number }) => string
  readonly alteredWhy: (why: string) => string
  readonly truncated: (d: { signed: number; found: number }) => string
  readonly forked: (d: { signed: number; found: number }) => string
  readonly signature: (why: string) => string
  readonly broken: (count: number) => string
  readonly brokenOne: (d: { invariant: string; change: string; seq: number; why: string }) => string
  readonly noSuchChange: (change: string) => string
  readonly usage: string
  readonly unknownOption: (option: string) => string
  readonly badKey: (key: string) => string
  readonly badApprovers: (line: number) => string
  readonly unreadable: (path: string) => string
}

const ALTERED_EN: Readonly<Record<string, string>> = {
  header: 'the first line is not the header of an export',
  line: 'the line is not what has to stand here',
  seq: 'another entry stands in its place, or it is missing',
  leaf: 'its text does not have the hash written beside it',
  next: 'the entry after it names another hash',
  proof: 'its proof does not lead to the signed root',
  blob: 'the content that it names is altered, missing or not in its place',
  erased: 'content that it names is said to be erased, and no entry says so',
}
const ALTERED_JA: Readonly<Record<string, string>> = {
  header: '最初の行が台帳の見出しではありません',
  line: 'ここに来るはずの行ではありません',
  seq: 'この場所に別の記録があるか、記録が抜けています',
  leaf: '本文が、横に書かれたハッシュと一致しません',
  next: '次の記録が指すハッシュと一致しません',
  proof: '証明が、署名されたハッシュに届きません',
  blob: 'この記録が指す内容が、変わっているか、ないか、場所が違います',
  erased: 'この記録が指す内容は消去済みとありますが、消去の記録がありません',
}
const SIGNATURE_EN: Readonly<Record<string, string>> = {
  malformed: 'the checkpoint is not well formed',
  no_signature_of_key: 'it is not signed with this key',
  other_origin: 'it belongs to another ledger',
  signature: 'the signature does not hold',
}
const SIGNATURE_JA: Readonly<Record<string, string>> = {
  malformed: '検印の形が正しくありません',
  no_signature_of_key: 'この鍵で署名されていません',
  other_origin: '別の台帳の検印です',
  signature: '署名が正しくありません',
}
const BROKEN_EN: Readonly<Record<string, string>> = {
  no_approval: 'it started without a live approval of this envelope',
  no_standing: 'it started under a standing approval that is not in force',
  statement_missing: 'the signed statement is not there',
  statement_signature: 'the signature of the statement does not hold',
  statement_key: 'it is signed with another key than the record says',
  statement_other: 'what was signed is not what the record says',
  fields_missing: 'the entry leaves out what it must say',
  unknown_key: 'the key is not one of this person in the list of approvers',
  expired: 'the approval had ended before it started',
  agent_approves: 'an AI agent approved',
  nonce_twice: 'one signature is used twice',
  closed_not_started: 'it is closed and was never started',
  started_twice: 'it started twice',
  two_open: 'it started while another run of the same change was open',
}
const BROKEN_JA: Readonly<Record<string, string>> = {
  no_approval: 'この内容への有効な承認なしに実行が始まっています',
  no_standing: '有効でない事前承認で実行が始まっています',
  statement_missing: '署名された文がありません',
  statement_signature: '文の署名が正しくありません',
  statement_key: '記録とは別の鍵で署名されています',
  statement_other: '署名された文と記録の内容が違います',
  fields_missing: '記録に欠けている項目があります',
  unknown_key: '承認者の一覧にない鍵です',
  expired: '承認の期限が切れたあとに始まっています',
  agent_approves: 'AI が承認しています',
  nonce_twice: '一つの署名が二度使われています',
  closed_not_started: '始まっていない実行が終わっています',
  started_twice: '同じ実行が二度始まっています',
  two_open: '同じ変更の別の実行中に始まっています',
}
const LEDGER_EN: Readonly<Record<string, string>> = {
  no_checkpoint: 'nothing of it was signed yet',
  no_signature_of_key:
    'its last checkpoint is signed with another key than the runner has now: the state of the runner was lost or replaced',
  truncated: 'less is there than was signed',
  forked: 'another history than this was signed',
  'runner.unreachable':
    'the runner does not answer, so the ledger was not compared with the head that it signed last',
}
const LEDGER_JA: Readonly<Record<string, string>> = {
  no_checkpoint: 'まだ何も検印されていません',
  no_signature_of_key:
    '最後の検印の鍵が、いまの runner の鍵と違います。runner の状態が失われたか、入れ替わっています',
  truncated: '検印されたより少ない件数しかありません',
  forked: '検印されたのは別の経過です',
  'runner.unreachable': 'runner が応答せず、最後に検印した内容と照合できませんでした',
}

/** Why this gate's own ledger does not hold; a code of the table of errors stays one. */
export function ledgerWhy(why: string, language: Language): string {
  const tables =
    language === 'ja'
      ? [LEDGER_JA, ALTERED_JA, SIGNATURE_JA, BROKEN_JA]
      : [LEDGER_EN, ALTERED_EN, SIGNATURE_EN, BROKEN_EN]
  return tables.find((table) => Object.hasOwn(table, why))?.[why] ?? why
}

const number = (value: number) => value.toLocaleString('en-US')

export const VERIFY_WORDS: Both<VerifyWords> = {
  ja: {
    sound: (d) =>
      d.extract
        ? `✓ 正しい記録です。${d.origin} の ${number(d.size)} 件のうち ${number(d.entries)} 件`
        : `✓ 台帳は無傷です。${d.origin}、${number(d.entries)} 件`,
    root: (root) => `  検印    ${root}`,
    blobs: (d) =>
      `  内容    ${number(d.blobs)} 件一致${d.erased > 0 ? `、うち消去済み ${number(d.erased)} 件` : ''}`,
    statements: (count, known) =>
      `  署名    人の署名 ${number(count)} 件を検算${known || count === 0 ? '' : '（鍵は台帳の記載どおり。手元の鍵と照合するには --approvers）'}`,
    erased: (d) => `  消去済み  ${d.seq} 番が指す内容 ${d.digest}`,
    extractLimit: '  抜粋なので、ほかに記録がないことまでは示せません。台帳全体を求めてください',
    change: (d) => `  変更    ${d.id} の記録 ${number(d.entries)} 件`,
    altered: (d) =>
      d.seq === 0
        ? `✗ 書き換えられています。${d.line} 行目`
        : `✗ 書き換えられています。${d.seq} 番の記録（${d.line} 行目まで読みました）`,
    alteredWhy: (why) => `  理由    ${ALTERED_JA[why] ?? `記録の形が正しくありません（${why}）`}`,
    truncated: (d) =>
      `✗ 終わりが欠けています。署名されたのは ${number(d.signed)} 件、あるのは ${number(d.found)} 件`,
    forked: (d) =>
      `✗ 署名された台帳ではありません（分岐）。署名されたのは ${number(d.signed)} 件、あるのは ${number(d.found)} 件`,
    signature: (why) => `✗ 検印の署名を確かめられません。${SIGNATURE_JA[why] ?? why}`,
    broken: (count) => `✗ 台帳は無傷ですが、決まりが破られています（${count} 件）`,
    brokenOne: (d) => `  ${d.change}  ${d.seq} 番  ${d.invariant}  ${BROKEN_JA[d.why] ?? d.why}`,
    noSuchChange: (change) => `✗ ${change} の記録はこの台帳にありません（台帳は無傷です）`,
    usage: `使い方: sekisho-verify FILE --key KEY [--change CHG-…] [--checkpoint FILE]… [--approvers FILE] [--json] [--lang ja|en]

  FILE          sekisho ledger export または sekisho record export の出力（- は標準入力）
  --key         台帳の公開鍵: name+hash+key の文字列、それを書いたファイル、または PEM。ファイルの中の鍵は信用しません
  --change      この変更の記録も表示する
  --checkpoint  別に控えてある検印。この台帳に含まれていることも確かめる
  --approvers   手元の承認者の一覧: 一行に「名前 ssh-ed25519 AAAA…」

終了コード: 0 無傷 · 1 読めない、変更がない · 2 書き換え · 3 欠け、分岐 · 4 署名 · 5 決まりが破られている · 64 使い方`,
    unknownOption: (option) => `知らない指定です: ${option}`,
    badKey: (key) => `鍵として読めません: ${key}`,
    badApprovers: (line) => `承認者の一覧の ${line} 行目が読めません。一行に「名前 ssh-ed25519 AAAA…」`,
    unreadable: (path) => `読めません: ${path}`,
  },
  en: {
    sound: (d) =>
      d.extract
        ? `✓ The record is sound: ${number(d.entries)} of the ${number(d.size)} entries of ${d.origin}`
        : `✓ The ledger is sound: ${d.origin}, ${number(d.entries)} entries`,
    root: (root) => `  checkpoint  ${root}`,
    blobs: (d) =>
      `  content     ${number(d.blobs)} as named${d.erased > 0 ? `, ${number(d.erased)} of them erased` : ''}`,
    statements: (count, known) =>
      `  signatures  ${number(count)} of people recomputed${known || count === 0 ? '' : ' (keys as the ledger names them; --approvers compares them with yours)'}`,
    erased: (d) => `  erased      content named by entry ${d.seq}: ${d.digest}`,
    extractLimit: '  An extract cannot show that there is no other entry; ask for the whole ledger for that',
    change: (d) => `  change      ${d.id}: ${number(d.entries)} entries`,
    altered: (d) =>
      d.seq === 0 ? `✗ Altered: line ${d.line}` : `✗ Altered: entry ${d.seq} (read up to line ${d.line})`,
    alteredWhy: (why) => `  why         ${ALTERED_EN[why] ?? `it is not a well-formed entry (${why})`}`,
    truncated: (d) =>
      `✗ The end is missing: ${number(d.signed)} entries were signed, ${number(d.found)} are here`,
    forked: (d) =>
      `✗ Not the ledger that was signed (forked): ${number(d.signed)} entries were signed, ${number(d.found)} are here`,
    signature: (why) => `✗ The checkpoint's signature does not count: ${SIGNATURE_EN[why] ?? why}`,
    broken: (count) => `✗ The ledger is whole, but a rule is broken (${count})`,
    brokenOne: (d) => `  ${d.change}  entry ${d.seq}  ${d.invariant}  ${BROKEN_EN[d.why] ?? d.why}`,
    noSuchChange: (change) => `✗ No entry of this ledger speaks of ${change} (the ledger is sound)`,
    usage: `Usage: sekisho-verify FILE --key KEY [--change CHG-…] [--checkpoint FILE]… [--approvers FILE] [--json] [--lang ja|en]

  FILE          what sekisho ledger export or sekisho record export wrote (- is the standard input)
  --key         the ledger's public key: the text name+hash+key, a file that holds it, or PEM. A key in FILE is never trusted
  --change      show what is on record of this change, too
  --checkpoint  a checkpoint kept elsewhere: the ledger must contain it
  --approvers   the approvers as you know them, one a line: name ssh-ed25519 AAAA…

Exit: 0 sound · 1 unreadable, or no such change · 2 altered · 3 truncated or forked · 4 signature · 5 rule broken · 64 usage`,
    unknownOption: (option) => `Unknown option: ${option}`,
    badKey: (key) => `Not a key: ${key}`,
    badApprovers: (line) =>
      `Line ${line} of the list of approvers cannot be read; one a line: name ssh-ed25519 AAAA…`,
    unreadable: (path) => `Cannot be read: ${path}`,
  },
}
