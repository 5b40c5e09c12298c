// Whether the service itself could erase its copies: tried, with a canary and its own user.

import { chmodSync, chownSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { describeWith } from '../../tests/host/describe.ts'
import { run } from '../sys/process.ts'
import { placeOfDirectory, restsOn } from './place-of.ts'

test('what a volume rests on is found by its number or its path among all devices, down to every disk', () => {
  const device = (name: string, type: string, number: string, children: readonly object[] = []) => ({
    name,
    path: type === 'lvm' ? `/dev/mapper/${name}` : `/dev/${name}`,
    type,
    'maj:min': number,
    ...(children.length === 0 ? {} : { children }),
  })
  const [sda, sdb] = [device('sda', 'disk', '8:0'), device('sdb', 'disk', '8:16')]
  const json = JSON.stringify({
    blockdevices: [
      device('vg-data', 'lvm', '252:0', [device('sda1', 'part', '8:1', [sda]), sdb]),
      device('sdc1', 'part', '8:33', [device('sdc', 'disk', '8:32')]),
    ],
  })
  const disks = (number: string, path: string) =>
    restsOn(json, number, path)
      .filter(({ type }) => type === 'disk')
      .map(({ name }) => name)
  expect(disks('252:0', '')).toEqual(['sda', 'sdb'])
  expect(disks('0:44', '/dev/mapper/vg-data')).toEqual(['sda', 'sdb'])
  expect(disks('8:33', '/dev/root')).toEqual(['sdc'])
  expect(disks('9:9', '/dev/none')).toEqual([])
  for (const broken of ['', '[]', 'null', '{"blockdevices":7}', '{"blockdevices":[null,{"children":3}]}'])
    expect(restsOn(broken, '8:0', '/dev/sda')).toEqual([])
})

describeWith('root', 'as root', () => {
  test('a disk is found where the files of /dev are hidden, as the runner’s unit hides them', async () => {
    const hidden: typeof run = (argv, options) =>
      run(['unshare', '-m', 'sh', '-c', 'mount -t tmpfs none /dev && exec "$@"', 'sh', ...argv], options)
    const seen = async (process: typeof run) =>
      (await placeOfDirectory('/', { paths: [], users: [] }, process)).seen['disks']
    expect(await seen(hidden)).toBe(await seen(run))
    expect(await seen(run)).not.toBe('unknown')
  })

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

  test('part of S06: what cannot be compared counts as the same disk, and every user that writes is tried', async () => {
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
