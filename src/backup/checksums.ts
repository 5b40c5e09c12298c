// `checksums.sha256`: coreutils' own text, so that `sha256sum -c` is all that anybody needs in ten years. Names are bytes throughout.
import { type Digest, isDigest } from '../base/hash.ts'

export interface Checksum {
  readonly digest: Digest
  /** Relative to the directory that the text lies in. */
  readonly name: Uint8Array
}

export type ChecksumFault =
  /** Not `<64 hex>␠␠name` or `<64 hex>␠*name`. */
  | 'shape'
  /** After a leading backslash: a backslash that stands before anything but `\`, `n` or `r`. */
  | 'escape'
  | 'nul'
  /** The same name a second time. */
  | 'twice'

export type Checksums =
  | { readonly ok: true; readonly list: readonly Checksum[] }
  | { readonly ok: false; readonly line: number; readonly why: ChecksumFault }

const LINE_FEED = 0x0a
const RETURN = 0x0d
const SPACE = 0x20
const STAR = 0x2a
const HASH = 0x23
const BACKSLASH = 0x5c
const DIGEST_LENGTH = 64

/** One line as `sha256sum` writes it: a name with a backslash, line feed or carriage return is escaped, and a backslash leads the line. */
export function checksumLine({ digest, name }: Checksum): Uint8Array {
  const escaped: number[] = []
  for (const byte of name)
    if (byte === BACKSLASH) escaped.push(BACKSLASH, BACKSLASH)
    else if (byte === LINE_FEED) escaped.push(BACKSLASH, 0x6e)
    else if (byte === RETURN) escaped.push(BACKSLASH, 0x72)
    else escaped.push(byte)
  const lead = escaped.length === name.length ? '' : '\\'
  return Buffer.concat([Buffer.from(`${lead}${digest}  `), Buffer.from(escaped), Buffer.from('\n')])
}

/** The whole text, in byte order of the names. */
export function checksumsText(list: readonly Checksum[]): Uint8Array {
  const ordered = [...list].sort((a, b) => Buffer.compare(a.name, b.name))
  return Buffer.concat(ordered.map(checksumLine))
}

/** Reads what `sha256sum` writes, in text and binary mode; comments, as it does, are passed over. Total: everything else names its line. */
export function readChecksums(text: Uint8Array): Checksums {
  const list: Checksum[] = []
  const names = new Set<string>()
  let start = 0
  for (let line = 1; start < text.length; line++) {
    const feed = text.indexOf(LINE_FEED, start)
    const end = feed === -1 ? text.length : feed
    const bytes = text.subarray(start, text[end - 1] === RETURN && end > start ? end - 1 : end)
    start = end + 1
    if (bytes.length === 0 || bytes[0] === HASH) continue
    const read = readLine(bytes)
    if (typeof read === 'string') return { ok: false, line, why: read }
    const name = Buffer.from(read.name).toString('latin1')
    if (names.has(name)) return { ok: false, line, why: 'twice' }
    names.add(name)
    list.push(read)
  }
  return { ok: true, list }
}

function readLine(bytes: Uint8Array): Checksum | ChecksumFault {
  const isEscaped = bytes[0] === BACKSLASH
  const from = isEscaped ? 1 : 0
  const digest = Buffer.from(bytes.subarray(from, from + DIGEST_LENGTH))
    .toString('latin1')
    .toLowerCase()
  const mark = bytes[from + DIGEST_LENGTH + 1]
  if (!isDigest(digest) || bytes[from + DIGEST_LENGTH] !== SPACE || (mark !== SPACE && mark !== STAR))
    return 'shape'
  const written = bytes.subarray(from + DIGEST_LENGTH + 2)
  if (written.length === 0) return 'shape'
  if (written.includes(0)) return 'nul'
  const name = isEscaped ? unescaped(written) : written
  return name === undefined ? 'escape' : { digest, name }
}

function unescaped(written: Uint8Array): Uint8Array | undefined {
  const name: number[] = []
  for (let i = 0; i < written.length; i++) {
    const byte = written[i] as number
    if (byte !== BACKSLASH) {
      name.push(byte)
      continue
    }
    i++
    const letter = written[i]
    if (letter === BACKSLASH) name.push(BACKSLASH)
    else if (letter === 0x6e) name.push(LINE_FEED)
    else if (letter === 0x72) name.push(RETURN)
    else return undefined
  }
  return Uint8Array.from(name)
}
