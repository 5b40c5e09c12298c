// Why a change was taken back, waits or halted, as sentences: the runner's reasons, and what its proofs saw.
import type { Both, Language, Sentence } from './words.ts'

type Values = Readonly<Record<string, unknown>>
type Told = (d: (key: string) => string) => Sentence
interface Row {
  readonly ja: Told
  readonly en: Told
}

function reader(values: Values): (key: string) => string {
  return (key) => {
    const value = values[key]
    if (value === undefined) return '…'
    return Array.isArray(value)
      ? value.join(', ')
      : typeof value === 'object'
        ? JSON.stringify(value)
        : String(value)
  }
}

const NOT_IN_EFFECT = {
  ja: 'reload は成功を返しましたが、新しい設定は効いていません',
  en: 'the reload reported success, but the new configuration is not in effect',
}

const looked = (d: (key: string) => string): Pick<Sentence, 'next'> =>
  d('unit') === '…' ? {} : { next: [`systemctl status ${d('unit')}`, `journalctl -u ${d('unit')} -n 50`] }

/** What a proof that is not green saw, by its `why`. */
const PROOFS: Readonly<Record<string, Row>> = {
  error_log: {
    ja: (d) => ({
      what: NOT_IN_EFFECT.ja,
      why: `${d('port') === '…' ? '' : `${d('port')} 番が使えません。`}error.log: ${d('line')}`,
    }),
    en: (d) => ({
      what: NOT_IN_EFFECT.en,
      why: `${d('port') === '…' ? '' : `port ${d('port')} cannot be used. `}error.log: ${d('line')}`,
    }),
  },
  workers_old: {
    ja: (d) => ({ what: NOT_IN_EFFECT.ja, why: `worker が古いままです（${d('old')}）` }),
    en: (d) => ({ what: NOT_IN_EFFECT.en, why: `workers are still the old ones (${d('old')})` }),
  },
  not_effective: {
    ja: (d) => ({
      what: 'このファイルは nginx の実効設定に入っていません',
      why: d('paths') === '…' ? d('files') : d('paths'),
    }),
    en: (d) => ({
      what: 'the file is not in the effective configuration of nginx',
      why: d('paths') === '…' ? d('files') : d('paths'),
    }),
  },
  files_differ: {
    ja: (d) => ({ what: '効いているファイルが承認した内容と違います', why: d('files') }),
    en: (d) => ({ what: 'the files in effect are not the approved ones', why: d('files') }),
  },
  sockets_differ: {
    ja: (d) => ({ what: '待ち受けが試行と違います', why: `足りない: ${d('missing')}　余分: ${d('extra')}` }),
    en: (d) => ({
      what: 'it does not listen where the trial did',
      why: `missing: ${d('missing')}; extra: ${d('extra')}`,
    }),
  },
  not_answering: {
    ja: (d) => ({ what: `応えない待受があります: ${d('unit')}`, why: d('silent') }),
    en: (d) => ({ what: `a port of ${d('unit')} does not answer`, why: d('silent') }),
  },
  no_port: {
    ja: (d) => ({ what: `待受がありません: ${d('unit')}` }),
    en: (d) => ({ what: `${d('unit')} listens on no port` }),
  },
  not_running: {
    ja: () => ({ what: 'サービスが動いていません' }),
    en: () => ({ what: 'the service is not running' }),
  },
  health: {
    ja: (d) => ({
      what: '健全ではありません',
      why: `${d('url')}: ${d('good')} / ${d('needed')} 回。${d('whys')}`.replace('。…', ''),
    }),
    en: (d) => ({
      what: 'not healthy',
      why: `${d('url')}: ${d('good')} of ${d('needed')} needed. ${d('whys')}`.replace('. …', ''),
    }),
  },
  not_read: {
    ja: (d) => ({ what: '読み直せません', why: d('url') }),
    en: (d) => ({ what: 'it cannot be read again', why: d('url') }),
  },
  differs: {
    ja: (d) => ({ what: '読み直した内容が、送ったものと違います', why: d('url') }),
    en: (d) => ({ what: 'what is read again is not what was sent', why: d('url') }),
  },
  nothing_to_compare: {
    ja: (d) => ({ what: '送った本文に比べる項目がなく、効いたかどうか分かりません', why: d('url') }),
    en: (d) => ({
      what: 'what was sent has no fields to compare, so nothing shows its effect',
      why: d('url'),
    }),
  },
  still_isolated: {
    ja: () => ({ what: '遮断の表か記録がまだあります' }),
    en: () => ({ what: 'table or record of the isolation is still there' }),
  },
  no_data: {
    ja: (d) => ({ what: '健全さを確かめられません', why: d('url') }),
    en: (d) => ({ what: 'its health cannot be told', why: d('url') }),
  },
  no_probe: {
    ja: (d) => ({ what: `効いていることを示す確認方法が宣言されていません: ${d('path')}` }),
    en: (d) => ({ what: `nothing is declared that shows it is in effect: ${d('path')}` }),
  },
  not_in_plan: {
    ja: (d) => ({ what: `計画にないものを確かめようとしました: ${d('what')}` }),
    en: (d) => ({ what: `a proof was asked for that is not in the plan: ${d('what')}` }),
  },
  not_deployed: {
    ja: () => ({
      what: '用意したコードがそこにありません',
      why: 'リンクか、変わるファイルのどれかが、用意したものではありません',
    }),
    en: () => ({
      what: 'the code that was staged does not stand there',
      why: 'the link, or one of the changed files, is not what was staged',
    }),
  },
  not_restored: {
    ja: (d) => ({ what: `用意したものが、まだその場所にありません: ${d('path')}` }),
    en: (d) => ({ what: `what was laid out does not stand there: ${d('path')}` }),
  },
  not_rehearsed: {
    ja: (d) => ({ what: `予行の結果が手元になく、比べられません: ${d('database')}` }),
    en: (d) => ({ what: `there is no rehearsal to compare with: ${d('database')}` }),
  },
  schema_differs: {
    ja: (d) => ({ what: `データベース ${d('database')} のスキーマが、予行の結果と違います` }),
    en: (d) => ({ what: `the schema of database ${d('database')} is not what the rehearsal came to` }),
  },
  restart_loop: {
    ja: (d) => ({ what: '再起動を繰り返しています', why: `${d('restarts')} 回` }),
    en: (d) => ({ what: 'it restarts again and again', why: `${d('restarts')} times` }),
  },
  settings_differ: {
    ja: (d) => ({ what: '読み直した設定が計画と違います', why: d('different') }),
    en: (d) => ({ what: 'the settings read back are not the planned ones', why: d('different') }),
  },
  settings_not_read_back: {
    ja: (d) => ({ what: '読み返せない設定があります', why: d('settings') }),
    en: (d) => ({ what: 'some settings cannot be read back', why: d('settings') }),
  },
  warnings: {
    ja: (d) => ({ what: 'systemd が新しい警告を出しました', why: d('lines') }),
    en: (d) => ({ what: 'systemd gives new warnings', why: d('lines') }),
  },
  not_stable: {
    ja: (d) => ({ what: '落ち着きません', why: d('state') }),
    en: (d) => ({ what: 'it does not stay as it is', why: d('state') }),
  },
  not_loaded: {
    ja: (d) => ({ what: `systemd が unit を読めません: ${d('unit')}` }),
    en: (d) => ({ what: `systemd does not load the unit: ${d('unit')}` }),
  },
  daemon_reload_owed: {
    ja: () => ({ what: 'systemd はまだ古い unit を使っています' }),
    en: () => ({ what: 'systemd still uses the old unit' }),
  },
  not_reloaded: {
    ja: () => ({ what: '再読み込みされていません' }),
    en: () => ({ what: 'it was not reloaded' }),
  },
  failed: {
    ja: (d) => ({
      what: 'サービスが失敗しました',
      why: RESULTS[d('result')]?.ja ?? d('result'),
      ...looked(d),
    }),
    en: (d) => ({ what: 'the service failed', why: RESULTS[d('result')]?.en ?? d('result'), ...looked(d) }),
  },
  not_restarted: {
    ja: (d) => ({ what: `新しく起動していません: ${d('unit')}`, why: `いま ${d('active')} (${d('sub')})` }),
    en: (d) => ({ what: `it was not started anew: ${d('unit')}`, why: `now ${d('active')} (${d('sub')})` }),
  },
  not_active: {
    ja: (d) => ({
      what: `動いていません: ${d('unit')}`,
      why: `いま ${d('active')} (${d('sub')})`,
      ...looked(d),
    }),
    en: (d) => ({
      what: `it does not run: ${d('unit')}`,
      why: `now ${d('active')} (${d('sub')})`,
      ...looked(d),
    }),
  },
  still_active: {
    ja: (d) => ({ what: `まだ動いています: ${d('unit')}`, why: `いま ${d('active')} (${d('sub')})` }),
    en: (d) => ({ what: `it still runs: ${d('unit')}`, why: `now ${d('active')} (${d('sub')})` }),
  },
  job_left: {
    ja: (d) => ({ what: `systemd の仕事がまだ終わっていません: ${d('unit')}` }),
    en: (d) => ({ what: `systemd has not finished yet: ${d('unit')}` }),
  },
  touched_since_reload: {
    ja: (d) => ({ what: 'reload のあとでファイルが触られました', why: d('touched') }),
    en: (d) => ({ what: 'files were touched after the reload', why: d('touched') }),
  },
  site_lost: {
    ja: (d) => ({
      what: '変更前は応答したサイトが、応答しないか 5xx を返します',
      why: d('lost'),
    }),
    en: (d) => ({
      what: 'a site that answered before the change gives a 5xx or no answer now',
      why: d('lost'),
    }),
  },
  sockets_not_compared: {
    ja: () => ({ what: '待ち受けを比べられません（試行がありません）' }),
    en: () => ({ what: 'sockets cannot be compared (there was no trial)' }),
  },
  sockets_not_read: {
    ja: (d) => ({ what: `待ち受けを読めません: ${d('unit')}` }),
    en: (d) => ({ what: `the ports of ${d('unit')} cannot be read` }),
  },
  no_systemd: {
    ja: () => ({ what: 'systemd がないので確かめられません' }),
    en: () => ({ what: 'it cannot be proven without systemd' }),
  },
  aborted: {
    ja: () => ({ what: '確かめる途中で止められました' }),
    en: () => ({ what: 'stopped while it was being proven' }),
  },
}

/** Why the runner turned back or waits. */
const REASONS: Readonly<Record<string, Row>> = {
  proof_red: {
    ja: () => ({ what: '効いていることを確かめられませんでした' }),
    en: () => ({ what: 'it could not be proven in effect' }),
  },
  action_failed: {
    ja: (d) => ({ what: '手順の一つが失敗しました', why: d('said') }),
    en: (d) => ({ what: 'one of the steps failed', why: d('said') }),
  },
  attempts: {
    ja: () => ({ what: '何度試してもうまくいきませんでした' }),
    en: () => ({ what: 'it did not work in any of the attempts' }),
  },
  deadline: {
    ja: () => ({ what: '時間までに「維持する」の答えがありませんでした' }),
    en: () => ({ what: 'nobody said keep in time' }),
  },
  asked: {
    ja: () => ({ what: '人が止めました' }),
    en: () => ({ what: 'a person stopped it' }),
  },
  uncertain: {
    ja: (d) => ({
      what: '手順が終わったかどうか分かりません（始まりの記録はあり、終わりの記録がありません）',
      why: d('found'),
    }),
    en: (d) => ({
      what: 'it is not known whether a step took effect (its start is on record, its end is not)',
      why: d('found'),
    }),
  },
  undo_skipped: {
    ja: () => ({ what: '元に戻せなかったものを、人の判断でそのままにしました' }),
    en: () => ({ what: 'what could not be undone was left as it is, by a person’s answer' }),
  },
  no_room: {
    ja: (d) => ({
      what: `記録を書く空きがないので待っています: ${d('path')}`,
      why: '空きができれば、そこから自動で続きます',
      next: [`df -h ${d('path')}`],
    }),
    en: (d) => ({
      what: `it waits, for there is no room to write its journal: ${d('path')}`,
      why: 'once there is room, it goes on from there by itself',
      next: [`df -h ${d('path')}`],
    }),
  },
  runner_fault: {
    ja: (d) => ({
      what: 'ランナーの不具合で、途中で止まっています',
      why: d('said'),
      next: ['sekisho runner reconcile'],
    }),
    en: (d) => ({
      what: 'it stopped on the way, by a fault of the runner',
      why: d('said'),
      next: ['sekisho runner reconcile'],
    }),
  },
  undo_failed: {
    ja: (d) => ({ what: '元に戻せませんでした', why: d('said') }),
    en: (d) => ({ what: 'it could not be undone', why: d('said') }),
  },
}

/** What a unit did not do, by the verb that it was told. */
const UNIT_VERBS: Readonly<Record<string, Both<(unit: string) => string>>> = {
  start: { ja: (unit) => `${unit} が起動しません`, en: (unit) => `${unit} does not start` },
  stop: { ja: (unit) => `${unit} が止まりません`, en: (unit) => `${unit} does not stop` },
  restart: { ja: (unit) => `${unit} が再起動しません`, en: (unit) => `${unit} does not restart` },
  reload: { ja: (unit) => `${unit} が設定を読み直しません`, en: (unit) => `${unit} does not reload` },
}
const ANY_VERB: Both<(unit: string) => string> = {
  ja: (unit) => `${unit} への指示を systemd が果たせませんでした`,
  en: (unit) => `systemd did not do what it was told about ${unit}`,
}

/** The result of a unit as systemd names it (systemd.exec(5), SERVICE_RESULT). */
const RESULTS: Readonly<Record<string, Both<string>>> = {
  'exit-code': { ja: 'プログラムが失敗で終わりました', en: 'its program ended with a failure' },
  signal: { ja: 'プログラムが強制終了されました', en: 'its program was killed' },
  'core-dump': { ja: 'プログラムが異常終了しました', en: 'its program crashed' },
  timeout: { ja: '時間内に終わりません', en: 'it took longer than it may' },
  'oom-kill': { ja: 'メモリが足りません', en: 'it ran out of memory' },
  'start-limit-hit': { ja: '続けて何度も失敗しました', en: 'it failed too often in a row' },
  protocol: { ja: '準備ができたと知らせません', en: 'it does not say that it is ready' },
  resources: { ja: '起動に要るものがありません', en: 'what it needs to start is missing' },
}
const UNIT_WHYS: Readonly<Record<string, Both<string>>> = {
  systemctl: { ja: 'systemd が失敗を返しました', en: 'systemd reported a failure' },
  timeout: { ja: '時間内に終わりません', en: 'it took longer than it may' },
  still_working: { ja: 'まだ途中です', en: 'it is still under way' },
  no_systemd: { ja: 'systemd がありません', en: 'there is no systemd here' },
}

/** What a unit did not do, and how systemd says that it ended. Undefined where the code is not one of a unit. */
export function unitSentence(code: string, values: Values, language: Language): Sentence | undefined {
  const why = Object.hasOwn(UNIT_WHYS, code) ? UNIT_WHYS[code]?.[language] : undefined
  if (why === undefined) return undefined
  const { unit, verb, result, sub } = values
  const name = typeof unit === 'string' ? unit.replace(/\.service$/, '') : undefined
  const named = name ?? (language === 'ja' ? 'サービス' : 'the service')
  const does = UNIT_VERBS[String(verb)] ?? ANY_VERB
  const loop =
    language === 'ja' ? '。systemd が起動をくり返しています' : '; systemd starts it again and again'
  return {
    what: does[language](named),
    why: `${RESULTS[String(result)]?.[language] ?? why}${sub === 'auto-restart' ? loop : ''}`,
    ...(name === undefined ? {} : { next: [`systemctl status ${name}`, `journalctl -u ${name} -n 50`] }),
  }
}

/** What is back and what is not, where not all could be taken back. */
export const BACK_WORDS: Both<{
  readonly undone: (parts: readonly string[]) => string
  readonly left: (parts: readonly string[]) => string
  readonly first: (what: string) => string
  readonly choices: string
}> = {
  ja: {
    undone: (parts) => `変更前に戻っているもの: ${parts.join('、')}`,
    left: (parts) => `戻っていないもの: ${parts.join('、')}`,
    first: (what) => `最初に失敗したもの: ${what}`,
    choices: 'retry はもう一度戻します。skip は残りをそのままにして終えます',
  },
  en: {
    undone: (parts) => `as before the change: ${parts.join(', ')}`,
    left: (parts) => `not as before: ${parts.join(', ')}`,
    first: (what) => `what failed first: ${what}`,
    choices: 'retry tries to take it back again; skip leaves the rest as it is and ends',
  },
}

function told(
  rows: Readonly<Record<string, Row>>,
  why: string,
  values: Values,
  language: Language,
): Sentence | undefined {
  const row = Object.hasOwn(rows, why) ? rows[why] : undefined
  if (row === undefined) return undefined
  const said = row[language](reader(values))
  if (said.why === undefined || /^[…\s。.]*$/.test(said.why)) return { what: said.what }
  return said
}

/** The sentence of a red or unproven proof; undefined where the reason is not known. */
export function proofSentence(facts: Values, language: Language): Sentence | undefined {
  return typeof facts['why'] === 'string' ? told(PROOFS, facts['why'], facts, language) : undefined
}

export function reasonSentence(code: string, detail: Values, language: Language): Sentence | undefined {
  return told(REASONS, code, detail, language)
}

/** Every reason that has a sentence: a test holds it against the runner's own list. */
export const KNOWN_REASONS: readonly string[] = [...Object.keys(PROOFS), ...Object.keys(REASONS)]
