// The sentences of the codes that the view of a change carries: what moved, what disagrees, and how strong the wall is.
import { ERRORS, type ErrorCode } from '../base/error-codes.ts'
import { ERROR_WORDS, reader } from './errors.ts'
import type { Both, Language } from './words.ts'

export type CodeValues = Readonly<Record<string, unknown>>
const text = (d: CodeValues, key: string): string =>
  d[key] === undefined ? '…' : Array.isArray(d[key]) ? d[key].join(', ') : String(d[key])

/** Files behind a target that is no file itself: the certificates that nginx reads, the drop-ins of a unit. */
function movedFiles(d: CodeValues, joiner: string, open: string, close: string, rest: string): string {
  const files = Array.isArray(d['files']) ? d['files'].map(String) : []
  const others = files.filter((one) => one !== d['what'])
  const all = d['more'] === undefined ? others : [...others, rest]
  return all.length === 0 ? '' : `${open}${all.join(joiner)}${close}`
}

/** The sentence of the code that refused; `because` is what its sentence calls `why`. */
function refusalText(d: CodeValues, language: Language): string {
  const code = text(d, 'why')
  if (!isCode(code)) return code
  const values = Object.fromEntries(
    Object.keys({ ...d, why: d['because'] }).map((key) => [key, text({ ...d, why: d['because'] }, key)]),
  )
  const { what, why } = ERROR_WORDS[code][language](reader(values))
  if (code !== 'judge.pre_fails' || why === undefined) return what
  return language === 'ja' ? `${what}（${why}）` : `${what} (${why})`
}
const isCode = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

/** `checks`: the titles of checks, by name. */
export const CHANGE_CODES: Both<
  (code: string, d: CodeValues, checks: Readonly<Record<string, string>>) => string
> = {
  ja: (code, d, checks) => {
    switch (code) {
      case 'moved.target':
        return `${text(d, 'what')} が変わりました${movedFiles(d, '、', '（', '）', `ほか ${text(d, 'more')} 件`)}`
      case 'moved.unreadable':
        return `${text(d, 'what')} を読めません`
      case 'moved.policy':
        return 'この変更を決める規則（サービス、承認者、鍵、時間帯）が変わりました'
      case 'moved.evidence_expired':
        return `検査「${checks[text(d, 'what')] ?? text(d, 'what')}」の有効期限が切れました`
      case 'moved.revised':
        return '新しい版が作られました'
      case 'moved.refused':
        return `実行しません: ${refusalText(d, 'ja')}`
      case 'disagreement.server_name':
        return `${text(d, 'value')} も同じファイルを使います`
      case 'disagreement.unit':
        return `${text(d, 'value')} にも影響します`
      case 'disagreement.file':
        return `${text(d, 'value')} も変わります`
      case 'disagreement.concerns':
        return `関係のないファイルを一度に変えます: ${text(d, 'value')}。一つずつの変更に分けられます`
      case 'disagreement.since':
        return `${text(d, 'value')} はそのあとにも変わっています。あとの変更も一緒に消えます。差分を見てください`
      case 'disagreement.downtime':
        return 'この変更はサービスを再起動または停止します'
      case 'disagreement.no_downtime':
        return '説明は停止なしと言いますが、この変更はサービスを再起動または停止します'
      case 'wall.none':
        return '壁なし。承認は間違いを防ぎますが、このアカウントを持つ人を止められません'
      case 'wall.runner':
        return '実行は runner だけ'
      case 'wall.untrusted':
        return '壁に穴があります。root の runner が使うものを、ほかの利用者が書き換えられます（sekisho doctor）'
      case 'wall.shared_user':
        return '人か AI かは区別していません（AI だけの Unix ユーザーがあるという宣言 policy.agent_user: own がありません）'
      case 'wall.no_witness':
        return '立会（台帳の写しを外で預かる人）なし'
      case 'wall.author_signed':
        return '作成者の署名あり（依頼者と、ほかに編集した人の名前は関所の申告）'
      case 'wall.author_unsigned':
        return '作成者の署名なし（作成者の名前は関所の申告）'
      default:
        return code
    }
  },
  en: (code, d, checks) => {
    switch (code) {
      case 'moved.target':
        return `${text(d, 'what')} has changed${movedFiles(d, ', ', ' (', ')', `and ${text(d, 'more')} more`)}`
      case 'moved.unreadable':
        return `${text(d, 'what')} cannot be read`
      case 'moved.policy':
        return 'the rules that decide this change (service, approvers, keys, windows) have changed'
      case 'moved.evidence_expired':
        return `the check "${checks[text(d, 'what')] ?? text(d, 'what')}" has expired`
      case 'moved.revised':
        return 'a new revision was made'
      case 'moved.refused':
        return `it does not run: ${refusalText(d, 'en')}`
      case 'disagreement.server_name':
        return `${text(d, 'value')} uses the same file`
      case 'disagreement.unit':
        return `${text(d, 'value')} is affected too`
      case 'disagreement.file':
        return `${text(d, 'value')} changes too`
      case 'disagreement.concerns':
        return `it changes unrelated files at once: ${text(d, 'value')}. Each could be a change of its own`
      case 'disagreement.since':
        return `${text(d, 'value')} has changed since; what came later goes too: look at the difference`
      case 'disagreement.downtime':
        return 'this change restarts or stops the service'
      case 'disagreement.no_downtime':
        return 'the explanation says no downtime, but this change restarts or stops the service'
      case 'wall.none':
        return 'no wall: approvals protect from mistakes, not from somebody with this account'
      case 'wall.runner':
        return 'only the runner can act'
      case 'wall.untrusted':
        return 'the wall has a hole: others can change what the root runner uses (sekisho doctor)'
      case 'wall.shared_user':
        return 'person or agent: not told apart (policy.agent_user: own, a Unix user for the agent alone, is not declared)'
      case 'wall.no_witness':
        return 'no witness'
      case 'wall.author_signed':
        return 'signed by the author (who asked and who else edited it: gate-asserted)'
      case 'wall.author_unsigned':
        return 'not signed by the author (who wrote it: gate-asserted)'
      default:
        return code
    }
  },
}
