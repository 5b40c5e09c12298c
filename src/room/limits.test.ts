// Every limit of a room, passed on purpose.
import { readdirSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { shell, testRooms } from './fixtures/test-rooms.ts'

const isRoot = process.getuid?.() === 0
const rooms = testRooms()
afterAll(() => rooms.remove())
const { inRoom, scratch } = rooms

describe.runIf(isRoot)('a limit of a room', () => {
  test.each([
    ['time', shell('sleep 600 & sleep 600', { seconds: 1 })],
    ['output', shell('yes')],
    [
      'disk',
      shell('head -c 40000000 /dev/zero >big; i=0; while :; do i=$((i+1)); cp big b$i || sleep 1; done'),
    ],
    ['files', shell('i=0; while [ $i -lt 4000 ]; do i=$((i+1)); : >f$i; done; sleep 60')],
    ['memory', { argv: ['node', '-e', 'const a=[]; for(;;) a.push(Buffer.alloc(1e7, 1))'] }],
    ['processes', shell('while :; do sleep 60 & done; sleep 60')],
  ] as const)('ends a run that passes its limit of %s, and nothing of it is left', async (ended, step) => {
    const limits = {
      outputBytes: 4_000_000,
      diskBytes: 100_000_000,
      files: 800,
      memoryBytes: 268_435_456,
      processes: 60,
      seconds: 50,
    }
    expect(await inRoom(step, { limits })).toMatchObject({ ended })
    expect(readdirSync(scratch)).toEqual([])
  })
})
