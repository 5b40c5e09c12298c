// Positive controls: the written procedure (edit, syntax check, reload, look by curl) is fooled by each fault, with every
// command of it exiting 0. The acceptance tests then show that the gate is not.
import { beforeEach, expect, test } from 'vitest'
import { until } from '../until.ts'
import { describeWith } from './describe.ts'
import {
  brokenData,
  endFaults,
  goodSite,
  hungService,
  MARK,
  type PlantedFile,
  portTaken,
  SITE,
  siteNotIncluded,
  unhealthySite,
} from './faults.ts'
import { CA_PATH, type Host, MIRAI_UNIT, oneHost } from './host.ts'

const HEALTH = 'https://localhost/health'

/** The guide's pattern 3, word for word but for the file's name and the pinned authority. Returns each exit code. */
async function writtenProcedure(host: Host, change: PlantedFile): Promise<readonly number[]> {
  const backup = `${change.path}.backup`
  const codes = [(await host.exec(['cp', change.path, backup])).code]
  await host.put(change.path, change.candidate)
  for (const argv of [
    ['nginx', '-t'],
    ['systemctl', 'reload', 'nginx'],
    ['curl', '-v', '--cacert', CA_PATH, HEALTH],
  ])
    codes.push((await host.exec(argv)).code)
  return codes
}

async function answerOf(host: Host): Promise<string> {
  return host.ok(['curl', '-sSi', '--cacert', CA_PATH, HEALTH])
}

describeWith('host', 'written procedures', () => {
  let host: Host
  beforeEach(async () => {
    host = await oneHost()
  })

  test('the good change is in effect (the control of these controls)', async () => {
    expect(await writtenProcedure(host, await goodSite(host))).toEqual([0, 0, 0, 0])
    await until('the new configuration to answer', 10_000, async () =>
      (await answerOf(host)).toLowerCase().includes(MARK.toLowerCase()) ? true : undefined,
    )
  })

  test('part of E3: control: with a port taken, check and reload exit 0 and the old configuration goes on answering', async () => {
    const change = await portTaken(host)
    expect(await writtenProcedure(host, change)).toEqual([0, 0, 0, 0])
    await until('nginx to give up', 15_000, async () =>
      (await host.exec(['grep', '-q', 'still could not bind', '/var/log/nginx/error.log'])).code === 0
        ? true
        : undefined,
    )
    expect((await answerOf(host)).toLowerCase()).not.toContain(MARK.toLowerCase())
    expect((await host.read(SITE)).toString()).toBe(change.candidate)
    expect(await host.ok(['systemctl', 'is-active', 'nginx'])).toBe('active\n')
  })

  test('part of E4: control: a site file that is not included is not tested, rubbish passes', async () => {
    const change = await siteNotIncluded(host)
    expect(await writtenProcedure(host, change)).toEqual([0, 0, 0, 0])
    expect(await answerOf(host)).toContain('healthy')
    expect(await host.ok(['nginx', '-T'])).not.toContain('this is no configuration')
  })

  test('part of E5: control: curl without its fail flag exits 0 on status 500, from nginx and from the service', async () => {
    expect(await writtenProcedure(host, await unhealthySite(host))).toEqual([0, 0, 0, 0])
    await until('the 500 to be served', 10_000, async () =>
      (await answerOf(host)).startsWith('HTTP/1.1 500') ? true : undefined,
    )

    const direct = ['curl', '-sS', '-w', '%{http_code}', '-o', '/dev/null', 'http://127.0.0.1:8080/health']
    expect(await host.ok(direct)).toBe('200')
    const { repair } = await brokenData(host)
    expect(await host.exec(direct)).toMatchObject({ code: 0, stdout: '500' })
    expect((await host.exec(['curl', '-fsS', 'http://127.0.0.1:8080/health'])).code).toBe(22)
    expect(await host.ok(['systemctl', 'is-active', MIRAI_UNIT])).toBe('active\n')
    await repair()
    expect(await host.ok(direct)).toBe('200')
  })

  test('part of E5: control: without the pinned authority curl fails although the service is well', async () => {
    expect((await host.exec(['curl', '-v', HEALTH])).code).toBe(60)
    expect(await answerOf(host)).toContain('"status":"healthy"')
  })

  test('a hung service is active for systemd, and only its stop time-out ends it', async () => {
    await hungService(host)
    expect(await host.ok(['systemctl', 'is-active', MIRAI_UNIT])).toBe('active\n')
    await endFaults(host)
    expect(await answerOf(host)).toContain('"status":"healthy"')
    const journal = await host.ok(['journalctl', '-u', MIRAI_UNIT, '-o', 'cat', '--no-pager'])
    expect(journal).toContain("State 'stop-sigterm' timed out. Killing.")
  })
})
