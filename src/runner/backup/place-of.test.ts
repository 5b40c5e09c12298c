// Whether the service itself could erase its copies: tried, with a canary and its own user.

import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWith } from '../../../tests/host/describe.ts'
import { run } from '../../sys/process.ts'
import { placeOfDirectory } from './place-of.ts'

describeWith('root', 'as root', () => {
  test('a place that the service’s own user can erase in counts as none, and no canary stays', async () => {
    const base = await mkdtemp(join(tmpdir(), 'sekisho-place-'))
    try {
      chmodSync(base, 0o755)
      const [data, to] = [join(base, 'data'), join(base, 'to')]
      for (const path of [data, to, join(to, 'daily')]) mkdirSync(path)
      chownSync(data, 65534, 65534)
      const sources = () => ({ paths: [data], users: [statSync(data)] })
      const seen = async () => (await placeOfDirectory(to, sources(), run)).seen['unlink']
      expect(await seen()).toBe('refused')
      chownSync(join(to, 'daily'), 65534, 65534)
      expect(await placeOfDirectory(to, sources(), run)).toMatchObject({
        place: 'same-disk',
        seen: { unlink: 'allowed' },
      })
      chownSync(data, 0, 0)
      expect(await seen()).toBe('not tried')
      expect([readdirSync(to), readdirSync(join(to, 'daily'))]).toEqual([['daily'], []])
    } finally {
      await rm(base, { recursive: true })
    }
  })

  test('S06 what cannot be compared counts as the same disk, and every user that writes is tried', async () => {
    const to = await mkdtemp(join(tmpdir(), 'sekisho-place-'))
    try {
      chmodSync(to, 0o755)
      for (const sources of [
        { paths: [], users: [] },
        { paths: ['/proc'], users: [], unknown: 'postgresql:5432' },
      ])
        expect(await placeOfDirectory(to, sources, run)).toMatchObject({ place: 'same-disk' })
      chownSync(to, 65534, 65534)
      const users = [
        { uid: 1, gid: 1 },
        { uid: 65534, gid: 65534 },
      ]
      expect((await placeOfDirectory(to, { paths: ['/proc'], users }, run)).seen['unlink']).toBe('allowed')
    } finally {
      await rm(to, { recursive: true })
    }
  })
})
