// Effects on paths: the rows of the policy, and the credentials that every machine has (guard §0, §6, §7).
import { isDevice } from '../devices.ts'
import { type Effect, PERHAPS, SERVED, type Verb } from '../effect.ts'
import { isBare, isInside, type Path, type Reach, ROOT, reach, type Segment, showPath } from '../path.ts'
import type { Answer, Compiled } from '../policy.ts'
import { isOpen, literal, prefix, suffix, type Value } from '../value.ts'
import { isNeverData, isRegenerated, judgePlace } from './places.ts'
import { type Need, type Ready, rowsFor } from './rows.ts'
import type { Judged } from './rule.ts'

export type Access = 'read' | 'write' | 'delete' | 'send'
export const ACCESS: Partial<Record<Verb, Access>> = {
  'path.read': 'read',
  'net.upload': 'send',
  'path.exec': 'read',
  'path.write': 'write',
  'path.append': 'write',
  'path.create': 'write',
  'path.delete': 'delete',
  'path.move': 'delete',
  'path.chmod': 'write',
  'path.chown': 'write',
  'path.link': 'read',
  'path.mount': 'write',
  'device.overwrite': 'write',
}

/** The literal names of a path without any hole, or undefined. */
function namesOf(target: Path): readonly string[] | undefined {
  if (target.loose) return undefined
  const names: string[] = []
  for (const segment of target.segments) {
    const [only] = segment === 'tree' ? [] : segment
    if (segment === 'tree' || segment.length !== 1 || typeof only !== 'string') return undefined
    names.push(only)
  }
  return names
}

export function judgePath(effect: Effect, target: Path, compiled: Compiled, cwd: Path): readonly Judged[] {
  const access = ACCESS[effect.verb]
  // Mounted again or taken down: nothing is written.
  if (access === undefined || (effect.verb === 'path.mount' && effect.note !== undefined)) return []
  const all: Judged[] = []
  // A disk that leaves as it is takes every file on it along.
  const isDisk = access === 'send' && isDevice(target)
  const meant = isDisk ? { ...effect, recursive: true } : effect
  const given = asked(meant, isDisk ? ROOT : target, access)
  for (const one of rowsFor(compiled, given)) {
    const judged = judgeRow(one, meant, given)
    if (judged !== undefined) all.push(judged)
  }
  // Where a copy may lie is asked of what somebody declared, and of nothing else.
  if (effect.note !== PERHAPS) all.push(...judgePlace(effect, target, access, compiled, cwd))
  return all
}

function judgeRow(ready: Ready, effect: Effect, given: Asked): Judged | undefined {
  const { row, patterns, exceptions } = ready
  const { target, access, above } = given
  if (row.own === true && effect.verb === 'path.chmod' && /^(?:tightened|closed)$/.test(effect.note ?? ''))
    return undefined
  // What cannot be read any more, or lies under something else, is as good as taken away.
  const hides = row.kind === 'self' && /^path\.(?:chmod|chown|mount)$/.test(effect.verb)
  const covers = row.kind === 'self' && access === 'write' && !hides && laysOver(effect)
  const answer = access === 'send' ? (row.send ?? row.read) : row[hides || covers ? 'delete' : access]
  if (answer === 'allow') return undefined
  const found = meets(ready, given)
  if (found === undefined) return undefined
  // Reading a tree that holds a secret is no reading of the secret; sending one is asked about (guard §0).
  const packs = access === 'read' && readsTree(ready, effect, given)
  const unpacks = !found.inside && isUnpackedOver(effect, ready)
  if (!found.inside && !above && !packs && !unpacks) return undefined
  if ((effect.note === 'handed' || effect.note === PERHAPS) && !ready.declared) return undefined
  if (access === 'read' && !packs && namesNothing(target, effect)) return undefined
  if (exceptions.some((one) => isExcepted(target, one))) return undefined
  const answers = answered(answer, access, effect, target, found, patterns)
  if (answers === undefined) return undefined
  const isAsked =
    packs ||
    unpacks ||
    (covers && row.write === 'allow') ||
    effect.note === 'handed' ||
    (effect.note === 'carried' && !found.inside)
  const { verdict, kind } = isAsked && answers.verdict === 'deny' ? ASKED : answers
  return {
    rule: `protect.${row.kind}`,
    verdict,
    kind,
    params: {
      name: row.name,
      path: showPath(target),
      access,
      ...(row.source === undefined ? {} : { source: row.source }),
      ...(row.service === undefined ? {} : { service: row.service }),
    },
  }
}

/** An archive whose members nobody names comes out above declared data. */
const isUnpackedOver = ({ over }: Effect, { row, declared }: Ready) =>
  over === true && row.kind === 'data' && declared

/** A whole tree is read or packed, and a secret that is declared by its place lies in it. */
function readsTree({ row, declared, patterns }: Ready, effect: Effect, { target }: Asked): boolean {
  const walks = target.segments.at(-1) === 'tree' && !target.loose
  if (row.kind !== 'secret' || !declared || (effect.recursive !== true && !walks)) return false
  const whole = walks ? { ...target, segments: target.segments.slice(0, -1) } : target
  return patterns.some(
    (one) => one.segments[0] !== 'tree' && reach(whole, one).above && !isLeftOut(one, effect.except ?? []),
  )
}

/** By the name of the secret, or of a directory above it. */
function isLeftOut({ segments }: Path, except: readonly string[]): boolean {
  return segments.some((segment) => {
    const name = segment === 'tree' ? undefined : literal(segment)
    return (
      name !== undefined &&
      except.some((one) => (one.startsWith('*') ? name.endsWith(one.slice(1)) : one.endsWith(name)))
    )
  })
}

/** A tree or a link over a directory: whatever lies in it afterwards. */
const laysOver = ({ recursive, note }: Effect) =>
  (recursive === true && note !== PERHAPS) || note === 'unpacked' || note === 'link'

/**
 * `handed`: read by a program and shown to nobody; `carried`: a tree that leaves another host with what is declared in it. A person says
 * whether.
 */
const ASKED = { verdict: 'ask', kind: 'approval' } as const

/** Open in front is no matter: what is excepted is told by its name. */
function isExcepted(target: Path, exception: Path): boolean {
  const last = target.segments.at(-1)
  return last !== undefined && last !== 'tree' && !isOpen(last) && isInside(target, exception)
}

/**
 * A walk that prints or searches what it finds, and a word that comes from outside of the text: nothing in them speaks of a secret
 * (guard §0). A word that was hidden in a file, a download or an encoding is another thing.
 */
function namesNothing({ segments, loose }: Path, { hidden }: Effect): boolean {
  const last = segments.at(-1)
  if (last === undefined || hidden === true) return false
  const walks = segments.includes('tree') || loose
  return walks && (last === 'tree' || isBare(last))
}

/** A target as all rows are asked about it: read once. */
interface Asked {
  readonly target: Path
  readonly access: Access
  /** The tree below is meant as well, and something other than reading it here is done to it. */
  readonly above: boolean
  /** What lies below it is looked for: read or packed as a tree, or unpacked into. */
  readonly wide: boolean
  readonly served: boolean
  /** The literal names, where nothing in it is open. */
  readonly names: readonly string[] | undefined
  /** What it aims at, see `aimOf`; the same as the target where that is not asked. */
  readonly walking: Path | undefined
  readonly near: Path | undefined
  /** All that lies in a directory that is named. */
  readonly all: Path | undefined
}

function asked(effect: Effect, target: Path, access: Access): Asked {
  const names = namesOf(target)
  const isAimed = names === undefined && access !== 'send' && effect.hidden !== true
  const sent = names === undefined && effect.hidden !== true ? ofSomebody(target) : target
  return {
    target,
    access,
    above:
      effect.note === 'carried' ||
      (access !== 'read' && (effect.recursive === true || effect.verb === 'path.move')),
    wide:
      effect.recursive === true ||
      effect.over === true ||
      effect.verb === 'path.move' ||
      effect.note === 'carried',
    served: effect.note === SERVED,
    names,
    walking: isAimed ? aimOf(target, true) : sent,
    near: isAimed ? aimOf(target, false) : sent,
    all: isAimed ? allOf(target) : undefined,
  }
}

function meets({ patterns, needs, row }: Ready, given: Asked): Reach | undefined {
  let best: Reach | undefined
  const { target, names, above, wide, access } = given
  for (const [i, one] of patterns.entries()) {
    const need = needs[i]
    const anywhere = one.segments[0] === 'tree'
    // Whatever lies anywhere may lie in a tree that is sent; a tree that is deleted is not known to hold it.
    if (anywhere && above && access === 'send' && !given.served && !isRegenerated(target))
      best ??= { inside: false, above: true, exact: false }
    if (need !== undefined && (anywhere || !wide) && misses(need, target, names)) continue
    let meant: Path | undefined = target
    if (anywhere) {
      meant = one.segments.length === 2 || row.walks === true ? given.walking : given.near
      const isMeant = access === 'read' || row.kind === 'self'
      if (isMeant && given.all !== undefined && liesIn(given.all, one)) meant = given.all
      else if (meant === undefined || (meant !== target && !aims(target, one))) continue
    }
    const found = reach(meant, one)
    if (found.inside) return found
    if (found.above) best = found
  }
  return best
}

/** Told from a name alone: a literal path without it, or a last name that begins or ends otherwise. */
function misses(
  need: NonNullable<Need>,
  { segments, loose }: Path,
  names: readonly string[] | undefined,
): boolean {
  if (names !== undefined)
    return 'name' in need ? !names.includes(need.name) : names.at(-1)?.endsWith(need.end) !== true
  const last = segments.at(-1)
  if (loose || last === undefined || last === 'tree' || segments.includes('tree')) return false
  // Only where nothing before the last name is open may that one decide.
  if ('name' in need && segments.some((one) => one !== last && one !== 'tree' && isOpen(one))) return false
  const [wanted, start, end] = ['name' in need ? need.name : need.end, prefix(last), suffix(last)]
  if ('end' in need) return end !== '' && !end.endsWith(wanted) && !wanted.endsWith(end)
  if (segments.some((one) => one !== last && one !== 'tree' && one.length === 1 && one[0] === wanted))
    return false
  return !wanted.startsWith(start) || !wanted.endsWith(end)
}

/** A name that no file has. */
const NO_NAME: Segment = ['\0']

/**
 * What is protected wherever it lies is met by a name that speaks of it, and not by a star that may be anything: `cat *` and a walk over
 * a tree aim at nothing. `walks`: a walk may have passed the directories that are named. Undefined where nothing is left that could meet.
 */
function aimOf(target: Path, walks: boolean): Path | undefined {
  const { segments } = target
  const last = segments.at(-1)
  if (last === 'tree' || (last !== undefined && isBare(last))) return undefined
  return {
    loose: false,
    segments: segments.map((one) => ((one === 'tree' ? !walks : isBare(one)) ? NO_NAME : one)),
  }
}

const isHome = ([first]: readonly Segment[]): boolean =>
  first !== undefined && first !== 'tree' && /^(?:home|Users)$/.test(literal(first) ?? '')

/** `~/.keys/*`: a star behind a name, and nothing else open but whose home it is. */
function allOf(target: Path): Path | undefined {
  const { segments } = ofSomebody(target)
  const last = segments.at(-1)
  const isNamed =
    last !== undefined &&
    last !== 'tree' &&
    isBare(last) &&
    segments.slice(0, -1).every((one, i) => one !== 'tree' && (!isOpen(one) || (i === 1 && isHome(segments))))
  return isNamed && !target.loose ? { segments, loose: false } : undefined
}

/** Whether the directory is the one that a row names for what it protects. */
function liesIn({ segments }: Path, pattern: Path): boolean {
  const [mine, theirs] = [segments.at(-2), pattern.segments.at(-2)]
  return (
    pattern.segments.length > 2 &&
    mine !== undefined &&
    theirs !== undefined &&
    mine !== 'tree' &&
    theirs !== 'tree' &&
    !isOpen(theirs) &&
    literal(mine) === literal(theirs)
  )
}

/** The name of somebody's home is not known, and is none that is protected anywhere. */
function ofSomebody(target: Path): Path {
  const [first, second] = target.segments
  if (first === undefined || second === undefined || second === 'tree') return target
  const [only] = second
  const isUnknown = second.length === 1 && typeof only === 'object' && only.wild === 'component'
  return isUnknown && /^(?:home|Users)$/.test(first === 'tree' ? '' : (literal(first) ?? ''))
    ? { ...target, segments: target.segments.with(1, NO_NAME) }
    : target
}

const lengthOf = (name: Value) =>
  name.reduce((sum, piece) => sum + (typeof piece === 'string' ? piece.length : 0), 0)

/** Two names with stars in them: one is meant by the other where they begin or end alike. */
function aims({ segments, loose }: Path, pattern: Path): boolean {
  const mine = segments.at(-1)
  const theirs = pattern.segments.at(-1)
  if (loose || mine === undefined || theirs === undefined || mine === 'tree' || theirs === 'tree') return true
  if (!isOpen(mine)) return true
  // `*.conf` is any configuration, `*.env` and `.e*` are few things.
  if (!isOpen(theirs)) return prefix(mine) !== '' || lengthOf(mine) * 2 >= lengthOf(theirs)
  const [start, own] = [prefix(theirs), prefix(mine)]
  if (start !== '' && own !== '' && (own.startsWith(start) || start.startsWith(own))) return true
  const end = suffix(theirs)
  return end !== '' && suffix(mine).endsWith(end)
}

function answered(
  answer: Answer,
  access: Access,
  { certainty, note }: Effect,
  target: Path,
  found: Reach,
  patterns: readonly Path[],
): Pick<Judged, 'verdict' | 'kind'> | undefined {
  const shredded = note === 'shred'
  if (certainty === 'unknown' || target.loose)
    return {
      verdict: 'ask',
      kind: access === 'delete' || access === 'send' || shredded ? 'approval' : 'unclear',
    }
  // A tree that may hold it: sent, read file by file, or searched by a pattern that may meet it.
  if (access === 'send' && !found.inside) return { verdict: 'ask', kind: 'approval' }
  if (access !== 'send' && isNeverData(target) && isSearch(target.segments, patterns, false)) return undefined
  const last = target.segments.at(-1)
  const named = access === 'read' && last !== undefined && last !== 'tree' && !isOpen(last)
  if (!named && isSearch(target.segments, patterns, access === 'send'))
    return { verdict: 'ask', kind: 'approval' }
  return { verdict: answer, kind: answer === 'deny' ? 'forbidden' : 'approval' }
}

/** A filter below a directory that is itself not the protected one; for reading, any walk below it. */
function isSearch(segments: readonly Segment[], patterns: readonly Path[], reading: boolean): boolean {
  const at = segments.indexOf('tree')
  if (at === -1 || (at === segments.length - 1 && !reading)) return false
  const start: Path = { segments: segments.slice(0, at), loose: false }
  return !patterns.some((one) => isInside(start, one))
}
