// `sekisho service list|show|status`: what can be changed here, and how it is.
import { EXIT, type ExitCode } from '../../base/error.ts'
import { hostName } from '../../change/card.ts'
import { serviceList, serviceView } from '../../contract/gate.ts'
import { CHANGE_WORDS } from '../../words/change.ts'
import { columns, pad } from '../../words/layout.ts'
import type { Language } from '../../words/words.ts'
import type { Call } from '../command.ts'
import { machineAt } from '../show.ts'

export async function run(call: Call): Promise<ExitCode> {
  const { terminal } = call
  const client = call.loggedIn()
  const host = (name: string) => hostName(name, machineAt(call.place), terminal.language)
  if (call.words === 'service list') {
    const { services } = await client.get('/services', serviceList)
    if (terminal.json) terminal.answer({ services })
    else {
      const width = Math.max(0, ...services.map(({ name }) => columns(name))) + 2
      terminal.say(
        services.map((one) => `${pad(one.name, width)}${host(one.host)}  ${one.unit ?? ''}`).join('\n') ||
          terminal.pick({
            ja: 'サービスはまだありません。sekisho init',
            en: 'No services yet: sekisho init',
          }),
      )
    }
    return EXIT.done
  }
  terminal.moving(terminal.pick({ ja: '健全さを一度だけ確かめています', en: 'looking at its health, once' }))
  const one = await client.get(`/services/${call.positionals[0]}`, serviceView)
  terminal.settle()
  const health = one.health?.verdict ?? 'no_data'
  const unmeasured = one.health?.detail.startsWith('runner.') === true
  const code =
    call.words !== 'service status'
      ? EXIT.done
      : health === 'red'
        ? EXIT.failed
        : unmeasured
          ? EXIT.later
          : EXIT.done
  if (terminal.json) {
    terminal.answer(one)
    return code
  }
  const verdicts = terminal.pick({
    ja: { green: '健全', red: '異常', no_data: 'データなし' },
    en: { green: 'healthy', red: 'not healthy', no_data: 'no data' },
  })
  const lines = [
    `${one.name}  ${host(one.host)}  ${one.unit ?? ''}  ${one.active ?? ''}`,
    `  ${verdicts[health]}  ${healthDetail(one.health, terminal.language)}`,
  ]
  if (call.words === 'service show') {
    const width = (pick: (file: (typeof one.files)[number]) => string) =>
      Math.max(0, ...one.files.map((file) => columns(pick(file)))) + 2
    const activation = (file: (typeof one.files)[number]) =>
      CHANGE_WORDS[terminal.language].kind[file.activation] ??
      terminal.pick({ ja: file.activation === 'none' ? 'そのまま' : file.activation, en: file.activation })
    const kind = width((file) => file.kind)
    const after = width(activation)
    lines.push(
      ...one.files.flatMap((file) => [
        `  ${pad(file.kind, kind)}${pad(activation(file), after)}${file.path}`,
        ...(file.secret
          ? [
              `  ${' '.repeat(kind + after)}${terminal.pick({ ja: '秘密。--set、--secret、--unset で鍵ごとに変える', en: 'secret: changed key by key, --set --secret --unset' })}`,
            ]
          : []),
      ]),
    )
    if (one.lastChange !== undefined)
      lines.push(`  ${terminal.pick({ ja: '最後の変更', en: 'last change' })} ${one.lastChange}`)
  }
  terminal.say(lines.map((line) => line.trimEnd()).join('\n'))
  return code
}

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
