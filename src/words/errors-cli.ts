// Sentences of the command line itself (cli/).
import { type Both, changeOf, type ErrorWords } from './words.ts'

const lines = (text: string) => text.split('\n')

const PATTERNS_LATER: Both<Readonly<Record<string, string>>> = {
  ja: { data: 'データの変更' },
  en: { data: 'a change of data' },
}

export const CLI_ERRORS = {
  'cli.gate_differs': {
    ja: {
      what: '関所の表示が、封をした内容と一致しません: {part}',
      why: '封をした内容 {wanted}、関所の表示 {found}。署名していません',
      next: ['sekisho doctor', 'sekisho ledger verify'],
    },
    en: {
      what: 'The gate’s answer does not match the sealed content: {part}',
      why: 'sealed {wanted}, answered {found}; nothing was signed',
      next: ['sekisho doctor', 'sekisho ledger verify'],
    },
  },
  'cli.sealed_older': {
    ja: {
      what: '{change} は以前の版で封をしたものです',
      why: 'いまの封にあるものがありません（{at}）。署名していません',
      next: ['sekisho change revise {change}'],
    },
    en: {
      what: '{change} was sealed by an older release',
      why: 'what a seal holds now is not in it ({at}); nothing was signed',
      next: ['sekisho change revise {change}'],
    },
  },
  'cli.missing_option': {
    ja: (d) => ({ what: `オプションが足りません: ${d('option')}`, next: lines(d('usage')) }),
    en: (d) => ({ what: `Missing option: ${d('option')}`, next: lines(d('usage')) }),
  },
  'cli.no_such_command': {
    ja: {
      what: 'そのコマンドはありません: {command}',
      next: ['sekisho {nearest}', 'sekisho help'],
    },
    en: {
      what: 'No such command: {command}',
      next: ['sekisho {nearest}', 'sekisho help'],
    },
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
    ja: {
      what: 'いまいるディレクトリは、もうありません',
      why: '消されたか、作り直されています。何もしていません',
      next: ['cd ~'],
    },
    en: {
      what: 'The directory that you are in is gone',
      why: 'it was removed, or made anew; nothing was done',
      next: ['cd ~'],
    },
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
    ja: {
      what: 'そのオプションはありません: {option}',
      why: 'たずねるコマンドは -- の後に書きます',
      next: ['{line}'],
    },
    en: {
      what: 'No such option: {option}',
      why: 'the command that you ask about stands behind --',
      next: ['{line}'],
    },
  },
  'cli.not_logged_in': {
    ja: {
      what: 'ログインしていません',
      why: '関所（{url}）は、誰が操作しているかを知りません。AI なら SEKISHO_TOKEN にトークンが要ります',
      next: ['sekisho login'],
    },
    en: {
      what: 'Not logged in',
      why: 'the gate at {url} does not know who is at the keyboard; an agent needs its token in SEKISHO_TOKEN',
      next: ['sekisho login'],
    },
  },
  'cli.statement_differs': {
    ja: {
      what: '署名を求められた文が、頼んだことと違います: {field}',
      why: '頼んだもの {wanted}、文 {found}。署名していません',
      next: ['sekisho doctor'],
    },
    en: {
      what: 'The text to sign is not what you asked for: {field}',
      why: 'asked {wanted}, the text says {found}; nothing was signed',
      next: ['sekisho doctor'],
    },
  },
  'cli.pattern_not_yet': {
    ja: (d) => ({
      what: `この版の関所を通せない変更です: ${PATTERNS_LATER.ja[d('kind')] ?? d('pattern')}`,
      why: '通せるのは設定ファイル（config）、サービスの操作（service）、コード（code）、スキーマの変更（schema）、バックアップからの復元です。ほかは人が手順書どおりに行い、その前にバックアップを取ってください',
      next: [
        `sekisho backup run --service ${d('service')}`,
        `sekisho restore database NAME --last-known-good --service ${d('service')}`,
        'sekisho help do',
      ],
    }),
    en: (d) => ({
      what: `This release passes no such change: ${PATTERNS_LATER.en[d('kind')] ?? d('pattern')}`,
      why: 'what passes are files of configuration (config), what a service is told (service), code (code), changes of a schema (schema), and restores from backups; the rest a person does by the runbook, with a backup taken before',
      next: [
        `sekisho backup run --service ${d('service')}`,
        `sekisho restore database NAME --last-known-good --service ${d('service')}`,
        'sekisho help do',
      ],
    }),
  },
  'cli.usage': {
    ja: (d) => ({ what: `使い方が違います: ${d('why')}`, next: lines(d('usage')) }),
    en: (d) => ({ what: `Wrong usage: ${d('why')}`, next: lines(d('usage')) }),
  },
  'cli.verb_not_yet': {
    ja: {
      what: 'この版の関所を通せない操作です: {verb}',
      why: '通せるのは restart、reload、start、stop です。起動時に始めるかどうかは root が systemctl で決めます',
      next: ['sekisho service show {service}', 'sekisho help do'],
    },
    en: {
      what: 'This release does not pass {verb} through the gate',
      why: 'what passes is restart, reload, start and stop; what starts with the machine root decides by systemctl',
      next: ['sekisho service show {service}', 'sekisho help do'],
    },
  },
  'config.needs_owner': {
    ja: {
      what: 'これは root がすることです',
      why: 'この関所は root のもので、規則は {path} にあります',
      next: ['sudo {typed}'],
    },
    en: {
      what: 'This is for root',
      why: 'the gate here is root’s; its rules are in {path}',
      next: ['sudo {typed}'],
    },
  },
  'gate.unreachable': {
    ja: {
      what: '関所が応答しません: {url}',
      why: '動いていないか、別の場所で動いています',
      next: ['{start}', 'sekisho status --data DIR'],
    },
    en: {
      what: 'The gate does not answer: {url}',
      why: 'it is not running, or it runs elsewhere',
      next: ['{start}', 'sekisho status --data DIR'],
    },
  },
  'host.installed': {
    ja: {
      what: 'この関所は systemd のサービスとして入っています',
      why: '始めるのも止めるのも systemctl です',
      next: ['{command}'],
    },
    en: {
      what: 'This gate is installed as services of systemd',
      why: 'systemctl starts and stops it',
      next: ['{command}'],
    },
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
    ja: { what: '鍵のファイルがありません: {path}', next: ['ls ~/.ssh/*.pub'] },
    en: { what: 'No such key file: {path}', next: ['ls ~/.ssh/*.pub'] },
  },
  'key.none_enrolled': {
    ja: {
      what: '登録されている鍵が見つかりません',
      why: '{directory} の鍵はどれも登録されていません（登録済み: {enrolled}）',
      next: ['sekisho key add PERSON ~/.ssh/id_ed25519.pub', '--key FILE'],
    },
    en: {
      what: 'No enrolled key found',
      why: 'no key in {directory} is enrolled (enrolled: {enrolled})',
      next: ['sekisho key add PERSON ~/.ssh/id_ed25519.pub', '--key FILE'],
    },
  },
} as const satisfies ErrorWords
