// Paths as values, and whether two of them can be the same file: decided segment by segment, linear in their length (guard §6).
import { COMPONENT, literal, type Piece, split, text, type Value, type Wild } from './value.ts'

/** One name between slashes, or `tree`: any number of names. */
export type Segment = Value | 'tree'
/** An absolute path; `loose` when a hole may have held `..` and so have climbed out of the segments before it. */
export interface Path {
  readonly segments: readonly Segment[]
  readonly loose: boolean
}

/** Of somebody whose name we do not know: ~ and $HOME. */
export const HOME: Value = ['/home/', COMPONENT]
const TREE = 'tree'

/** No system takes a longer one: what it would mean is not known. */
const DEEPEST = 256

/** The path that a word means from a working directory. `.` and `..` are taken out as far as they can be known. */
export function resolve(value: Value, cwd: Path): Path {
  const first = value[0]
  const absolute = typeof first === 'string' && first.startsWith('/')
  const start: Path = absolute ? ROOT : cwd
  const segments: Segment[] = [...start.segments]
  let loose = start.loose
  if (!absolute && isHole(first) && first.wild === 'any') {
    // Unknown from its first character: it may be absolute.
    segments.length = 0
    loose = true
  }
  for (const part of split(value, '/')) {
    if (segments.length > DEEPEST) return { segments: [TREE], loose: true }
    if (part.length === 0) continue
    if (part.length === 1 && part[0] === '.') continue
    if (part.length === 1 && part[0] === '..') {
      const last = segments.at(-1)
      if (last === TREE) loose = true
      else segments.pop()
      continue
    }
    if (part.some((piece) => isHole(piece) && piece.wild === 'any')) {
      loose = true
      segments.push(...opened(part))
      continue
    }
    segments.push(part.length === 1 && isHole(part[0]) && part[0].wild === 'deep' ? TREE : part)
    if (segments.length !== 3 || !isName(segments[0], 'proc')) continue
    // Links of the kernel: of a process's own, or of any that lives in the same tree.
    if (isName(segments[2], 'root')) segments.length = 0
    else if (isName(segments[2], 'cwd')) {
      if (!isName(segments[1], 'self') && !isName(segments[1], 'thread-self')) loose = true
      segments.splice(0, 3, ...(loose ? [TREE as Segment] : cwd.segments))
    }
  }
  return { segments, loose }
}

/** The name of a segment that is written out. */
export const nameOf = (segment: Segment | undefined): string | undefined =>
  segment === undefined || segment === TREE ? undefined : literal(segment)

const isName = (segment: Segment | undefined, name: string): boolean =>
  segment !== undefined && segment !== TREE && segment.length === 1 && segment[0] === name

/** An unknown inside a name may hold slashes: what stands before it begins a name, what stands after it ends one. */
function opened(part: Value): Segment[] {
  const at = part.findIndex((piece) => isHole(piece) && piece.wild === 'any')
  const last = part.findLastIndex((piece) => isHole(piece) && piece.wild === 'any')
  const before = part.slice(0, at)
  const behind = part.slice(last + 1)
  const first: Segment[] = before.length === 0 ? [] : [[...before, COMPONENT]]
  const end: Segment[] = behind.length === 0 ? [] : [[COMPONENT, ...behind]]
  // `a‹?›b` may be one name or several; both readings hold in "something, then anything, then something".
  return [...first, TREE, ...end]
}

export const ROOT: Path = { segments: [], loose: false }
export const path = (literal: string): Path => resolve(text(literal), ROOT)
export const isHole = (piece: Piece | undefined): piece is Wild => typeof piece === 'object' && piece !== null

export function showPath({ segments }: Path): string {
  const names = segments.map((segment) =>
    segment === TREE
      ? '**'
      : segment
          .map((piece) =>
            typeof piece === 'string'
              ? piece
              : piece.wild === 'set'
                ? `[${piece.set ?? ''}]`
                : piece.wild === 'char'
                  ? '?'
                  : '*',
          )
          .join(''),
  )
  return `/${names.join('/')}`
}

/** The one literal path, or undefined. */
export function literalPath({ segments, loose }: Path): string | undefined {
  if (loose) return undefined
  let all = ''
  for (const segment of segments) {
    if (segment === TREE) return undefined
    if (segment.length !== 1 || typeof segment[0] !== 'string') return undefined
    all += `/${segment[0]}`
  }
  return all === '' ? '/' : all
}

/** How a path stands to a protected one. */
export interface Reach {
  /** The target can be the protected path or lie inside it. */
  readonly inside: boolean
  /** The target can be a directory above it. */
  readonly above: boolean
  /** Every value of the target reaches: no piece of it is open. */
  readonly exact: boolean
}

/**
 * `pattern` is a policy's path: literal names, globs, `**`. When it ends in a tree its own root belongs to it: /srv/data/** is the
 * directory too.
 */
export function reach(target: Path, pattern: Path): Reach {
  if (startApart(target.segments[0], pattern.segments[0])) return APART
  const isTree = pattern.segments.at(-1) === TREE
  const bare = isTree ? pattern.segments.slice(0, -1) : pattern.segments
  const inside = isInside(target, pattern)
  const above = prefixes(target.segments, bare)
  return { inside, above, exact: target.segments.every(isLiteral) && !target.loose }
}

/** No more than whether it can be the protected path or lie inside of it. */
export const isInside = ({ segments }: Path, pattern: Path): boolean =>
  !startApart(segments[0], pattern.segments[0]) &&
  !endApart(segments.at(-1), pattern.segments.at(-1)) &&
  intersect(segments, pattern.segments)

const APART: Reach = { inside: false, above: false, exact: false }

/** Two first names that are written out and are not the same: the cheap answer to most questions. */
function startApart(a: Segment | undefined, b: Segment | undefined): boolean {
  if (a === undefined || b === undefined || a === TREE || b === TREE || a.length !== 1 || b.length !== 1)
    return false
  return typeof a[0] === 'string' && typeof b[0] === 'string' && a[0] !== b[0]
}

/** The same of two last names: neither path can be longer. */
const endApart = startApart

const isLiteral = (segment: Segment) =>
  segment !== TREE && segment.every((piece) => typeof piece === 'string')

/** Whether some path is in both. Row by row, so the cost is the product of the lengths and no more. */
export function intersect(a: readonly Segment[], b: readonly Segment[]): boolean {
  if (b.length > WIDEST) return a.length > WIDEST || intersect(b, a)
  const all = b.length
  const done = 1 << all
  // Bit j of `row`: what is left of a and what is left of b from j on may still be the same path.
  let row = 1
  for (let i = 0; i <= a.length; i++) {
    const one = a[i]
    // A tree takes nothing, or one name more.
    for (let j = 0; j < all; j++)
      if ((row & (1 << j)) !== 0 && (one === TREE || b[j] === TREE)) row |= 1 << (j + 1)
    if (one === undefined) return (row & done) !== 0
    let next = one === TREE ? row : 0
    if (one !== TREE)
      for (let j = 0; j < all; j++) {
        if ((row & (1 << j)) === 0) continue
        const two = b[j] as Segment
        if (two === TREE) next |= 1 << j
        else if (namesMeet(one, two)) next |= 1 << (j + 1)
      }
    if (next === 0) return false
    row = next
  }
  return false
}

/** Bits in a row. Two longer ones are taken to meet: the worst reading. */
const WIDEST = 29

/** Whether the target can name a directory that stands above the pattern. What begins with ** is below every directory, which says nothing. */
function prefixes(target: readonly Segment[], pattern: readonly Segment[]): boolean {
  const tree = pattern.indexOf(TREE)
  const length = tree === -1 ? pattern.length : tree
  for (let most = 0; most < length; most++) if (intersect(target, pattern.slice(0, most))) return true
  return tree > 0 && intersect(target, pattern.slice(0, tree))
}

/** Whether one name can be both. Wildcards of the shell do not take a leading dot. */
export function namesMeet(a: Value, b: Value): boolean {
  return meet(a, b, { left: 4_000 })
}

interface Character {
  readonly kind: 'one' | 'any' | 'set' | 'many'
  readonly text: string
  /** A glob of the shell at the start of a name does not match a dot. */
  readonly noDot: boolean
}

function characters(value: Value): readonly Character[] {
  const all: Character[] = []
  for (const piece of value) {
    if (typeof piece === 'string') {
      for (const text of piece) all.push({ kind: 'one', text, noDot: false })
      continue
    }
    const noDot = all.length === 0 && piece.wild !== 'component' && piece.wild !== 'any'
    if (piece.wild === 'char') all.push({ kind: 'any', text: '', noDot })
    else if (piece.wild === 'set') all.push({ kind: 'set', text: piece.set ?? '', noDot })
    else all.push({ kind: 'many', text: '', noDot })
  }
  return all
}

const NAME_MOST = 255
/** Longer than any name of a file or a program can be. */
function isTooLong(value: Value): boolean {
  let least = 0
  for (const piece of value) {
    if (typeof piece === 'string') least += piece.length
    else if (piece.wild === 'char' || piece.wild === 'set') least++
    if (least > NAME_MOST) return true
  }
  return false
}

function meet(a: Value, b: Value, steps: { left: number }): boolean {
  if (a.length === 1 && b.length === 1 && typeof a[0] === 'string' && typeof b[0] === 'string')
    return a[0] === b[0]
  if (beginApart(a[0], b[0]) || finishApart(a.at(-1), b.at(-1))) return false
  if (isTooLong(a) || isTooLong(b)) return false
  const one = characters(a)
  const two = characters(b)
  const seen = new Set<number>()
  const go = (i: number, j: number): boolean => {
    if (--steps.left < 0) return true
    const key = i * 100_003 + j
    if (seen.has(key)) return false
    seen.add(key)
    const x = one[i]
    const y = two[j]
    if (x === undefined && y === undefined) return true
    // Only a dot that begins the name is kept from a wildcard that begins the pattern.
    if (x?.noDot === true && j === 0 && y !== undefined && isDot(y)) return false
    if (y?.noDot === true && i === 0 && x !== undefined && isDot(x)) return false
    if (x?.kind === 'many') return go(i + 1, j) || (y !== undefined && go(i, j + 1))
    if (y?.kind === 'many') return go(i, j + 1) || (x !== undefined && go(i + 1, j))
    if (x === undefined || y === undefined) return false
    return overlap(x, y) && go(i + 1, j + 1)
  }
  return go(0, 0)
}

/** Written out at the front of both, and not the same as far as both go: the cheap answer. */
const beginApart = (a: Piece | undefined, b: Piece | undefined): boolean =>
  typeof a === 'string' && typeof b === 'string' && !a.startsWith(b) && !b.startsWith(a)
const finishApart = (a: Piece | undefined, b: Piece | undefined): boolean =>
  typeof a === 'string' && typeof b === 'string' && !a.endsWith(b) && !b.endsWith(a)

const isDot = (character: Character) => character.kind === 'one' && character.text === '.'

function overlap(x: Character, y: Character): boolean {
  if ((x.noDot && isDot(y)) || (y.noDot && isDot(x))) return false
  if (x.kind === 'one' && y.kind === 'one') return x.text === y.text
  if (x.kind === 'set' && y.kind === 'one') return inSet(x.text, y.text)
  if (y.kind === 'set' && x.kind === 'one') return inSet(y.text, x.text)
  return true
}

/** A bracket expression: ranges, negation, classes (a class is read as "can match"). */
function inSet(set: string, character: string): boolean {
  const not = set.startsWith('!') || set.startsWith('^')
  const inner = not ? set.slice(1) : set
  if (inner.includes('[:') || inner.includes('[.') || inner.includes('[=')) return true
  let found = false
  for (let i = 0; i < inner.length; i++) {
    const from = inner[i] as string
    const to = inner[i + 1] === '-' && i + 2 < inner.length ? inner[i + 2] : undefined
    if (to === undefined) found ||= from === character
    else {
      found ||= character >= from && character <= to
      i += 2
    }
  }
  return found !== not
}

/** Equal for equal paths. */
export const pathKey = (one: Path): string => literalPath(one) ?? JSON.stringify(one)

/** And back. */
export const pathOfKey = (key: string): Path => (key.startsWith('{') ? (JSON.parse(key) as Path) : path(key))

/** A name of which nothing is written: `*`, or what nobody knows. */
export const isBare = (segment: Segment): boolean =>
  segment !== TREE &&
  segment.length > 0 &&
  segment.every((piece) => isHole(piece) && piece.wild !== 'char' && piece.wild !== 'set')

/** An ending that nobody gives to a directory: what is sent of it is a file, whatever the options say of trees. */
export function isNamedAsFile({ segments }: Path): boolean {
  const last = segments.at(-1)
  const end = last === undefined || last === TREE ? undefined : last.at(-1)
  return typeof end === 'string' && FILE_ENDS.test(end)
}
const FILE_ENDS =
  /\.(?:md|txt|json|ya?ml|csv|tsv|log|html?|css|jsx?|tsx?|mjs|cjs|py|rb|go|rs|java|c|h|cpp|sh|sql|xml|pdf|png|jpe?g|gif|svg|webp|mp[34]|mov|zip|t?gz|tar|bz2|xz|zst|7z|jar|war|deb|rpm|whl|iso|img|dump)$/i
