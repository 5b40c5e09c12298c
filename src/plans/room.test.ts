import { expect, test } from 'vitest'
import type { Plan } from './plan.ts'
import { volumeWithoutRoom } from './room.ts'

const MIB = 1_048_576
const FLOOR = 64 * MIB
const file = (size: number) => ({ kind: 'file', size })
const plan = (before: object, after: object) =>
  ({
    actions: [
      {
        action: {
          kind: 'replaceFiles',
          files: [{ path: '/etc/app.conf', real: '/etc/app.conf', before, after }],
        },
      },
    ],
  }) as unknown as Plan
const volume = (path: string, bytes: number) => ({ path, bytes, floor: FLOOR })
const STATE = volume('/var/lib/sekisho', 1000 * MIB)

test('a volume needs twice what is written on it and the floor, to the byte', () => {
  const small = plan(file(1024), file(1024))
  const needed = 2 * 2048 + FLOOR
  expect(volumeWithoutRoom(small, [STATE, volume('/etc/app.conf', needed)])).toBeUndefined()
  expect(volumeWithoutRoom(small, [STATE, volume('/etc/app.conf', needed - 1)])).toEqual({
    path: '/etc/app.conf',
    free: needed - 1,
    needed,
  })
})

test('a file that is not there yet is measured where the nearest directory above it is', () => {
  const made = plan({ kind: 'absent' }, file(10))
  expect(volumeWithoutRoom(made, [STATE, volume('/etc', 3), volume('/', 1000 * MIB)])?.path).toBe('/etc')
})

test('the runner needs room for its journal whatever is written; what only deletes needs none', () => {
  const full = volume('/var/lib/sekisho', FLOOR - 1)
  const away = plan(file(10), { kind: 'absent' })
  expect(volumeWithoutRoom({ actions: [] } as unknown as Plan, [full])?.path).toBe('/var/lib/sekisho')
  expect(volumeWithoutRoom(away, [full, volume('/etc/app.conf', 0)])).toBeUndefined()
})
