import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { decode } from '../base/decode.ts'
import { labelledDigest } from '../base/hash.ts'
import type { Json } from '../base/json.ts'
import { compiledPolicy, policyVersion } from '../plans/policy.ts'
import { readPolicy } from './read.ts'

const folder = fileURLToPath(new URL('../../tests/policy/good/', import.meta.url))
const good = (name: string) => {
  const read = readPolicy(readFileSync(`${folder}${name}.yaml`, 'utf8'))
  if (!read.ok) throw new Error(JSON.stringify(read.problems))
  return read.compiled
}

describe('the compiled policy', () => {
  test.each(['01-smallest', '02-product-page', '03-team', '05-windows-and-freezes', '10-probes'])(
    '%s is what the runner decodes, under the version of both files',
    (name) => {
      const { runner, guard } = good(name)
      const read = decode(compiledPolicy, JSON.parse(JSON.stringify(runner)))
      expect(read).toEqual({ ok: true, value: runner })
      const { version, ...body } = runner
      const { version: same, ...guarded } = guard
      expect(same).toBe(version)
      expect(policyVersion(body, labelledDigest('sekisho-guard-v1', guarded as unknown as Json))).toBe(
        version,
      )
    },
  )

  test('`incidents` names what opens one by itself; without it the rules say nothing of it', () => {
    expect(good('16-incidents').runner.incidents).toEqual({
      checks: ['api', 'data', 'queue', 'service'],
      failedChanges: true,
      evidenceBytes: 536_870_912,
    })
    expect(good('01-smallest').runner).not.toHaveProperty('incidents')
  })

  test('comments, order and long forms change nothing', () => {
    expect(good('12-other-order-and-comments')).toEqual(good('01-smallest'))
  })

  test('{ kind: systemd } alone is the unit file and its drop-ins', () => {
    const [service] = good('11-template-unit-and-timer').runner.services
    expect(service?.files.map(({ path, unit }) => `${path} ${unit}`)).toEqual([
      '/etc/systemd/system/worker.timer worker.timer',
      '/etc/systemd/system/worker.timer.d/*.conf worker.timer',
      '/etc/systemd/system/worker@1.service worker@1.service',
      '/etc/systemd/system/worker@1.service.d/*.conf worker@1.service',
    ])
  })

  test('a file that can cut the way in waits for a person', () => {
    const [service] = good('09-admin-path-asks-a-person').runner.services
    expect(service?.files.map(({ path, keep }) => [path, keep])).toEqual([
      ['/etc/nftables.conf', 'person'],
      ['/etc/ssh/sshd_config', 'person'],
    ])
  })

  test('a window over midnight becomes two, and freezes are instants', () => {
    const { rules } = good('05-windows-and-freezes').runner
    expect(rules.windows).toEqual([
      { services: [], zone: 'Asia/Tokyo', days: [1, 2, 3, 4, 5], fromMinute: 1320, untilMinute: 1440 },
      { services: [], zone: 'Asia/Tokyo', days: [2, 3, 4, 5, 6], fromMinute: 0, untilMinute: 300 },
      { services: ['mirai'], zone: 'Asia/Tokyo', days: [0, 6], fromMinute: 0, untilMinute: 1440 },
    ])
    // Worked out by hand: Tokyo is nine hours ahead, and a bare date is meant whole.
    expect(rules.freezes.map(({ from, until }) => [from, until])).toEqual([
      ['2026-12-28T15:00:00.000Z', '2027-01-03T15:00:00.000Z'],
      ['2026-11-27T00:00:00.000Z', '2026-11-27T09:00:00.000Z'],
    ])
  })

  test('at enforce with a shared account no key that lies in a file counts', () => {
    expect(good('07-enforce-shared-device-key').runner.rules.tier2.keys).toEqual(['device', 'hardware'])
    expect(good('06-enforce-own-user').runner.rules.tier2.keys).toContain('file')
  })

  test('the only person is the owner; dotenv is secret whatever is said', () => {
    const { people, services } = good('01-smallest').runner
    expect(people[0]?.roles).toEqual(['owner'])
    expect(services[0]?.files.find(({ kind }) => kind === 'dotenv')?.secret).toBe(true)
  })
})
