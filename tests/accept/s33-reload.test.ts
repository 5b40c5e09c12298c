// S33: the reload is graceful. With a connection for each request nothing fails; with keep-alive there are at most resets of idle
// connections, as a reload without any change has them too. And nothing is restarted that the plan does not restart.
import { spawn } from 'node:child_process'
import { beforeAll, expect, test } from 'vitest'
import { describeWith } from '../host/describe.ts'
import { goodSite } from '../host/faults.ts'
import { CA_PATH, CHECKOUT_IN_HOST, type Host, MIRAI_UNIT, NODE_IN_HOST, oneHost } from '../host/host.ts'
import { execute, listenersBySs, prepare, siteOrder } from './acts-drive.ts'

interface Counts {
  readonly ok: number
  readonly failed: number
  readonly idleResets: number
  readonly errors: readonly string[]
}

describeWith('host', 'part of S33: reload', () => {
  let host: Host
  beforeAll(async () => {
    host = await oneHost()
    await prepare(host)
  })

  async function underLoad(kind: 'new' | 'kept', work: () => Promise<unknown>): Promise<Counts> {
    const [program = '', ...args] = host.argv([
      NODE_IN_HOST,
      `${CHECKOUT_IN_HOST}/tests/accept/acts-load.ts`,
      kind,
      CA_PATH,
    ])
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    let text = ''
    const started = Promise.withResolvers<void>()
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      if (text.includes('started')) started.resolve()
    })
    const ended = new Promise((resolve) => child.on('close', resolve))
    try {
      await started.promise
      await work()
    } finally {
      child.stdin.end()
      await ended
    }
    return JSON.parse(text.slice(text.indexOf('{'))) as Counts
  }

  const invocations = async () => ({
    nginx: await host.ok(['systemctl', 'show', '-p', 'InvocationID,MainPID', 'nginx.service']),
    mirai: await host.ok(['systemctl', 'show', '-p', 'InvocationID,MainPID', MIRAI_UNIT]),
  })
  let number = 0
  const change = async () => {
    number += 1
    const { candidate } = await goodSite(host)
    const report = await execute(
      host,
      siteOrder(candidate.replace('yes always', `n${number} always`), {
        execution: `CHG-2026-0033/${number}`,
        trial: { listeners: await listenersBySs(host) },
      }),
    )
    expect(report.proofs.map((one) => one.verdict)).toEqual(['green', 'green', 'green'])
  }

  test('part of S33: a connection for each request: 0 failed during a change, and neither nginx nor the service restarts', async () => {
    const before = await invocations()
    const counts = await underLoad('new', change)
    expect(counts).toMatchObject({ failed: 0, idleResets: 0, errors: [] })
    expect(counts.ok).toBeGreaterThan(100)
    expect(await invocations()).toEqual(before)
  })

  test('part of S33: keep-alive: only resets of idle connections, beside a reload without a change', async () => {
    const plain = await underLoad('kept', async () => {
      await host.ok(['systemctl', 'reload', 'nginx'])
      await host.ok(['sleep', '2'])
    })
    const counts = await underLoad('kept', change)
    expect(plain.failed).toBe(0)
    expect(counts).toMatchObject({ failed: 0, errors: [] })
    expect(counts.ok).toBeGreaterThan(100)
  })

  test('part of S33: the control: with a restart in the place of the reload requests do fail', async () => {
    const counts = await underLoad('new', async () => {
      for (let i = 0; i < 3; i++) await host.ok(['systemctl', 'restart', 'nginx'])
    })
    expect(counts.failed).toBeGreaterThan(0)
  })
})
