// Sentences of the command line itself (cli/).
import { type Both, changeOf, type ErrorWords } from './words.ts'

const lines = (text: string) => text.split('\n')

const PATTERNS_LATER: Both<Readonly<Record<string, string>>> = {
  ja: { database: 'データベースの変更（SQL、スキーマ）', code: 'コードの変更', data: 'データの変更' },
  en: {
    database: 'a change of a database (SQL, schema)',
    code: 'a change of code',
    data: 'a change of data',
  },
}

export const CLI_ERRORS = {
  'cli.gate_differs': {
    ja: (d) => ({
      what: `関所の表示が、封をした内容と一致しません: ${d('part')}`,
      why: `封をした内容 ${d('wanted')}、関所の表示 ${d('found')}。署名していません`,
      next: ['sekisho doctor', 'sekisho ledger verify'],
    }),
    en: (d) => ({
      what: `The gate’s answer does not match the sealed content: ${d('part')}`,
      why: `sealed ${d('wanted')}, answered ${d('found')}; nothing was signed`,
      next: ['sekisho doctor', 'sekisho ledger verify'],
    }),
  },
  'cli.sealed_older': {
    ja: (d) => ({
      what: `${d('change')} は以前の版で封をしたものです`,
      why: `いまの封にあるものがありません（${d('at')}）。署名していません`,
      next: [`sekisho change revise ${d('change')}`],
    }),
    en: (d) => ({
      what: `${d('change')} was sealed by an older release`,
      why: `what a seal holds now is not in it (${d('at')}); nothing was signed`,
      next: [`sekisho change revise ${d('change')}`],
    }),
  },
  'cli.missing_option': {
    ja: (d) => ({ what: `オプションが足りません: ${d('option')}`, next: lines(d('usage')) }),
    en: (d) => ({ what: `Missing option: ${d('option')}`, next: lines(d('usage')) }),
  },
  'cli.no_such_command': {
    ja: (d) => ({
      what: `そのコマンドはありません: ${d('command')}`,
      next: [`sekisho ${d('nearest')}`, 'sekisho help'],
    }),
    en: (d) => ({
      what: `No such command: ${d('command')}`,
      next: [`sekisho ${d('nearest')}`, 'sekisho help'],
    }),
  },
  'cli.no_such_option': {
    ja: (d) => ({
      what: `そのオプションはありません: ${d('option')}`,
      ...(d('nearest') === '—' ? {} : { why: `近いもの: ${d('nearest')}` }),
      next: [`sekisho help ${d('command')}`],
    }),
    en: (d) => ({
      what: `No such option: ${d('option')}`,
      ...(d('nearest') === '—' ? {} : { why: `nearest: ${d('nearest')}` }),
      next: [`sekisho help ${d('command')}`],
    }),
  },
  'cli.no_directory': {
    ja: () => ({
      what: 'いまいるディレクトリは、もうありません',
      why: '消されたか、作り直されています。何もしていません',
      next: ['cd ~'],
    }),
    en: () => ({
      what: 'The directory that you are in is gone',
      why: 'it was removed, or made anew; nothing was done',
      next: ['cd ~'],
    }),
  },
  'cli.option_value': {
    ja: (d) => ({
      what: d('wants') === 'value' ? `値が要ります: ${d('option')}` : `値は取りません: ${d('option')}`,
      next: d('usage').split('\n'),
    }),
    en: (d) => ({
      what: d('wants') === 'value' ? `It needs a value: ${d('option')}` : `It takes no value: ${d('option')}`,
      next: d('usage').split('\n'),
    }),
  },
  'cli.put_dashes': {
    ja: (d) => ({
      what: `そのオプションはありません: ${d('option')}`,
      why: 'たずねるコマンドは -- の後に書きます',
      next: [d('line')],
    }),
    en: (d) => ({
      what: `No such option: ${d('option')}`,
      why: 'the command that you ask about stands behind --',
      next: [d('line')],
    }),
  },
  'cli.not_logged_in': {
    ja: (d) => ({
      what: 'ログインしていません',
      why: `関所（${d('url')}）は、誰が操作しているかを知りません。AI なら SEKISHO_TOKEN にトークンが要ります`,
      next: ['sekisho login'],
    }),
    en: (d) => ({
      what: 'Not logged in',
      why: `the gate at ${d('url')} does not know who is at the keyboard; an agent needs its token in SEKISHO_TOKEN`,
      next: ['sekisho login'],
    }),
  },
  'cli.statement_differs': {
    ja: (d) => ({
      what: `署名を求められた文が、頼んだことと違います: ${d('field')}`,
      why: `頼んだもの ${d('wanted')}、文 ${d('found')}。署名していません`,
      next: ['sekisho doctor'],
    }),
    en: (d) => ({
      what: `The text to sign is not what you asked for: ${d('field')}`,
      why: `asked ${d('wanted')}, the text says ${d('found')}; nothing was signed`,
      next: ['sekisho doctor'],
    }),
  },
  'cli.pattern_not_yet': {
    ja: (d) => ({
      what: `この版の関所を通せない変更です: ${PATTERNS_LATER.ja[d('kind')] ?? d('pattern')}`,
      why: '通せるのは設定ファイル（config）とサービスの操作（service）、バックアップからの復元です。ほかは人が手順書どおりに行い、その前にバックアップを取ってください',
      next: [
        `sekisho backup run --service ${d('service')}`,
        `sekisho restore database NAME --last-known-good --service ${d('service')}`,
        'sekisho help do',
      ].filter((line) => d('kind') !== 'code' || line === 'sekisho help do'),
    }),
    en: (d) => ({
      what: `This release passes no such change: ${PATTERNS_LATER.en[d('kind')] ?? d('pattern')}`,
      why: 'what passes are files of configuration (config), what a service is told (service), and restores from backups; the rest a person does by the runbook, with a backup taken before',
      next: [
        `sekisho backup run --service ${d('service')}`,
        `sekisho restore database NAME --last-known-good --service ${d('service')}`,
        'sekisho help do',
      ].filter((line) => d('kind') !== 'code' || line === 'sekisho help do'),
    }),
  },
  'cli.usage': {
    ja: (d) => ({ what: `使い方が違います: ${d('why')}`, next: lines(d('usage')) }),
    en: (d) => ({ what: `Wrong usage: ${d('why')}`, next: lines(d('usage')) }),
  },
  'cli.verb_not_yet': {
    ja: (d) => ({
      what: `この版の関所を通せない操作です: ${d('verb')}`,
      why: '通せるのは restart、reload、start、stop です。起動時に始めるかどうかは root が systemctl で決めます',
      next: [`sekisho service show ${d('service')}`, 'sekisho help do'],
    }),
    en: (d) => ({
      what: `This release does not pass ${d('verb')} through the gate`,
      why: 'what passes is restart, reload, start and stop; what starts with the machine root decides by systemctl',
      next: [`sekisho service show ${d('service')}`, 'sekisho help do'],
    }),
  },
  'config.needs_owner': {
    ja: (d) => ({
      what: 'これは root がすることです',
      why: `この関所は root のもので、規則は ${d('path')} にあります`,
      next: [`sudo ${d('typed')}`],
    }),
    en: (d) => ({
      what: 'This is for root',
      why: `the gate here is root’s; its rules are in ${d('path')}`,
      next: [`sudo ${d('typed')}`],
    }),
  },
  'gate.unreachable': {
    ja: (d) => ({
      what: `関所が応答しません: ${d('url')}`,
      why: '動いていないか、別の場所で動いています',
      next: [d('start'), 'sekisho status --data DIR'],
    }),
    en: (d) => ({
      what: `The gate does not answer: ${d('url')}`,
      why: 'it is not running, or it runs elsewhere',
      next: [d('start'), 'sekisho status --data DIR'],
    }),
  },
  'host.installed': {
    ja: (d) => ({
      what: 'この関所は systemd のサービスとして入っています',
      why: '始めるのも止めるのも systemctl です',
      next: [d('command')],
    }),
    en: (d) => ({
      what: 'This gate is installed as services of systemd',
      why: 'systemctl starts and stops it',
      next: [d('command')],
    }),
  },
  'key.cannot_sign': {
    ja: (d) => ({
      what: `署名できませんでした: ${d('key')}`,
      why: d('why'),
      next: ['ssh-add -l', `sekisho change approve ${changeOf(d)} --key FILE`],
    }),
    en: (d) => ({
      what: `Could not sign with ${d('key')}`,
      why: d('why'),
      next: ['ssh-add -l', `sekisho change approve ${changeOf(d)} --key FILE`],
    }),
  },
  'key.missing': {
    ja: (d) => ({ what: `鍵のファイルがありません: ${d('path')}`, next: ['ls ~/.ssh/*.pub'] }),
    en: (d) => ({ what: `No such key file: ${d('path')}`, next: ['ls ~/.ssh/*.pub'] }),
  },
  'key.none_enrolled': {
    ja: (d) => ({
      what: '登録されている鍵が見つかりません',
      why: `${d('directory')} の鍵はどれも登録されていません（登録済み: ${d('enrolled')}）`,
      next: ['sekisho key add PERSON ~/.ssh/id_ed25519.pub', '--key FILE'],
    }),
    en: (d) => ({
      what: 'No enrolled key found',
      why: `no key in ${d('directory')} is enrolled (enrolled: ${d('enrolled')})`,
      next: ['sekisho key add PERSON ~/.ssh/id_ed25519.pub', '--key FILE'],
    }),
  },
} satisfies ErrorWords
