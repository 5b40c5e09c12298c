// Reads what judgeRotation needs of a declared log: its size, its first time, and what rotation left beside it.
import { constants } from 'node:fs'
import { lstat, open } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { stampOf } from '../checks/log-line.ts'
import type { LogFiles } from '../checks/rotation.ts'
import { rotatedOf } from './error-logs.ts'

const HEAD_BYTES = 65_536

export async function readLogFiles(path: string, now: number): Promise<LogFiles> {
  const names = (await rotatedOf(path)) ?? []
  const rotated = await Promise.all(
    names.map(async (name) => {
      const seen = await lstat(join(dirname(path), name)).catch(() => undefined)
      return seen === undefined ? [] : [{ name, bytes: seen.size, mtimeMs: seen.mtimeMs }]
    }),
  )
  const log = await logAt(path, now)
  return {
    path,
    ...(log === undefined ? {} : { log }),
    rotated: rotated.flat().toSorted((a, b) => b.mtimeMs - a.mtimeMs),
  }
}

async function logAt(path: string, now: number): Promise<LogFiles['log']> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    () => undefined,
  )
  if (handle === undefined) return undefined
  try {
    const stat = await handle.stat()
    if (!stat.isFile()) return undefined
    const head = Buffer.alloc(Math.min(HEAD_BYTES, stat.size))
    await handle.read(head, 0, head.length, 0)
    const stamps = head
      .toString('latin1')
      .split('\n', 50)
      .map((line) => stampOf(line, now))
    const oldestMs = stamps.find((at) => at !== undefined)
    return { bytes: stat.size, mtimeMs: stat.mtimeMs, ...(oldestMs === undefined ? {} : { oldestMs }) }
  } finally {
    await handle.close()
  }
}
