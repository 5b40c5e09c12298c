// Evidence that is larger than what the rules give it, on a real host: what has no room is a gap with its name, the restart goes on, and of what
// was kept before nothing is lost.
import { beforeAll, expect, test } from 'vitest'
import type { EvidenceCheckView, IncidentView } from '../../src/contract/incident.ts'
import { describeWith } from '../host/describe.ts'
import { hungService } from '../host/faults.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { miraiPolicy } from '../host/mirai.ts'
import { type World, world } from '../world/world.ts'
import { closedIncident, recovered } from './incident-walk.ts'

const SERVICE = 'mirai-knowledge-system'
const EVIDENCE = '/var/lib/sekisho/runner/evidence'
/** Less than what one service has. */
const QUOTA_KIB = 8

describeWith('host', 'evidence larger than its quota', () => {
  let w: World
  const invocation = async () =>
    (await w.host.ok(['systemctl', 'show', '--value', '-p', 'InvocationID', MIRAI_UNIT])).trim()
  const bytes = async () =>
    Number(
      (
        await w.host.ok([
          'sh',
          '-c',
          `find ${EVIDENCE} -name 'E*' -type f -printf '%s\\n' | awk '{n += $1} END {print n + 0}'`,
        ])
      ).trim(),
    )
  const verified = (id: string) => w.json<EvidenceCheckView>('ops1', ['incident', 'verify', id])
  /** Of the first seal: all that was collected, kept or a gap. */
  const namesOf = (view: IncidentView) => {
    const [set] = view.evidence
    const gaps = set?.gaps.filter(({ why }) => why === 'quota').map(({ name }) => name) ?? []
    return { kept: set?.items.map(({ name }) => name) ?? [], gaps }
  }
  /** A hung service, one line, and it has recovered by its restart. */
  async function night(): Promise<IncidentView> {
    await hungService(w.host)
    const before = await invocation()
    const view = await recovered(w, SERVICE, 'it hangs')
    expect(view.recoveries).toMatchObject([
      { what: 'restart', state: expect.stringMatching(/succeeded|closed/) },
    ])
    expect(await invocation()).not.toBe(before)
    await closedIncident(w, view, 'a thread that waits')
    return view
  }

  beforeAll(async () => {
    w = await world({
      policy: async (host) => `${await miraiPolicy(host)}\nincidents: { evidence: ${QUOTA_KIB}KiB }\n`,
    })
    const signed = await w.sekisho('ops1', ['standing', 'sign', SERVICE, 'restart', '--yes'])
    expect(signed.code, signed.stderr).toBe(0)
  }, 240_000)

  let first: IncidentView
  let sums = ''
  test('what has no room is named, the restart goes on, and what was kept is as recorded', async () => {
    first = await night()
    const { kept, gaps } = namesOf(first)
    expect(gaps.length, JSON.stringify(first.evidence)).toBeGreaterThan(0)
    expect(kept.length, JSON.stringify(first.evidence)).toBeGreaterThan(0)
    for (const name of [
      'status',
      'journal',
      'errorLog',
      'health',
      'memory',
      'disk',
      'signs',
      'process',
      'kernel',
      'sockets',
    ])
      expect([...kept, ...gaps], name).toContain(name)
    expect(await bytes()).toBeLessThanOrEqual(QUOTA_KIB * 1024)
    expect(await verified(first.id)).toMatchObject({ sound: true, exit: 0 })
    for (const [language, said] of [
      ['ja', '証拠の上限'],
      ['en', 'quota of evidence'],
    ] as const) {
      const shown = await w.sekisho('ops1', ['incident', 'show', first.id], { language })
      const report = await w.sekisho('ops1', ['incident', 'report', first.id], { language })
      for (const name of gaps) {
        expect(shown.stdout).toContain(`${name}: ${said}`)
        expect(report.stdout).toContain(`${name}: ${said}`)
      }
    }
    sums = await w.host.ok(['sh', '-c', `sha256sum ${EVIDENCE}/${first.id}/E*`])
  }, 240_000)

  test('held evidence gives way to nothing, and after its release it does', async () => {
    const second = await night()
    const { kept, gaps } = namesOf(second)
    expect(gaps.length, JSON.stringify(second.evidence)).toBeGreaterThan(0)
    expect(await w.host.ok(['sh', '-c', `sha256sum ${EVIDENCE}/${first.id}/E*`])).toBe(sums)
    expect(await verified(first.id)).toMatchObject({ sound: true })
    const given = await w.sekisho('root', ['evidence', 'release', first.id])
    expect(given.code, given.stdout + given.stderr).toBe(0)
    const third = await night()
    expect(namesOf(third).kept.length, JSON.stringify(third.evidence)).toBeGreaterThan(kept.length)
    const left = await verified(first.id)
    expect(left.items.every(({ found }) => found === 'dropped')).toBe(true)
    expect(await bytes()).toBeLessThanOrEqual(QUOTA_KIB * 1024)
  }, 400_000)
})
