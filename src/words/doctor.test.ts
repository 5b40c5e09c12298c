import { expect, test } from 'vitest'
import { DOCTOR_WORDS } from './doctor.ts'
import { reader } from './errors.ts'

test.each([
  ['cgroup2', '使えます（試行の上限: cgroup v2）', 'available (limits of a trial: cgroup v2)'],
  ['cgroup1', '使えます（試行の上限: cgroup v1）', 'available (limits of a trial: cgroup v1)'],
  [
    'watcher',
    '使えます（試行の上限: rlimit と見張り。cgroup は使えません）',
    'available (limits of a trial: rlimits and a watcher; no cgroup is to be had)',
  ],
  // An earlier runner does not tell: nothing is said of it.
  ['', '使えます', 'available'],
])('doctor names what limits a trial: %s', (limits, ja, en) => {
  const words = DOCTOR_WORDS['doctor.sandbox']
  expect(words?.ja(reader({ limits })).what).toBe(ja)
  expect(words?.en(reader({ limits })).what).toBe(en)
})
