// What the checks say that sekisho-watch and the gate look at by themselves, beside the items of the guide. Keyed by the codes of results.
import { sizeText } from './amounts.ts'
import { BACKUP_WORDS } from './backup.ts'
import { errnoWord } from './errno.ts'
import { answerText } from './notify.ts'
import type { Both, Language, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>
const ago = (language: Language, ms: string) => BACKUP_WORDS[language].ago(Number(ms) || 0)
const span = (language: Language, ms: string) => BACKUP_WORDS[language].span(Number(ms) || 0)

/** What is shown now, and the program that renews it where it is there. */
function certificateNext(d: Reader): readonly string[] {
  const host = d('host')
  const address = /:\d+$/.test(host) ? host : `${host}:443`
  const name = address.slice(0, address.lastIndexOf(':'))
  return [
    `openssl s_client -connect ${address} -servername ${name} </dev/null 2>/dev/null | openssl x509 -noout -subject -issuer -enddate`,
    ...(d('certbot') === 'true' ? ['sudo certbot certificates'] : []),
  ]
}

export const CHECK_WATCH_WORDS: Readonly<Record<string, Words>> = {
  'check.no_systemd': {
    ja: (d) => ({
      what: `データなし: ${d('unit')} の状態を systemd に聞けません`,
      next: [`systemctl status ${d('unit')}`],
    }),
    en: (d) => ({
      what: `no data: systemd does not say how ${d('unit')} is`,
      next: [`systemctl status ${d('unit')}`],
    }),
  },
  'check.log_unread': {
    ja: (d) => ({
      what: `データなし: ${d('path')} を読めません（${errnoWord(d('why'), 'ja')}）`,
      next: [`ls -la ${d('path')}`],
    }),
    en: (d) => ({
      what: `no data: ${d('path')} cannot be read (${errnoWord(d('why'), 'en')})`,
      next: [`ls -la ${d('path')}`],
    }),
  },
  'check.log_counting': {
    ja: (d) => ({
      what: `データなし: ${d('path')} を初めて数えています（残り ${sizeText(Number(d('left')))}）`,
    }),
    en: (d) => ({
      what: `no data: ${d('path')} is being counted for the first time (${sizeText(Number(d('left')))} left)`,
    }),
  },
  'check.journal_unread': {
    ja: (d) => ({
      what: `データなし: journald から ${d('unit')} の記録を読めません（${d('why')}）`,
      next: [`sudo journalctl -u ${d('unit')} -n 20`],
    }),
    en: (d) => ({
      what: `no data: the journal of ${d('unit')} cannot be read (${d('why')})`,
      next: [`sudo journalctl -u ${d('unit')} -n 20`],
    }),
  },
  'check.journal_in_part': {
    ja: (d) => ({
      what: `データなし: journald に ${d('unit')} の 24 時間分の記録が残っていないか、一部しか読めませんでした。読めた部分にエラーはありません`,
      next: ['sudo journalctl --disk-usage'],
    }),
    en: (d) => ({
      what: `no data: the journal does not hold 24 h of ${d('unit')}, or was read in part; what was read has no errors`,
      next: ['sudo journalctl --disk-usage'],
    }),
  },
  'check.journal_no_errors': {
    ja: (d) => ({ what: `24 時間のエラーは 0 件（journald の ${d('unit')}）` }),
    en: (d) => ({ what: `no errors in 24 h (journal of ${d('unit')})` }),
  },
  'check.journal_errors': {
    ja: (d) => ({
      what: `24 時間のエラーは ${d('count')} 件${d('atLeast') === 'true' ? '以上' : ''}（journald の ${d('unit')}）`,
      next: [`sudo journalctl -u ${d('unit')} -p err --since -24h`],
    }),
    en: (d) => ({
      what: `${d('atLeast') === 'true' ? 'at least ' : ''}${d('count')} ${d('count') === '1' ? 'error' : 'errors'} in 24 h (journal of ${d('unit')})`,
      next: [`sudo journalctl -u ${d('unit')} -p err --since -24h`],
    }),
  },
  'check.watch_refused': {
    ja: (d) => ({
      what: `この 24 時間に、sekisho-watch の結果 ${d('count')} 個を受け取れず、脇に置きました`,
      next: ['sudo ls /var/lib/sekisho/watch/spool', 'sudo journalctl -u sekisho-gate -n 50'],
    }),
    en: (d) => ({
      what: `${d('count')} rounds of sekisho-watch could not be taken in the last 24 h and were put aside`,
      next: ['sudo ls /var/lib/sekisho/watch/spool', 'sudo journalctl -u sekisho-gate -n 50'],
    }),
  },
  'check.channels_failing': {
    ja: (d) => ({
      what: `通知が届いていません: ${d('failing')}（${d('channel')}: ${answerText(d('answer'), 'ja')}）`,
      next: [`sekisho notify test ${d('channel')}`],
    }),
    en: (d) => ({
      what: `notices do not get through: ${d('failing')} (${d('channel')}: ${answerText(d('answer'), 'en')})`,
      next: [`sekisho notify test ${d('channel')}`],
    }),
  },
  'check.channels': {
    ja: (d) => ({
      what: `最後の通知が届いています: ${d('took')}${d('untried') === '' ? '' : `。まだ何も送っていません: ${d('untried')}`}`,
    }),
    en: (d) => ({
      what: `took the last notice: ${d('took')}${d('untried') === '' ? '' : `; nothing sent yet by ${d('untried')}`}`,
    }),
  },
  'check.channels_untried': {
    ja: () => ({ what: 'データなし: まだどの通知先にも送っていません', next: ['sekisho notify test'] }),
    en: () => ({ what: 'no data: nothing was sent by any channel yet', next: ['sekisho notify test'] }),
  },
  'check.too_many': {
    ja: (d) => ({
      what: `データなし: 対象が ${d('count')} 個あり、悪いものから ${d('shown')} 個だけを見ています`,
    }),
    en: (d) => ({
      what: `no data: it has ${d('count')} parts, of which the worst ${d('shown')} are kept`,
    }),
  },
  'check.not_looked': {
    ja: (d) => ({ what: `データなし: 確かめられませんでした（${d('why')}）` }),
    en: (d) => ({ what: `no data: it could not be looked at (${d('why')})` }),
  },
  'check.not_looked_yet': {
    ja: () => ({ what: 'まだ確かめていません' }),
    en: () => ({ what: 'not looked at yet' }),
  },
  'check.never_looked': {
    ja: () => ({ what: '遅れ: 一度も確かめられていません', next: ['sekisho check show watch'] }),
    en: () => ({ what: 'late: it was never looked at', next: ['sekisho check show watch'] }),
  },
  'check.late': {
    ja: (d) => ({
      what: `遅れ: 最後に確かめたのは ${d('lookedAt')} です`,
      next: ['sekisho check show watch'],
    }),
    en: (d) => ({ what: `late: last looked at ${d('lookedAt')}`, next: ['sekisho check show watch'] }),
  },
  'check.gone': {
    ja: () => ({ what: '対象がなくなりました' }),
    en: () => ({ what: 'what was looked at is not there any more' }),
  },
  'check.watch_away': {
    ja: () => ({
      what: 'データなし: sekisho-watch が答えません',
      next: ['systemctl status sekisho-watch'],
    }),
    en: () => ({
      what: 'no data: sekisho-watch does not answer',
      next: ['systemctl status sekisho-watch'],
    }),
  },
  'check.runner_away': {
    ja: () => ({ what: 'データなし: runner が答えません', next: ['sekisho doctor'] }),
    en: () => ({ what: 'no data: the runner does not answer', next: ['sekisho doctor'] }),
  },
  'check.inodes': {
    ja: (d) => ({ what: `${d('path')} の inode は ${d('percent')}%（空き ${d('free')}）` }),
    en: (d) => ({ what: `${d('path')}: ${d('percent')}% of the inodes in use (${d('free')} free)` }),
  },
  'check.inodes_full': {
    ja: (d) => ({
      what: `${d('path')} の inode が ${d('percent')}% まで使われています（限度 ${d('limit')}%）。新しいファイルを作れなくなります`,
      next: [`du --inodes -x --max-depth=2 ${d('path')} | sort -h | tail -20`],
    }),
    en: (d) => ({
      what: `${d('path')}: ${d('percent')}% of the inodes are in use (limit ${d('limit')}%); no new file can be made when they are gone`,
      next: [`du --inodes -x --max-depth=2 ${d('path')} | sort -h | tail -20`],
    }),
  },
  'check.certificate': {
    ja: (d) => ({ what: `${d('host')} の証明書はあと ${d('days')} 日有効です` }),
    en: (d) => ({ what: `the certificate of ${d('host')} is valid for ${d('days')} more days` }),
  },
  'check.certificate_ends': {
    ja: (d) => ({
      what: `${d('host')} の証明書があと ${d('days')} 日で切れます（${d('until')}）。切れると利用者はつなげません`,
      next: certificateNext(d),
    }),
    en: (d) => ({
      what: `the certificate of ${d('host')} ends in ${d('days')} days (${d('until')}); users cannot connect after that`,
      next: certificateNext(d),
    }),
  },
  'check.certificate_over': {
    ja: (d) => ({
      what: `${d('host')} の証明書が切れました（${d('until')}）。利用者はつなげません`,
      next: certificateNext(d),
    }),
    en: (d) => ({
      what: `the certificate of ${d('host')} has ended (${d('until')}); users cannot connect`,
      next: certificateNext(d),
    }),
  },
  'check.certificate_unread': {
    ja: (d) => ({ what: `データなし: ${d('host')} の証明書を読めません（${d('why')}）` }),
    en: (d) => ({ what: `no data: the certificate of ${d('host')} cannot be read (${d('why')})` }),
  },
  'check.clock': {
    ja: (d) => ({ what: `時計は合っています（ずれ ${d('offMs')} ミリ秒以内）` }),
    en: (d) => ({ what: `the clock is right (within ${d('offMs')} ms)` }),
  },
  'check.clock_off': {
    ja: (d) => ({
      what: `時計が ${span('ja', d('offMs'))}ずれています。期限や承認の時刻が合わなくなります`,
      next: ['timedatectl status'],
    }),
    en: (d) => ({
      what: `the clock is ${span('en', d('offMs'))} off; deadlines and approvals use it`,
      next: ['timedatectl status'],
    }),
  },
  'check.clock_not_kept': {
    ja: () => ({
      what: 'データなし: 時刻合わせが動いていないので、時計のずれが分かりません',
      next: ['timedatectl status'],
    }),
    en: () => ({
      what: 'no data: nothing keeps the clock of this host, so its error is not known',
      next: ['timedatectl status'],
    }),
  },
  'check.clock_offset_unknown': {
    ja: () => ({
      what: 'データなし: 時刻合わせは動いていますが、いまのずれが分かりません',
      next: ['timedatectl timesync-status'],
    }),
    en: () => ({
      what: 'no data: the clock is kept, and by how much it is wrong is not known',
      next: ['timedatectl timesync-status'],
    }),
  },
  'check.clock_unread': {
    ja: (d) => ({ what: `データなし: 時計の状態を読めません（${d('why')}）` }),
    en: (d) => ({ what: `no data: the state of the clock cannot be read (${d('why')})` }),
  },
  'check.watch': {
    ja: (d) => ({ what: `sekisho-watch は動いています（${ago('ja', d('ageMs'))}）` }),
    en: (d) => ({ what: `sekisho-watch runs (${ago('en', d('ageMs'))})` }),
  },
  'check.watch_silent': {
    ja: (d) => ({
      what: `sekisho-watch が ${d('at')} から黙っています。その間の確認と通知は行われていません`,
      next: ['systemctl status sekisho-watch', 'sudo journalctl -u sekisho-watch -n 50 --no-pager'],
    }),
    en: (d) => ({
      what: `sekisho-watch has been silent since ${d('at')}; nothing was looked at and nobody was told meanwhile`,
      next: ['systemctl status sekisho-watch', 'sudo journalctl -u sekisho-watch -n 50 --no-pager'],
    }),
  },
  'check.watch_absent': {
    ja: () => ({ what: 'sekisho-watch が動いていません', next: ['systemctl status sekisho-watch'] }),
    en: () => ({ what: 'sekisho-watch does not run', next: ['systemctl status sekisho-watch'] }),
  },
  'check.ledger': {
    ja: (d) => ({ what: `台帳は署名どおりです（${d('size')} 件）` }),
    en: (d) => ({ what: `the ledger is as it was signed (${d('size')} entries)` }),
  },
  'check.ledger_unsigned': {
    ja: () => ({ what: '台帳の頭に新しい署名がありません', next: ['sekisho doctor'] }),
    en: () => ({ what: 'the head of the ledger has no recent signature', next: ['sekisho doctor'] }),
  },
  'check.ledger_bad': {
    ja: () => ({ what: '台帳が署名と合いません', next: ['sekisho doctor'] }),
    en: () => ({ what: 'the ledger is not the one that was signed', next: ['sekisho doctor'] }),
  },
  'check.guard': {
    ja: (d) => ({ what: `番人は自己試験に正しく答えました（${d('at')}）` }),
    en: (d) => ({ what: `the guard answered its self-test rightly (${d('at')})` }),
  },
  'check.guard_wrong': {
    ja: () => ({ what: '番人が自己試験に間違えました', next: ['sekisho guard self-test'] }),
    en: () => ({ what: 'the guard answered its self-test wrongly', next: ['sekisho guard self-test'] }),
  },
  'check.guard_old': {
    ja: (d) => ({
      what: `データなし: 番人の自己試験が ${d('at')} から行われていません`,
      next: ['sekisho guard self-test'],
    }),
    en: (d) => ({
      what: `no data: the guard was not asked its self-test since ${d('at')}`,
      next: ['sekisho guard self-test'],
    }),
  },
  'check.guard_unseen': {
    ja: (d) => ({
      what: `データなし: ${d('path')} のフックは、その持ち主だけが試せます`,
      next: ['sekisho guard self-test'],
    }),
    en: (d) => ({
      what: `no data: only its owner can test the hook of ${d('path')}`,
      next: ['sekisho guard self-test'],
    }),
  },
  'check.guard_not_tested': {
    ja: () => ({ what: 'データなし: 番人の自己試験はまだ行われていません' }),
    en: () => ({ what: 'no data: the guard has not been asked its self-test' }),
  },
}
