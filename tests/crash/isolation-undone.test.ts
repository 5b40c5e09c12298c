// An isolation that nobody keeps is undone after its time, with the runner dead; one that was begun at a terminal is kept at that terminal alone.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IsolationFacts } from '../../src/seal/isolation-protocol.ts'
import {
  ADMINISTRATOR,
  INCIDENT,
  INSTALLED,
  type Isolated,
  isolationWorld,
} from '../accept/isolation-world.ts'
import { describeWith } from '../host/describe.ts'
import type { Host } from '../host/host.ts'
import { until } from '../until.ts'

const SOON = 120_000

describeWith('host', 'an isolation that is tried', () => {
  let i: Isolated
  let host: Host
  beforeAll(async () => {
    i = await isolationWorld()
    host = i.host
  })
  afterAll(async () => {
    await (i as Isolated | undefined)?.end()
  })

  const isListed = async () =>
    (await host.exec(['nft', 'list', 'table', 'inet', 'sekisho_isolation'])).code === 0
  const facts = async () =>
    JSON.parse((await host.ok([INSTALLED, 'incident', 'isolation', '--json'])).trim()) as IsolationFacts

  test('without a new login it is undone after a minute, also with the runner dead', async () => {
    const isolating = host.exec(
      [INSTALLED, 'incident', 'isolate', INCIDENT, '--from', ADMINISTRATOR, '--yes'],
      {
        env: { HOME: '/root', SUDO_USER: 'ops1' },
        timeoutMs: SOON,
      },
    )
    await until('the table', 60_000, async () => ((await isListed()) ? true : undefined))
    await host.ok(['systemctl', 'kill', '--signal=SIGKILL', 'sekisho-runner'])
    await host.ok(['systemctl', 'stop', 'sekisho-runner'])
    expect(await i.reaches(443)).toBe(false)
    // The command loses its runner; the holder goes on.
    expect((await isolating).code).not.toBe(0)
    await until('the table to go', SOON, async () => ((await isListed()) ? undefined : true))
    expect(await i.reaches(443)).toBe(true)
    await host.ok(['systemctl', 'start', 'sekisho-runner'])
    const last = await until('the runner', 60_000, async () => (await facts().catch(() => undefined))?.last)
    expect(last).toMatchObject({ incident: INCIDENT, event: 'undone', why: 'no_login' })
  })

  test('begun at a terminal, it admits nobody over SSH, and that terminal alone keeps it', async () => {
    const words = `${INSTALLED} incident isolate ${INCIDENT} --yes --lang en`
    const typed = host.exec(
      [
        'bash',
        '-c',
        `mkfifo /tmp/keys; (while ! nft list table inet sekisho_isolation >/dev/null 2>&1; do sleep 0.2; done; sleep 2; echo y; sleep 5) >/tmp/keys & script -qec "${words}" /dev/null </tmp/keys`,
      ],
      {
        env: { HOME: '/root', SUDO_USER: 'ops1', TERM: 'dumb' },
        timeoutMs: SOON,
      },
    )
    await until('the table', 60_000, async () => ((await isListed()) ? true : undefined))
    const elsewhere = await host.exec([INSTALLED, 'incident', 'keep', INCIDENT, '--json'], {
      env: { HOME: '/root' },
    })
    expect(elsewhere.stdout).toContain('isolation.keep_by_login')
    const done = await typed
    expect(done.code, done.stdout).toBe(0)
    expect(await facts()).toMatchObject({ state: 'kept', admission: { notices: [] } })
    expect((await i.ssh(['true'])).code).not.toBe(0)
  })
})
