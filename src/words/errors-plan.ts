// Sentences for what cannot be planned (playbook/).
import type { ErrorWords } from './words.ts'

export const PLAN_ERRORS = {
  'plan.already_so': {
    ja: { what: 'もうその内容になっています: {paths}', why: '変わるものがありません' },
    en: { what: 'It is so already: {paths}', why: 'nothing would change' },
  },
  'plan.data_api_only': {
    ja: {
      what: '{dir} はファイルとして書き換えられません',
      why: 'アプリケーションの API を通してだけ変えるデータと書かれています（data の change: api-only）',
      next: [
        'API で変える',
        'sekisho restore full --last-known-good --service {service}',
        'sekisho.yaml の data に change: gate と書く（関所を通して書き換えてよい場合）',
      ],
    },
    en: {
      what: '{dir} is not written as files',
      why: 'it is declared as data that only the application’s API changes (change: api-only under data)',
      next: [
        'change it through the API',
        'sekisho restore full --last-known-good --service {service}',
        'write change: gate under data in sekisho.yaml, where the gate may write it',
      ],
    },
  },
  'plan.looks_secret': {
    ja: {
      what: '秘密らしい名前か値は --set では変えられません: {key}',
      why: '--set の値は計画と台帳に残り、承認する人に見えます',
      next: [
        'root が: sudo sekisho secret put {service} {key}',
        'その後、あなたが: --secret {key}={service}/{key}',
      ],
    },
    en: {
      what: 'This looks like a secret and is not taken by --set: {key}',
      why: 'values of --set stand in plan and ledger, and approvers read them',
      next: ['root: sudo sekisho secret put {service} {key}', 'then you: --secret {key}={service}/{key}'],
    },
  },
  'plan.no_unit': {
    ja: {
      what: 'このサービスには systemd の unit が書かれていません: {service}',
      next: ['sekisho service show {service}'],
    },
    en: {
      what: 'No systemd unit is declared for this service: {service}',
      next: ['sekisho service show {service}'],
    },
  },
  'plan.not_dotenv': {
    ja: {
      what: 'dotenv のファイルではありません: {path}',
      why: '--set、--secret、--unset は kind: dotenv のファイルに使います',
      next: ['--file PATH=NEWFILE'],
    },
    en: {
      what: 'Not a dotenv file: {path}',
      why: '--set, --secret and --unset are for files of kind dotenv',
      next: ['--file PATH=NEWFILE'],
    },
  },
  'plan.not_read': {
    ja: { what: 'いまの内容を読めていません: {path}' },
    en: { what: 'Its present content was not read: {path}' },
  },
  'plan.nothing_to_do': {
    ja: {
      what: '変更する内容がありません: {service}',
      next: ['--file PATH=NEWFILE', '--set KEY=VALUE'],
    },
    en: {
      what: 'Nothing to change was given: {service}',
      next: ['--file PATH=NEWFILE', '--set KEY=VALUE'],
    },
  },
  'plan.path_not_declared': {
    ja: (d) => ({
      what: `${d('path')} は ${d('service')} の対象台帳にありません`,
      why: `書かれているもの: ${d('declared')}`,
      next: [
        '# 変えてよいファイルなら、sekisho.yaml の configs: に最後の行を足す',
        ...linesToDeclare(d('service'), d('missing')),
        'sekisho config apply',
      ],
    }),
    en: (d) => ({
      what: `${d('path')} is not in the inventory of ${d('service')}`,
      why: `declared are: ${d('declared')}`,
      next: [
        '# if it may be changed, add the last lines under configs: in sekisho.yaml',
        ...linesToDeclare(d('service'), d('missing')),
        'sekisho config apply',
      ],
    }),
  },
  'plan.path_twice': {
    ja: { what: '同じファイルが二度書かれています: {paths}' },
    en: { what: 'A file is named twice: {paths}' },
  },
  'plan.secret_by_key_only': {
    ja: {
      what: '秘密を含むファイルは丸ごと置き換えられません: {path}',
      why: '内容が関所や記録に渡らないようにするため、鍵ごとに変えます',
      next: ['--set KEY=VALUE', '--secret KEY=REFERENCE'],
    },
    en: {
      what: 'A file with secrets is not replaced as a whole: {path}',
      why: 'its bytes must reach neither the gate nor the record; change it key by key',
      next: ['--set KEY=VALUE', '--secret KEY=REFERENCE'],
    },
  },
  'plan.unit_already': {
    ja: {
      what: 'もうその状態です: {unit}',
      why: 'いま {state}。変わるものがありません',
      next: ['sekisho service status {service}'],
    },
    en: {
      what: 'It is so already: {unit}',
      why: 'now {state}; nothing would change',
      next: ['sekisho service status {service}'],
    },
  },
  'plan.unit_not_loaded': {
    ja: {
      what: 'systemd がこの unit を読めません: {unit}',
      why: 'ファイルがないか、mask されているか、書き方に誤りがあります',
      next: ['systemctl status {unit}', 'sekisho service show {service}'],
    },
    en: {
      what: 'systemd does not load this unit: {unit}',
      why: 'its file is not there, it is masked, or it is written wrongly',
      next: ['systemctl status {unit}', 'sekisho service show {service}'],
    },
  },
  'plan.unit_not_running': {
    ja: {
      what: '動いていないので、設定を読み直せません: {unit}',
      why: 'いま {state}',
      next: [
        'sekisho do service --service {service} --verb start --instruction "…"',
        'systemctl status {unit}',
      ],
    },
    en: {
      what: 'It does not run, so it cannot read its settings again: {unit}',
      why: 'now {state}',
      next: [
        'sekisho do service --service {service} --verb start --instruction "…"',
        'systemctl status {unit}',
      ],
    },
  },
  'plan.value_not_writable': {
    ja: {
      what: 'この値は一行に安全に書けません: {key}',
      why: '改行があるか、\' と一緒に " \\ $ ` のどれかが入っています。読むプログラムごとに違う値になります',
      next: ['--set KEY=VALUE', 'sekisho help do'],
    },
    en: {
      what: 'This value cannot be written safely on one line: {key}',
      why: 'it has a line feed, or \' beside one of " \\ $ `; programs that read it would not agree',
      next: ['--set KEY=VALUE', 'sekisho help do'],
    },
  },
} as const satisfies ErrorWords

/** As they stand in sekisho.yaml; kind, activation and unit follow from the path. */
function linesToDeclare(service: string, missing: string): readonly string[] {
  const paths = missing.split(/, (?=\/)/)
  const written = (path: string) => (/^[\w/.@+-]+$/.test(path) ? path : JSON.stringify(path))
  return ['services:', `  ${service}:`, '    configs:', ...paths.map((path) => `      - ${written(path)}`)]
}
