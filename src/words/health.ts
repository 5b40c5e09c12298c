// What a health probe saw, from the code that it keeps.
import type { Language } from './words.ts'

/** The probe keeps a code of its own; people read what it means. */
export function healthDetail(
  health: { readonly detail: string; readonly milliseconds?: number | undefined } | undefined,
  language: Language,
): string {
  const ja = language === 'ja'
  if (health === undefined) return ''
  const { detail, milliseconds } = health
  const seconds = Math.max(1, Math.round((milliseconds ?? 0) / 1000))
  if (/TIMEOUT|^late$/i.test(detail))
    return ja ? `${seconds} 秒以内に応答がありません` : `does not answer within ${seconds} s`
  if (/ECONNREFUSED/.test(detail)) return ja ? '接続を断られました' : 'the connection was refused'
  if (detail.startsWith('certificate '))
    return ja
      ? `証明書を信じられません（${detail.slice(12)}）`
      : `its certificate is not trusted (${detail.slice(12)})`
  if (detail.startsWith('runner.'))
    return ja
      ? '計れません: runner が応答しません。sekisho doctor'
      : 'not measured, the runner does not answer: sekisho doctor'
  if (detail === 'ca_unreadable') return ja ? '宣言された CA を読めません' : 'the declared CA cannot be read'
  if (detail.startsWith('field '))
    return ja
      ? `応答の ${detail.slice(6)} が宣言と違います`
      : `${detail.slice(6)} in its answer is not as declared`
  if (detail.startsWith('status '))
    return ja
      ? `${detail.slice(7)} を返しました（宣言と違います）`
      : `it answers ${detail.slice(7)}, not the declared status`
  if (detail === 'redirect') return ja ? '別の場所へ転送されます' : 'it redirects elsewhere'
  if (detail.startsWith('name ')) return ja ? '名前を解決できません' : 'its name is not known'
  if (/^(?:broken|refused) /.test(detail))
    return ja ? `接続できません（${detail.split(' ')[1]}）` : `no connection (${detail.split(' ')[1]})`
  return detail
}
