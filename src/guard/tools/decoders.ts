// Encoders, decoders and single-file compressors. What they make of a known text is computed; of an unknown one it is "out of a decoder".
import type { Arguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { inputOf, type Tool, touch } from '../tool.ts'
import { concat, literal, suffix, type Value } from '../value.ts'
import { mapped } from './filters.ts'
import { requestsIn } from './sockets.ts'

const DECODED = { from: 'decoder' } as const

/** Out of a decoder: known where the input is, and where that came from stays. */
function decoded(input: Stream, change: (source: string) => string | undefined): Stream {
  const known = mapped(input, change)
  if (known.texts !== undefined) return known
  return { origins: [...input.origins, DECODED] }
}

const LIMIT = 65_536
const fromBase64 = (source: string, url = false): string | undefined => {
  const clean = source.replaceAll(/\s+/g, '')
  if (clean.length > LIMIT || !(url ? /^[\w-]*={0,2}$/ : /^[A-Za-z0-9+/]*={0,2}$/).test(clean))
    return undefined
  return Buffer.from(clean, url ? 'base64url' : 'base64').toString('utf8')
}
const fromHex = (source: string): string | undefined => {
  const clean = source.replaceAll(/\s+/g, '')
  return clean.length <= LIMIT && /^(?:[0-9a-fA-F]{2})*$/.test(clean)
    ? Buffer.from(clean, 'hex').toString('utf8')
    : undefined
}
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const fromBase32 = (source: string): string | undefined => {
  const clean = source.replaceAll(/[\s=]+/g, '')
  let bits = ''
  for (const character of clean.slice(0, LIMIT)) {
    const at = BASE32.indexOf(character)
    if (at === -1) return undefined
    bits += at.toString(2).padStart(5, '0')
  }
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2))).toString('utf8')
}

const base =
  (
    decode: (source: string) => string | undefined,
    encoding: 'base64' | undefined,
  ): NonNullable<Tool['act']> =>
  (call, args) => {
    const files = [...args.operands, ...args.values('i input')]
    for (const file of files) touch(call, 'path.read', file)
    const input = inputOf(call, files)
    const out = outputTo(call, args, 'o output')
    const stream = args.has('d D decode')
      ? decoded(input, decode)
      : encoding === undefined
        ? { origins: input.origins }
        : mapped(input, (source) => `${Buffer.from(source, 'utf8').toString(encoding)}\n`)
    return out(stream)
  }

/** Writes into the file that an option names, or onwards. */
function outputTo(call: Call, args: Arguments, names: string): (stream: Stream) => Stream {
  const file = args.value(names)
  if (file === undefined || literal(file.value) === '-') return (stream) => stream
  touch(call, 'path.write', file)
  return (stream) => {
    call.shell.remember(call.shell.paths(file.value), stream, false)
    return FROM_PROGRAM
  }
}

const xxd: NonNullable<Tool['act']> = (call, args) => {
  const [source, target] = args.operands
  if (source !== undefined) touch(call, 'path.read', source)
  const input = inputOf(call, source === undefined ? [] : [source])
  const stream = args.has('r revert')
    ? decoded(input, args.has('p ps plain') ? fromHex : () => undefined)
    : { origins: input.origins }
  if (target === undefined) return stream
  touch(call, 'path.write', target)
  call.shell.remember(call.shell.paths(target.value), stream, false)
  return FROM_PROGRAM
}

/** gzip and its kin: a file beside the first, or onwards. */
const compress =
  (ending: string, decompresses: boolean): NonNullable<Tool['act']> =>
  (call, args) => {
    const files = args.operands
    for (const file of files) touch(call, 'path.read', file)
    const input = inputOf(call, files)
    const unpacks = decompresses || args.has('d decompress uncompress')
    if (args.has('l list t test')) return FROM_PROGRAM
    const stream: Stream = unpacks ? { origins: [...input.origins, DECODED] } : { origins: input.origins }
    const target = args.value('o')
    if (target !== undefined) {
      touch(call, 'path.write', target)
      call.shell.remember(call.shell.paths(target.value), stream, false)
    }
    if (files.length === 0 || args.has('c stdout to-stdout')) return stream
    for (const file of files) {
      const beside = besides(file, ending, unpacks)
      call.shell.remember(call.shell.paths(beside), call.shell.contents(call.shell.paths(file.value)), false)
      if (!args.has('k keep') && ending !== '.zst') touch(call, 'path.move', file)
    }
    return FROM_PROGRAM
  }

function besides({ value }: Field, ending: string, unpacks: boolean): Value {
  if (!unpacks) return concat(value, [ending])
  const end = suffix(value)
  const last = value.at(-1)
  return typeof last === 'string' && end.endsWith(ending)
    ? [...value.slice(0, -1), last.slice(0, -ending.length)]
    : value
}

const openssl: NonNullable<Tool['act']> = (call, args) => {
  const verb = args.word(0)
  for (const file of args.values('in inform-file CAfile cert key inkey kfile'))
    if (file.value.length > 0 && verb !== 's_client') touch(call, 'path.read', file)
  const from = args.value('in')
  const input = from === undefined ? call.stdin : call.shell.contents(call.shell.paths(from.value))
  if (verb === 's_client') {
    const to = args.value('connect') ?? call.name
    call.shell.upload(call.stdin, call.span, to.value)
    requestsIn(call, call.stdin, to)
    return { origins: [{ from: 'network' }] }
  }
  if (verb === 'ca' && args.has('revoke'))
    call.shell.emit(
      { verb: 'infra.delete', on: { kind: 'infra', platform: 'openssl', type: 'certificate' } },
      call.span,
    )
  const isBase64 = verb === 'base64' || args.has('base64 a')
  if (
    verb !== 'enc' &&
    verb !== 'base64' &&
    !/^(?:aes|des|camellia|chacha|rc4|bf|aria|sm4)/.test(verb ?? '')
  ) {
    const out = outputTo(call, args, 'out')
    return out(
      verb === 'rand' || verb === 'genrsa' || verb === 'version' ? FROM_PROGRAM : { origins: input.origins },
    )
  }
  const ciphers =
    args.options.some(({ name }) => /^(?:aes|des|camellia|chacha|rc4|bf|aria|sm4)/.test(name)) ||
    (verb !== 'enc' && verb !== 'base64')
  const stream = args.has('d')
    ? decoded(input, isBase64 && !ciphers ? (source) => fromBase64(source) : () => undefined)
    : isBase64 && !ciphers
      ? mapped(input, (source) => `${Buffer.from(source, 'utf8').toString('base64')}\n`)
      : { origins: input.origins }
  return outputTo(call, args, 'out')(stream)
}

const gpg: NonNullable<Tool['act']> = (call, args) => {
  for (const file of args.operands) touch(call, 'path.read', file)
  if (args.has('delete-keys delete-key'))
    call.shell.emit({ verb: 'privilege.account', on: { kind: 'program', name: 'gpg' } }, call.span)
  if (args.has('delete-secret-keys delete-secret-key delete-secret-and-public-key'))
    call.shell.emit(
      {
        verb: 'path.delete',
        on: {
          kind: 'path',
          path: { segments: [['home'], [{ wild: 'component' }], ['.gnupg']], loose: false },
        },
        recursive: true,
        reversible: 'no',
      },
      call.span,
    )
  if (args.has('export-secret-keys export-secret-subkeys'))
    call.shell.emit(
      {
        verb: 'path.read',
        on: {
          kind: 'path',
          path: {
            segments: [['home'], [{ wild: 'component' }], ['.gnupg'], ['private-keys-v1.d']],
            loose: false,
          },
        },
      },
      call.span,
    )
  const input = inputOf(call, args.operands)
  const stream: Stream = args.has('d decrypt')
    ? { origins: [...input.origins, DECODED] }
    : { origins: input.origins }
  return outputTo(call, args, 'o output')(stream)
}

const COMPRESS = {
  short: 'SbTo',
  long: 'suffix threads block-size memlimit',
  flags:
    'stdout to-stdout decompress uncompress keep force list test quiet verbose recursive best fast name no-name',
} as const
const compressor = (names: string, ending: string, decompresses = false): Tool => ({
  names,
  ...COMPRESS,
  act: compress(ending, decompresses),
})

export const DECODERS: readonly Tool[] = [
  {
    names: 'base64 gbase64',
    short: 'wbio',
    long: 'wrap input output break',
    flags: 'decode ignore-garbage',
    act: base((source) => fromBase64(source), 'base64'),
  },
  {
    names: 'base32',
    short: 'w',
    long: 'wrap',
    flags: 'decode ignore-garbage',
    act: base(fromBase32, undefined),
  },
  {
    names: 'basenc',
    short: 'w',
    long: 'wrap',
    flags: 'decode base64 base64url base32 base16',
    act: (call, args, tool) =>
      base(
        args.has('base16')
          ? fromHex
          : args.has('base32')
            ? fromBase32
            : (source) => fromBase64(source, args.has('base64url')),
        undefined,
      )(call, args, tool),
  },
  { names: 'xxd', short: 'cglosnR', long: 'cols groupsize len seek name', act: xxd },
  {
    names: 'uudecode',
    short: 'o',
    act: (call, args) =>
      outputTo(call, args, 'o')({ origins: [...inputOf(call, args.operands).origins, DECODED] }),
  },
  { names: 'uuencode binhex', does: [{ do: 'path.read', to: 'first' }], writes: 'input' },
  compressor('gzip pigz', '.gz'),
  compressor('gunzip unpigz', '.gz', true),
  {
    names: 'zcat gzcat bzcat xzcat zstdcat lzcat funzip',
    does: [{ do: 'path.read' }],
    act: (call, args) => ({ origins: [...inputOf(call, args.operands).origins, DECODED] }),
  },
  compressor('bzip2 pbzip2 lbzip2', '.bz2'),
  compressor('bunzip2', '.bz2', true),
  compressor('xz pixz', '.xz'),
  compressor('unxz', '.xz', true),
  compressor('zstd pzstd zstdmt', '.zst'),
  compressor('unzstd', '.zst', true),
  compressor('lz4', '.lz4'),
  compressor('lzma', '.lzma'),
  compressor('unlzma', '.lzma', true),
  compressor('brotli', '.br'),
  compressor('compress', '.Z'),
  compressor('uncompress', '.Z', true),
  {
    names: 'openssl',
    style: 'words',
    // Without shortened names: openssl has none.
    flags: 'd e a A p v new nodes x509 base64 salt nosalt pbkdf2 nopad noout text',
    long: 'in out connect key cert CAfile passin passout k K iv S pass kfile inkey cipher md config engine starttls servername verify host port proxy days subj newkey keyout addext extfile signkey CA CAkey',
    act: openssl,
  },
  {
    names: 'gpg gpg2',
    short: 'oru',
    long: 'output recipient local-user homedir keyring passphrase passphrase-file passphrase-fd pinentry-mode cipher-algo keyserver',
    act: gpg,
  },
  {
    names: 'age rage sops',
    short: 'orRi',
    long: 'output recipient recipients-file identity',
    does: [{ do: 'path.read' }],
    act: (call, args) =>
      outputTo(call, args, 'o output')({ origins: [...inputOf(call, args.operands).origins, DECODED] }),
  },
]
