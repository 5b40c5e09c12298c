// What `sekisho doctor` says of each fact, and what to do about it. Keyed by the codes that the gate answers.
import { BACKUP_DOCTOR_WORDS } from './doctor-backup.ts'
import { CODE_DOCTOR_WORDS } from './doctor-code.ts'
import { GUARD_DOCTOR_WORDS } from './doctor-guard.ts'
import { INCIDENT_DOCTOR_WORDS } from './doctor-incident.ts'
import { ISOLATION_DOCTOR_WORDS } from './doctor-isolation.ts'
import { RULES_DOCTOR_WORDS } from './doctor-rules.ts'
import { WATCH_DOCTOR_WORDS } from './doctor-watch.ts'
import type { Both, Reader, Sentence } from './words.ts'

type Words = Both<(d: Reader) => Sentence>

const mib = (bytes: string) => String(Math.round(Number(bytes) / 1_048_576))

/** How many more places stand on the same volume. */
const others = (figure: string) => Number(figure) || 0

/** Names of the facts as the first column shows them. */
export const DOCTOR_NAMES: Both<Readonly<Record<string, string>>> = {
  ja: {
    store: '保存',
    ledger: '台帳',
    witness: '立会',
    runner: 'runner',
    policy: '規則',
    keys: '鍵',
    wall: '壁',
    open: '実行',
    standing: '事前承認',
    backup: 'バックアップ',
    clock: '時計',
    disk: '空き',
    journal: '記録簿',
    sandbox: '隔離',
    gate: '関所',
    guard: '番人',
    watch: '見張り',
    channels: '通知先',
    health: '健全',
    checks: '確認',
    files: 'ファイル',
    isolation: '遮断',
    incident: '障害',
  },
  en: {
    store: 'store',
    ledger: 'ledger',
    witness: 'witness',
    runner: 'runner',
    policy: 'policy',
    keys: 'keys',
    wall: 'wall',
    open: 'running',
    standing: 'standing',
    backup: 'backup',
    clock: 'clock',
    disk: 'disk',
    journal: 'journal',
    sandbox: 'sandbox',
    gate: 'gate',
    guard: 'guard',
    watch: 'watch',
    channels: 'channels',
    health: 'health',
    checks: 'checks',
    files: 'files',
    isolation: 'isolation',
    incident: 'incident',
  },
}

/** What bounds the memory and the processes of a trial together (sandbox/limit.ts). */
const TRIAL_LIMITS: Readonly<Record<string, Both<string>>> = {
  cgroup2: { ja: '（試行の上限: cgroup v2）', en: ' (limits of a trial: cgroup v2)' },
  cgroup1: { ja: '（試行の上限: cgroup v1）', en: ' (limits of a trial: cgroup v1)' },
  watcher: {
    ja: '（試行の上限: rlimit と見張り。cgroup は使えません）',
    en: ' (limits of a trial: rlimits and a watcher; no cgroup is to be had)',
  },
}

export const DOCTOR_WORDS: Readonly<Record<string, Words>> = {
  ...GUARD_DOCTOR_WORDS,
  ...BACKUP_DOCTOR_WORDS,
  ...WATCH_DOCTOR_WORDS,
  ...RULES_DOCTOR_WORDS,
  ...CODE_DOCTOR_WORDS,
  ...INCIDENT_DOCTOR_WORDS,
  ...ISOLATION_DOCTOR_WORDS,
  'doctor.failed': {
    ja: (d) => ({
      what: `${d('service')} の ${d('change')} は失敗し、取り消しはありません。後の変更が維持されるまで人が要ります`,
      next: [`sekisho service show ${d('service')}`, `sekisho change show ${d('change')}`],
    }),
    en: (d) => ({
      what: `${d('change')} of ${d('service')} failed and has no way back; it needs a person until a later change is kept`,
      next: [`sekisho service show ${d('service')}`, `sekisho change show ${d('change')}`],
    }),
  },
  'doctor.gate_unreachable': {
    ja: (d) => ({ what: `関所が応答しません（${d('url')}）`, next: ['sekisho up'] }),
    en: (d) => ({ what: `the gate does not answer (${d('url')})`, next: ['sekisho up'] }),
  },
  'doctor.not_logged_in': {
    ja: () => ({
      what: '動いています。誰が使っているかが分かりません',
      why: 'ログインすると、ほかのことも分かります',
      next: ['sekisho login'],
    }),
    en: () => ({
      what: 'it answers, and does not know who is at the keyboard',
      why: 'what else there is it tells after a login',
      next: ['sekisho login'],
    }),
  },
  'doctor.port_taken': {
    ja: (d) => ({
      what: `ポート ${d('port')} は利用者 ${d('holder')} のプログラムが使っています`,
      why: '関所はソケットだけで答えています。コマンドには差し支えありません',
      next: [`ss -ltnp 'sport = :${d('port')}'`, 'systemctl restart sekisho-gate'],
    }),
    en: (d) => ({
      what: `port ${d('port')} belongs to a program of the user ${d('holder')}`,
      why: 'the gate answers by its socket alone; commands are not disturbed',
      next: [`ss -ltnp 'sport = :${d('port')}'`, 'systemctl restart sekisho-gate'],
    }),
  },
  'doctor.store': {
    ja: (d) => ({ what: `PostgreSQL ${d('version')}、fsync・チェックサム 有効` }),
    en: (d) => ({ what: `PostgreSQL ${d('version')}, fsync and checksums on` }),
  },
  'doctor.ledger': {
    ja: (d) => ({ what: `${d('size')} 件、検印（runner の署名）あり` }),
    en: (d) => ({ what: `${d('size')} entries, checkpoint signed` }),
  },
  'doctor.no_checkpoint': {
    ja: (d) => ({
      what: `${d('size')} 件、検印（runner の署名）がまだありません`,
      next: ['sekisho ledger checkpoint'],
    }),
    en: (d) => ({ what: `${d('size')} entries, no checkpoint yet`, next: ['sekisho ledger checkpoint'] }),
  },
  'doctor.checkpoint_old': {
    ja: (d) => ({
      what: `検印が古くなっています（${d('checkpoint')}）`,
      next: ['sekisho ledger checkpoint'],
    }),
    en: (d) => ({ what: `the checkpoint is old (${d('checkpoint')})`, next: ['sekisho ledger checkpoint'] }),
  },
  'doctor.ledger_behind': {
    ja: (d) => ({
      what: `台帳（${d('size')} 件）が runner の検印（${d('signed')} 件）より古いので、何も始めません`,
      why: '古いデータベースに戻したときの状態です。失われた分は持ち出した台帳と runner の記録簿にあります',
      next: ['sekisho ledger accept-fork'],
    }),
    en: (d) => ({
      what: `the ledger (${d('size')}) is older than the head the runner signed (${d('signed')}): nothing is started`,
      why: 'this is how a restored database looks; what was lost stands in exports and in the journal of the runner',
      next: ['sekisho ledger accept-fork'],
    }),
  },
  'doctor.ledger_forked': {
    ja: (d) => ({
      what: `台帳（${d('size')} 件）は runner が検印した ${d('signed')} 件の続きではないので、何も始めません`,
      why: '古いデータベースに戻してから書き足したか、過去の記録が書き換えられた状態です。失われた分は持ち出した台帳と runner の記録簿にあります',
      next: ['sekisho ledger accept-fork'],
    }),
    en: (d) => ({
      what: `the ledger (${d('size')}) does not continue the ${d('signed')} entries the runner signed: nothing is started`,
      why: 'an older database was put back and written on, or entries were rewritten; what was lost stands in exports and in the journal of the runner',
      next: ['sekisho ledger accept-fork'],
    }),
  },
  'doctor.checkpoint_refused': {
    ja: (d) => ({
      what: `検印を押せません（台帳 ${d('size')} 件）`,
      why: `最後の検印は ${d('checkpoint')} です。押せない理由は次のコマンドで表示されます`,
      next: ['sekisho ledger checkpoint'],
    }),
    en: (d) => ({
      what: `no checkpoint can be signed (${d('size')} entries)`,
      why: `the last one is of ${d('checkpoint')}; the next command shows the cause`,
      next: ['sekisho ledger checkpoint'],
    }),
  },
  'doctor.no_witness': {
    ja: () => ({
      what: 'なし。root が台帳を作り直しても外からは分かりません',
      why: '外に写しを置く立会は次の版です。それまでは書き出しを別の機器に置いてください',
      next: ['sekisho ledger export --out FILE'],
    }),
    en: () => ({
      what: 'none: root could rewrite the ledger unseen',
      why: 'an outside witness comes with a later release; until then keep exports on another machine',
      next: ['sekisho ledger export --out FILE'],
    }),
  },
  'doctor.runner_root': {
    ja: (d) => ({ what: `root、応答 ${d('milliseconds')} ms、版 ${d('version')}、${d('host')}` }),
    en: (d) => ({ what: `root, answers in ${d('milliseconds')} ms, version ${d('version')}, ${d('host')}` }),
  },
  'doctor.runner_user': {
    ja: (d) => ({
      what: `関所と同じユーザー、応答 ${d('milliseconds')} ms、版 ${d('version')}、${d('host')}`,
    }),
    en: (d) => ({
      what: `the gate’s own user, answers in ${d('milliseconds')} ms, version ${d('version')}, ${d('host')}`,
    }),
  },
  'doctor.runner_unreachable': {
    ja: (d) => ({
      what:
        d('why') === 'runner.timeout'
          ? '時間内に応答しません（止まっているか、混んでいます）'
          : `応答しません: ${d('why')}`,
      next: ['sekisho up'],
    }),
    en: (d) => ({
      what:
        d('why') === 'runner.timeout'
          ? 'does not answer in time (it hangs, or it is busy)'
          : `does not answer: ${d('why')}`,
      next: ['sekisho up'],
    }),
  },
  'doctor.rules_untrusted': {
    ja: (d) => ({ what: `規則をほかの利用者が書き換えられます: ${d('path')}`, next: [d('mend')] }),
    en: (d) => ({ what: `others can change the rules: ${d('path')}`, next: [d('mend')] }),
  },
  'doctor.untrusted': {
    ja: (d) => ({
      what: `他のユーザーが書き換えられるものがあります: ${d('paths')}`,
      next: [`chown root: ${d('paths')}`],
    }),
    en: (d) => ({ what: `others can change: ${d('paths')}`, next: [`chown root: ${d('paths')}`] }),
  },
  'doctor.journal': {
    ja: () => ({ what: '壊れていません' }),
    en: () => ({ what: 'sound' }),
  },
  'doctor.journal_bad': {
    ja: (d) => ({
      what: `壊れています: ${d('why')}`,
      why: '新しい実行は始まりません。取り消しと後始末は動きます',
    }),
    en: (d) => ({ what: `damaged: ${d('why')}`, why: 'nothing new starts; undo and settling still work' }),
  },
  'doctor.clock': {
    ja: () => ({ what: '正常（大きなずれはありません）' }),
    en: () => ({ what: 'no jump' }),
  },
  'doctor.clock_frozen': {
    ja: (d) => ({
      what: `時計が大きくずれました: ${d('why')}`,
      why: '新しい実行は始まりません',
      next: ['date', 'sekisho runner clock accept'],
    }),
    en: (d) => ({
      what: `the clock jumped: ${d('why')}`,
      why: 'nothing new starts',
      next: ['date', 'sekisho runner clock accept'],
    }),
  },
  'doctor.sandbox': {
    ja: (d) => ({ what: `使えます${TRIAL_LIMITS[d('limits')]?.ja ?? ''}` }),
    en: (d) => ({ what: `available${TRIAL_LIMITS[d('limits')]?.en ?? ''}` }),
  },
  'doctor.no_sandbox': {
    ja: (d) => ({
      what: `使えません: ${d('why')}`,
      why: '設定の検証と試行ができず、免除がなければ止まります',
      next: ['apt-get install bubblewrap uidmap'],
    }),
    en: (d) => ({
      what: `not available: ${d('why')}`,
      why: 'validation and trial cannot run, which blocks unless waived',
      next: ['apt-get install bubblewrap uidmap'],
    }),
  },
  'doctor.rooms': {
    ja: () => ({ what: '隔離した場所の残り物はありません' }),
    en: () => ({ what: 'nothing is left of rooms' }),
  },
  'doctor.rooms_left': {
    ja: (d) => ({
      what: `隔離した場所の残り物: ディレクトリ ${d('directories')}、プロセス ${d('processes')}、cgroup ${d('groups')}`,
      why: 'runner が途中で終わりました。次の起動で片付けます',
      next: ['systemctl restart sekisho-runner'],
    }),
    en: (d) => ({
      what: `left of rooms: ${d('directories')} directories, ${d('processes')} processes, ${d('groups')} cgroups`,
      why: 'the runner was ended while it worked; its next start clears them away',
      next: ['systemctl restart sekisho-runner'],
    }),
  },
  'doctor.disk': {
    ja: (d) => ({
      what: `${mib(d('bytes'))} MiB（下限 ${mib(d('floor'))} MiB）${d('path')}${others(d('others')) === 0 ? '' : `、ほか ${d('others')} か所`}`,
    }),
    en: (d) => ({
      what: `${mib(d('bytes'))} MiB (floor ${mib(d('floor'))} MiB) at ${d('path')}${others(d('others')) === 0 ? '' : ` and ${d('others')} more places`}`,
    }),
  },
  'doctor.disk_low': {
    ja: (d) => ({
      what: `${d('path')} の空きが ${mib(d('bytes'))} MiB しかありません（下限 ${mib(d('floor'))} MiB）`,
      why: '新しい実行は始まりません。取り消しは動きます',
      next: [`df -h ${d('path')}`],
    }),
    en: (d) => ({
      what: `only ${mib(d('bytes'))} MiB at ${d('path')} (floor ${mib(d('floor'))} MiB)`,
      why: 'nothing new starts; undo still works',
      next: [`df -h ${d('path')}`],
    }),
  },
  'doctor.nothing_open': {
    ja: () => ({ what: '動いている変更はありません' }),
    en: () => ({ what: 'nothing is running' }),
  },
  'doctor.open': {
    ja: (d) => ({ what: `動いています: ${d('executions')}` }),
    en: (d) => ({ what: `running: ${d('executions')}` }),
  },
  'wall.none': {
    ja: () => ({
      what: '壁なし。承認は間違いを防ぎますが、このアカウントを持つ人を止められません',
      next: ['sudo sekisho install host'],
    }),
    en: () => ({
      what: 'none: approvals protect from mistakes, not from somebody with this account',
      next: ['sudo sekisho install host'],
    }),
  },
  'wall.runner': {
    ja: () => ({ what: '本番に触れるのは runner だけです' }),
    en: () => ({ what: 'only the runner can act' }),
  },
  'wall.untrusted': {
    ja: () => ({
      what: '壁に穴があります。root の runner が使うものを、ほかの利用者が書き換えられます',
      why: 'どれかは runner の行にあります',
    }),
    en: () => ({
      what: 'the wall has a hole: others can change what the root runner uses',
      why: 'the line about the runner names it',
    }),
  },
  'wall.shared_user': {
    ja: () => ({
      what: '人と AI を区別していません。AI だけの Unix ユーザーがあるという宣言（policy.agent_user: own）がありません',
      why: '関所は Unix ユーザーを見ていません。AI だけのユーザーがあるなら、sekisho.yaml の policy に agent_user: own と書けば消えます。なければ作ってください',
      next: ['useradd --create-home claude', 'sekisho config apply'],
    }),
    en: () => ({
      what: 'person and agent are not told apart: a Unix user for the agent alone (policy.agent_user: own) is not declared',
      why: 'Sekisho has not looked at their users: if the agent has one of its own, write agent_user: own below policy in sekisho.yaml; if not, give it one',
      next: ['useradd --create-home claude', 'sekisho config apply'],
    }),
  },
  'wall.no_witness': {
    ja: () => ({ what: '立会（台帳の写しを外で預かる人）なし' }),
    en: () => ({ what: 'no witness' }),
  },
}
