// N08: a reload that exits 0 proves nothing (E3). The effective state does: fresh workers, the approved bytes, the sockets, the log.
import { beforeEach, expect, test } from 'vitest'
import type { Proof } from '../../src/plans/proofs.ts'
import { describeWith } from '../host/describe.ts'
import { goodSite, MARK, portTaken, SITE, siteNotIncluded } from '../host/faults.ts'
import { CA_PATH, type Host, oneHost } from '../host/host.ts'
import { execute, listenersBySs, NGINX_PROOF, prepare, siteOrder } from './acts-drive.ts'

describeWith('host', 'N08 effective state', () => {
  let host: Host
  beforeEach(async () => {
    host = await oneHost()
    await prepare(host)
  })

  const answer = () => host.ok(['curl', '-sSi', '--cacert', CA_PATH, 'https://localhost/health'])

  test('fresh workers and the approved digests are green, and the change answers', async () => {
    const change = await goodSite(host)
    const report = await execute(
      host,
      siteOrder(change.candidate, { trial: { listeners: await listenersBySs(host) } }),
    )
    expect(report.proofs.map((one) => [one.verdict, one.facts['why']])).toEqual([
      ['green', undefined],
      ['green', undefined],
      ['green', undefined],
    ])
    expect(report.proofs[1]?.facts).toMatchObject({ old: [], log: 'no', notAsked: [] })
    const asked = report.proofs[1]?.facts['asked'] as { url: string; before: string; after: string }[]
    expect(asked.map(({ url }) => url)).toEqual([
      'https://mirai.example.jp/',
      'https://localhost/',
      'https://admin.example.jp/metrics',
      'https://admin.example.jp/',
    ])
    for (const { before, after } of asked)
      expect([before, after]).toEqual([expect.stringMatching(/^[24]/), before])
    expect(Number(report.proofs[1]?.facts['stableMs'])).toBeGreaterThanOrEqual(4000)
    expect((await answer()).toLowerCase()).toContain(MARK.toLowerCase())
  })

  test('the port is taken, the reload exits 0 and the old configuration goes on serving: red, with port and log line', async () => {
    const change = await portTaken(host)
    const before = await answer()
    const report = await execute(host, siteOrder(change.candidate))
    expect(report.applied.map((one) => one.result)).toEqual(['applied', 'applied'])
    expect(report.applied[1]?.detail).toMatchObject({ exit: 0 })
    expect(report.proofs.at(-1)).toMatchObject({
      verdict: 'red',
      facts: {
        why: 'error_log',
        port: 8443,
        address: '0.0.0.0:8443',
        line: expect.stringContaining('[emerg]'),
      },
    })
    // The line decided, and nobody watched to the end whether it stays so.
    expect(report.proofs.at(-1)?.facts).not.toHaveProperty('stableMs')
    expect(report.undone?.every((one) => one.result === 'applied')).toBe(true)
    expect((await host.read(SITE)).equals(change.before)).toBe(true)
    expect(before.split('\r\n')[0]).toBe((await answer()).split('\r\n')[0])
  })

  test('one byte of an effective file that is not approved is red, although the reload was in effect', async () => {
    const change = await goodSite(host)
    const order = siteOrder(change.candidate)
    const report = await execute(host, {
      ...order,
      trial: { effective: [{ path: '/etc/nginx/nginx.conf', digest: '0'.repeat(64) as never }] },
    })
    expect(report.proofs.at(-1)).toMatchObject({ verdict: 'red', facts: { why: 'files_differ' } })
    expect((await host.read(SITE)).equals(change.before)).toBe(true)
  })

  test('a socket more or less than the trial had is red; without a trial it is not proven', async () => {
    const change = await goodSite(host)
    const listeners = [
      ...(await listenersBySs(host)),
      { proto: 'tcp' as const, address: '0.0.0.0', port: 9443 },
    ]
    const red = await execute(host, siteOrder(change.candidate, { trial: { listeners } }))
    expect(red.proofs.at(-1)).toMatchObject({
      verdict: 'red',
      facts: { why: 'sockets_differ', missing: ['0.0.0.0:9443'] },
    })
    const without = await execute(
      host,
      siteOrder(change.candidate, { execution: 'CHG-2026-0001/2', proof: [NGINX_PROOF] }),
    )
    expect(without.proofs.at(-1)).toMatchObject({
      verdict: 'not_proven',
      facts: { why: 'sockets_not_compared' },
    })
  })

  test('a changed site that nginx does not read is red, although check, reload and health are well', async () => {
    const change = await siteNotIncluded(host)
    const report = await execute(host, siteOrder(change.candidate))
    expect(report.applied).toMatchObject([{ result: 'applied' }, { result: 'applied', detail: { exit: 0 } }])
    expect(report.proofs.at(-1)).toMatchObject({
      verdict: 'red',
      facts: { why: 'not_effective', files: [SITE] },
    })
    expect((await host.read(SITE)).equals(change.before)).toBe(true)
  })

  test('part of N08: a proxy that leads to a closed port is not proven, and a site that was down before is not blamed', async () => {
    const before = (await host.read(SITE)).toString('utf8')
    const closed = before.replace('server 127.0.0.1:8080', 'server 127.0.0.1:9')
    const trial = { listeners: await listenersBySs(host) }
    const proof = [{ kind: 'files' } as const, { ...NGINX_PROOF, stableMs: 500 } as Proof]
    const lost = await execute(host, siteOrder(closed, { trial, proof }))
    expect(lost.proofs.at(-1)).toMatchObject({
      verdict: 'not_proven',
      facts: {
        why: 'site_lost',
        lost: expect.arrayContaining([expect.stringMatching(/^https:\/\/mirai\S+ \d+ → 502$/)]),
      },
    })
    expect((await host.read(SITE)).toString('utf8')).toBe(before)
    await host.ok(['systemctl', 'stop', 'mirai-knowledge-system.service'])
    const down = await execute(host, siteOrder(closed, { trial, proof, execution: 'CHG-2026-0001/2' }))
    expect(down.proofs.at(-1)).toMatchObject({ verdict: 'green' })
    expect(down.proofs.at(-1)?.facts['asked']).toContainEqual({
      url: 'https://mirai.example.jp/',
      before: '502',
      after: '502',
    })
  })
})
