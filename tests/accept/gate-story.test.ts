// Rows of the acceptance list on the whole gate, in a host with systemd, nginx with TLS and the reference service:
// everything is typed at the command line, effects are read by other programs (curl, sha256sum, stat, journalctl).
import { createHash } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { DoctorFact, Status } from '../../src/contract/gate.ts'
import { describeWith } from '../host/describe.ts'
import {
  brokenData,
  ENV_FILE,
  endFaults,
  goodSite,
  MARK,
  portTaken,
  SITE,
  SITE_ENABLED,
  unhealthySite,
} from '../host/faults.ts'
import { CA_PATH, MIRAI_UNIT } from '../host/host.ts'
import { until } from '../until.ts'
import { type Who, type World, world } from '../world/world.ts'

const SERVICE = 'mirai-knowledge-system'
const WORDS = 'アップロードの上限を20MBにして。\u3000急ぎ ✓'

let w: World

const look = (id: string) => w.json<ChangeView>('ops1', ['change', 'show', id])
const print = (path: string) =>
  w.host.ok([
    'sh',
    '-c',
    `sha256sum < '${path}'; stat -c '%a %u %g' '${path}'; getfacl -cn '${path}' 2>/dev/null`,
  ])
const header = async () =>
  (await w.host.exec(['curl', '-sI', '--cacert', CA_PATH, 'https://localhost/health'])).stdout

/** `do config` with a new file; answers the change. */
async function propose(
  who: Who,
  path: string,
  bytes: string,
  more: readonly string[] = [],
): Promise<ChangeView & { exit: number }> {
  const source = `/tmp/new-${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`
  await w.host.put(source, bytes, 0o644)
  return await w.json<ChangeView>(who, [
    'do',
    'config',
    '--service',
    SERVICE,
    '--file',
    `${path}=${source}`,
    '--instruction',
    WORDS,
    ...more,
  ])
}
const AGENT = [
  '--by',
  'ops1',
  '--impact',
  'mirai.example.jp と admin.example.jp の応答の見出しが増える',
  '--risk',
  'なし',
]
const approve = (id: string, who: Who = 'ops1') => w.json<ChangeView>(who, ['change', 'approve', id, '--yes'])

/** A change of the agent that was approved and kept: made once, by whichever test needs it first, so that each row runs alone. */
let kept: Promise<ChangeView> | undefined
function keptChange(): Promise<ChangeView> {
  kept ??= (async () => {
    const planted = await goodSite(w.host)
    const made = await propose('claude', SITE, planted.candidate.replace(MARK, 'X-Kept'), AGENT)
    const done = await approve(made.id)
    expect(done, JSON.stringify(done.checks)).toMatchObject({ exit: 0, execution: { outcome: 'kept' } })
    return await look(made.id)
  })()
  return kept
}

describeWith('host', 'the gate, end to end', () => {
  beforeAll(async () => {
    w = await world()
  })

  test('S13 without an instruction nothing is taken; with one, its bytes stand in ledger and record', async () => {
    const none = await w.sekisho('ops1', [
      'do',
      'config',
      '--service',
      SERVICE,
      '--file',
      `${SITE}=/etc/hostname`,
    ])
    expect(none.code).toBe(64)
    const empty = await w.sekisho('ops1', [
      'do',
      'config',
      '--service',
      SERVICE,
      '--file',
      `${SITE}=/etc/hostname`,
      '--instruction',
      '',
    ])
    expect(empty.code).toBe(64)
    const planted = await goodSite(w.host)
    const made = await propose('claude', SITE, planted.candidate, AGENT)
    expect(made.instruction).toMatchObject({
      text: WORDS,
      by: 'ops1',
      mode: 'quoted',
      digest: createHash('sha256').update(WORDS).digest('hex'),
    })
    const ledger = (await w.sekisho('ops1', ['ledger', 'export'])).stdout
    expect(ledger).toContain(Buffer.from(WORDS).toString('base64'))
    const record = (await w.sekisho('ops1', ['record', 'show', made.id, '--lang', 'ja'])).stdout
    expect(record).toContain(WORDS)
    await w.json('ops1', ['change', 'withdraw', made.id])
  })

  test('part of S14: an agent without an explanation cannot seal; computed facts and disagreements stand on the card', async () => {
    const planted = await goodSite(w.host)
    const silent = await propose('claude', SITE, planted.candidate, ['--by', 'ops1']).catch(
      (error: unknown) => String(error),
    )
    const { changes } = await w.json<{ changes: ChangeView[] }>('ops1', ['change', 'list'])
    const open = changes[0] as ChangeView
    expect(open.state, String(silent)).toBe('ready')
    const sealing = await w.sekisho('claude', ['change', 'seal', open.id])
    expect(sealing.code).toBe(2)
    expect(sealing.stderr).toContain('--impact')
    const revised = await w.json<ChangeView>('claude', [
      'change',
      'revise',
      open.id,
      '--impact',
      'mirai.example.jp',
      '--risk',
      'なし',
    ])
    expect(revised.state).toBe('awaiting_approval')
    expect(revised.disagreements).toContainEqual({
      code: 'disagreement.server_name',
      detail: { value: 'admin.example.jp' },
    })
    const card = (await w.sekisho('ops1', ['change', 'show', open.id, '--lang', 'ja'])).stdout
    expect(card).toMatch(/影響 .*admin\.example\.jp/)
    expect(card).toContain('参考・AI')
    expect(card).toMatch(/! +admin\.example\.jp/)
    await w.json('ops1', ['change', 'withdraw', open.id])
  })

  test('part of S15: agent token, foreign key, replay and swapped decision are refused; the SSH signature of the person counts', async () => {
    const planted = await goodSite(w.host)
    const made = await propose('claude', SITE, planted.candidate, AGENT)
    expect(made.state).toBe('awaiting_approval')
    const byAgent = await w.sekisho('claude', ['change', 'approve', made.id, '--yes'])
    expect(byAgent.code).toBe(2)
    await w.host.ok([
      'sh',
      '-c',
      'rm -f /tmp/foreign*; ssh-keygen -q -t ed25519 -N "" -f /tmp/foreign && chmod 644 /tmp/foreign && chown ops1 /tmp/foreign && chmod 600 /tmp/foreign',
    ])
    const foreign = await w.sekisho('ops1', ['change', 'approve', made.id, '--yes', '--key', '/tmp/foreign'])
    expect(foreign.code).toBe(2)
    const statement = JSON.parse(
      (await w.sekisho('ops1', ['change', 'approve', made.id, '--statement', '--json'])).stdout,
    ) as { statement: string }
    const swapped = statement.statement.replace('"type":"approve"', '"type":"reject"')
    const signed = await w.host.ok([
      'sh',
      '-c',
      `printf %s "$1" > /tmp/st && rm -f /tmp/st.sig && ssh-keygen -q -Y sign -n sekisho -f /home/ops1/.ssh/id_ed25519 /tmp/st && cat /tmp/st.sig`,
      'sh',
      statement.statement,
    ])
    const handed = (text: string) =>
      w.sekisho('ops1', ['change', 'approve', made.id, '--signature', '-', '--json'], {
        input: JSON.stringify({ text, signature: signed }),
      })
    expect((await handed(swapped)).code).toBe(2)
    expect((await look(made.id)).state).toBe('awaiting_approval')
    const good = await handed(statement.statement)
    expect(good.code, good.stderr).toBe(0)
    expect(await header()).toContain(MARK)
    const replay = await handed(statement.statement)
    expect(replay.code).toBe(2)
  })

  test('part of S33: before the grant nothing is reloaded: run, keep and abort are refused', async () => {
    const planted = await goodSite(w.host)
    const made = await propose('claude', SITE, planted.candidate.replace(MARK, 'X-Early'), AGENT)
    const workers = () => w.host.ok(['sh', '-c', 'pgrep -P "$(cat /run/nginx.pid)" | sort | tr "\\n" " "'])
    const before = await workers()
    for (const who of ['ops1', 'claude'] as const)
      for (const verb of ['run', 'keep', 'abort'])
        expect((await w.sekisho(who, ['change', verb, made.id])).code, `${verb} by ${who}`).toBe(2)
    expect(await workers()).toBe(before)
    expect(await header()).not.toContain('X-Early')
    await w.json('ops1', ['change', 'withdraw', made.id])
  })

  test('part of S52, S53 and S51: the record: agent instructed by a person, time of approval with its zone, eight headings, and X25 both verifiers hold', async () => {
    const done = await keptChange()
    const ja = (await w.sekisho('ops1', ['record', 'show', done.id, '--lang', 'ja'])).stdout
    const en = (await w.sekisho('ops1', ['record', 'show', done.id, '--lang', 'en'])).stdout
    expect(ja.match(/^#+ .*$/gm)?.slice(1)).toEqual([
      '## 変更概要',
      '## 変更理由',
      '## 変更内容',
      '## 影響範囲',
      '## テスト結果',
      '## ロールバック手順',
      '## 実施者',
      '## 承認',
    ])
    expect(en.match(/^## .*$/gm)).toHaveLength(8)
    expect(ja).toMatch(/実施者\n- Claude.*（指示: 運用 花子）/)
    const approved = done.decisions.find(({ type }) => type === 'approve')
    const zoned = new Date(approved?.at ?? 0).toLocaleString('sv-SE', { timeZone: 'Asia/Tokyo' })
    expect(ja).toContain(zoned)
    expect(ja).toContain(SITE)
    expect(ja).toContain('単独承認')
    // What was asked of the touched sites, on the record and on the run.
    expect(en).toMatch(
      /^ {4}- GET before and after the change, same status: https:\/\/mirai\.example\.jp\/ \(\d+\)/m,
    )
    expect(ja).toMatch(/^ {4}- 変更の前と後に GET、応答コードは同じ: https:\/\/mirai\.example\.jp\/（\d+）/m)
    const { stderr } = await w.sekisho('ops1', ['change', 'wait', done.id, '--lang', 'en'])
    expect(stderr).toContain('GET before and after the change, same status: https://mirai.example.jp/')
  })

  test('part of S31: one environment key by its name alone, and a unit drop-in, are first-class changes', async () => {
    const env = await w.json<ChangeView>('ops1', [
      'do',
      'config',
      '--service',
      SERVICE,
      '--set',
      'UPLOAD_LIMIT_MB=21',
      '--instruction',
      '上限を上げる',
    ])
    expect(env.state, JSON.stringify(env.checks)).toBe('awaiting_approval')
    expect(env.diff).toContain('UPLOAD_LIMIT_MB')
    expect(env.diff).not.toContain('21')
    const ran = await approve(env.id)
    expect(ran.exit, JSON.stringify(ran.execution)).toBe(0)
    expect((await w.host.read(ENV_FILE)).toString()).toContain('UPLOAD_LIMIT_MB=21')
    const before = (
      await w.host.ok(['systemctl', 'show', '-p', 'InvocationID', '--value', MIRAI_UNIT])
    ).trim()
    const dropIn = `/etc/systemd/system/${MIRAI_UNIT}.d/limits.conf`
    const unit = await propose('ops1', dropIn, '[Service]\nLimitNOFILE=4321\n')
    expect(unit.state, JSON.stringify(unit.checks)).toBe('awaiting_approval')
    const done = await approve(unit.id)
    expect(done.exit, JSON.stringify(done.execution)).toBe(0)
    expect((await w.host.ok(['systemctl', 'show', '-p', 'LimitNOFILE', '--value', MIRAI_UNIT])).trim()).toBe(
      '4321',
    )
    expect(
      (await w.host.ok(['systemctl', 'show', '-p', 'InvocationID', '--value', MIRAI_UNIT])).trim(),
    ).not.toBe(before)
  })

  test('part of S32: broken nginx and unit files are refused in the shadow: exit 2, the live tree untouched, the place named', async () => {
    const tree = () =>
      w.host.ok([
        'sh',
        '-c',
        'find /etc/nginx /etc/systemd/system -type f -exec sha256sum {} + | sort | sha256sum',
      ])
    const before = await tree()
    const nginx = await w.sekisho('ops1', [
      'do',
      'config',
      '--service',
      SERVICE,
      '--file',
      `${SITE}=/dev/stdin`,
      '--instruction',
      'x',
    ])
    expect(nginx.code).not.toBe(0)
    const broken = await propose('ops1', SITE, 'server { listen 443 ssl; nonsense on; }\n')
    expect(broken).toMatchObject({ exit: 2, state: 'blocked' })
    expect(JSON.stringify(broken.checks)).toMatch(/nonsense/)
    const unit = await propose(
      'ops1',
      `/etc/systemd/system/${MIRAI_UNIT}.d/bad.conf`,
      '[Service]\nLimitNOFIL=1\n',
    )
    expect(unit).toMatchObject({ exit: 2, state: 'blocked' })
    expect(await tree()).toBe(before)
    for (const { id } of [broken, unit]) await w.json('ops1', ['change', 'withdraw', id])
  })

  test('E4 a site file that is not in the effective configuration is refused before anything is touched', async () => {
    await w.host.ok(['mv', SITE_ENABLED, '/tmp/enabled'])
    try {
      const made = await propose('ops1', SITE, 'this is no configuration {{{\n')
      expect(made).toMatchObject({ exit: 2, state: 'blocked' })
      await w.json('ops1', ['change', 'withdraw', made.id])
    } finally {
      await w.host.ok(['mv', '/tmp/enabled', SITE_ENABLED])
    }
  })

  test('E3 N01 reload exits 0 and is not in effect: red before anybody is asked; later named, and taken back as before', async () => {
    const planted = await portTaken(w.host)
    try {
      const before = await print(SITE)
      // The reload is played where the port is held: check and reload would say success here.
      const played = await propose('ops1', SITE, planted.candidate)
      expect(played).toMatchObject({ exit: 2, state: 'blocked' })
      expect(JSON.stringify(played.checks)).toMatch(/nginx\.reload_refused.*0\.0\.0\.0:8443 \(bind/)
      await w.json('ops1', ['change', 'withdraw', played.id])
      // Taken after the trial, it is found when the change runs.
      await w.host.ok(['systemctl', 'stop', 'other-program.service'])
      const made = await propose('ops1', SITE, planted.candidate)
      await portTaken(w.host)
      expect(made.state, JSON.stringify(made.checks)).toBe('awaiting_approval')
      const ran = await approve(made.id)
      expect(ran).toMatchObject({ exit: 1, execution: { outcome: 'rolled_back' } })
      const told = await w.sekisho('ops1', ['record', 'show', made.id, '--lang', 'en'])
      expect(told.stdout).toContain('taken back')
      expect(JSON.stringify(ran.execution)).toMatch(/8443|emerg/)
      expect(await print(SITE)).toBe(before)
    } finally {
      await w.host.exec(['systemctl', 'stop', 'other-program.service'])
      await endFaults(w.host)
    }
  })

  test('part of E5: a health page that answers 500 is no success: taken back', async () => {
    const planted = await unhealthySite(w.host)
    const before = await print(SITE)
    const made = await propose('ops1', SITE, planted.candidate)
    const ran = await approve(made.id)
    expect(ran).toMatchObject({ exit: 1, execution: { outcome: 'rolled_back' } })
    expect(await print(SITE)).toBe(before)
  })

  test('part of N03: a refused file blocks, a waiver of another check is refused; a service that is down starts from down', async () => {
    const planted = await goodSite(w.host)
    const broken = await propose('ops1', SITE, `${planted.candidate}\nserver {`)
    expect(broken).toMatchObject({ exit: 2, state: 'blocked' })
    const other = await w.sekisho('ops1', ['change', 'waive', broken.id, 'baseline', '--reason', 'x'])
    expect(other.code).toBe(2)
    await w.json('ops1', ['change', 'withdraw', broken.id])
    const fault = await brokenData(w.host)
    try {
      const made = await propose('ops1', SITE, planted.candidate.replace(MARK, 'X-Other'))
      expect(made).toMatchObject({ state: 'awaiting_approval' })
      const shown = await w.sekisho('ops1', ['change', 'show', made.id, '--lang', 'en'])
      expect(shown.stdout).toContain('down now')
      await w.json('ops1', ['change', 'withdraw', made.id])
    } finally {
      await fault.repair()
    }
  })

  test('part of X05 and N02: one byte edited after it was sealed: decisions dead, the sentence names what moved, nothing ran', async () => {
    const planted = await goodSite(w.host)
    const made = await propose('claude', SITE, planted.candidate.replace(MARK, 'X-Void'), AGENT)
    await w.host.ok(['sh', '-c', `echo '# one more line' >> ${SITE}`])
    const before = await print(SITE)
    const ran = await w.sekisho('ops1', ['change', 'approve', made.id, '--yes', '--lang', 'ja'])
    expect(ran.code).toBe(2)
    expect(ran.stdout + ran.stderr).toContain(SITE)
    const view = await look(made.id)
    expect(view.state).toBe('void')
    expect(view.decisions.every(({ live }) => !live)).toBe(true)
    expect(await print(SITE)).toBe(before)
    const revised = await w.json<ChangeView>('claude', ['change', 'revise', made.id])
    expect(revised).toMatchObject({ state: 'awaiting_approval', revision: 2 })
    expect(revised.diff).not.toContain('+# one more line')
    await w.json('ops1', ['change', 'withdraw', made.id])
    await w.host.ok(['sed', '-i', '/# one more line/d', SITE])
  })

  test('part of N09: by a person: without keep it goes back by itself; with a signed keep it stays', async () => {
    const planted = await goodSite(w.host)
    const candidate = planted.candidate.replace(MARK, 'X-Keep')
    const made = await propose('ops1', SITE, candidate, ['--keep', 'person'])
    const ran = await approve(made.id)
    expect(ran.state).toBe('awaiting_keep')
    expect(await header()).toContain('X-Keep')
    const kept = await w.json<ChangeView>('ops1', ['change', 'keep', made.id])
    expect(kept, JSON.stringify(kept.execution)).toMatchObject({ exit: 0, execution: { outcome: 'kept' } })
    expect(await header()).toContain('X-Keep')
  })

  test('part of X06: the plan is printed exactly, and planning writes nothing outside its scratch', async () => {
    const planted = await goodSite(w.host)
    const stamp = () =>
      w.host.ok([
        'sh',
        '-c',
        'find /etc /srv /usr/local -newer /tmp/x06 -type f 2>/dev/null | grep -v "^/etc/sekisho" || true',
      ])
    await w.host.ok(['touch', '/tmp/x06'])
    const made = await propose('ops1', SITE, planted.candidate.replace(MARK, 'X-Plan'))
    expect(await stamp()).toBe('')
    const plan = (await w.sekisho('ops1', ['change', 'plan', made.id])).stdout
    expect(plan).toContain('systemctl --no-ask-password reload -- nginx.service')
    expect(plan).toContain(SITE)
    const diff = (await w.sekisho('ops1', ['change', 'diff', made.id])).stdout
    expect(createHash('sha256').update(diff).digest('hex')).toBe(made.diffDigest)
    await w.json('ops1', ['change', 'withdraw', made.id])
  })

  test('part of X03: nobody approves through another door: an agent’s token is refused at every decision route', async () => {
    const planted = await goodSite(w.host)
    const made = await propose('claude', SITE, planted.candidate.replace(MARK, 'X-Door'), AGENT)
    for (const [path, body] of [
      [`changes/${made.id}/statement`, { type: 'approve', shown: '0'.repeat(64) }],
      [`changes/${made.id}/statement`, { type: 'waive', check: 'health', reason: 'x' }],
      [`changes/${made.id}/statement`, { type: 'keep' }],
      [`changes/${made.id}/decision`, { signed: { text: '{}', signature: 'x' } }],
      ['standing/statement', { service: SERVICE, verb: 'restart' }],
      ['agents/token', { agent: 'claude' }],
    ] as const) {
      const answer = await w.host.exec([
        'curl',
        '-s',
        '-o',
        '/tmp/answer',
        '-w',
        '%{http_code}',
        '-H',
        `Authorization: Bearer ${w.token}`,
        '-H',
        'Content-Type: application/json',
        '-d',
        JSON.stringify(body),
        `http://127.0.0.1:7440/api/v1/${path}`,
      ])
      expect(Number(answer.stdout), path).toBeGreaterThanOrEqual(400)
      expect(Number(answer.stdout), path).toBeLessThan(500)
    }
    expect((await look(made.id)).state).toBe('awaiting_approval')
    await w.json('ops1', ['change', 'withdraw', made.id])
  })

  test('a restart by standing statement runs without an approval, with diagnostics first and the statement cited', async () => {
    expect(
      (
        await w.sekisho('ops1', [
          'do',
          'service',
          '--service',
          SERVICE,
          '--verb',
          'restart',
          '--instruction',
          '再起動',
          '--no-wait',
        ])
      ).code,
    ).toBe(3)
    await w.json('ops1', ['standing', 'sign', SERVICE, 'restart', '--yes'])
    const before = (
      await w.host.ok(['systemctl', 'show', '-p', 'InvocationID', '--value', MIRAI_UNIT])
    ).trim()
    const done = await w.json<ChangeView>('claude', [
      'do',
      'service',
      '--service',
      SERVICE,
      '--verb',
      'restart',
      '--instruction',
      '再起動して',
      '--by',
      'ops1',
      '--impact',
      '再起動の間だけ止まる',
      '--risk',
      'なし',
    ])
    expect(done, JSON.stringify(done.execution)).toMatchObject({
      exit: 0,
      class: 'standard',
      execution: { outcome: 'kept' },
    })
    expect(
      (await w.host.ok(['systemctl', 'show', '-p', 'InvocationID', '--value', MIRAI_UNIT])).trim(),
    ).not.toBe(before)
    expect(done.execution?.steps[0]?.kind).toBe('diagnostics')
    expect((await w.sekisho('ops1', ['record', 'show', done.id, '--lang', 'ja'])).stdout).toContain(
      '事前承認',
    )
  })

  test('part of N17: the record leaves with its proof and verifies without server, network or database; one byte changed is found', async () => {
    const done = await keptChange()
    await w.json('ops1', ['ledger', 'checkpoint'])
    const { publicKey } = await w.json<{ publicKey: string }>('ops1', [
      'ledger',
      'export',
      '--out',
      '/tmp/whole.sekisho',
    ])
    expect(await w.json('ops1', ['record', 'export', done.id, '--out', '/tmp/one.sekisho'])).toMatchObject({
      publicKey,
    })
    const verify = (file: string) =>
      w.host.exec([
        'unshare',
        '--net',
        '/usr/local/bin/node',
        '/opt/sekisho-checkout/dist/sekisho-verify.mjs',
        file,
        '--key',
        publicKey,
      ])
    for (const file of ['/tmp/whole.sekisho', '/tmp/one.sekisho']) {
      const sound = await verify(file)
      expect(sound.code, sound.stdout + sound.stderr).toBe(0)
      await w.host.ok(['sed', '-i', 's/"kind":"change.approved"/"kind":"change.approveD"/', file])
      expect((await verify(file)).code).toBe(2)
    }
  })

  test('the whole ledger holds, and status and doctor answer in both languages', async () => {
    expect(await w.json('ops1', ['ledger', 'verify'])).toMatchObject({ exit: 0, sound: true })
    // The last stored look at the files may be older than the last edit of this story.
    await until('a look at the files after the last edit', 150_000, async () => {
      const { facts } = await w.json<{ facts: DoctorFact[] }>('ops1', ['doctor'])
      return facts.every(({ name, state }) => name !== 'files' || state !== 'bad')
    })
    for (const language of ['ja', 'en'] as const) {
      const { exit, calm, health } = await w.json<Status>('ops1', ['status'])
      const status = await w.sekisho('ops1', ['status', '--lang', language])
      expect([exit, status.stdout]).toEqual([status.code, expect.stringMatching(/mirai-knowledge-system/)])
      expect(/^(?:関所 平常|Sekisho calm)/.test(status.stdout), status.stdout).toBe(calm)
      expect(health?.map(({ verdict }) => verdict)).not.toContain('not_looked_at')
      const { facts } = await w.json<{ facts: DoctorFact[] }>('ops1', ['doctor'])
      const doctor = await w.sekisho('ops1', ['doctor', '--lang', language])
      // The last stored look may be older than the last fault of this story: then both say so.
      const bad = facts.filter(({ state }) => state === 'bad')
      expect(bad.filter(({ name }) => name !== 'health')).toEqual([])
      expect(doctor.code, doctor.stdout).toBe(bad.length === 0 ? 0 : 1)
      expect(doctor.stdout).not.toMatch(/doctor\.[a-z_]+/)
    }
  })
})
