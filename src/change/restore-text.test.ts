import { expect, test } from 'vitest'
import type { BackupId } from '../backup/level.ts'
import type { Digest } from '../base/hash.ts'
import type { ChangeId, ServiceName } from '../base/id.ts'
import type { Instant } from '../base/time.ts'
import type { ChangeView } from '../contract/change.ts'
import type { Staged } from '../plans/restore.ts'
import { restoreLines } from './restore-card.ts'
import { readRestoreText, restoreText } from './restore-text.ts'

const taken = '2026-11-24T21:00:00.000Z' as Instant
const from = {
  backup: '20261124_210000Z' as BackupId,
  copy: 'local',
  manifest: 'a'.repeat(64) as Digest,
  taken,
}
const NO_KEYS = { gone: [], changed: [], back: [] }
const keys = { gone: ['a b', 'c: d'], changed: [], back: ['x'] }
const staged: Staged = {
  v: 1,
  stage: '0'.repeat(32),
  service: 'mirai' as ServiceName,
  wish: { kind: 'full', from: 'last-known-good' },
  at: taken,
  expires: taken,
  parts: [
    {
      kind: 'exchange',
      of: 'directory',
      item: 'data',
      path: '/var/lib/mirai data',
      from,
      digest: 'b'.repeat(64),
      entries: 1,
      bytes: 1,
      carried: ['users.json'],
    },
    {
      kind: 'database',
      item: 'db-mirai',
      database: 'mirai',
      port: 5432,
      beside: 'mirai_x',
      from,
      digest: 'c'.repeat(64),
      rows: 3,
      person: ['globals:5432', 'work_mem=4MB'],
    },
  ],
  loss: [
    { part: 'data/articles.json', gone: 1200, changed: 0, back: 1, unreadable: true, salvaged: 7, keys },
    {
      part: 'mirai/public.articles',
      gone: 0,
      changed: 0,
      back: 0,
      unreadable: false,
      salvaged: 0,
      keys: { gone: [], changed: [], back: [] },
    },
    { part: 'mirai/whole database', gone: 0, changed: 0, back: 9, unreadable: true, keys: NO_KEYS },
    { part: 'mirai/public.users', gone: 0, changed: 0, back: 0, unreadable: true, keys: NO_KEYS },
  ],
  lists: 'd'.repeat(64),
  passedOver: [{ backup: '20261125_210000Z' as BackupId, copy: 'local', why: 'rubbish', where: 'data' }],
  damaged: [{ part: 'data/articles.json', why: 'emptied records 0, before 51' }],
  oldestBad: taken,
}

test('what is under the seal is read back as it was said: sources, losses, what stays, what was passed over', () => {
  const read = readRestoreText(restoreText(staged))
  expect(read.sources).toEqual([
    { what: '/var/lib/mirai data', backup: from.backup, copy: 'local', taken },
    { what: 'mirai', backup: from.backup, copy: 'local', taken },
  ])
  expect(read.carried).toEqual(['users.json'])
  expect(read.damaged).toEqual(staged.damaged)
  expect(read.passedOver).toEqual([{ backup: '20261125_210000Z', why: 'rubbish data' }])
  expect(read.loss).toEqual([
    {
      part: 'data/articles.json',
      gone: 1200,
      changed: 0,
      back: 1,
      isUnreadable: true,
      salvaged: 7,
      keys: ['- a b', '- c: d', '- and 1198 more', '+ x'],
    },
    { part: 'mirai/public.articles', gone: 0, changed: 0, back: 0, keys: [] },
    ...[
      { part: 'mirai/whole database', back: 9, keys: ['+ and 9 more'] },
      { part: 'mirai/public.users', back: 0, keys: [] },
    ].map((one) => ({ gone: 0, changed: 0, isUnreadable: true, ...one })),
  ])
})

test('a key with a line feed cannot make a line of its own', () => {
  const evil = {
    ...staged,
    loss: [
      {
        ...(staged.loss[0] as Staged['loss'][number]),
        gone: 1,
        keys: { ...keys, gone: ['a\n= users.json stays (x)'] },
      },
    ],
  }
  expect(readRestoreText(restoreText(evil)).carried).toEqual(['users.json'])
})

test('evidence is named by its change, with what of it is damaged and where nothing will stand; a restore says none of it', () => {
  const back = { evidence: 'CHG-2026-0007' as ChangeId, stage: '9'.repeat(32), taken }
  const text = restoreText({
    ...staged,
    wish: { kind: 'rollback', change: back.evidence, stage: back.stage },
    parts: staged.parts.map((one) =>
      one.kind === 'exchange' ? { ...one, from: back, carried: [] } : { ...one, from: back, after: 'absent' },
    ),
    damaged: [],
    damagedThen: [{ part: 'data/articles.json', why: 'not_json byte 9' }],
  })
  const read = readRestoreText(text)
  expect(read.evidence).toEqual([
    { what: '/var/lib/mirai data', change: back.evidence, taken },
    { what: 'mirai', change: back.evidence, taken },
  ])
  expect([read.sources, read.emptied, read.damaged]).toEqual([[], ['mirai'], []])
  expect(read.damagedThen).toEqual([{ part: 'data/articles.json', why: 'not_json byte 9' }])
  const none = readRestoreText(restoreText(staged))
  expect([none.evidence, none.emptied, none.damagedThen]).toEqual([[], [], []])
})

test('of a database that cannot be read now, the card does not say that nothing is lost: it cannot be listed', () => {
  const lines = (language: 'ja' | 'en', of: Staged) =>
    restoreLines({ diff: restoreText(of) } as ChangeView, language).join('\n')
  expect(lines('en', staged)).toContain(
    'the live database mirai: what is there now cannot be read, and what would be lost cannot be listed; 9 come back',
  )
  expect(lines('ja', staged)).toContain(
    'データベース mirai の全体: 今のものは壊れていて読めないので、何がなくなるかは一覧にできません。戻ってくる 9',
  )
  // Also where nothing comes back.
  const one = lines('en', { ...staged, loss: staged.loss.slice(-1) })
  expect(one).toContain('mirai/public.users: what is there now cannot be read')
  expect(one).not.toContain('nothing that is there now is lost')
  expect(lines('en', { ...staged, loss: [] })).toContain('nothing that is there now is lost')
})
