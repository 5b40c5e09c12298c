// Archives as GNU tar writes them, and archives that nobody should unpack.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { momentIn, nextId } from './archive-moment.ts'
import type { BackupId } from './level.ts'
import { readTar, TarError, type TarMember } from './tar.ts'

const base = mkdtempSync(join(tmpdir(), 'sekisho-tar-'))
/** Longer than the one field of an old header. */
const LONG = `${'m'.repeat(80)}/${'n'.repeat(80)}`

beforeAll(() => {
  mkdirSync(join(base, 'data', LONG), { recursive: true })
  writeFileSync(join(base, 'data', LONG, 'a b'), 'text')
  writeFileSync(join(base, 'data', 'だ.json'), '[]')
  chmodSync(join(base, 'data', 'だ.json'), 0o640)
  utimesSync(join(base, 'data', 'だ.json'), 1_700_000_000.5, 1_700_000_000.5)
  symlinkSync('だ.json', join(base, 'data', 'current'))
  linkSync(join(base, 'data', 'だ.json'), join(base, 'data', 'second'))
})
afterAll(() => rmSync(base, { recursive: true, force: true }))

const packed = (...argv: string[]) => execFileSync('tar', ['-cf', '-', ...argv], { cwd: base })
const members = (bytes: Uint8Array) => [
  ...readTar({ size: bytes.length, read: (at, length) => bytes.subarray(at, at + length) }),
]
const faultOf = (bytes: Uint8Array) => {
  try {
    members(bytes)
    return 'none'
  } catch (cause) {
    if (!(cause instanceof TarError)) throw cause
    return `${cause.why} ${cause.member}`.trim()
  }
}
/** A ustar header of its own, with nothing after it but the end. */
const single = (name: string, type: string, more: { target?: string; mode?: string; size?: string } = {}) => {
  const header = Buffer.alloc(512)
  header.write(name, 0)
  header.write(more.mode ?? '0000644', 100)
  header.write('0000000', 108)
  header.write('0000000', 116)
  header.write(more.size ?? '00000000000', 124, 'latin1')
  header.write('14524770000', 136)
  header.write(type, 156)
  header.write(more.target ?? '', 157)
  header.write('ustar\u000000', 257)
  header.fill(0x20, 148, 156)
  const sum = header.reduce((all, byte) => all + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return Buffer.concat([header, Buffer.alloc(1024)])
}

test.each(['--format=gnu', '--format=pax', '--format=ustar'])(
  'names, kinds, owner, mode, time and place of the bytes are read (%s)',
  (format) => {
    const bytes = packed(format, '--numeric-owner', '--owner=4711', '--group=12', './data')
    const found = new Map(members(bytes).map((one) => [one.path.toString(), one]))
    const of = (path: string) => found.get(path) as TarMember
    expect([...found.keys()].sort()).toEqual(
      [
        'data',
        'data/current',
        `data/${'m'.repeat(80)}`,
        `data/${LONG}`,
        `data/${LONG}/a b`,
        'data/second',
        'data/だ.json',
      ].sort(),
    )
    expect(of('data').type).toBe('directory')
    expect(of('data/current')).toMatchObject({ type: 'link', target: Buffer.from('だ.json') })
    const [first, second] = [of('data/だ.json'), of('data/second')].sort((a) => (a.type === 'file' ? -1 : 1))
    expect(first).toMatchObject({ type: 'file', mode: 0o640, uid: 4711, gid: 12, size: 2 })
    expect(second).toMatchObject({ type: 'hard link', target: first?.path })
    expect(first?.mtimeNs).toBe(
      format === '--format=pax' ? 1_700_000_000_500_000_000n : 1_700_000_000_000_000_000n,
    )
    const { dataAt, size } = of(`data/${LONG}/a b`)
    expect(bytes.subarray(dataAt, dataAt + size).toString()).toBe('text')
  },
)

test('what leads out of the tree, or is no file, is refused with the member that it is', () => {
  expect(faultOf(single('../etc/passwd', '0'))).toBe('parent ../etc/passwd')
  expect(faultOf(single('data/../../x', '5'))).toBe('parent data/../../x')
  expect(faultOf(single('/etc/passwd', '0'))).toBe('absolute /etc/passwd')
  expect(faultOf(single('data/l', '2', { target: '../../x' }))).toBe('link_out data/l')
  expect(faultOf(single('data/l', '2', { target: '/etc' }))).toBe('link_out data/l')
  expect(faultOf(single('data/h', '1', { target: '../x' }))).toBe('parent data/h')
  expect(faultOf(single('data/d', '3'))).toBe('device data/d')
  expect(faultOf(single('data/b', '4'))).toBe('device data/b')
  expect(faultOf(single('data/p', '6'))).toBe('fifo data/p')
  expect(faultOf(single('data/s', 'S'))).toBe('sparse data/s')
  expect(faultOf(single('data/k', 'D'))).toBe('kind data/k')
  expect(faultOf(single('data/u', '0', { mode: '0004755' }))).toBe('set_id data/u')
  expect(faultOf(single('data/big', '0', { size: '77777777777' }))).toBe('truncated data/big')
  expect(faultOf(single('data/ok', '2', { target: './ok/../x' }))).toBe('none')
})

test('a file that is stored with holes, or with an ACL, is refused in the pax form too', () => {
  const record = (key: string, value: string) => {
    const rest = ` ${key}=${value}\n`
    let length = rest.length + 2
    if (String(length).length + rest.length !== length) length = String(length).length + rest.length
    return `${length}${rest}`
  }
  const withRecords = (text: string) => {
    const head = single('x', 'x', { size: text.length.toString(8).padStart(11, '0') }).subarray(0, 512)
    const data = Buffer.alloc(512)
    data.write(text)
    return Buffer.concat([head, data, single('data/a', '0')])
  }
  expect(faultOf(withRecords(record('GNU.sparse.major', '1')))).toBe('sparse data/a')
  expect(faultOf(withRecords(record('SCHILY.acl.access', 'user::rw-')))).toBe('attributes data/a')
  expect(faultOf(withRecords(record('path', '../b')))).toBe('parent ../b')
  expect(faultOf(withRecords('9 nonsense'))).toBe('header')
})

test('every cut is found, and no byte that is flipped brings the reader down', () => {
  const bytes = packed('--format=gnu', 'data')
  expect(faultOf(Buffer.alloc(0))).toBe('truncated')
  expect(faultOf(readFileSync('/proc/self/exe').subarray(0, 4096))).toBe('not_tar')
  for (let end = 0; end < bytes.length; end += 256) {
    const answer = faultOf(bytes.subarray(0, end))
    const isWhole = end >= bytes.lastIndexOf('ustar') + 512
    expect(answer, String(end)).toMatch(isWhole ? /none|truncated/ : /truncated/)
  }
  for (let at = 0; at < 4096; at += 7) {
    const flipped = Buffer.from(bytes)
    flipped[at] = (flipped[at] as number) ^ 0x81
    expect(typeof faultOf(flipped)).toBe('string')
  }
})

test('an archive ends once: after a block of zeros nothing else stands', () => {
  const [first, second] = [single('data/a', '0'), single('data/b', '0')]
  expect(faultOf(Buffer.concat([first, Buffer.alloc(3_000_000)]))).toBe('none')
  expect(faultOf(first.subarray(0, 1024))).toBe('none')
  expect(faultOf(Buffer.concat([first, second]))).toBe('header')
  expect(faultOf(Buffer.concat([first, Buffer.alloc(3_000_000), Buffer.from('x')]))).toBe('header')
  const bytes = packed('data')
  const middle = members(bytes)[2] as TarMember
  const at = (middle.dataAt ?? 0) - 512
  expect(faultOf(Buffer.from(bytes).fill(0, at, at + 512))).toBe('header')
})

test('the moment is the last one in the path; what is no moment is none', () => {
  const of = (path: string) => momentIn(path)
  expect(of('backup-2026-11-01.tar.gz')).toBe('20261101_000000')
  expect(of('app_20261101_0315.tgz')).toBe('20261101_031500')
  expect(of('daily/20261101_030000/data-2026-11-02T04:05:06Z.tar')).toBe('20261102_040506Z')
  expect(of('daily/20261101_030000/data.tar.gz')).toBe('20261101_030000')
  for (const path of ['backup.tar.gz', 'backup-1730426400.tar.gz', 'v2026-02-30.tar', 'x-2026-13-01.tar'])
    expect(of(path), path).toBeUndefined()
  expect(nextId('20261231_235959Z' as BackupId)).toBe('20270101_000000Z')
})
