// Break-glass on an installed host whose store and gate are stopped: a registered verb works, nothing else does; it joins the ledger later with
// its proof, and the next one by that person waits for the review.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { hungService } from '../host/faults.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { until } from '../until.ts'
import { UP_UNIT, type World, world } from '../world/world.ts'
import { Guide } from './night-guide.ts'

const SERVICE = 'mirai-knowledge-system'
const RESTART = [
  'do',
  'service',
  '--service',
  SERVICE,
  '--verb',
  'restart',
  '--instruction',
  'restart it',
  '--impact',
  'it stops while it restarts',
  '--risk',
  'none',
]
const KEY = ['--key', '/home/ops1/.ssh/id_ed25519']

describeWith('host', 'X13 break-glass', () => {
  let w: World
  let guide: Guide
  const glass = (argv: readonly string[]) => w.sekisho('root', ['glass', ...argv])
  const invocation = async () =>
    (await w.host.ok(['systemctl', 'show', '--value', '-p', 'InvocationID', MIRAI_UNIT])).trim()
  const review = async () => {
    const { glasses } = JSON.parse((await glass(['list', '--json'])).stdout) as {
      glasses: { glass: string; reviewed?: object }[]
    }
    const open = glasses.find((one) => one.reviewed === undefined)?.glass.slice(0, 12) ?? ''
    const done = await glass(['review', open, '--text', 'it was right', ...KEY])
    expect(done.code, done.stderr).toBe(0)
  }
  const ledger = async () => (await w.sekisho('ops1', ['ledger', 'export'])).stdout

  beforeAll(async () => {
    w = await world()
    guide = new Guide(w)
    const installed = await w.sekisho('root', ['install', 'host'])
    expect(installed.code, installed.stderr).toBe(0)
    await w.host.ok(['systemctl', 'stop', UP_UNIT])
    await w.host.ok(['systemctl', 'start', 'sekisho-runner'])
    await until('the runner to answer', 60_000, async () =>
      (await glass(['list'])).code === 0 ? true : undefined,
    )
    await hungService(w.host)
  }, 240_000)
  afterAll(async () => {
    await w?.host.exec(['/usr/local/bin/sekisho', 'uninstall', 'host'])
  })

  test('a registered verb works while gate and PostgreSQL are stopped, after a snapshot', async () => {
    for (const unit of ['sekisho-gate', 'sekisho-store'])
      expect((await w.host.exec(['systemctl', 'is-active', unit])).code).not.toBe(0)
    const before = await invocation()
    const done = await guide.type('glass run')
    expect(done.code, done.stdout + done.stderr).toBe(0)
    expect(await invocation()).not.toBe(before)
    const listed = await guide.type('glass list', { json: true })
    expect(JSON.parse(listed.stdout)).toMatchObject({
      glasses: [
        {
          person: 'ops1',
          reason: 'it hangs at night',
          acts: [{ verb: 'restart', service: SERVICE, result: 'applied' }],
        },
      ],
    })
  }, 120_000)

  test('nothing else works: no other verb under this signature, no service that is not declared, nobody but root', async () => {
    const other = await glass(['run', 'stop', '--service', SERVICE, '--reason', 'x', ...KEY])
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/review|レビュー/)])
    const unknown = await glass(['run', 'restart', '--service', 'nginx', '--reason', 'x', ...KEY])
    expect(unknown.code).not.toBe(0)
    const arbitrary = await glass(['run', 'rm', '--service', SERVICE, '--reason', 'x', ...KEY])
    expect(arbitrary.code).toBe(64)
    const someone = await w.sekisho('ops1', [
      'glass',
      'run',
      'restart',
      '--service',
      SERVICE,
      '--reason',
      'x',
    ])
    expect(someone.code).not.toBe(0)
    expect((await w.host.exec(['systemctl', 'is-active', MIRAI_UNIT])).code).toBe(0)
  }, 120_000)

  test('it joins the ledger with its proof, and the next one waits until it was reviewed', async () => {
    await w.host.ok(['systemctl', 'start', 'sekisho-store', 'sekisho-gate'])
    await until('the gate to take it onto the record', 60_000, async () => {
      const text = await ledger()
      return text.includes('"glass.outcome"') ? true : undefined
    })
    const text = await ledger()
    for (const kind of ['glass.opened', 'glass.intent', 'glass.outcome'])
      expect(text.match(new RegExp(`"kind":"${kind}"`, 'g')), kind).toHaveLength(1)
    expect((await w.sekisho('ops1', ['ledger', 'verify'])).code).toBe(0)
    const [digest] = (
      JSON.parse((await glass(['list', '--json'])).stdout) as { glasses: { glass: string }[] }
    ).glasses
    const short = digest?.glass.slice(0, 12) ?? ''
    // One person alone: their own review counts, and stands as theirs.
    const reviewed = await guide.type('glass review', { digest: short })
    expect(reviewed.code, reviewed.stderr).toBe(0)
    const again = await glass(['run', 'restart', '--service', SERVICE, '--reason', 'once more', ...KEY])
    expect(again.code, again.stderr).toBe(0)
    await review()
  }, 180_000)

  test('whoever may approve is told, and nothing acts on one target in two ways at once', async () => {
    await until('the review to be joined', 60_000, async () =>
      (await ledger()).match(/"kind":"glass.reviewed"/g)?.length === 2 ? true : undefined,
    )
    const notices = (await ledger()).split('\n').filter((line) => line.includes('"kind":"notice.raised"'))
    expect(notices.filter((line) => line.includes('"topic":"glass:'))).toHaveLength(2)

    const signed = await w.sekisho('ops1', ['standing', 'sign', SERVICE, 'restart', '--yes'])
    expect(signed.code, signed.stderr).toBe(0)
    // It takes its time to stop: the act is under way when the change is ordered, and the other way round.
    await w.host.ok([
      'sh',
      '-ec',
      `mkdir -p /run/systemd/system/${MIRAI_UNIT}.d && printf '[Service]\\nExecStop=/bin/sh -c "sleep 12"\\n' >/run/systemd/system/${MIRAI_UNIT}.d/slow.conf && systemctl daemon-reload`,
    ])
    const stopping = () =>
      until('the unit to stop', 60_000, async () =>
        (await w.host.ok(['systemctl', 'show', '--value', '-p', 'ActiveState', MIRAI_UNIT])).trim() ===
        'deactivating'
          ? true
          : undefined,
      )
    const running = async () =>
      (await w.host.ok(['systemctl', 'show', '--value', '-p', 'ActiveState', MIRAI_UNIT])).trim()
    const acting = glass(['run', 'restart', '--service', SERVICE, '--reason', 'a third', ...KEY])
    await stopping()
    const changing = w.sekisho('ops1', RESTART)
    const done = await acting
    expect(done.code, done.stdout + done.stderr).toBe(0)
    const changed = await changing
    expect(changed.code, changed.stdout + changed.stderr).toBe(0)
    expect(await running()).toBe('active')
    await until('it to be joined', 60_000, async () =>
      (await ledger()).match(/"kind":"glass.outcome"/g)?.length === 3 ? true : undefined,
    )
    // By the runner's journals: accepted after the outcome of the act.
    const state = '/var/lib/sekisho/runner'
    const at = async (pattern: string) =>
      (
        await w.host.ok(['sh', '-c', `grep -rhE '${pattern}' ${state} --include='*.jsonl' | tail -n 1`])
      ).match(/"at":"([^"]+)"/)?.[1] ?? ''
    const outcome = await at('"event":"outcome".*"kind":"glass"')
    const accepted = await at('"kind":"accepted"')
    expect(outcome).not.toBe('')
    expect(accepted > outcome, `${accepted} ${outcome}`).toBe(true)

    await review()
    const again = w.sekisho('ops1', RESTART)
    await stopping()
    const held = await glass(['run', 'restart', '--service', SERVICE, '--reason', 'too early', ...KEY])
    expect([held.code, held.stderr]).toEqual([2, expect.stringMatching(/CHG-\d{4}-\d{4}/)])
    expect((await again).code).toBe(0)
  }, 300_000)
})
