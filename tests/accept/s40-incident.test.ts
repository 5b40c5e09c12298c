// A service hangs at night, in a real host: one command seals the evidence, restarts it by the owner's standing signature, checks that it has
// recovered and names the cause from what was sealed; then it is closed, told in both languages, and verified.
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { IncidentView } from '../../src/contract/incident.ts'
import { describeWith } from '../host/describe.ts'
import { hungService } from '../host/faults.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'
import { Guide, linesOf } from './night-guide.ts'

interface Entry {
  readonly kind: string
  readonly subject: string
  readonly payload: object
}

const SERVICE = 'mirai-knowledge-system'
const EVIDENCE = '/var/lib/sekisho/runner/evidence'

describeWith('host', 'an incident of level 1', () => {
  let w: World
  let guide: Guide
  let opened: IncidentView
  const entries = async () => {
    const { stdout } = await w.sekisho('ops1', ['ledger', 'export'])
    return stdout
      .split('\n')
      .filter((line) => line.startsWith('{"entry"'))
      .map((line) => (JSON.parse(line) as { entry: Entry }).entry)
  }

  beforeAll(async () => {
    w = await world()
    guide = new Guide(w)
    const signed = await guide.type('standing sign')
    expect(signed.code, signed.stderr).toBe(0)
    // A leak: a process of the unit that holds memory, and does not come back with a restart.
    await hungService(w.host)
    const leak = `import time; held = bytearray(b'x') * (220 << 20); open('/run/leaks', 'w').close(); time.sleep(3600)`
    const group = `/sys/fs/cgroup$(systemctl show --value -p ControlGroup ${MIRAI_UNIT})/cgroup.procs`
    await w.host.ok(['sh', '-c', `setsid python3 -c "$1" >/dev/null 2>&1 & echo $! > ${group}`, 'sh', leak])
    await until('the leak to hold its memory', 30_000, async () =>
      (await w.host.exec(['test', '-e', '/run/leaks'])).code === 0 ? true : undefined,
    )
  }, 240_000)
  afterAll(async () => {
    await w?.host.exec(['rm', '-f', '/run/leaks'])
  })

  test('S39 one command seals status, journal, error log and what causes are looked for in, within 20 seconds, each with a digest', async () => {
    const typed = await guide.type('incident open', { json: true })
    expect(typed.code, typed.stdout + typed.stderr).toBe(0)
    opened = JSON.parse(typed.stdout) as IncidentView
    const [before] = opened.evidence
    expect(before?.set).toBe('level1')
    expect(before?.milliseconds).toBeLessThan(20_000)
    const names = before?.items.map(({ name }) => name)
    for (const name of ['status', 'journal', 'errorLog', 'health', 'memory', 'disk', 'signs', 'process'])
      expect(names, JSON.stringify(before?.gaps)).toContain(name)
    for (const { item, name, digest } of before?.items ?? []) {
      const stored = await w.host.ok(['sha256sum', `${EVIDENCE}/${opened.id}/${item}`])
      expect(stored.split(' ')[0], name).toBe(digest)
    }
    expect((await w.host.ok(['stat', '-c', '%a %U', `${EVIDENCE}/${opened.id}/E01`])).trim()).toBe('600 root')
  }, 180_000)

  test('S40 the evidence precedes the restart in the ledger, and recovered is said only after N of M', async () => {
    const all = await entries()
    const at = (kind: string, subject: (one: string) => boolean) =>
      all.findIndex((one) => one.kind === kind && subject(one.subject))
    const isIncident = (one: string) => one === opened.id
    const change = opened.recoveries[0]?.change ?? ''
    const order = [
      at('incident.opened', isIncident),
      at('incident.evidence', isIncident),
      at('execution.started', (one) => one === change),
      at('incident.recovered', isIncident),
    ]
    expect(order).toEqual(order.toSorted((a, b) => a - b))
    expect(order).not.toContain(-1)
    const recovered = all[order[3] ?? -1]
    expect(recovered?.payload).toMatchObject({ health: { verdict: 'green' }, change })
    expect(opened.state).toBe('monitoring')
    const { code } = await w.sekisho('ops1', ['service', 'status', SERVICE])
    expect(code).toBe(0)
  }, 120_000)

  test('N12 the leak is proven from the sealed evidence, after the restart has ended it', () => {
    expect(opened.causes?.causes).toContainEqual(
      expect.objectContaining({ kind: 'memory', code: 'memory.grew' }),
    )
    const kinds = [...new Set(opened.causes?.causes.map(({ kind }) => kind))]
    expect(kinds, JSON.stringify(opened.causes)).toEqual(['memory'])
  })

  test('each line of the guide does what it says, and what is shown ends with what to type next', async () => {
    const of = { id: opened.id }
    const shown = await guide.type('incident show', of)
    expect(shown.stdout).toContain(`sekisho incident close ${opened.id}`)
    for (const line of ['incident next', 'incident note', 'incident role', 'incident handover']) {
      const done = await guide.type(line, of)
      expect(done.code, line + done.stdout + done.stderr).toBe(0)
    }
    // What else is red on this host is not asked here.
    expect((await guide.type('status')).code).toBeLessThan(2)
    expect((await w.sekisho('ops1', ['doctor'])).stdout).toContain(opened.id)
  }, 120_000)

  test('it is closed, told in both languages, and nothing of it can be changed unseen', async () => {
    const closed = await guide.type('incident close', { id: opened.id })
    expect(closed.code, closed.stderr).toBe(0)
    expect((await guide.type('incident report', { id: opened.id })).code).toBe(0)
    for (const [language, title] of [
      ['ja', '障害報告書'],
      ['en', 'Incident report'],
    ] as const) {
      const report = await w.sekisho('ops1', ['incident', 'report', opened.id], { language })
      expect(report.stdout).toContain(`# ${title} ${opened.id}`)
      expect(report.stdout).toContain('a leak in 4.2.1')
    }
    expect((await guide.type('incident verify', { id: opened.id })).code).toBe(0)
    await w.host.ok([
      'sh',
      '-c',
      `printf x | dd of=${EVIDENCE}/${opened.id}/E03 bs=1 seek=3 conv=notrunc 2>&1`,
    ])
    const wrong = await w.sekisho('ops1', ['incident', 'verify', opened.id])
    expect([wrong.code, wrong.stdout]).toEqual([1, expect.stringContaining('E03')])
  }, 120_000)

  test('raw evidence leaves by root’s socket alone', async () => {
    const denied = await w.sekisho('ops1', ['evidence', 'export', opened.id, '--out', '/tmp/evidence-ops1'])
    expect(denied.code).not.toBe(0)
    expect((await w.host.exec(['test', '-e', '/tmp/evidence-ops1/E01-errorLog'])).code).toBe(1)
    const given = await guide.type('evidence export', { id: opened.id })
    expect(given.code, given.stderr).toBe(0)
    const [first] = opened.evidence.flatMap(({ items }) => items)
    const out = await w.host.ok(['sh', '-c', 'sha256sum /root/evidence/E01-*'])
    expect(out.split(' ')[0]).toBe(first?.digest)
    // Lines of break-glass are run in x13-glass.test.ts.
    const others = linesOf('night.md')
      .flat()
      .filter((line) => !line.startsWith('# sekisho glass') && !guide.run.has(line))
    expect(others).toEqual([])
  }, 60_000)
})

test('the guide of the night has the same lines in both languages', () => {
  expect(linesOf('night.ja.md')).toEqual(linesOf('night.md'))
})
