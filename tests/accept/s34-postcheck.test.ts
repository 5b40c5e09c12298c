// S34: after the change health and error log are watched, and what is red is undone without a person. The runner's own loop, in a host.
import { beforeEach, expect, test } from 'vitest'
import type { JournalBody } from '../../src/seal/journal.ts'
import { describeWith } from '../host/describe.ts'
import { goodSite, SITE, unhealthySite } from '../host/faults.ts'
import { CA_PATH, type Host, NODE_IN_HOST, oneHost } from '../host/host.ts'
import { until } from '../until.ts'
import { ERROR_LOG, execute, HEALTH, listenersBySs, prepare, siteOrder } from './acts-drive.ts'
import type { HostReport } from './acts-host.ts'

type Body<K extends JournalBody['kind']> = Extract<JournalBody, { readonly kind: K }>

describeWith('host', 'S34 post-check', () => {
  let host: Host
  beforeEach(async () => {
    host = await oneHost()
    await prepare(host)
  })

  const bodies = <K extends JournalBody['kind']>(report: HostReport, kind: K): readonly Body<K>[] =>
    (report.lines ?? []).flatMap(({ body }) => (body.kind === kind ? [body as Body<K>] : []))
  const loop = { keepSeconds: 60 }
  const status = () =>
    host.ok([
      'curl',
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code}',
      '--cacert',
      CA_PATH,
      'https://localhost/health',
    ])

  test('a good change is kept by itself', async () => {
    const change = await goodSite(host)
    const trial = { listeners: await listenersBySs(host) }
    const report = await execute(host, siteOrder(change.candidate, { loop, trial }))
    expect(bodies(report, 'claim')).toMatchObject([{ choice: 'keep', by: 'runner' }])
    expect(bodies(report, 'closed')).toMatchObject([{ outcome: 'kept' }])
    expect((await host.read(SITE)).toString()).toBe(change.candidate)
    expect(await host.ok(['ls', '/var/lib/sekisho/runner/armed'])).toBe('')
    expect(await host.ok(['systemctl', 'list-timers', '--no-legend', 'sekisho-*'])).toBe('')
  })

  test('an [emerg] 3 s after the reload is seen, and the change is undone without a person', async () => {
    const change = await goodSite(host)
    const line = '2026/11/25 14:02:11 [emerg] 1#1: planted by the test'
    const script = `was=$(stat -c %i ${SITE}); while [ "$(stat -c %i ${SITE})" = "$was" ]; do sleep 0.05; done; sleep 3; echo '${line}' >>${ERROR_LOG}`
    await host.ok(['systemd-run', '--quiet', '--unit=planter', 'sh', '-c', script])
    const report = await execute(
      host,
      siteOrder(change.candidate, { loop, trial: { listeners: await listenersBySs(host) } }),
    )
    const red = bodies(report, 'proof').at(-1)
    expect(red).toMatchObject({ verdict: 'red', facts: { why: 'error_log', line } })
    expect(bodies(report, 'closed')).toMatchObject([{ outcome: 'rolled_back' }])
    expect((await host.read(SITE)).equals(change.before)).toBe(true)
  })

  test('one of five probes over the limit is red, and the change is undone without a person', async () => {
    const change = await goodSite(host)
    const server = `let n=0;require('node:http').createServer((q,r)=>setTimeout(()=>r.end('{"status":"healthy"}'),++n===3?900:0)).listen(9191,'127.0.0.1')`
    await host.ok(['systemd-run', '--quiet', '--unit=slow', NODE_IN_HOST, '-e', server])
    await until('the slow page to listen', 10_000, async () =>
      (await host.ok(['ss', '-Hltn', 'sport = :9191'])) === '' ? undefined : true,
    )
    const health = { ...HEALTH, url: 'http://127.0.0.1:9191/', withinMs: 500, everyMs: 20 }
    const { ca: _, ...plain } = health
    const report = await execute(
      host,
      siteOrder(change.candidate, { health: plain, loop, proof: [{ kind: 'files' }, { kind: 'health' }] }),
    )
    expect(bodies(report, 'proof').at(-1)).toMatchObject({
      verdict: 'red',
      facts: { why: 'health', failed: 'late', needed: 5 },
    })
    expect(bodies(report, 'closed')).toMatchObject([{ outcome: 'rolled_back' }])
    expect((await host.read(SITE)).equals(change.before)).toBe(true)
  })

  test('part of E5: the health page answers 500, which the shell takes for success: red and undone', async () => {
    const change = await unhealthySite(host)
    const report = await execute(
      host,
      siteOrder(change.candidate, { loop, trial: { listeners: await listenersBySs(host) } }),
    )
    expect(bodies(report, 'proof').at(-1)).toMatchObject({
      verdict: 'red',
      facts: { why: 'health', status: 500, failed: 'status' },
    })
    expect(bodies(report, 'closed')).toMatchObject([{ outcome: 'rolled_back' }])
    expect((await host.read(SITE)).equals(change.before)).toBe(true)
    await until('the old configuration to answer', 10_000, async () =>
      (await status()) === '200' ? true : undefined,
    )
  })
})
