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
const KEY = ['--key', '/home/ops1/.ssh/id_ed25519']

describeWith('host', 'X13 break-glass', () => {
  let w: World
  let guide: Guide
  const glass = (argv: readonly string[]) => w.sekisho('root', ['glass', ...argv])
  const invocation = async () =>
    (await w.host.ok(['systemctl', 'show', '--value', '-p', 'InvocationID', MIRAI_UNIT])).trim()
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
  }, 180_000)
})
