// Containment that keeps its evidence, on a real host: the volatile state before the cut, the full capture after it, each within its time; what was
// skipped is said, and custody is complete. And the grounds on which it is begun: no nftables, chains of others, IPv6 alone.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import type { IsolationFacts } from '../../src/seal/isolation-protocol.ts'
import { describeWith } from '../host/describe.ts'
import { type Host, inControlNetwork } from '../host/host.ts'
import { until } from '../until.ts'
import { ADMINISTRATOR, INSTALLED, type Isolated, isolationWorld, SERVICE } from './isolation-world.ts'

const STORE = '/var/lib/sekisho/runner/evidence'
const HOST6 = 'fd00:88::10'
const CONTROL6 = 'fd00:88::1'
/** As firewalld and docker leave them: what comes is accepted, before and after the place of the isolation. */
const FOREIGN = `
table inet firewalld {
  chain filter_INPUT { type filter hook input priority filter + 10; policy accept; accept; }
  chain early { type filter hook input priority -400; policy accept; accept; }
  chain filter_OUTPUT { type filter hook output priority filter + 10; policy accept; accept; }
}
table ip docker_like {
  chain FORWARD { type filter hook forward priority filter; policy accept; accept; }
}
`
const ROOT = { env: { HOME: '/root', SUDO_USER: 'ops1' }, timeoutMs: 180_000 }

describeWith('host', 'containment', () => {
  let i: Isolated
  let host: Host
  let id: string
  beforeAll(async () => {
    i = await isolationWorld()
    host = i.host
    await host.ok(['ip', '-6', 'address', 'add', `${HOST6}/64`, 'dev', 'eth0', 'nodad'])
    await inControlNetwork(['ip', '-6', 'address', 'add', `${CONTROL6}/64`, 'dev', 'bridge', 'nodad'])
    const opened = await i.w.json<IncidentView>('ops1', [
      'incident',
      'open',
      '--service',
      SERVICE,
      '--level',
      '3',
      '--because',
      'an unknown key was used',
    ])
    id = opened.id
    expect(opened.next.what, JSON.stringify(opened)).toBe('isolate')
  }, 300_000)
  afterAll(async () => {
    await inControlNetwork(['ip', '-6', 'address', 'del', `${CONTROL6}/64`, 'dev', 'bridge'])
    await (i as Isolated | undefined)?.end()
  })

  const isListed = async () =>
    (await host.exec(['nft', 'list', 'table', 'inet', 'sekisho_isolation'])).code === 0
  const facts = async () =>
    JSON.parse((await host.ok([INSTALLED, 'incident', 'isolation', '--json'])).trim()) as IsolationFacts
  const shown = () => i.w.json<IncidentView>('ops1', ['incident', 'show', id])
  const isolate = (...more: string[]) =>
    host.exec([INSTALLED, 'incident', 'isolate', id, '--yes', '--lang', 'en', ...more], ROOT)
  /** Ended by a change that a person approves. */
  async function reconnect(): Promise<ChangeView> {
    const made = await i.w.json<ChangeView>('ops1', ['incident', 'reconnect', id])
    const done = await i.w.json<ChangeView>('ops1', ['change', 'approve', made.id, '--yes'])
    expect(done.execution?.outcome, JSON.stringify(done)).toBe('kept')
    await until('the record to be gone', 60_000, async () =>
      (await facts()).state === 'none' ? true : undefined,
    )
    return done
  }

  test('part of S44: without nftables nothing is done, and it says what can be stopped instead', async () => {
    const nft = (await host.ok(['sh', '-c', 'command -v nft'])).trim()
    await host.ok(['mv', nft, `${nft}.away`])
    try {
      const refused = await isolate('--from', ADMINISTRATOR)
      expect(refused.code, refused.stdout).toBe(2)
      expect(refused.stderr).toMatch(/nftables/)
      expect(refused.stderr).toContain('nginx.service')
    } finally {
      await host.ok(['mv', `${nft}.away`, nft])
    }
    expect((await facts()).state).toBe('none')
  }, 120_000)

  test('part of S44: who has neither SSH nor a terminal nor an address is refused', async () => {
    const refused = await isolate()
    expect(refused.code, refused.stdout).toBe(64)
    expect(await isListed()).toBe(false)
  }, 60_000)

  test('N11 the volatile state within 2 s, the cut, the full capture within 60 s although a program hangs: all sealed, what was skipped is said, custody is complete', async () => {
    await host.put('/tmp/foreign', FOREIGN)
    await host.ok(['nft', '-f', '/tmp/foreign'])
    await host.ok(['mkdir', '-p', '/run/firewalld'])
    const theirs = async () =>
      (await host.ok(['nft', 'list', 'table', 'inet', 'firewalld'])) +
      (await host.ok(['nft', 'list', 'table', 'ip', 'docker_like']))
    const before = await theirs()
    const isolating = isolate('--from', ADMINISTRATOR)
    await until('the table', 60_000, async () => ((await isListed()) ? true : undefined))
    expect(await i.reaches(443)).toBe(false)
    await until('a login', 60_000, async () => ((await i.ssh(['true'])).code === 0 ? true : undefined))
    const done = await isolating
    expect(done.code, done.stdout + done.stderr).toBe(0)
    expect(done.stderr).toContain('firewalld')
    expect(await theirs()).toBe(before)

    // A program that an intruder has exchanged, or that waits for something: it is late, and the others are there.
    const dmesg = (await host.ok(['sh', '-c', 'command -v dmesg'])).trim()
    await host.ok(['mv', dmesg, `${dmesg}.away`])
    await host.put(dmesg, '#!/bin/sh\nexec sleep 300\n', 0o755)
    let said: string
    try {
      const captured = await host.exec([INSTALLED, 'incident', 'capture', id, '--lang', 'en'], ROOT)
      expect(captured.code, captured.stdout + captured.stderr).toBe(0)
      said = captured.stdout
    } finally {
      await host.ok(['mv', `${dmesg}.away`, dmesg])
    }
    expect(said).toContain('not taken: capture/kernel (not in time)')

    const view = await until('both sets to be joined', 60_000, async () => {
      const now = await shown()
      return now.evidence.some(({ set }) => set === 'capture') ? now : undefined
    })
    const of = (set: string) => view.evidence.find((one) => one.set === set)
    const [volatile, capture] = [of('volatile'), of('capture')]
    // The two times that the product promises.
    expect(volatile?.milliseconds).toBeLessThanOrEqual(2000)
    expect(capture?.milliseconds).toBeLessThanOrEqual(60_000)
    const names = volatile?.items.map(({ name }) => name)
    for (const name of ['processes', 'sockets', 'kernel-sockets', 'routes', 'mounts'])
      expect(names, JSON.stringify(volatile?.gaps)).toContain(name)
    expect(capture?.gaps).toContainEqual({ name: 'capture/kernel', why: 'late' })
    expect(view.isolation).toMatchObject({ event: 'kept', by: expect.stringContaining('ops1') })

    const items = view.evidence.flatMap((set) => set.items)
    expect(items.length).toBeGreaterThan(25)
    const sums = await host.ok(['sh', '-c', `cd ${STORE}/${id} && sha256sum E*`])
    for (const { item, digest } of items) expect(sums).toContain(`${digest}  ${item}\n`)
    const custody = (await host.read(`${STORE}/${id}/custody.jsonl`)).toString().trim().split('\n')
    const sealed = custody.map((line) => JSON.parse(line) as Record<string, unknown>)
    for (const { item, digest } of items)
      expect(sealed).toContainEqual(
        expect.objectContaining({
          what: 'sealed',
          item,
          digest,
          who: expect.stringContaining('ops1'),
          at: expect.any(String),
          host: expect.any(String),
        }),
      )
    const verified = await i.w.json<{ sound: boolean }>('ops1', ['incident', 'verify', id])
    expect(verified.sound, JSON.stringify(verified)).toBe(true)
    const report = await i.w.sekisho('ops1', ['incident', 'report', id], { language: 'en' })
    expect(report.stdout).toContain('not collected, capture/kernel: out of time')
  }, 300_000)

  test('part of S44: asked again with another address, it says whom it admits and lets nobody else in', async () => {
    const other = await isolate('--from', '192.0.2.99')
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining(ADMINISTRATOR)])
    expect(await facts()).toMatchObject({
      state: 'kept',
      admission: { administrator: { address: ADMINISTRATOR } },
    })
    const early = await i.w.sekisho('ops1', ['incident', 'close', id, '--cause', 'x'])
    expect(early.stderr).toContain('reconnect')
    await reconnect()
    expect(await i.reaches(443)).toBe(true)
    await until('the document to be told', 60_000, async () =>
      (await shown()).isolation?.event === 'ended' ? true : undefined,
    )
  }, 180_000)

  test('part of S44: on a host with IPv6 alone the administrator comes by IPv6, and nothing else passes', async () => {
    await host.ok(['ip', '-4', 'address', 'flush', 'dev', 'eth0'])
    try {
      const isolating = isolate('--from', CONTROL6)
      await until('the table', 60_000, async () => ((await isListed()) ? true : undefined))
      expect(await i.reaches(443, HOST6)).toBe(false)
      await until('a login', 60_000, async () =>
        (await i.ssh(['true'], HOST6)).code === 0 ? true : undefined,
      )
      const done = await isolating
      expect(done.code, done.stdout + done.stderr).toBe(0)
      expect(done.stderr).toContain(`SSH from ${CONTROL6}`)
    } finally {
      await host.ok(['ip', '-4', 'address', 'add', `${host.address}/24`, 'dev', 'eth0'])
    }
    await reconnect()
  }, 240_000)
})
