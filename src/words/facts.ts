// What a check found, as lines for people: digests cut short, lists joined, what lies inside indented. Machines read `--json`.
import { BACKUP_WORDS } from './backup.ts'
import { withLocalTimes } from './local-time.ts'
import type { Both, Language } from './words.ts'

const NAMES: Both<Readonly<Record<string, string>>> = {
  ja: {
    active: '稼働',
    after: '後',
    artefact: '組み立てたもの',
    back: '取り消し（ミリ秒）',
    before: '前',
    coverage: '網羅率（万分率）',
    crossed: 'いまのテストで候補を試した結果',
    dependencies: '依存',
    deploy: '配置（ミリ秒）',
    entries: '項目',
    environment: '環境変数',
    failed: '失敗',
    importers: '呼び出し元',
    lostBack: '取り消しで応えられない要求',
    lostDeploy: '配置で応えられない要求',
    branch: 'ブランチ',
    changed: 'コミットと違うもの',
    commit: 'コミット',
    migrations: '移行',
    models: 'モデル',
    movedUnits: '一緒に起動し直すユニット',
    notCompared: '比べていないもの',
    notRead: '読んでいないもの',
    passed: '成功',
    realSecrets: '本物を渡した秘密',
    repository: '変更前のリポジトリー',
    routes: '経路',
    skipped: '省略',
    subject: '件名',
    tables: 'テーブル',
    tableUsers: 'テーブルを名指しするもの',
    takesBack: '取り消す変更',
    units: 'サービス',
    at: '時刻',
    attempts: '試した回数',
    backup: 'バックアップ',
    bytesOnly: 'バイトの比較だけ',
    copy: '写し',
    declared: '宣言あり',
    digest: '指紋',
    effective: '効くファイル',
    extras: '所有者・権限・ACL',
    files: 'ファイル',
    freeze: '変更凍結',
    green: '健全だった回数',
    level: '確認',
    listeners: '待ち受け',
    manifest: '目録',
    milliseconds: 'ミリ秒',
    needed: '要る回数',
    notChecked: '見ていないもの',
    notes: '注記',
    noValidator: '検査する道具がないもの',
    notification: '通知',
    ownReading: '自前で読んだもの',
    passedBy: '凍結中でも承認すれば通せる人',
    place: '置き場所',
    serverNames: 'サーバー名',
    status: '応答',
    taken: '取った時刻',
    target: '対象',
    targets: '対象',
    unresolved: '引けなかった名前',
    until: '期限',
    url: 'アドレス',
    validator: '検査の道具',
    windows: '時間帯',
  },
  en: {
    back: 'way back (ms)',
    coverage: 'coverage (of ten thousand)',
    crossed: 'deployed tests on the candidate',
    deploy: 'deploy (ms)',
    changed: 'not as committed',
    lostBack: 'lost in the way back',
    lostDeploy: 'lost in the deploy',
    movedUnits: 'units that restart with it',
    notCompared: 'not compared',
    notRead: 'not read',
    realSecrets: 'real secrets in the room',
    repository: 'repository before',
    tableUsers: 'files that name the tables',
    takesBack: 'takes back',
    bytesOnly: 'bytes compared, nothing to parse',
    extras: 'owner, mode, ACL',
    effective: 'files in effect',
    green: 'times healthy',
    notChecked: 'not checked',
    noValidator: 'no validator for',
    ownReading: 'read by Sekisho alone',
    passedBy: 'passes if approved by',
    serverNames: 'server names',
    unresolved: 'names not resolved',
    validator: 'validated by',
  },
}

const WORDS: Both<Readonly<Record<string, string>>> = {
  ja: { true: 'はい', false: 'いいえ', equal: '一致', not_needed: '不要', needed: '必要' },
  en: { true: 'yes', false: 'no', not_needed: 'not needed' },
}

/** Moments stand in `zone`, as everything else on a screen. */
export function factLines(
  facts: Readonly<Record<string, unknown>>,
  language: Language,
  zone?: string,
): readonly string[] {
  return Object.entries(facts)
    .flatMap(([name, value]) =>
      lines(NAMES[language][name] ?? name, ofBackup(name, value, language), language),
    )
    .map((line) => withLocalTimes(line, language, zone))
}

/** Level and place of a copy by the names that `backup list` shows. */
function ofBackup(name: string, value: unknown, language: Language): unknown {
  const { level, place } = BACKUP_WORDS[language]
  const names = { level, place }[name]
  return typeof value === 'string' ? (names?.[value] ?? value) : value
}

function lines(name: string, value: unknown, language: Language): readonly string[] {
  const none = language === 'ja' ? 'なし' : 'none'
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${name}  ${none}`]
    if (value.every((one) => typeof one !== 'object' || one === null))
      return [`${name}  ${value.map((one) => word(one, language)).join(language === 'ja' ? '、' : ', ')}`]
    return [name, ...value.map((one) => `  ${flat(one, language)}`)]
  }
  if (typeof value === 'object' && value !== null) {
    const inside = Object.entries(value)
    if (inside.length === 0) return [`${name}  ${none}`]
    return [name, ...inside.flatMap(([key, one]) => lines(key, one, language)).map((line) => `  ${line}`)]
  }
  return [`${name}  ${word(value, language)}`]
}

/** An object on one line: its values, in their order. */
function flat(value: unknown, language: Language): string {
  return typeof value === 'object' && value !== null
    ? Object.values(value)
        .map((one) => flat(one, language))
        .join('  ')
    : word(value, language)
}

function word(value: unknown, language: Language): string {
  const text = value === null || value === undefined ? '—' : String(value)
  if (/^[0-9a-f]{64}$/.test(text)) return text.slice(0, 12)
  return Object.hasOwn(WORDS[language], text) ? (WORDS[language][text] ?? text) : text
}
