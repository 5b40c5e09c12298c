import { describe, expect, test } from 'vitest'
import type { KnownCopy } from '../backup/level.ts'
import type { Backups } from '../backup/levels.ts'
import { type Instant, instant } from '../base/time.ts'
import type { Service } from '../plans/policy.ts'
import { DOCTOR_WORDS } from '../words/doctor.ts'
import { reader } from '../words/errors.ts'
import { backupFact, besideFacts, serviceFacts } from './backup-watch.ts'

const HOUR = 3_600_000
const NOW = instant(1_800_000_000_000)
const before = (hours: number): Instant => instant(1_800_000_000_000 - hours * HOUR)
const OLDER = '20270114_180000Z' as KnownCopy['backup']
const service = { name: 'mirai', backup: { everyMs: 6 * HOUR } } as unknown as Service
const copy = (over: Partial<KnownCopy> = {}) =>
  ({
    backup: '20270115_000000Z',
    copy: 'local',
    kind: 'directory',
    place: 'other-disk',
    state: 'sound',
    level: 'content',
    taken: before(2),
    ...over,
  }) as KnownCopy
const known = (over: Partial<Backups> = {}): Backups => ({
  copies: [copy()],
  failures: [],
  places: [],
  drills: [],
  begun: [],
  lastDone: { backup: before(2) },
  ...over,
})

describe('doctor says of each service with data', () => {
  test.each([
    ['signed by nobody', false, known(), 'doctor.backup_not_signed', 'sekisho standing sign mirai backup'],
    [
      'never made',
      true,
      known({ copies: [], lastDone: {} }),
      'doctor.backup_never',
      'sekisho backup run --service mirai',
    ],
    [
      'the limit of lateness itself is not late',
      true,
      known({ lastDone: { backup: before(9) }, copies: [copy({ taken: before(9) })] }),
      'doctor.backed_up',
      undefined,
    ],
    [
      'late',
      true,
      known({
        lastDone: { backup: before(10) },
        failures: [{ at: before(1), work: 'backup', why: 'backup.no_space', detail: {} }],
      }),
      'doctor.backup_late',
      'sekisho backup run --service mirai',
    ],
    [
      'on the disk of the data',
      true,
      known({ copies: [copy({ place: 'same-disk' })] }),
      'doctor.backup_does_not_count',
      'sekisho backup list --service mirai',
    ],
    [
      'read no further than its bytes',
      true,
      known({ copies: [copy({ level: 'digest' })] }),
      'doctor.backup_does_not_count',
      'sekisho backup list --service mirai',
    ],
    [
      'of a size that nobody has said is meant',
      true,
      known({
        copies: [copy({ level: 'digest', why: 'data.question' }), copy({ backup: OLDER, taken: before(5) })],
      }),
      'doctor.backup_question',
      'sekisho config apply',
    ],
    ['backed up', true, known(), 'doctor.backed_up', undefined],
  ])('%s', (_, standing, backups, code, next) => {
    const fact = backupFact(service, { backups, standing }, NOW)
    expect(fact).toMatchObject({ name: 'backup', code })
    for (const language of ['ja', 'en'] as const) {
      const said = DOCTOR_WORDS[fact.code]?.[language](reader(fact.values as never))
      expect(said?.what).toContain('mirai')
      if (next === undefined) expect(said?.next).toBeUndefined()
      else expect(said?.next).toContain(next)
    }
  })

  test('content of a directory of which only bytes were compared is said to be that', () => {
    const data = [
      { name: 'articles', format: 'json' },
      { name: 'uploads', format: 'files' },
    ]
    const backups = known({ copies: [copy({ records: { 'articles/a.json': 51 } })] })
    const fact = backupFact({ ...service, data } as unknown as Service, { backups, standing: true }, NOW)
    const said = (language: 'ja' | 'en') =>
      DOCTOR_WORDS[fact.code]?.[language](reader(fact.values as never)).what
    expect(said('en')).toContain('content (uploads: bytes compared, nothing to parse)')
    expect(said('ja')).toContain('内容（uploads は解析するファイルがなく、バイトの比較だけ）')
  })

  test('a failure that a later backup has mended is not named', () => {
    const failures = [{ at: before(20), work: 'backup' as const, why: 'backup.no_space', detail: {} }]
    expect(
      backupFact(
        service,
        { backups: known({ failures, lastDone: { backup: before(12) } }), standing: true },
        NOW,
      ).values,
    ).toMatchObject({ why: '' })
  })
})

test('a failure that the first line does not name and copies that are damaged have lines of their own', () => {
  const failures = [{ at: before(1), work: 'backup' as const, why: 'backup.no_space', detail: {} }]
  const copies = [copy(), copy({ backup: OLDER, state: 'suspect', why: 'digest', damaged: 'data/a.json' })]
  const facts = { backups: known({ failures, copies }), standing: true }
  const first = backupFact(service, facts, NOW)
  expect(first.code).toBe('doctor.backed_up')
  const found = besideFacts(service, facts, first)
  expect(found.map(({ code, state }) => `${state} ${code}`)).toEqual([
    'bad doctor.backup_failed',
    'bad doctor.backup_suspect',
  ])
  for (const language of ['ja', 'en'] as const) {
    const [failed, suspect] = found.map(({ code, values }) =>
      DOCTOR_WORDS[code]?.[language](reader(values as never)),
    )
    expect(failed?.why).toMatch(language === 'ja' ? /空き/ : /space/)
    expect(failed?.next).toContain('sekisho backup run --service mirai')
    expect(suspect?.what).toContain(OLDER)
  }
  const late = known({ failures, lastDone: { backup: before(10) } })
  expect(
    besideFacts(
      service,
      { backups: late, standing: true },
      backupFact(service, { backups: late, standing: true }, NOW),
    ),
  ).toEqual([])
  expect(besideFacts(service, { backups: known(), standing: true }, first)).toEqual([])
})

test('content that is not good is named beside copies on the disk of the data, and first', () => {
  const bad = { item: 'data', fault: 'articles.json: not_json byte 12' }
  const copies = [copy({ place: 'same-disk', level: 'digest', why: 'data.content', bad })]
  const found = serviceFacts(service, { backups: known({ copies }), standing: true }, NOW)
  expect(found.map(({ state, code }) => `${state} ${code}`)).toEqual([
    'bad doctor.backup_content',
    'warn doctor.backup_does_not_count',
  ])
  expect(found[1]?.values).toMatchObject({ why: 'same_disk_only' })
  for (const language of ['ja', 'en'] as const) {
    const said = DOCTOR_WORDS['doctor.backup_content']?.[language](reader(found[0]?.values as never))
    expect(said?.what).toContain('mirai')
    expect(said?.why).not.toMatch(/…|undefined/)
    expect(said?.next?.join()).toContain('sekisho restore full --last-known-good --service mirai')
  }
  const sound = [copy({ place: 'same-disk' })]
  expect(
    serviceFacts(service, { backups: known({ copies: sound }), standing: true }, NOW).map(({ code }) => code),
  ).toEqual(['doctor.backup_does_not_count'])
})

test('doctor counts the damaged copies and the files that it does not name', () => {
  const copies = Array.from({ length: 8 }, (_, i) =>
    copy({ backup: `2027011${i}_000000Z` as KnownCopy['backup'], state: 'suspect' }),
  )
  const places = [{ copy: 'local', seen: { setId: ['/a', '/b', '/c', '/d', '/e', '/f', '(+3)'].join('\n') } }]
  const backups = known({ copies, places: places as unknown as Backups['places'] })
  const first = backupFact(service, { backups, standing: true }, NOW)
  const found = besideFacts(service, { backups, standing: true }, first)
  const of = (code: string) => found.find((one) => one.code === code)?.values
  expect(String(of('doctor.backup_suspect')?.['copies'])).toMatch(
    /^20270110_000000Z \(local\) .* {2}\(\+3\)$/,
  )
  expect(String(of('doctor.backup_noted')?.['paths'])).toBe('/a  /b  /c  /d  /e  (+4)')
})
