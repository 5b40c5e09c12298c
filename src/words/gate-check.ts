// What the gate's own checks found, as sentences: drift before the seal, other changes, windows, freezes, health, notification.
import type { Both, Sentence } from './words.ts'

export interface GateCheckValues {
  readonly text: string
  readonly path?: string
}
type Told = Both<(d: GateCheckValues) => Sentence>

export const GATE_CHECK_WORDS = {
  'backup.none': {
    ja: () => ({
      what: 'データのバックアップがありません',
      next: ['sekisho backup run --service SERVICE', 'sekisho change try ID'],
    }),
    en: () => ({
      what: 'there is no backup of the data',
      next: ['sekisho backup run --service SERVICE', 'sekisho change try ID'],
    }),
  },
  'backup.same_disk_only': {
    ja: () => ({
      what: 'バックアップがデータと同じディスクにしかありません。別のディスクか別のサーバーの写しが要ります（copies）',
      next: ['sekisho backup list --service SERVICE'],
    }),
    en: () => ({
      what: 'backups lie on the disk of the data only; a copy on another disk or host is needed (copies)',
      next: ['sekisho backup list --service SERVICE'],
    }),
  },
  'backup.not_sound': {
    ja: () => ({
      what: '健全なバックアップがありません',
      next: ['sekisho backup list --service SERVICE'],
    }),
    en: () => ({ what: 'no backup is sound', next: ['sekisho backup list --service SERVICE'] }),
  },
  'backup.from_the_future': {
    ja: (d) => ({ what: `バックアップの時刻が未来です: ${d.text}` }),
    en: (d) => ({ what: `the time of the backup lies in the future: ${d.text}` }),
  },
  'backup.too_old': {
    ja: (d) => ({
      what: `バックアップが 24 時間より古くなっています: ${d.text}`,
      next: ['sekisho backup run --service SERVICE', 'sekisho change try ID'],
    }),
    en: (d) => ({
      what: `the backup is older than 24 hours: ${d.text}`,
      next: ['sekisho backup run --service SERVICE', 'sekisho change try ID'],
    }),
  },
  'backup.rules_changed': {
    ja: (d) => ({
      what: `決まりが変わってから、バックアップの中身を読んでいません: ${d.text}`,
      next: ['sekisho backup verify --service SERVICE', 'sekisho change try ID'],
    }),
    en: (d) => ({
      what: `the content of the backup was not read since the rules have changed: ${d.text}`,
      next: ['sekisho backup verify --service SERVICE', 'sekisho change try ID'],
    }),
  },
  'backup.level': {
    ja: (d) => ({
      what: `バックアップがまだ十分に読まれていません: ${d.text}`,
      next: ['sekisho backup verify --service SERVICE', 'sekisho change try ID'],
    }),
    en: (d) => ({
      what: `the backup was not read as far as is needed: ${d.text}`,
      next: ['sekisho backup verify --service SERVICE', 'sekisho change try ID'],
    }),
  },
  'backup.being_taken': {
    ja: () => ({
      what: 'バックアップを取っています。終わったらもう一度試してください',
      next: ['sekisho backup list --service SERVICE', 'sekisho change try ID'],
    }),
    en: () => ({
      what: 'a backup is being taken; try again when it is done',
      next: ['sekisho backup list --service SERVICE', 'sekisho change try ID'],
    }),
  },
  'baseline.moved': {
    ja: (d) => ({
      what: `計画を作ったあとに変わりました: ${d.path ?? d.text}`,
      next: ['sekisho change revise ID'],
    }),
    en: (d) => ({
      what: `it changed after the plan was made: ${d.path ?? d.text}`,
      next: ['sekisho change revise ID'],
    }),
  },
  'conflict.held': {
    ja: (d) => ({ what: `同じ対象を別の変更が実行中です: ${d.text}` }),
    en: (d) => ({ what: `another change is inside on the same target: ${d.text}` }),
  },
  'health.red': {
    ja: (d) => ({ what: `変更の前から健全ではありません: ${d.text}` }),
    en: (d) => ({ what: `not healthy before the change: ${d.text}` }),
  },
  'notification.undecided': {
    ja: () => ({ what: '利用者に知らせるかどうかが決まっていません' }),
    en: () => ({ what: 'whether users are to be told is not decided' }),
  },
  'notification.no_channel': {
    ja: () => ({
      what: '利用者に知らせると決まっていますが、知らせる先がありません',
      next: ['sekisho.yaml の notify: users: に通知先を書き、sekisho config apply'],
    }),
    en: () => ({
      what: 'users are to be told, and there is no channel to them',
      next: ['name a channel in notify: users: of sekisho.yaml, then sekisho config apply'],
    }),
  },
  'trial.moved': {
    ja: () => ({
      what: '試したあとに、対象のファイルのどれかが変わりました。もう一度試してください',
      next: ['sekisho change try ID'],
    }),
    en: () => ({
      what: 'one of the target’s files has changed since it was tried: try it again',
      next: ['sekisho change try ID'],
    }),
  },
  'window.closed': {
    ja: (d) => ({ what: `いまは変更できる時間帯ではありません: ${d.text}` }),
    en: (d) => ({ what: `outside the windows for changes: ${d.text}` }),
  },
  'window.frozen': {
    ja: (d) => ({ what: `変更凍結の期間です: ${d.text}` }),
    en: (d) => ({ what: `changes are frozen: ${d.text}` }),
  },
  'window.over': {
    ja: (d) => ({ what: `頼まれた時間帯は過ぎました: ${d.text}` }),
    en: (d) => ({ what: `the time that was asked for is over: ${d.text}` }),
  },
} satisfies Readonly<Record<string, Told>>
