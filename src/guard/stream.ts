// What flows through pipes, files and substitutions inside one text: the text itself where it is known, and where it came from.
import type { Path } from './path.ts'
import { ANY, distinct, literal, type Value } from './value.ts'

export type Origin =
  | { readonly from: 'file'; readonly path: Path; readonly recursive: boolean }
  | { readonly from: 'network' }
  /** Out of a decoder, with input that we do not have. */
  | { readonly from: 'decoder' }
  /** Printed by code that stands in this text, and not worked out. */
  | { readonly from: 'code' }
  /** A program of which we know nothing. */
  | { readonly from: 'program' }
  /** A variable of the environment whose name says that it holds a secret. */
  | { readonly from: 'variable' }
  /** What goes on for as long as somebody reads it: `yes`, /dev/zero. */
  | { readonly from: 'endless' }
  /** The dump of a database. */
  | { readonly from: 'database'; readonly engine: string }

export interface Stream {
  /** Every text that it may be; undefined when it is not known. */
  readonly texts?: readonly Value[]
  readonly origins: readonly Origin[]
}

export const NOTHING: Stream = { texts: [[]], origins: [] }
/** Not as one that writes nothing: what it prints is known, and is the empty text. */
export const NO_TEXT: Stream = { texts: [[]], origins: [] }
export const FROM_NETWORK: Stream = { origins: [{ from: 'network' }] }
export const FROM_CODE: Stream = { origins: [{ from: 'code' }] }
export const FROM_PROGRAM: Stream = { origins: [{ from: 'program' }] }
export const ENDLESS: Stream = { origins: [{ from: 'program' }, { from: 'endless' }] }
export const isEndless = ({ origins }: Stream): boolean => origins.some(({ from }) => from === 'endless')
/** What stops by itself makes of it. */
export const ended = (stream: Stream): Stream =>
  isEndless(stream) ? { ...stream, origins: stream.origins.filter(({ from }) => from !== 'endless') } : stream
/** A secret that somebody keeps elsewhere, fetched to be used. */
export const FROM_HELD: Stream = { origins: [{ from: 'variable' }] }

/** Lines that begin with words of the code, and go on with what came in: whoever runs them runs what nobody has read. */
export const wordedBy = (stream: Stream): Stream =>
  stream.texts === undefined ? { origins: [...stream.origins, ...FROM_CODE.origins] } : stream

/** Its text is known, and there is nothing in it but ends of lines. */
export const isBlank = (stream: Stream): boolean =>
  stream === NO_TEXT ||
  (stream.texts !== undefined &&
    stream.texts.length > 0 &&
    stream.texts.every((one) => /^\n+$/.test(literal(one) ?? '')))

/** What a terminal or the caller would type: nothing is known of it, and nothing has been taken from anywhere. */
export const FROM_OUTSIDE: Stream = { origins: [] }

export const known = (...texts: readonly Value[]): Stream =>
  texts.length === 1 && texts[0]?.length === 0 ? NO_TEXT : { texts, origins: texts.flatMap(originsOf) }

/** Where the unknown parts of a text came from. */
export function originsOf(value: Value): readonly Origin[] {
  let all: readonly Origin[] = NONE
  for (const piece of value)
    if (typeof piece !== 'string' && piece.origins !== undefined) all = gathered(all, piece.origins)
  return all
}

const NONE: readonly Origin[] = []
const MOST = 64
/** More sources than are followed: any file may be among them. */
const ANY_FILE: Origin = { from: 'file', path: { segments: ['tree'], loose: true }, recursive: false }

/** Both, without doubles; beyond a limit one that stands for all the others, so that nothing is lost. */
export function gathered(a: readonly Origin[], b: readonly Origin[]): readonly Origin[] {
  if (b.length === 0) return a
  if (a.length === 0) return b
  if (a.length > MOST) return a
  const all = [...a]
  for (const one of b) if (!all.includes(one)) all.push(one)
  return all.length > MOST ? [...all.slice(0, MOST), ANY_FILE] : all
}

/** Steps that it costs to hand it on: nothing for what people write. */
export function costOf({ texts }: Stream): number {
  let size = 0
  for (const value of texts ?? [])
    for (const piece of value) if (typeof piece === 'string') size += piece.length
  return size > 1_024 ? size >> 5 : 0
}

/** The whole of a stream as one unknown text that remembers where it came from. */
export const opaque = ({ origins }: Stream): Value => [origins.length === 0 ? ANY : { wild: 'any', origins }]

/** A text of more pieces is no longer put together. */
const PIECES = 1_024

/** One after the other, as `cat a b` and `{ a; b; }` write. */
export function follow(a: Stream, b: Stream): Stream {
  const origins = gathered(a.origins, b.origins)
  if (a.texts === undefined || b.texts === undefined) return { origins }
  if (a.texts.some(({ length }) => length > PIECES))
    return { origins: gathered(origins, [{ from: 'program' }]) }
  const texts = a.texts.flatMap((one) => (b.texts ?? []).map((two) => [...one, ...two]))
  return { texts: distinct(texts), origins }
}

/** Either. */
export function either(a: Stream, b: Stream): Stream {
  const origins = gathered(a.origins, b.origins)
  if (a.texts === undefined || b.texts === undefined) return { origins }
  return { texts: distinct([...a.texts, ...b.texts]), origins }
}

/** What files hold of which this text does not know what is in them. `recursive`: and all that lies below. */
export const fromFiles = (paths: readonly Path[], recursive = false): Stream => ({
  origins: paths.map((path) => ({ from: 'file', path, recursive })),
})

/** A part of it was read out of something that this text does not show. */
export const isHidden = (value: Value): boolean =>
  originsOf(value).some(({ from }) => from === 'file' || from === 'network' || from === 'decoder')

/** What the environment holds is where services keep their secrets. */
export const environmentStream = (): Stream =>
  fromFiles([{ segments: [['proc'], ['self'], ['environ']], loose: false }])
