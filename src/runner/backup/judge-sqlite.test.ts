// A copied database is checked whole, and two checks at a time do not take each other's file away: one copy is verified while another is laid out.
import {
  chmodSync,
  closeSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { sha256 } from '../../base/hash.ts'
import type { RunnerParts } from '../parts.ts'
import { faultOfSqlite } from './judge-sqlite.ts'
import { sqlitePlace } from './live-sqlite.ts'

test('checks that run beside each other each come to their own answer, and nothing is left', async () => {
  const base = mkdtempSync(join(tmpdir(), 'sekisho-check-'))
  chmodSync(base, 0o755)
  try {
    const path = join(base, 'app.db')
    const made = new DatabaseSync(path)
    made.exec('CREATE TABLE t (x)')
    made.exec("INSERT INTO t VALUES ('a')")
    made.close()
    const parts = {
      place: { data: base },
      policies: { current: { rules: { floorBytes: 0 } } },
    } as unknown as RunnerParts
    const { signal } = new AbortController()
    const of = { size: statSync(path).size, digest: sha256(readFileSync(path)) }
    const check = async () => {
      const fd = openSync(path, 'r')
      try {
        return await faultOfSqlite(fd, of, { id: 'x', path }, { parts, signal })
      } finally {
        closeSync(fd)
      }
    }
    expect(await Promise.all([check(), check(), check()])).toEqual([undefined, undefined, undefined])
    expect(readdirSync(sqlitePlace(parts))).toEqual([])
  } finally {
    rmSync(base, { recursive: true, force: true })
  }
})
