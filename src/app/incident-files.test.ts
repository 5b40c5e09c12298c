// Which declared files stand in an incident as changed outside of Sekisho, and of which it is said that they were put back.
import { expect, test } from 'vitest'
import type { Digest } from '../base/hash.ts'
import { instant } from '../base/time.ts'
import type { Incident } from '../incident/incident.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { declaredFilesOf } from './incident-files.ts'
import type { Watch } from './watch.ts'

const path = '/etc/app.conf'
const since = instant(1_800_000_000_000)
const baseline = `sha256:${'a'.repeat(64)}` as Digest
const incident = { service: 'app', level: 2, host: 'web1', edited: [{ path, since }] } as unknown as Incident
const policy = (...paths: readonly string[]) =>
  ({
    services: [
      { name: 'app', host: 'web1', files: paths.map((one) => ({ path: one })) },
      { name: 'other', host: 'web1', files: [{ path: '/etc/other.conf' }] },
    ],
  }) as unknown as CompiledPolicy
const watch = (isEdited: boolean): Watch => ({
  health: {},
  files: {
    'file:web1:/etc/app.conf': {
      path,
      service: 'app' as Incident['service'],
      baseline,
      at: since,
      ...(isEdited ? { edited: { since, fingerprint: baseline } } : {}),
    },
  },
})

test('a file that differs stands there, and is put back once a look finds it as it was known', () => {
  expect(declaredFilesOf(incident, policy(path), watch(true))).toEqual({
    edited: [{ path, since }],
    putBack: [],
  })
  expect(declaredFilesOf(incident, policy(path), watch(false))).toEqual({ edited: [], putBack: [path] })
  expect(declaredFilesOf({ ...incident, edited: [] }, policy(path), watch(false)).putBack).toEqual([])
})

test('of a file that is declared no more, or was not looked at, nobody says that it was put back', () => {
  for (const isEdited of [true, false])
    expect(declaredFilesOf(incident, policy(), watch(isEdited))).toEqual({ edited: [], putBack: [] })
  const nothing = { health: {}, files: {} }
  expect(declaredFilesOf(incident, policy(path), nothing)).toEqual({ edited: [], putBack: [] })
})
