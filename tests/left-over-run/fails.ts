// Fails with a process and a disk open, in a test and in what comes before one.
import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, test } from 'vitest'
import { openDisk } from '../host/disk.ts'
import { note } from '../left-over.ts'

/** As a runner is started: it is told where its data is. */
function startIn(directory: string): void {
  spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)', '--', '--data', join(directory, 'data')], {
    stdio: 'ignore',
  })
}

function open(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sekisho-app-'))
  note(directory)
  startIn(directory)
  return directory
}

test('fails', async () => {
  open()
  await openDisk('ext4', 8)
  throw new Error('this test fails')
})

describe('what comes before', () => {
  beforeAll(() => {
    open()
    throw new Error('this fails before the test')
  })
  test('is never begun', () => {})
})
