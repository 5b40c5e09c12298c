// The daily check on a real host, under systemd: each item broken in turn is red, and others only by the dependency table; and what the
// process that looks can do beside looking.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FOLLOWS } from '../../src/checks/dependencies.ts'
import type { CheckLine, CheckView } from '../../src/contract/check.ts'
import { type BlockDisk, openBlockDisk } from '../host/block-disk.ts'
import { describeWith } from '../host/describe.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { settleDisks } from '../host/mirai.ts'
import { CHECKOUT } from '../host/place.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'

const SERVICE = 'mirai-knowledge-system'
const DATA = '/var/lib/mirai/data'
const LOG = '/var/log/mirai/error.log'
const ARTICLE = {
  id: 'a1',
  title: 't',
  body: 'b',
  tags: [],
  author: 'u1',
  changedAt: '2026-11-25T00:00:00.000Z',
}

describeWith('disks', 'checks that run by themselves', () => {
  let w: World
  let disks: readonly BlockDisk[]
  beforeAll(async () => {
    // Disks of their own, without which no copy counts.
    const [data, copies] = [await openBlockDisk(128), await openBlockDisk(128)]
    disks = [data, copies]
    w = await world({
      disks: [{ at: '/var/log/mirai', size: '64M', kind: 'ext4' }],
      binds: [
        { from: data.path, to: '/var/lib/mirai', access: 'rw' },
        { from: copies.path, to: '/backup', access: 'rw' },
      ],
      prepare: async (host) => {
        await host.ok(['chown', 'mirai:mirai', '/var/log/mirai'])
        // It could not write its log until now, and may have given up.
        await host.exec(['systemctl', 'reset-failed', MIRAI_UNIT])
        await settleDisks(host)
        // Before the checks look for the first time: the next look at the data is a day later.
        const file = `${DATA}/articles.json`
        await host.put(file, JSON.stringify([ARTICLE]))
        await host.ok(['chown', 'mirai:mirai', file])
        await host.ok(['systemctl', 'restart', MIRAI_UNIT])
      },
    })
    await w.host.ok(['install', '-d', '-m', '755', '/backup/mirai'])
    await w.host.ok(['sh', '-c', `touch ${LOG} && chown mirai ${LOG}`])
    expect((await w.sekisho('ops1', ['standing', 'sign', SERVICE, 'backup', '--yes'])).code).toBe(0)
    const run = await w.sekisho('ops1', ['backup', 'run', '--service', SERVICE])
    expect(run.code, run.stdout + run.stderr).toBe(0)
    const drilled = await w.sekisho('ops1', ['backup', 'drill', '--service', SERVICE])
    expect(drilled.code, drilled.stdout + drilled.stderr).toBe(0)
    // What this machine's own lists offer is none of this test's.
    await w.host.ok(['mount', '-t', 'tmpfs', 'tmpfs', '/var/lib/apt/lists'])
  }, 300_000)
  afterAll(async () => {
    // The disks can be given back once no process of the host holds them.
    await (w as World | undefined)?.host.crash()
    for (const disk of disks) await disk.close()
  })

  const daily = async () => {
    const view = await w.json<CheckView>('ops1', ['check', 'run', 'daily', '--service', SERVICE])
    const items = view.services[0]?.items ?? []
    const red = items.filter((one) => one.state === 'red')
    return { items, exit: view.exit, bad: red.map(({ item }) => item) }
  }
  /** The items that may be red with this one. */
  const mayFollow = (broken: string) =>
    Object.entries(FOLLOWS)
      .filter(([, causes]) => causes.some((one) => one.replace('host/', '') === broken))
      .map(([item]) => item)
  const onlyRed = async (broken: string) => {
    const { bad } = await daily()
    expect(bad).toContain(broken)
    expect(bad.filter((item) => item !== broken && !mayFollow(broken).includes(item))).toEqual([])
  }

  test('an idle host on which each timer is started once has no finding and tells nobody', {
    timeout: 600_000,
  }, async () => {
    const list = async () => (await w.json<{ checks: CheckLine[] }>('ops1', ['check', 'list'])).checks
    const open = async () => (await list()).filter(({ finding }) => finding !== undefined)
    const shown = (lines: readonly CheckLine[]) =>
      lines.map(({ check, state, code, values }) => `${check} ${state} ${code} ${JSON.stringify(values)}`)
    let last: readonly string[] = []
    await until(
      () => `a calm host: ${last.join('; ')}`,
      240_000,
      async () => {
        last = shown(await open())
        return last.length === 0 || undefined
      },
    )
    const notices = async () =>
      (await w.json<{ notices: { id: string }[] }>('ops1', ['notify', 'list'])).notices.map(({ id }) => id)
    const before = await notices()
    const files = await w.host.ok(['systemctl', 'list-unit-files', '--type=timer', '--no-legend', '--plain'])
    const timers = [...files.matchAll(/^([^\s@]+\.timer)\s/gm)].map(([, name = '']) => name)
    expect(timers.length).toBeGreaterThan(0)
    for (const timer of timers) {
      const unit = (await w.host.ok(['systemctl', 'show', '-p', 'Unit', '--value', timer])).trim()
      await w.host.exec(['timeout', '60', 'systemctl', 'start', unit])
    }
    const moment = new Date().toISOString()
    await until(
      'each check of a minute to be looked at afterwards',
      200_000,
      async () =>
        (await list()).every(({ everyMs, lookedAt = '' }) => everyMs > 60_000 || lookedAt > moment) ||
        undefined,
    )
    expect(shown(await open())).toEqual([])
    expect(await notices()).toEqual(before)
  })

  test('S49: a clean host has no red item; each is broken in turn, and no data is a state of its own', {
    timeout: 600_000,
  }, async () => {
    const clean = await daily()
    expect(clean.bad, JSON.stringify(clean.items)).toEqual([])

    await w.host.ok(['systemctl', 'stop', MIRAI_UNIT])
    await onlyRed('service')
    await w.host.ok(['systemctl', 'start', MIRAI_UNIT])
    await until('the service to answer', 60_000, async () =>
      (await daily()).bad.length === 0 ? true : undefined,
    )

    await w.host.ok(['systemctl', 'stop', 'nginx'])
    await onlyRed('api')
    await w.host.ok(['systemctl', 'start', 'nginx'])

    await w.host.ok(['sh', '-c', 'head -c 55000000 /dev/zero > /var/log/mirai/filler'])
    await onlyRed('disk')
    await w.host.ok(['rm', '/var/log/mirai/filler'])

    await w.host.ok(['cp', `${DATA}/articles.json`, '/root/articles.json'])
    for (const text of ['[{"id":"a1","ti', '[]', 'null']) {
      await w.host.ok(['sh', '-c', `printf '%s' '${text}' > ${DATA}/articles.json`])
      await onlyRed('data')
      const found = (await daily()).items.find(({ item }) => item === 'data')
      expect(JSON.stringify(found?.values), text).toContain('articles.json')
    }
    await w.host.ok(['sh', '-c', `cat /root/articles.json > ${DATA}/articles.json`])

    // As a container sees it: what the kernel says of memory lies under another file.
    await w.host.ok([
      'sh',
      '-c',
      "sed 's/^MemAvailable:.*/MemAvailable: 1000 kB/' /proc/meminfo > /root/meminfo",
    ])
    await w.host.ok(['mount', '--bind', '/root/meminfo', '/proc/meminfo'])
    await onlyRed('memory')
    await w.host.ok([
      'sh',
      '-c',
      'grep -v MemAvailable /root/meminfo > /root/less; cat /root/less > /root/meminfo',
    ])
    expect((await daily()).items.find(({ item }) => item === 'memory')).toMatchObject({ state: 'no_data' })
    await w.host.ok(['umount', '/proc/meminfo'])

    // The newest copy is damaged, and read.
    const copy = (
      await w.host.ok(['sh', '-c', 'find /backup/mirai -name articles.json -type f | sort | tail -1'])
    ).trim()
    await w.host.ok(['cp', '-p', copy, '/root/copy.json'])
    await w.host.ok(['sh', '-c', `printf x | dd of=${copy} bs=1 seek=3 conv=notrunc status=none`])
    await w.sekisho('ops1', ['backup', 'verify', '--service', SERVICE])
    await onlyRed('backup')
    const again = await w.sekisho('ops1', ['backup', 'run', '--service', SERVICE])
    expect(again.code, again.stdout + again.stderr).toBe(0)

    // No log at all is no data, and never good.
    await w.host.ok(['rm', LOG])
    expect((await daily()).items.find(({ item }) => item === 'errors')).toMatchObject({ state: 'no_data' })
    await w.host.ok(['sh', '-c', `touch ${LOG} && chown mirai ${LOG}`])
    expect((await daily()).bad).toEqual([])

    // Three hundred of three days ago count nothing; a hundred of now are red.
    const lines = (count: number, when: string) =>
      `for i in $(seq ${count}); do echo "$(date -u -d '${when}' +%Y-%m-%dT%H:%M:%SZ) ERROR broken $i"; done`
    await w.host.ok(['bash', '-c', `(${lines(300, '3 days ago')}; ${lines(1, 'now')}) > ${LOG}`])
    const one = (await daily()).items.find(({ item }) => item === 'errors')
    expect(one).toMatchObject({ state: 'warning', values: { count: 1 } })
    await w.host.ok(['bash', '-c', `(${lines(120, 'now')}) >> ${LOG}`])
    await onlyRed('errors')
    // An emptied log forgets nothing of the day.
    await w.host.ok(['sh', '-c', `: > ${LOG}`])
    await onlyRed('errors')
  })

  test('S50: the weekly check finds a restore that fails, weak dependencies, a log that is stuck and bad data; on a clean host nothing', {
    timeout: 600_000,
  }, async () => {
    const weekly = async () => {
      const view = await w.json<CheckView>('ops1', ['check', 'run', 'weekly', '--service', SERVICE])
      return view.services[0]?.items ?? []
    }
    const red = (items: Awaited<ReturnType<typeof weekly>>) =>
      items
        .filter(({ state }) => state === 'red')
        .map(({ item }) => item)
        .sort()
    const advisory = (fixed: string) =>
      JSON.stringify({
        id: 'PYSEC-1',
        modified: new Date().toISOString(),
        affected: [
          {
            package: { ecosystem: 'PyPI', name: 'flask' },
            ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
          },
        ],
      })
    await w.host.put('/root/requirements.txt', 'flask==2.0.1\n')
    await w.host.put('/root/advisories.jsonl', `${advisory('1.0')}\n`)
    const source = '/etc/sekisho/sekisho.yaml'
    const before = (await w.host.read(source)).toString()
    await w.host.put(
      source,
      `${before}\nchecks: { dependencies: { service: ${SERVICE}, lock_files: [/root/requirements.txt], advisories: [/root/advisories.jsonl] } }\n`,
      0o640,
    )
    const applied = await w.sekisho('root', ['config', 'apply'])
    expect(applied.code, applied.stdout + applied.stderr).toBe(0)
    const drilled = await w.sekisho('ops1', ['backup', 'drill', '--service', SERVICE])
    expect(drilled.code, drilled.stdout + drilled.stderr).toBe(0)
    const clean = await weekly()
    expect(red(clean), JSON.stringify(clean)).toEqual([])
    const good = clean.filter(({ state }) => state === 'good').map(({ item }) => item)
    for (const item of ['restored', 'rotation', 'integrity', 'dependencies']) expect(good).toContain(item)
    expect(clean.find(({ item }) => item === 'updates')).toMatchObject({ state: 'no_data' })

    const copy = (
      await w.host.ok(['sh', '-c', 'find /backup/mirai -name articles.json -type f | sort | tail -1'])
    ).trim()
    await w.host.ok(['sh', '-c', `printf x | dd of=${copy} bs=1 seek=3 conv=notrunc status=none`])
    await w.sekisho('ops1', ['backup', 'drill', '--service', SERVICE])
    await w.host.put('/root/advisories.jsonl', `${advisory('2.1')}\n`)
    await w.host.ok(['sh', '-c', `: > ${LOG}; touch -d '2 hours ago' ${LOG}; echo x > ${LOG}.1`])
    await w.host.ok(['sh', '-c', `printf '[]' > ${DATA}/articles.json`])
    const broken = await weekly()
    expect(red(broken), JSON.stringify(broken)).toEqual(['dependencies', 'integrity', 'restored', 'rotation'])
    const found = await until('four findings', 60_000, async () => {
      const { checks } = await w.json<{ checks: CheckLine[] }>('ops1', ['check', 'list'])
      const weak = checks.filter(
        ({ group, finding, state }) => group === 'weekly' && finding !== undefined && state === 'red',
      )
      return weak.length >= 4 ? weak : undefined
    })
    expect(found.map(({ item }) => item).sort()).toEqual([
      'dependencies',
      'integrity',
      'restored',
      'rotation',
    ])

    await w.host.put('/root/advisories.jsonl', `${advisory('1.0')}\n`)
    await w.host.ok(['rm', `${LOG}.1`])
    await w.host.ok(['sh', '-c', `cat /root/articles.json > ${DATA}/articles.json`])
    for (const argv of [
      ['backup', 'run'],
      ['backup', 'drill'],
    ]) {
      const done = await w.sekisho('ops1', [...argv, '--service', SERVICE])
      expect(done.code, done.stdout + done.stderr).toBe(0)
    }
    expect(red(await weekly())).toEqual([])
    await w.host.put(source, before, 0o640)
    await w.sekisho('root', ['config', 'apply'])
  })

  test('part of S49: what nginx says while a change restarts the service belongs to the change; without a change it is an error', {
    timeout: 300_000,
  }, async () => {
    const source = '/etc/sekisho/sekisho.yaml'
    const before = (await w.host.read(source)).toString()
    // Where requests that nobody could answer are written.
    await w.host.put(source, before.replace(`error: ${LOG}`, 'error: /var/log/nginx/error.log'), 0o640)
    const applied = await w.sekisho('root', ['config', 'apply'])
    expect(applied.code, applied.stdout + applied.stderr).toBe(0)
    await w.host.ok(['sh', '-c', ': > /var/log/nginx/error.log'])
    const errors = async () =>
      (await w.json<CheckView>('ops1', ['check', 'run', 'errors', '--service', SERVICE])).services[0]
        ?.items[0]
    const ask = 'curl -sk -o /dev/null --max-time 2 https://localhost/health'
    const refused = async () =>
      Number(
        await w.host.ok([
          'sh',
          '-c',
          // Sekisho's own requests are no visitors. A request under way at the stop is told in other words than one that found nobody.
          'grep upstream /var/log/nginx/error.log | grep -vc sekisho.invalid || true',
        ]),
      )
    expect((await w.sekisho('ops1', ['standing', 'sign', SERVICE, 'restart', '--yes'])).code).toBe(0)
    await w.host.ok([
      'systemd-run',
      '--unit=visitors',
      '--service-type=exec',
      'sh',
      '-c',
      `while :; do ${ask}; done`,
    ])
    const restarted = await w.sekisho(
      'ops1',
      `do service --service ${SERVICE} --verb restart --instruction memory`.split(' '),
    )
    expect(restarted.code, restarted.stdout + restarted.stderr).toBe(0)
    const ended = Date.now()
    await w.host.ok(['systemctl', 'stop', 'visitors'])
    const change = /CHG-\d{4}-\d+/.exec(restarted.stdout)?.[0] ?? ''
    const lost = await refused()
    expect(lost).toBeGreaterThan(0)
    expect(await errors()).toMatchObject({
      state: 'good',
      code: 'check.errors_of_changes',
      values: { count: 0, ofChanges: lost, changes: change },
    })
    for (const language of ['ja', 'en'] as const)
      expect(
        (await w.sekisho('ops1', ['check', 'run', 'errors', '--service', SERVICE], { language })).stdout,
      ).toContain(change)
    // Lines of the first seconds behind a change still belong to it.
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, ended + 8000 - Date.now())))
    await w.host.ok(['systemctl', 'stop', MIRAI_UNIT])
    await w.host.ok(['sh', '-c', `${ask}; ${ask}; true`])
    await w.host.ok(['systemctl', 'start', MIRAI_UNIT])
    const more = (await refused()) - lost
    expect(more).toBeGreaterThan(0)
    expect(await errors()).toMatchObject({
      state: 'warning',
      code: 'check.errors_besides',
      values: { count: more, ofChanges: lost },
    })
    await w.host.put(source, before, 0o640)
    await w.sekisho('root', ['config', 'apply'])
  })

  test('errors of a unit that writes to the journal are counted there', { timeout: 200_000 }, async () => {
    const source = '/etc/sekisho/sekisho.yaml'
    const before = (await w.host.read(source)).toString()
    await w.host.put(
      source,
      before.replace(
        'services:\n',
        'services:\n  sayer:\n    manager: { systemd: sayer.service }\n    logs: { journal: true }\n',
      ),
      0o640,
    )
    const applied = await w.sekisho('root', ['config', 'apply'])
    expect(applied.code, applied.stdout + applied.stderr).toBe(0)
    const say = (text: string) =>
      w.host.ok(['systemd-run', '--wait', '--unit=sayer', '--description=sayer', 'sh', '-c', text])
    const errors = async () =>
      (await w.json<CheckView>('ops1', ['check', 'run', 'errors', '--service', 'sayer'])).services[0]
        ?.items[0]
    await say('echo all well')
    const none = await errors()
    expect(['check.journal_no_errors', 'check.journal_in_part']).toContain(none?.code)
    await say(
      "echo '<3>the disk does not answer'; echo '2026-12-01 ERROR no answer'; echo INFO no ERROR; echo '<4>a warning'",
    )
    expect(await errors()).toMatchObject({ code: 'check.journal_errors', values: { count: 2 } })
    await say("echo '<2>worse'")
    expect(await errors()).toMatchObject({ values: { count: 3 } })
    await w.host.put(source, before, 0o640)
    await w.sekisho('root', ['config', 'apply'])
  })

  test('part of S49: a red check is found without anybody asking, within a minute', {
    timeout: 200_000,
  }, async () => {
    await w.host.ok(['systemctl', 'stop', MIRAI_UNIT])
    const line = await until('the finding', 90_000, async () => {
      const { checks } = await w.json<{ checks: CheckLine[] }>('ops1', ['check', 'list'])
      return checks.find(
        ({ check, state, finding }) =>
          check === `${SERVICE}/service` && state === 'red' && finding !== undefined,
      )
    })
    expect(line.code).toBe('check.not_running')
    const status = await w.sekisho('ops1', ['status'])
    expect(status.stdout).toContain(`${SERVICE}/service`)
    await w.host.ok(['systemctl', 'start', MIRAI_UNIT])
  })

  test('the process that looks writes nothing, signals nobody and gives the runner no orders; root does', {
    timeout: 120_000,
  }, async () => {
    const pid =
      (await w.host.ok(['pgrep', '-f', 'watch.mjs --data|src/watch/main.ts --data'])).trim().split('\n')[0] ??
      ''
    const status = await w.host.ok(['cat', `/proc/${pid}/status`])
    const field = (name: string) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? ''
    const uid = field('Uid')
    expect(Number(uid)).toBeGreaterThan(0)
    // CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE, and no other.
    expect(BigInt(`0x${field('CapEff')}`)).toBe((1n << 2n) | (1n << 19n))
    expect(BigInt(`0x${field('CapBnd')}`)).toBe((1n << 2n) | (1n << 19n))
    const gid = field('Gid')
    const asWatch = (text: string) =>
      w.host.exec([
        'setpriv',
        `--reuid=${uid}`,
        `--regid=${gid}`,
        '--clear-groups',
        '--inh-caps=-all,+dac_read_search,+sys_ptrace',
        '--ambient-caps=-all,+dac_read_search,+sys_ptrace',
        '--bounding-set=-all,+dac_read_search,+sys_ptrace',
        '--no-new-privs',
        '--',
        'bash',
        '-c',
        text,
      ])
    const runner =
      (await w.host.ok(['pgrep', '-f', 'runner.mjs --data|src/runner/main.ts --data']))
        .trim()
        .split('\n')[0] ?? ''
    // It reads what it must look at.
    expect((await asWatch(`cat ${DATA}/users.json /etc/sekisho/compiled/runner.json`)).code).toBe(0)
    const attempts = [
      'touch /etc/from-watch',
      `echo x >> ${LOG}`,
      `echo x >> ${DATA}/articles.json`,
      'touch /var/lib/sekisho/gate/from-watch',
      'touch /var/lib/sekisho/runner/from-watch',
      'echo x >> /etc/sekisho/compiled/runner.json',
      `kill -0 ${runner}`,
      `kill -0 1`,
      'exec 3<>/dev/null; socat -u OPEN:/dev/null UNIX-CONNECT:/var/lib/sekisho/run/runner.sock 2>/dev/null || node_connect=1; [ -w /var/lib/sekisho/run/runner.sock ]',
      '[ -w /var/lib/sekisho/run/admin.sock ]',
      'systemctl restart nginx',
      'chown root /var/lib/sekisho/watch/beat.json',
    ]
    for (const text of attempts) expect((await asWatch(text)).code, text).not.toBe(0)
    for (const text of [
      'touch /etc/from-watch && rm /etc/from-watch',
      `kill -0 ${runner}`,
      '[ -w /var/lib/sekisho/run/runner.sock ]',
      'systemctl restart nginx',
    ])
      expect((await w.host.exec(['bash', '-c', text])).code, text).toBe(0)
    // Its own spool it does write.
    expect(
      (await asWatch('touch /var/lib/sekisho/watch/spool/.mine && rm /var/lib/sekisho/watch/spool/.mine'))
        .code,
    ).toBe(0)
  })

  test('the guide: every command that it names works, in both pages the same, and its own checks apply', {
    timeout: 240_000,
  }, async () => {
    const page = (name: string) => readFileSync(join(CHECKOUT, 'docs/guide', name), 'utf8')
    const commands = (text: string) => [...text.matchAll(/^\$ sekisho (.+)$/gm)].map(([, line = '']) => line)
    const [english, japanese] = [page('checks.md'), page('checks.ja.md')]
    const bare = (line: string) => line.replace(/ --reason ".*"$/, '')
    expect(commands(japanese).map(bare)).toEqual(commands(english).map(bare))
    const blocks = (text: string) => [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, one = '']) => one)
    expect(blocks(japanese)).toEqual(blocks(english))
    const rootLines = [...english.matchAll(/^# (.+ \/etc\/sekisho\/\S+)$/gm)].map(([, line = '']) => line)
    expect(rootLines).toHaveLength(2)
    for (const line of rootLines) await w.host.ok(['sh', '-c', line])
    const source = '/etc/sekisho/sekisho.yaml'
    const before = (await w.host.read(source)).toString()
    await w.host.put(source, `${before}\n${blocks(english).slice(0, 2).join('\n')}`, 0o640)
    const applied = await w.sekisho('root', ['config', 'apply'])
    expect(applied.code, applied.stdout + applied.stderr).toBe(0)
    await w.host.ok(['systemctl', 'stop', 'nginx'])
    await until('the API to be red', 90_000, async () => {
      const { checks } = await w.json<{ checks: CheckLine[] }>('ops1', ['check', 'list'])
      return checks.find(({ check, finding }) => check === `${SERVICE}/api` && finding !== undefined)
    })
    for (const line of commands(english)) {
      const argv = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')
      const done = await w.sekisho('ops1', argv)
      // 1: something is not good, which is so here.
      expect([0, 1], `${line}\n${done.stdout}${done.stderr}`).toContain(done.code)
      expect(done.stdout, line).not.toMatch(/undefined|check\.[a-z]+_/)
    }
    const own = await w.json<CheckView>('ops1', ['check', 'run', 'export'])
    expect(own.services[0]?.items[0]).toMatchObject({ state: 'red', code: 'check.own_no_file' })
    const program = await w.json<CheckView>('ops1', ['check', 'run', 'raid'])
    expect(program.services[0]?.items[0]?.state).toBe('no_data')
    await w.host.ok(['systemctl', 'start', 'nginx'])
    await w.host.put(source, before, 0o640)
    await w.sekisho('root', ['config', 'apply'])
  })
})
