// Which servers are refused, one row a reason.
import { expect, test } from 'vitest'
import { type Settings, unfit } from './fit.ts'

const GOOD: Settings = {
  version: 150_018,
  fsync: 'on',
  full_page_writes: 'on',
  data_checksums: 'on',
  synchronous_commit: 'on',
  recovering: false,
}

test.each<[string, Partial<Settings>]>([
  ['store.too_old', { version: 140_023 }],
  ['store.fsync_off', { fsync: 'off' }],
  ['store.full_page_writes_off', { full_page_writes: 'off' }],
  ['store.checksums_off', { data_checksums: 'off' }],
  ['store.synchronous_commit_off', { synchronous_commit: 'off' }],
  ['store.read_only', { recovering: true }],
])('%s', (code, bad) => {
  expect(unfit({ ...GOOD, ...bad })?.code).toBe(code)
})

test.each<Partial<Settings>>([{}, { synchronous_commit: 'local' }, { synchronous_commit: 'remote_apply' }])(
  'taken: %o',
  (more) => {
    expect(unfit({ ...GOOD, ...more })).toBeUndefined()
  },
)
