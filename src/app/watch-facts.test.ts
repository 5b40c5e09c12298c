import { describe, expect, test } from 'vitest'
import { instant } from '../base/time.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { DOCTOR_WORDS } from '../words/doctor.ts'
import { reader } from '../words/errors.ts'
import type { Watch } from './watch.ts'
import { fileFacts, healthFacts, healthNow, redBackups } from './watch-facts.ts'

const NOW = instant(1_800_000_000_000)
const before = (seconds: number) => instant(1_800_000_000_000 - seconds * 1000)
const policy = {
  services: [
    { name: 'app', health: { url: 'http://x/' }, files: [{ path: '/etc/a' }, { path: '/etc/b' }] },
    { name: 'cron', files: [] },
  ],
} as unknown as CompiledPolicy
const file = (path: string, over = {}) => ({ path, service: 'app', baseline: 'x', at: before(10), ...over })
const watch = (over: Partial<Watch> = {}): Watch =>
  ({
    health: { app: { verdict: 'red', detail: 'status 404', at: before(20), since: before(200) } },
    files: { a: file('/etc/a'), b: file('/etc/b') },
    ...over,
  }) as Watch
const codes = (facts: readonly { readonly code: string }[]) => facts.map(({ code }) => code)

describe('what the last look found', () => {
  test('the health of a service is what was stored, and of a service without a declaration it is not known', () => {
    expect(healthNow(policy, watch(), NOW).map(({ service, verdict }) => [service, verdict])).toEqual([
      ['app', 'red'],
      ['cron', 'not_declared'],
    ])
  })
  test.each([
    ['three minutes', 180, 'green'],
    ['longer', 181, 'not_looked_at'],
  ])('a green that is as old as %s', (_, age, verdict) => {
    const health = { app: { verdict: 'green' as const, detail: '', at: before(age), since: before(900) } }
    expect(healthNow(policy, watch({ health }), NOW)[0]?.verdict).toBe(verdict)
  })
  test('no look at all is no green', () => {
    expect(healthNow(policy, watch({ health: {} }), NOW)[0]?.verdict).toBe('not_looked_at')
  })
  test('a file that differs is bad, and only files that were all looked at lately are as last known', () => {
    expect(codes(fileFacts(policy, watch(), NOW))).toEqual(['doctor.files_same'])
    const edited = { since: before(60), fingerprint: 'y' }
    const one = watch({ files: { a: file('/etc/a', { edited }), b: file('/etc/b') } as never })
    expect(codes(fileFacts(policy, one, NOW))).toEqual(['doctor.file_edited', 'doctor.files_same'])
    const old = watch({ files: { a: file('/etc/a'), b: file('/etc/b', { at: before(600) }) } as never })
    expect(codes(fileFacts(policy, old, NOW))).toEqual(['doctor.files_not_looked_at'])
    expect(codes(fileFacts(policy, watch({ files: {} }), NOW))).toEqual(['doctor.files_not_looked_at'])
  })
  test('of backups what is bad is red, with its age', () => {
    const facts = [
      { name: 'backup', state: 'bad', code: 'doctor.backup_failed', values: { service: 'app', why: 'x' } },
      { name: 'backup', state: 'warn', code: 'doctor.backup_not_signed', values: {} },
    ] as const
    expect(redBackups(watch({ backups: { at: before(30), facts } }), NOW)).toEqual([
      { ...facts[0], values: { ...facts[0].values, ageMs: 30_000 } },
    ])
  })
  test('every fact has a sentence in both languages', () => {
    const health = (['green', 'red', 'no_data', 'not_looked_at', 'not_declared'] as const).map((verdict) => ({
      service: 'app',
      verdict,
      detail: 'status 404',
      at: before(30),
      since: before(90),
    }))
    const edited = { since: before(60), fingerprint: 'y' }
    const facts = [
      ...healthFacts(health, NOW),
      ...fileFacts(policy, watch({ files: { a: file('/etc/a', { edited }) } as never }), NOW),
      ...fileFacts(policy, watch(), NOW),
    ]
    for (const { code, values } of facts)
      for (const language of ['ja', 'en'] as const) {
        const said = DOCTOR_WORDS[code]?.[language](reader(values as never))
        expect(said?.what, code).toBeTruthy()
        expect(JSON.stringify(said), code).not.toMatch(/…|undefined|NaN/)
      }
  })
})
