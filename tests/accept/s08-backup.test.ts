// The backup of a change, by the clock: of code, of a schema and of a file of the data. The clocks of gate and runner are moved by the test.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { BackupsView } from '../../src/contract/backup.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import type { StandingList } from '../../src/contract/gate.ts'
import { describeWith } from '../host/describe.ts'
import { CHECKOUT } from '../host/place.ts'
import { ready, UP_UNIT, type World } from '../world/world.ts'
import { commitFiles, openVisits, SEEN_DOWN, SEEN_UP, sql, store, type VisitsWorld } from './visits.ts'

/** On the disk of the cluster: a copy on the disk of its data does not count. */
const DATA = '/var/lib/postgresql/visits-data'
const FILE = `${DATA}/limits.conf`
const PROBE = "{ url: 'http://127.0.0.1:9200/health', json: { status: ok }, good: 1, of: 1 }"
const CLOCKS = '/opt/stepped'
const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

describeWith('host', 'the backup of a change', () => {
  let at: VisitsWorld
  let here: World

  beforeAll(async () => {
    at = await openVisits({
      unbacked: true,
      service: `    data: [{ dir: ${DATA}, change: gate }]\n`,
      configs: [`{ path: ${FILE}, kind: file, activation: none, probe: ${PROBE} }`],
      prepare: async (host) => {
        await host.ok(['mkdir', '-p', DATA])
        await host.put(FILE, 'limit = 10\n')
      },
    })
    here = at.here
    const { host } = here
    // What is put aside of the file lies on its own disk, where nobody but root may rename.
    await host.ok(['chown', 'root:root', '/var/lib/postgresql'])
    await host.ok(['install', '-d', '-m', '755', CLOCKS])
    await host.put(`${CLOCKS}/clock.ts`, readFileSync(join(CHECKOUT, 'tests/accept/stepped-clock.ts')), 0o644)
    await host.put(`${CLOCKS}/ahead`, '0', 0o644)
    const installed = await here.sekisho('root', ['install', 'host'], { together: true })
    expect(installed.code, installed.stdout).toBe(0)
    await host.ok(['systemctl', 'stop', UP_UNIT])
    for (const part of ['runner', 'gate']) {
      await host.ok(['install', '-d', `/etc/systemd/system/sekisho-${part}.service.d`])
      await host.put(
        `/etc/systemd/system/sekisho-${part}.service.d/clock.conf`,
        `[Service]\nEnvironment=NODE_OPTIONS=--import=${CLOCKS}/clock.ts SEKISHO_TEST_SHIFT=${CLOCKS}/ahead\n`,
        0o644,
      )
    }
    await host.ok(['systemctl', 'daemon-reload'])
    await host.ok(['systemctl', 'start', 'sekisho-store', 'sekisho-runner', 'sekisho-gate'])
    await ready(host)
  })
  afterAll(async () => {
    await (here as World | undefined)?.host.exec(['/usr/local/bin/sekisho', 'uninstall', 'host'])
    await (at as VisitsWorld | undefined)?.close()
  })

  const said = ['--service', 'visits', '--instruction', 'Count the visits', '--notify', 'not_needed']
  const limit = { timeoutMs: 300_000 }
  const PROPOSE = {
    configuration: () =>
      here.json<ChangeView>('ops1', ['do', 'config', ...said, '--file', `${FILE}=/home/ops1/limits`], limit),
    schema: () =>
      here.json<ChangeView>(
        'ops1',
        ['do', 'schema', ...said, '--up', '/home/ops1/1.up.sql', '--down', '/home/ops1/1.down.sql'],
        limit,
      ),
    code: () => at.propose(),
  } as const
  type Kind = keyof typeof PROPOSE
  const KINDS = ['configuration', 'schema', 'code'] as const

  const backupOf = ({ checks }: ChangeView) => {
    const { verdict, problems = [] } = checks.find(({ check }) => check === 'backup') ?? {}
    return [verdict, problems.map(({ code }) => code)]
  }
  /** Each is proposed and looked at. */
  const proposed = async (): Promise<Readonly<Record<Kind, ChangeView>>> => {
    const views = []
    for (const kind of KINDS) views.push([kind, await PROPOSE[kind]()] as const)
    return Object.fromEntries(views) as Record<Kind, ChangeView>
  }
  const withdrawn = async (views: Readonly<Record<Kind, ChangeView>>) => {
    for (const { id } of Object.values(views)) await at.must('ops1', ['change', 'withdraw', id])
  }
  const each = <T>(value: T) => Object.fromEntries(KINDS.map((kind) => [kind, value]))
  const told = <T>(views: Readonly<Record<Kind, ChangeView>>, of: (view: ChangeView) => T) =>
    Object.fromEntries(KINDS.map((kind) => [kind, of(views[kind])]))
  /** To so long after the backup. */
  const moveTo = async (taken: number, ageMs: number) => {
    await here.host.put(`${CLOCKS}/ahead`, String(taken + ageMs - Date.now()), 0o644)
    await at.must('ops1', ['login', 'ops1', '--key', '/home/ops1/.ssh/id_ed25519'])
  }
  const columns = () =>
    sql(here.host, "SELECT count(*) FROM information_schema.columns WHERE column_name = 'seen'")

  test('S08 no backup reads unknown and blocks; 23:59 passes; 24:01 is stale and ends what was sealed over it: of code, schema and configuration', {
    timeout: 900_000,
  }, async () => {
    await commitFiles(
      here.host,
      { 'store.js': store("SELECT count(*) || ' visitors' FROM visitors") },
      'feat: less',
    )
    await here.host.put('/home/ops1/limits', 'limit = 20\n', 0o644)
    await here.host.put('/home/ops1/1.up.sql', SEEN_UP, 0o644)
    await here.host.put('/home/ops1/1.down.sql', SEEN_DOWN, 0o644)
    const none = await proposed()
    expect(told(none, (view) => [view.state, ...backupOf(view)])).toEqual(
      each(['blocked', 'unknown', ['backup.none']]),
    )
    await withdrawn(none)

    // One is taken, and nobody takes another by himself.
    await at.must('ops1', ['standing', 'sign', 'visits', 'backup', '--yes'])
    await at.must('ops1', ['backup', 'run', '--service', 'visits'])
    const { standing } = await here.json<StandingList>('ops1', ['standing', 'list'])
    const signed = standing.find(({ verb }) => verb === 'backup')?.digest ?? ''
    await at.must('ops1', ['standing', 'revoke', signed, '--yes'])
    const { copies } = await here.json<BackupsView>('ops1', ['backup', 'list', '--service', 'visits'])
    const taken = Date.parse(copies[0]?.taken ?? '')

    await moveTo(taken, DAY - 15 * MINUTE)
    const young = await proposed()
    expect(told(young, (view) => [view.state, ...backupOf(view)])).toEqual(
      each(['awaiting_approval', 'green', []]),
    )
    // Whatever is sealed over it ends with it.
    expect(told(young, ({ envelope }) => Date.parse(envelope?.expires ?? ''))).toEqual(each(taken + DAY))

    await moveTo(taken, DAY - MINUTE)
    await at.must('ops1', ['change', 'approve', young.configuration.id, '--yes'])
    expect((await here.host.read(FILE)).toString()).toBe('limit = 20\n')

    await moveTo(taken, DAY + MINUTE)
    for (const kind of ['schema', 'code'] as const) {
      const { id } = young[kind]
      const refused = await here.sekisho('ops1', ['change', 'approve', id, '--yes'], { together: true })
      expect(refused.code, refused.stdout).not.toBe(0)
      const after = await here.json<ChangeView>('ops1', ['change', 'show', id])
      expect([kind, after.state]).toEqual([kind, 'expired'])
    }
    expect(await columns()).toBe('0')
    await here.host.put('/home/ops1/limits', 'limit = 30\n', 0o644)
    const stale = await proposed()
    expect(told(stale, (view) => [view.state, ...backupOf(view)])).toEqual(
      each(['blocked', 'red', ['backup.too_old']]),
    )
    expect((await here.host.read(FILE)).toString()).toBe('limit = 20\n')
  })
})
