// Each word that a screen says of rules, guard and backups, in a world in which it is false: another word must stand there.
import { describe, expect, test } from 'vitest'
import { guardFacts } from '../app/guard-watch.ts'
import { backupStanding } from '../backup/backed-up.ts'
import type { BackupEvent } from '../backup/events.ts'
import type { BackupId, KnownCopy, Level } from '../backup/level.ts'
import { backupsOf } from '../backup/levels.ts'
import { sha256 } from '../base/hash.ts'
import type { ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { BackupsView } from '../contract/backup.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import type { GuardFacts } from '../seal/runner-status.ts'
import { INSTALL_WORDS } from '../words/agent-install.ts'
import { GUARD_DOCTOR_WORDS } from '../words/doctor-guard.ts'
import { IN_FORCE } from '../words/in-force.ts'
import { listLines } from './backup-picture.ts'
import { Terminal } from './terminal.ts'

const NOW = '2026-11-25T03:00:00.000Z' as Instant
const DAY = 86_400_000

describe('in force', () => {
  const of = { version: 'abcdef0123', isSame: false, isTaken: true }
  test.each([
    ['the runner has taken them', of, /^In force \(/, /^適用しました/],
    ['the runner has them already', { ...of, isSame: true }, /in force already/, /もう適用されています/],
    [
      'the runner does not run',
      { ...of, isTaken: false },
      /^Written .* in force when it starts/,
      /起動したときから有効/,
    ],
    [
      'they are the same and the runner does not run',
      { ...of, isSame: true, isTaken: false },
      /^The rules are the same .* when it starts/,
      /起動したときから有効/,
    ],
  ] as const)('where %s', (_, world, en, ja) => {
    expect(IN_FORCE.en(world)).toMatch(en)
    expect(IN_FORCE.ja(world)).toMatch(ja)
    if (!world.isTaken) {
      expect(IN_FORCE.en(world)).not.toMatch(/^In force|already/)
      expect(IN_FORCE.ja(world)).not.toContain('適用')
    }
  })
})

describe('level guard', () => {
  const policy = { version: sha256('rules') } as unknown as CompiledPolicy
  const facts = (more: Partial<GuardFacts>): readonly string[] =>
    guardFacts(
      {
        policy: 'readable',
        version: policy.version,
        level: 'guard',
        spool: 'writable',
        hooks: [{ path: '/home/a/settings.json', state: 'wired' }],
        ...more,
      },
      policy,
    ).map(({ state, code, values }) => {
      const said = GUARD_DOCTOR_WORDS[code]?.en((key) => String(values[key] ?? '…'))
      return `${state}: ${said?.what ?? code}`
    })
  const GOOD = 'good: /home/a/settings.json (guard)'
  test('is said where the rules say it and the hook is wired for it', () => {
    expect(facts({})).toEqual([GOOD])
  })
  test.each([
    [
      'the rules that the guard reads are at observe',
      { level: 'observe' },
      'good: /home/a/settings.json (observe)',
    ],
    ['there are no rules', { policy: 'missing' }, 'good: /home/a/settings.json (observe)'],
    [
      'the rules cannot be read',
      { policy: 'unreadable' },
      'warn: /home/a/settings.json (no level: the rules cannot be read)',
    ],
    ['the hook was taken out', { hooks: [{ path: '/home/a/settings.json', state: 'absent' }] }, 'bad: '],
    [
      'the hook was put in at another level',
      { hooks: [{ path: '/home/a/settings.json', state: 'other', why: 'level' }] },
      'bad: ',
    ],
    ['hooks are switched off', { hooks: [{ path: '/home/a/settings.json', state: 'disabled' }] }, 'bad: '],
    [
      'the program of the hook is gone',
      { hooks: [{ path: '/home/a/settings.json', state: 'program', why: 'missing', program: '/x' }] },
      'bad: ',
    ],
    ['no hook was put in', { hooks: [] }, 'none: '],
  ] as const)('is not said where %s', (_, world, instead) => {
    const said = facts(world as Partial<GuardFacts>)
    expect(said).not.toContain(GOOD)
    expect(said.some((one) => one.startsWith(instead))).toBe(true)
  })
  test('rules that are older than those in force are told beside it', () => {
    expect(facts({ version: sha256('older') }).some((one) => one.startsWith('bad: '))).toBe(true)
  })
  test.each(['observe', 'guard'] as const)(
    'level %s is not called whole where one hook was not rewritten',
    (level) => {
      for (const language of ['ja', 'en'] as const) {
        const words = INSTALL_WORDS[language]
        expect(words.level(level, 'abc', false)).not.toBe(words.level(level, 'abc', true))
      }
      expect(INSTALL_WORDS.en.level(level, 'abc', false)).not.toMatch(/refuses|stops nothing/)
    },
  )
})

const copy = (more: Partial<KnownCopy> = {}): KnownCopy => ({
  backup: '20261125_000000Z' as BackupId,
  copy: 'local',
  kind: 'directory',
  to: '/backup/mirai',
  where: '/backup/mirai/daily/20261125_000000Z',
  place: 'other-disk',
  state: 'sound',
  level: 'content',
  taken: '2026-11-25T00:00:00.000Z' as Instant,
  earned: {},
  manifest: sha256('manifest'),
  bytes: 1,
  entries: 1,
  heldBy: [],
  imported: false,
  ...more,
})

describe('backed up', () => {
  const headline = (copies: readonly KnownCopy[], language: 'ja' | 'en') => {
    const { standing, reasons, copy: best } = backupStanding(copies, NOW)
    const [reason] = reasons
    const view = {
      service: 'mirai',
      at: NOW,
      copies: copies.map((one) => ({ ...one, counts: one.place !== 'same-disk', kind: 'directory' })),
      standing: true,
      everyMs: DAY,
      targets: [{ name: 'local', kind: 'directory', to: '/backup/mirai' }],
      failures: [],
      drills: [],
      places: [],
      lastDone: {},
      measured: {
        standing,
        ...(reason === undefined ? {} : { why: reason.code }),
        ...(best === undefined ? {} : { level: best.level, ageMs: Date.parse(NOW) - Date.parse(best.taken) }),
      },
      promised: {},
    } as unknown as BackupsView
    const terminal = new Terminal({
      language,
      json: false,
      ascii: false,
      streams: { out: () => {}, err: () => {}, interactive: false, width: 80, colour: false },
    })
    return listLines(view, { terminal, zone: 'UTC' }).join('\n')
  }
  test('is said of a sound copy on another disk that was read and is young', () => {
    expect(headline([copy()], 'en')).toMatch(/(?<!not )backed up: content/)
    expect(headline([copy()], 'ja')).toContain('バックアップ済み: ')
  })
  test.each([
    ['there is no copy', [], /No backups of mirai yet/],
    ['it lies on the disk of the data', [copy({ place: 'same-disk' })], /same disk as the data/],
    ['it is damaged', [copy({ state: 'suspect' })], /damaged/],
    ['it failed while it was made', [copy({ state: 'failed' })], /failed while/],
    ['only its bytes were read', [copy({ level: 'digest' })], /no copy was read as far as its content/],
    ['nobody has read it', [copy({ level: 'written' })], /no copy was read as far as its content/],
    [
      'it is two days old',
      [copy({ taken: '2026-11-23T00:00:00.000Z' as Instant })],
      /the last copy that counts is of/,
    ],
    [
      'it bears a time that is yet to come',
      [copy({ taken: '2026-11-26T00:00:00.000Z' as Instant })],
      /yet to come/,
    ],
    ['it was pruned', [copy({ state: 'pruned' })], /[Nn]o/],
  ] as const)('is not said where %s', (_, copies, instead) => {
    expect(headline(copies, 'en')).toMatch(instead)
    expect(headline(copies, 'en')).not.toMatch(/(?<!not )backed up: /)
    expect(headline(copies, 'ja')).not.toContain('バックアップ済み: ')
  })
})

describe('restored', () => {
  const service = 'mirai' as ServiceName
  const of = { kind: 'backup', service, backup: copy().backup, copy: 'local' } as const
  const written: BackupEvent = {
    ...of,
    event: 'written',
    engine: 'directory',
    to: '/backup/mirai',
    where: copy().where,
    place: 'other-disk',
    taken: copy().taken,
    manifest: copy().manifest,
    bytes: 1,
    entries: 1,
  }
  const level = (name: Exclude<Level, 'written'>): BackupEvent => ({
    ...of,
    event: 'level',
    level: name,
    read: { bytes: 1, entries: 1 },
    ms: 1,
  })
  const after = (...events: readonly BackupEvent[]) => {
    const [one] = backupsOf(
      service,
      [written, ...events].map((body) => ({ at: NOW, body })),
    ).copies
    return `${one?.state} ${one?.level}`
  }
  test('is said of what was brought back', () => {
    expect(after(level('content'), level('restored'))).toBe('sound restored')
  })
  test.each<[string, readonly BackupEvent[], string]>([
    ['it was only read', [level('content')], 'sound content'],
    [
      'the last drill failed',
      [level('restored'), { ...of, event: 'refused', level: 'restored', why: 'drill.failed' }],
      'sound content',
    ],
    [
      'its content was found bad since',
      [level('restored'), { ...of, event: 'refused', level: 'content', why: 'x.rubbish' }],
      'sound digest',
    ],
    ['its bytes are others now', [level('restored'), { ...of, event: 'suspect', why: 'digest' }], 'suspect'],
    ['it is gone', [level('restored'), { ...of, event: 'pruned', why: 'past', bytes: 1 }], 'pruned'],
  ])('is not said where %s', (_, events, instead) => {
    const said = after(...events)
    expect(said).toContain(instead)
    if (!instead.includes(' ')) expect(said.startsWith('sound')).toBe(false)
  })
})
