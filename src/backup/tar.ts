// Reads the headers of a tar file: ustar, pax, and GNU's long names and large numbers. Total: every byte sequence gives members or a TarError with the
// member and the reason. Names come out clean: relative, without `.` and `..`.
import { pathFault } from './manifest-path.ts'

export interface TarSource {
  readonly size: number
  /** So many bytes from there; fewer only at the end of the file. */
  readonly read: (at: number, length: number) => Uint8Array
}

export interface TarMember {
  readonly type: 'file' | 'directory' | 'link' | 'hard link'
  /** Relative; of no bytes: the directory that was packed itself. */
  readonly path: Buffer
  /** Of a link what it says; of a hard link the path of another member. */
  readonly target: Buffer
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Names beside the numbers, where the maker knew them. */
  readonly user?: string
  readonly group?: string
  readonly mtimeNs: bigint
  readonly size: number
  /** Where its bytes begin. */
  readonly dataAt: number
}

/** Why an archive is not read. Each has a sentence in words/archive-why.ts. */
export const TAR_FAULTS = [
  'absolute',
  'attributes',
  'device',
  'fifo',
  'header',
  'kind',
  'link_out',
  'name',
  'not_tar',
  'parent',
  'set_id',
  'sparse',
  'truncated',
] as const
export type TarFault = (typeof TAR_FAULTS)[number]

export class TarError extends Error {
  readonly why: TarFault
  /** As the archive spells it; of no bytes where it is of none. */
  readonly member: Buffer

  constructor(why: TarFault, member: Uint8Array = Buffer.alloc(0)) {
    super(why)
    this.why = why
    this.member = Buffer.from(member)
  }
}

const BLOCK = 512
/** Long names and pax records; more is no name. */
const EXTENDED_MAX = 1_048_576
/** How much is compared with zeros at once. */
const ZEROS_MAX = 1_048_576
const SET_ID = 0o6000
const NOTHING = Buffer.alloc(0)

/** What extended headers say of the next member. */
type Records = Map<string, Buffer>

/** Members in the order of the archive. Throws TarError. */
export function* readTar(source: TarSource): Generator<TarMember> {
  const global: Records = new Map()
  let records: Records = new Map()
  for (let at = 0; ; ) {
    const header = Buffer.from(source.read(at, BLOCK))
    if (header.length < BLOCK) throw new TarError('truncated')
    if (header.every((byte) => byte === 0)) {
      assertZeros(source, at + BLOCK)
      return
    }
    if (!isHeader(header)) throw new TarError(at === 0 ? 'not_tar' : 'header')
    const dataAt = at + BLOCK
    const type = String.fromCharCode(header[156] as number)
    const stored = number(header, 124, 12)
    if (EXTENDED.has(type)) {
      if (stored > EXTENDED_MAX) throw new TarError('header')
      const data = Buffer.from(source.read(dataAt, stored))
      if (data.length < stored) throw new TarError('truncated')
      if (type === 'L' || type === 'K') records.set(type === 'L' ? 'path' : 'linkpath', untilNul(data))
      else readRecords(data, type === 'g' ? global : records)
      at = dataAt + padded(stored)
      continue
    }
    const found = memberOf(header, type, stored, dataAt, new Map([...global, ...records]))
    records = new Map()
    at = dataAt + padded(found.size)
    if (dataAt + found.size > source.size) throw new TarError('truncated', found.path)
    if (type !== VOLUME_LABEL) yield found
  }
}

/** After its end an archive is filled with zeros: a header that was zeroed, and an archive that another one was written after, have more. Throws TarError. */
function assertZeros(source: TarSource, from: number): void {
  const zeros = Buffer.alloc(Math.max(0, Math.min(ZEROS_MAX, source.size - from)))
  for (let at = from; at < source.size; at += ZEROS_MAX) {
    const rest = source.read(at, Math.min(ZEROS_MAX, source.size - at))
    if (!zeros.subarray(0, rest.length).equals(rest)) throw new TarError('header')
  }
}

const EXTENDED: ReadonlySet<string> = new Set(['L', 'K', 'x', 'g'])
const VOLUME_LABEL = 'V'
const TYPES: ReadonlyMap<string, TarMember['type'] | TarFault> = new Map<
  string,
  TarMember['type'] | TarFault
>([
  ['0', 'file'],
  ['\0', 'file'],
  ['7', 'file'],
  ['1', 'hard link'],
  ['2', 'link'],
  ['3', 'device'],
  ['4', 'device'],
  ['5', 'directory'],
  ['6', 'fifo'],
  ['S', 'sparse'],
  [VOLUME_LABEL, 'file'],
])

function memberOf(
  header: Buffer,
  letter: string,
  stored: number,
  dataAt: number,
  records: Records,
): TarMember {
  const name = records.get('path') ?? nameIn(header)
  const known = TYPES.get(letter) ?? 'kind'
  const type = known === 'file' && name.at(-1) === SLASH ? 'directory' : known
  if (isFault(type)) throw new TarError(type, name)
  for (const key of records.keys()) {
    if (key.startsWith('GNU.sparse.')) throw new TarError('sparse', name)
    if (key.startsWith('SCHILY.acl.') || key.startsWith('SCHILY.xattr.user.'))
      throw new TarError('attributes', name)
  }
  const path = cleanPath(name, name)
  const target = records.get('linkpath') ?? untilNul(header.subarray(157, 257))
  const mode = number(header, 100, 8) & 0o7777
  if (type === 'file' && (mode & SET_ID) !== 0) throw new TarError('set_id', name)
  if (type === 'link' && leaves(path, target)) throw new TarError('link_out', name)
  const size = type === 'file' ? (decimal(records, 'size', name) ?? stored) : 0
  const user = nameOf(records.get('uname') ?? untilNul(header.subarray(265, 297)))
  const group = nameOf(records.get('gname') ?? untilNul(header.subarray(297, 329)))
  return {
    type,
    path,
    target: type === 'hard link' ? cleanPath(target, name) : type === 'link' ? target : NOTHING,
    mode,
    uid: decimal(records, 'uid', name) ?? number(header, 108, 8),
    gid: decimal(records, 'gid', name) ?? number(header, 116, 8),
    ...(user === undefined ? {} : { user }),
    ...(group === undefined ? {} : { group }),
    mtimeNs: mtimeOf(records.get('mtime'), name) ?? BigInt(number(header, 136, 12)) * 1_000_000_000n,
    size,
    dataAt,
  }
}

function isFault(type: TarMember['type'] | TarFault): type is TarFault {
  return (TAR_FAULTS as readonly string[]).includes(type)
}

const SLASH = 0x2f

/** Segments `.` and empty ones are left out. Throws TarError absolute, parent, name. */
function cleanPath(name: Buffer, member: Buffer): Buffer {
  if (name[0] === SLASH) throw new TarError('absolute', member)
  const segments = segmentsOf(name)
  if (segments.includes('..')) throw new TarError('parent', member)
  const path = Buffer.from(segments.join('/'), 'latin1')
  if (pathFault(path) !== undefined) throw new TarError('name', member)
  return path
}

function segmentsOf(name: Buffer): readonly string[] {
  return name
    .toString('latin1')
    .split('/')
    .filter((segment) => segment !== '' && segment !== '.')
}

/** Would a link at `path` lead out of the tree that `path` is below, as its text says it? */
export function leaves(path: Buffer, target: Buffer): boolean {
  if (target.length === 0 || target[0] === SLASH || target.includes(0)) return true
  let depth = segmentsOf(path).length - 1
  for (const segment of segmentsOf(target)) {
    depth += segment === '..' ? -1 : 1
    if (depth < 0) return true
  }
  return false
}

/** The sum of all bytes, with spaces in the place of the sum itself; old programs added them as signed. */
function isHeader(header: Buffer): boolean {
  let [unsigned, signed] = [0, 0]
  for (let i = 0; i < BLOCK; i++) {
    const value = i >= 148 && i < 156 ? 0x20 : (header[i] as number)
    unsigned += value
    signed += value > 127 ? value - 256 : value
  }
  const written = octal(header.subarray(148, 156))
  return written === unsigned || written === signed
}

function octal(field: Buffer): number | undefined {
  const text = field.toString('latin1').replace(/\0.*$/s, '').trim()
  return /^[0-7]{1,12}$/.test(text) ? Number.parseInt(text, 8) : text === '' ? 0 : undefined
}

/** Octal, or GNU's big number behind a set high bit. Throws TarError. */
function number(header: Buffer, at: number, length: number): number {
  const field = header.subarray(at, at + length)
  const first = field[0] as number
  if ((first & 0x80) === 0) {
    const value = octal(field)
    if (value === undefined) throw new TarError('header', nameIn(header))
    return value
  }
  // A negative one is a time before 1970 or no number of ours.
  if (first !== 0x80) throw new TarError('header', nameIn(header))
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
  if (!Number.isSafeInteger(value)) throw new TarError('header', nameIn(header))
  return value
}

function nameIn(header: Buffer): Buffer {
  const name = untilNul(header.subarray(0, 100))
  // GNU's own magic has spaces, and other things where the prefix stands.
  const isUstar = header.subarray(257, 263).toString('latin1') === 'ustar\0'
  const prefix = isUstar ? untilNul(header.subarray(345, 500)) : NOTHING
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name])
}

function untilNul(field: Buffer): Buffer {
  const end = field.indexOf(0)
  return Buffer.from(end === -1 ? field : field.subarray(0, end))
}

/** `LENGTH KEY=VALUE\n`, the length counted with all of it. Throws TarError. */
function readRecords(data: Buffer, into: Records): void {
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at)
    const written = space === -1 ? '' : data.subarray(at, space).toString('latin1')
    const length = /^[1-9]\d{0,6}$/.test(written) ? Number(written) : 0
    const end = at + length
    const equal = data.indexOf(0x3d, space)
    if (length === 0 || end > data.length || equal === -1 || equal >= end || data[end - 1] !== 0x0a)
      throw new TarError('header')
    into.set(
      data.subarray(space + 1, equal).toString('latin1'),
      Buffer.from(data.subarray(equal + 1, end - 1)),
    )
    at = end
  }
}

function decimal(records: Records, key: string, member: Buffer): number | undefined {
  const text = records.get(key)?.toString('latin1')
  if (text === undefined) return undefined
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw new TarError('header', member)
  return value
}

function mtimeOf(text: Buffer | undefined, member: Buffer): bigint | undefined {
  if (text === undefined) return undefined
  const [, seconds, fraction = ''] = /^(\d{1,12})(?:\.(\d{0,30}))?$/.exec(text.toString('latin1')) ?? []
  if (seconds === undefined) throw new TarError('header', member)
  return BigInt(seconds) * 1_000_000_000n + BigInt(fraction.slice(0, 9).padEnd(9, '0'))
}

/** As the host's own tables may hold it. */
function nameOf(field: Buffer): string | undefined {
  const text = field.toString('latin1')
  return /^[\x21-\x39\x3b-\x7e]{1,64}$/.test(text) ? text : undefined
}

function padded(size: number): number {
  return Math.ceil(size / BLOCK) * BLOCK
}
