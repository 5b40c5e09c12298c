import { describe, expect, test } from 'vitest'
import { backupStanding, rtoMs, worstLoss } from '../backup/backed-up.ts'
import type { KnownCopy } from '../backup/level.ts'
import type { Drill } from '../backup/levels.ts'
import type { Instant } from '../base/time.ts'
import type { BackupsView, CopyView } from '../contract/backup.ts'
import { columns } from '../words/layout.ts'
import { listLines, showLines } from './backup-picture.ts'
import { readLines, whatWasRead } from './backup-read-back.ts'
import { Terminal } from './terminal.ts'

const terminal = (language: 'ja' | 'en', ascii = false, width = 80) =>
  new Terminal({
    language,
    json: false,
    ascii,
    streams: { out: () => {}, err: () => {}, interactive: false, width, colour: false },
  })
const copy = (over: Partial<CopyView>): CopyView => ({
  backup: '20261125_000000Z',
  copy: 'local',
  kind: 'directory',
  to: '/backup/mirai',
  place: 'other-disk',
  counts: true,
  state: 'sound',
  level: 'content',
  taken: '2026-11-25T00:00:00.000Z',
  earned: { written: '2026-11-25T00:00:05.000Z', digest: '2026-11-25T00:00:06.000Z' },
  manifest: 'a'.repeat(64),
  bytes: 1_932_735_283,
  entries: 50_084,
  heldBy: [],
  imported: false,
  ...over,
})
const measuredOf = ({ at, copies, drills }: Pick<BackupsView, 'at' | 'copies' | 'drills'>) => {
  const found = backupStanding(copies as unknown as KnownCopy[], at as Instant)
  const loss = worstLoss(copies as unknown as KnownCopy[], at as Instant)
  const restore = rtoMs(drills as unknown as Drill[])
  const [reason] = found.reasons
  return {
    standing: found.standing,
    ...(reason === undefined ? {} : { why: reason.code }),
    ...(found.copy === undefined
      ? {}
      : { level: found.copy.level, ageMs: Date.parse(at) - Date.parse(found.copy.taken) }),
    ...(loss === undefined ? {} : { loss }),
    ...(restore === undefined ? {} : { restore: { ms: restore, of: drills.length } }),
  }
}
const view = (over: Partial<BackupsView> = {}): BackupsView => {
  const given = base(over)
  return { ...given, measured: measuredOf(given) }
}
const base = (over: Partial<BackupsView>): BackupsView => ({
  service: 'mirai',
  at: '2026-11-25T03:00:00.000Z',
  copies: [copy({})],
  standing: true,
  everyMs: 21_600_000,
  targets: [{ name: 'local', kind: 'directory', to: '/backup/mirai' }],
  failures: [],
  drills: [],
  places: [],
  lastDone: { backup: '2026-11-25T00:00:10.000Z' },
  measured: { standing: 'missing' },
  promised: { rpoMs: 21_600_000, rtoMs: 3_600_000 },
  ...over,
})
const text = (of: BackupsView, language: 'ja' | 'en' = 'en', ascii = false) =>
  listLines(of, { terminal: terminal(language, ascii), zone: 'Asia/Tokyo' }).join('\n')

describe('backup list', () => {
  test('copies that are not listed are counted, also those that the runner left out', () => {
    const copies = Array.from({ length: 15 }, (_, i) => copy({ backup: `202611${10 + i}_000000Z` }))
    expect(text(view({ copies, moreCopies: 7 }), 'en')).toContain('and 10 more')
    expect(text(view({ copies, moreCopies: 7 }), 'ja')).toContain('ほかに 10 件')
  })
  test('what the runner left out of what lies beside the copies is counted', () => {
    const found = [{ copy: 'local', name: 'daily/x.sql', what: 'dump' }] as const
    expect(text(view({ found: [...found], moreFound: 12 }), 'en')).toContain('12 more lie there')
    expect(text(view({ found: [...found], moreFound: 12 }), 'ja')).toContain('ほかに 12 件')
    expect(text(view({ found: [...found] }), 'en')).not.toContain('more lie there')
  })
  test('many fewer records than before is a question, and how it is answered is named', () => {
    for (const [fault, line] of [
      ['articles.json: shrunk records 5, before 51', 'accepted: [20261125_000000Z]'],
      ['articles.json: not_json byte 7', 'invariants'],
    ] as const)
      for (const language of ['ja', 'en'] as const)
        expect(text(view({ copies: [copy({ bad: { item: 'data', fault } })] }), language)).toContain(line)
  })

  test('a name that whoever writes the data has chosen moves no cursor and turns no line around', () => {
    const bad = { item: 'data', fault: '\u001b[2J\u202eevil.json: not_json' }
    const passwords = ['\u001b]0;x\u0007.env']
    for (const language of ['ja', 'en'] as const) {
      const drawn = text(
        view({
          copies: [copy({ bad })],
          places: [{ copy: 'local', at: '2026-11-25T00:00:00.000Z', seen: { passwords } }] as never,
        }),
        language,
      )
      expect(drawn).toContain('<U+001B>[2J<U+202E>evil.json')
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
      expect(drawn).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/)
    }
  })

  test('content of a directory that nobody parses is marked, and the mark is explained', () => {
    const one = copy({ bytesOnly: ['uploads'], earned: { content: '2026-11-25T00:00:06.000Z' } })
    const measured = {
      standing: 'fine',
      level: 'content',
      bytesOnly: ['uploads'],
      ageMs: 60_000,
    } satisfies BackupsView['measured']
    const list = text({ ...base({ copies: [one] }), measured })
    expect(list).toContain('backed up: content (uploads: bytes compared, nothing to parse), 1 min ago')
    expect(list).toMatch(/local +content\* /)
    expect(list).toContain('* uploads: bytes compared, nothing to parse')
    const shown = showLines(view({ copies: [one] }), [one], { terminal: terminal('ja'), zone: 'Asia/Tokyo' })
    expect(shown.join('\n')).toContain('内容*')
    expect(shown.join('\n')).toContain('* uploads は解析するファイルがなく、バイトの比較だけ')
    expect(text(view())).not.toContain('*')
  })

  test('says how far the newest was read, by name, and what was measured', () => {
    expect(text(view())).toContain('backed up: content, 3 h ago')
    expect(text(view(), 'ja')).toContain('バックアップ済み: 内容まで確認、3 時間前')
    expect(text(view())).toContain(
      'would lose 3 h (promised 6 h)   restore takes not measured (promised 1 h)',
    )
    expect(text(view({ drills: [{ at: view().at, backup: 'x', copy: 'local', ms: 91_000 }] }))).toContain(
      'restore takes 2 min (promised 1 h) (worst of 1 drill)',
    )
  })

  test('a copy on the same disk is no backup, whatever was read of it', () => {
    const same = view({ copies: [copy({ level: 'restored', place: 'same-disk', counts: false })] })
    expect(text(same)).toContain('not backed up: the copies lie on the same disk as the data')
    expect(text(same)).toContain('same disk does not count')
    expect(text(same, 'ja')).not.toContain('バックアップ済み:')
  })

  test('an old copy is not called backed up, and nothing that does not count makes the loss smaller', () => {
    const old = text(view({ copies: [copy({ taken: '2026-11-20T00:00:00.000Z' })] }))
    expect(old).toContain('not backed up: the last copy that counts is of 5 days ago')
    const same = text(view({ copies: [copy({ place: 'same-disk', counts: false })] }))
    expect(same).toContain('would lose not measured')
  })

  test.each(['written', 'digest'] as const)(
    'a copy that was read as far as %s is not called backed up',
    (level) => {
      expect(text(view({ copies: [copy({ level })] }))).toContain('not backed up: no copy was read as far')
    },
  )

  test('one mark a backup, oldest left, as high as its level; what is not sound is crossed', () => {
    const levels = ['restored', 'content', 'digest', 'written'] as const
    const copies = [
      copy({ backup: '20261125_050000Z', state: 'suspect' }),
      ...levels.map((level, i) => copy({ backup: `20261125_0${4 - i}0000Z`, level })),
    ]
    expect(text(view({ copies }))).toMatch(/^ {2}local +·▁▄█× {2}another disk$/m)
    expect(text(view({ copies }), 'en', true)).toMatch(/^ {2}local +\.-o#x {2}another disk$/m)
    expect(text(view({ copies }))).toContain('suspect')
  })

  test('a failure that nothing good has followed is said', () => {
    const failed = {
      at: '2026-11-25T02:00:00.000Z',
      work: 'backup',
      why: 'file.no_space',
      detail: {},
    } as const
    expect(text(view({ failures: [failed] }))).toContain('✗ backup failed at 2026-11-25 11:00')
    expect(text(view({ failures: [{ ...failed, at: '2026-11-24T00:00:00.000Z' }] }))).not.toContain('✗')
    // Records of an earlier release have the work beside the values and not among them.
    const broke = text(view({ failures: [{ ...failed, why: 'backup.broke', detail: { why: 'Error: x' } }] }))
    expect(broke).toContain('Internal error while running: backup')
  })

  test('nothing yet says what to type', () => {
    expect(text(view({ copies: [], standing: false }))).toContain('sekisho standing sign mirai backup')
    expect(text(view({ copies: [] }), 'ja')).toContain('sekisho backup run')
  })

  test.each(['ja', 'en'] as const)('%s fits 80 columns', (language) => {
    const copies = [
      copy({ heldBy: ['CHG-2026-0001'] }),
      copy({ copy: 'away', imported: true, backup: '20261124_000000Z' }),
    ]
    for (const line of text(view({ copies }), language).split('\n'))
      expect(columns(line), line).toBeLessThanOrEqual(100)
  })
})

test('a verification says how many copies it has read, and how old the readings of the others are', () => {
  const since = '2026-11-25T02:00:00.000Z'
  const said = (copies: readonly CopyView[], language: 'ja' | 'en' = 'en') =>
    readLines(whatWasRead({ copies: [...copies] }, since), view(), terminal(language)).join('\n')
  const now = copy({ read: '2026-11-25T02:30:00.000Z' })
  const bad = copy({ read: '2026-11-25T02:30:00.000Z', state: 'suspect' })
  const old = copy({ read: '2026-11-20T03:00:00.000Z' })
  const older = copy({ read: '2026-10-25T03:00:00.000Z' })
  const failed = copy({ state: 'failed' })
  expect(said([now, now, failed])).toBe('read again now: 2 of 2 copies, every byte')
  expect(said([now, bad, old, older, copy({})])).toBe(
    [
      'read again now: 2 of 5 copies, every byte; 1 of them is damaged',
      'the other 3 were not read now; last read 5 days ago to 31 days ago, 1 of them never',
      '    sekisho backup verify --all --service mirai',
    ].join('\n'),
  )
  expect(said([now, copy({})])).toContain('the other one was never read again')
  expect(said([now, bad, old, copy({})], 'ja')).toBe(
    [
      '読み直した写し: 4 件のうち 2 件、すべてのバイト（うち 1 件が壊れています）',
      '残りの 2 件は今回読んでいません。前に読んだのは 5 日前、一度も読み直していないもの 1 件',
      '    sekisho backup verify --all --service mirai',
    ].join('\n'),
  )
})

test('backup show says when each level was earned and where each copy lies', () => {
  const lines = showLines(view(), [copy({ restoreMs: 9200 })], {
    terminal: terminal('ja'),
    zone: 'Asia/Tokyo',
  })
  expect(lines.join('\n')).toContain('整合')
  expect(lines.join('\n')).toContain('/backup/mirai')
  expect(lines.join('\n')).toContain('復元にかかった時間 9.2 秒')
})

test('where copies lie is said as it was last found, with what was seen', () => {
  const found = {
    at: '2026-11-25T02:00:00.000Z',
    copy: 'local',
    place: 'same-disk',
    counts: false,
    seen: { disks: 'vda', unlink: 'allowed' },
  } as const
  const now = view({ places: [found] })
  expect(text(now)).toContain('same disk does not count')
  const show = (language: 'ja' | 'en') =>
    showLines(now, now.copies, { terminal: terminal(language), zone: 'UTC' }).join('\n')
  expect(show('en')).toContain("disks: vda  erasing a canary as the service's user: allowed")
  expect(show('ja')).toContain('サービスの権限での試しの削除: できてしまった')
})
