// What `sekisho doctor` says of what the gate looks at every minute: health, declared files, and for whom changes wait.
import { shellWord } from '../base/shell-word.ts'
import { SEEN_AGO } from './amounts.ts'
import { BACKUP_WORDS } from './backup.ts'
import { healthDetail } from './health.ts'
import { answerText } from './notify.ts'
import type { Both, Language, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>

const ago = (language: Language, ms: string) => SEEN_AGO[language](Number(ms) || 0)
const span = (language: Language, ms: string) => BACKUP_WORDS[language].span(Math.max(1000, Number(ms) || 0))
const seen = (language: Language, d: Reader) =>
  healthDetail({ detail: d('detail'), milliseconds: Number(d('milliseconds')) || 0 }, language)
const look = (d: Reader) => [`sekisho service status ${d('service')}`]

/** A file with secrets is changed key by key, and which key nobody but a person knows. */
const propose = (d: Reader) => [
  d('secret') === 'true'
    ? `sekisho service show ${d('service')}`
    : `sekisho do config --service ${d('service')} --edit ${d('path')}`,
]

export const WATCH_DOCTOR_WORDS: Readonly<Record<string, Words>> = {
  'doctor.watch': {
    ja: (d) => ({ what: `sekisho-watch は動いています（${ago('ja', d('ageMs'))}）` }),
    en: (d) => ({ what: `sekisho-watch runs (${ago('en', d('ageMs'))})` }),
  },
  'doctor.watch_limited': {
    ja: (d) => ({
      what: `sekisho-watch は動いています（${ago('ja', d('ageMs'))}）。接続できる先は宣言したアドレスだけです`,
    }),
    en: (d) => ({
      what: `sekisho-watch runs (${ago('en', d('ageMs'))}); its unit lets it reach declared addresses alone`,
    }),
  },
  'doctor.watch_names': {
    ja: (d) => ({
      what: `sekisho-watch は動いています（${ago('ja', d('ageMs'))}）が、いまアドレスの分からない名前があり、そこには届きません: ${d('names')}`,
      why: '宣言した名前は root が 5 分ごとに調べ、そのアドレスだけに接続できます',
      next: ['sudo systemctl start sekisho-names.service'],
    }),
    en: (d) => ({
      what: `sekisho-watch runs (${ago('en', d('ageMs'))}), and these declared names have no address now, so that nothing reaches them: ${d('names')}`,
      why: 'root asks for declared names every five minutes, and their addresses alone are let through',
      next: ['sudo systemctl start sekisho-names.service'],
    }),
  },
  'doctor.watch_no_unit': {
    ja: (d) => ({
      what: `sekisho-watch は動いています（${ago('ja', d('ageMs'))}）。systemd のユニットとして動いていないので、接続先は限っていません`,
    }),
    en: (d) => ({
      what: `sekisho-watch runs (${ago('en', d('ageMs'))}); without its unit nothing limits which addresses it reaches`,
    }),
  },
  'doctor.watch_open': {
    ja: (d) => ({
      what: `sekisho-watch は動いています（${ago('ja', d('ageMs'))}）が、接続先が限られていません`,
      why: '宣言していないアドレスにも接続できました。ユニットの制限が古いか、このカーネルでは効きません',
      next: ['sudo sekisho install host', 'sudo sekisho config apply'],
    }),
    en: (d) => ({
      what: `sekisho-watch runs (${ago('en', d('ageMs'))}), and its unit does not limit which addresses it reaches`,
      why: 'it reached an address that is not declared: its unit is an old one, or this kernel does not enforce it',
      next: ['sudo sekisho install host', 'sudo sekisho config apply'],
    }),
  },
  'doctor.watch_silent': {
    ja: (d) => ({
      what: `sekisho-watch が黙っています（最後は${ago('ja', d('ageMs'))}）`,
      why: '自動の確認と通知が行われていません',
      next: ['systemctl status sekisho-watch'],
    }),
    en: (d) => ({
      what: `sekisho-watch is silent (last heard of ${ago('en', d('ageMs'))})`,
      why: 'nothing is looked at by itself, and nobody is told',
      next: ['systemctl status sekisho-watch'],
    }),
  },
  'doctor.watch_absent': {
    ja: () => ({
      what: 'sekisho-watch が動いていません',
      why: '自動の確認と通知が行われていません',
      next: ['systemctl status sekisho-watch'],
    }),
    en: () => ({
      what: 'sekisho-watch does not run',
      why: 'nothing is looked at by itself, and nobody is told',
      next: ['systemctl status sekisho-watch'],
    }),
  },
  'doctor.channel_failing': {
    ja: (d) => ({
      what: `${d('channel')} に通知が届いていません（${span('ja', d('sinceMs'))}前から）: ${answerText(d('answer'), 'ja')}`,
      next: [`sekisho notify test ${d('channel')}`],
    }),
    en: (d) => ({
      what: `${d('channel')} does not take notices (for ${span('en', d('sinceMs'))}): ${answerText(d('answer'), 'en')}`,
      next: [`sekisho notify test ${d('channel')}`],
    }),
  },
  'doctor.channels': {
    ja: (d) => ({ what: `最後の通知が届いています: ${d('took')}` }),
    en: (d) => ({ what: `took the last notice: ${d('took')}` }),
  },
  'doctor.channels_untried': {
    ja: (d) => ({ what: `まだ何も送っていません: ${d('untried')}`, next: ['sekisho notify test'] }),
    en: (d) => ({ what: `nothing was sent yet: ${d('untried')}`, next: ['sekisho notify test'] }),
  },
  'doctor.health_green': {
    ja: (d) => ({ what: `${d('service')}: 健全（${ago('ja', d('ageMs'))}に確認）` }),
    en: (d) => ({ what: `${d('service')}: healthy (looked at ${ago('en', d('ageMs'))})` }),
  },
  'doctor.health_red': {
    ja: (d) => ({
      what: `${d('service')}: 健全ではありません（${ago('ja', d('ageMs'))}に確認、${span('ja', d('sinceMs'))}前から）`,
      why: seen('ja', d),
      next: look(d),
    }),
    en: (d) => ({
      what: `${d('service')}: not healthy (looked at ${ago('en', d('ageMs'))}, so for ${span('en', d('sinceMs'))})`,
      why: seen('en', d),
      next: look(d),
    }),
  },
  'doctor.health_no_data': {
    ja: (d) => ({ what: `${d('service')}: 健全を確かめられません`, why: seen('ja', d), next: look(d) }),
    en: (d) => ({ what: `${d('service')}: its health cannot be read`, why: seen('en', d), next: look(d) }),
  },
  'doctor.health_not_looked_at': {
    ja: (d) => ({
      what: `${d('service')}: 健全を見ていません`,
      why: d('ageMs') === '…' ? 'まだ一度も見ていません' : `最後に見たのは ${ago('ja', d('ageMs'))}`,
      next: look(d),
    }),
    en: (d) => ({
      what: `${d('service')}: its health was not looked at`,
      why: d('ageMs') === '…' ? 'there was no look yet' : `the last look was ${ago('en', d('ageMs'))}`,
      next: look(d),
    }),
  },
  'doctor.health_not_declared': {
    ja: (d) => ({ what: `${d('service')}: health の宣言がないので、健全は分かりません` }),
    en: (d) => ({ what: `${d('service')}: no health is declared, so its health is not known` }),
  },
  'doctor.health_doubted': {
    ja: (d) => ({
      what: `${d('service')}: 健全は分かりません。${ago('ja', d('ageMs'))}には健全でしたが、その後 ${d('doubt')} が異常です`,
      next: [`sekisho check show ${d('doubt')}`],
    }),
    en: (d) => ({
      what: `${d('service')}: its health is not known: it was healthy ${ago('en', d('ageMs'))}, and ${d('doubt')} has been red since`,
      next: [`sekisho check show ${d('doubt')}`],
    }),
  },
  'doctor.checks_muted': {
    ja: (d) => ({
      what: `${d('check')} の通知は ${d('by')} が ${d('until')} まで止めています「${d('reason')}」`,
      ...(Number(d('open')) > 0 ? { why: `いま良くないもの ${d('open')} 件も通知されません` } : {}),
      next: [`sekisho check unmute ${shellWord(d('check'))}`],
    }),
    en: (d) => ({
      what: `${d('check')} is muted by ${d('by')} until ${d('until')}: "${d('reason')}"`,
      ...(Number(d('open')) > 0 ? { why: `nobody is told of ${d('open')} that is not good now` } : {}),
      next: [`sekisho check unmute ${shellWord(d('check'))}`],
    }),
  },
  'doctor.check_taken_up': {
    ja: (d) => ({
      what: `${d('check')} は ${d('by')} が引き受けています${d('reason') === '' ? '' : `「${d('reason')}」`}`,
      next: [`sekisho check show ${d('check')}`],
    }),
    en: (d) => ({
      what: `${d('check')} is taken up by ${d('by')}${d('reason') === '' ? '' : `: "${d('reason')}"`}`,
      next: [`sekisho check show ${d('check')}`],
    }),
  },
  'doctor.file_edited': {
    ja: (d) => ({
      what: `関所の外で変えられました: ${d('path')}（${ago('ja', d('sinceMs'))}に発見）`,
      why: '最後に知っていた内容、所有者、権限のどれかと違い、それを変えた変更がありません。手で元に戻すか、この先の変更がこのファイルで維持されると消えます',
      next: propose(d),
    }),
    en: (d) => ({
      what: `changed outside of the gate: ${d('path')} (found ${ago('en', d('sinceMs'))})`,
      why: 'its content, owner or mode is not what was last known, and no change made it so; it ends when the file is put back, or when a change of it is kept',
      next: propose(d),
    }),
  },
  'doctor.files_same': {
    ja: (d) => ({
      what: `宣言された ${d('count')} 件は、最後に知っていたとおりです（${ago('ja', d('ageMs'))}に確認）`,
    }),
    en: (d) => ({
      what: `${d('count')} declared: as last known (looked at ${ago('en', d('ageMs'))})`,
    }),
  },
  'doctor.files_not_looked_at': {
    ja: (d) => ({ what: `宣言された ${d('count')} 件を、この 3 分のあいだ見ていません` }),
    en: (d) => ({ what: `${d('count')} declared were not looked at within the last 3 minutes` }),
  },
  'doctor.waits': {
    ja: (d) => ({
      what: `${d('change')} は承認を待っています（${d('people') === '' ? '承認できる人がいません' : d('people')}）`,
      next: [`sekisho change show ${d('change')}`],
    }),
    en: (d) => ({
      what: `${d('change')} waits for an approval by ${d('people') === '' ? 'nobody who may approve' : d('people')}`,
      next: [`sekisho change show ${d('change')}`],
    }),
  },
}
