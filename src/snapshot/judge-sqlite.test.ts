// A copied database is checked whole, and two checks at a time do not take each other's file away: one copy is verified while another is laid out.
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { sha256 } from '../base/hash.ts'
import { faultOfSqlite } from './judge-sqlite.ts'
import { sqlitePlace } from './live-sqlite.ts'
import type { SnapshotPorts } from './ports.ts'

interface Room {
  readonly base: string
  readonly check: (path: string) => Promise<string | undefined>
  readonly place: string
}

async function inRoom(body: (room: Room) => Promise<void>): Promise<void> {
  const base = mkdtempSync(join(tmpdir(), 'sekisho-check-'))
  chmodSync(base, 0o755)
  try {
    const parts = {
      place: { data: base },
      policies: { current: { rules: { floorBytes: 0 } } },
    } as unknown as SnapshotPorts
    const { signal } = new AbortController()
    const check = async (path: string) => {
      const of = { size: statSync(path).size, digest: sha256(readFileSync(path)) }
      const fd = openSync(path, 'r')
      try {
        return await faultOfSqlite(fd, of, { id: 'x', path }, { parts, signal })
      } finally {
        closeSync(fd)
      }
    }
    await body({ base, check, place: sqlitePlace(parts) })
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
}

function database(path: string, mode: 'delete' | 'wal'): string {
  const made = new DatabaseSync(path)
  made.exec(`PRAGMA journal_mode = ${mode}`)
  made.exec('CREATE TABLE t (x UNIQUE)')
  const insert = made.prepare('INSERT INTO t VALUES (?)')
  made.exec('BEGIN')
  for (let i = 0; i < 5000; i++) insert.run(`row ${i}`)
  made.exec('COMMIT')
  made.close()
  return path
}

test('checks that run beside each other each come to their own answer, and nothing is left', () =>
  inRoom(async ({ base, check, place }) => {
    const path = database(join(base, 'app.db'), 'delete')
    expect(await Promise.all([check(path), check(path), check(path)])).toEqual([
      undefined,
      undefined,
      undefined,
    ])
    expect(readdirSync(place)).toEqual([])
  }))

test('a database with a write-ahead log is read without one, and one whose pages are zero is not sound', () =>
  inRoom(async ({ base, check, place }) => {
    const path = database(join(base, 'log.db'), 'wal')
    expect(await check(path)).toBeUndefined()
    const damaged = readFileSync(path)
    damaged.fill(0, 8192, 16_384)
    const other = join(base, 'damaged.db')
    writeFileSync(other, damaged)
    expect(await check(other)).toBe('not_sound')
    expect(readdirSync(place)).toEqual([])
  }))

test.runIf(process.geteuid?.() === 0)('who reads it may read it, and owns nothing but the file', () =>
  inRoom(async ({ base, check, place }) => {
    const path = database(join(base, 'app.db'), 'delete')
    const seen = new Set<string>()
    const timer = setInterval(() => {
      for (const name of existsSync(place) ? readdirSync(place) : []) {
        const directory = statSync(join(place, name), { throwIfNoEntry: false })
        if (directory === undefined) continue
        const { uid, mode } = directory
        const file = statSync(join(place, name, 'copy'), { throwIfNoEntry: false })
        // Before it is handed over everything is root's alone.
        if (file !== undefined && file.uid !== 0)
          seen.add(`${uid} ${(mode & 0o777).toString(8)} ${(file.mode & 0o777).toString(8)}`)
      }
    }, 1)
    try {
      expect(await check(path)).toBeUndefined()
    } finally {
      clearInterval(timer)
    }
    expect([...seen].filter((one) => !one.startsWith('0 '))).toEqual([])
    expect(seen).toContain('0 711 400')
  }),
)
