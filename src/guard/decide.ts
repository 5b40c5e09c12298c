// The one question: may this be done? Pure, total, the same answer for the same question; no clock, file, network, environment.

import { bareStatements } from './bare.ts'
import { lookBehind } from './behind.ts'
import { runCall } from './calls.ts'
import { dispatch } from './dispatch.ts'
import type { Effect } from './effect.ts'
import { parse } from './parse.ts'
import { HOME, path } from './path.ts'
import type { Answer, Compiled } from './policy.ts'
import { readable } from './readable.ts'
import type { FileRequest, Request } from './request.ts'
import { type Judged, judgeEffect, judgeUnclear } from './rules.ts'
import { Shell } from './shell.ts'
import { freshState, type State } from './state.ts'
import { FROM_OUTSIDE, known } from './stream.ts'
import type { Span } from './tree.ts'
import { text, type Value } from './value.ts'
import { resourceKey, STEPS, World } from './world.ts'

export interface Reason {
  readonly rule: string
  readonly kind: 'forbidden' | 'approval' | 'unclear' | 'limit'
  readonly verdict: Exclude<Answer, 'allow'>
  /** Places in `effects`. */
  readonly effects: readonly number[]
  readonly span?: Span
  readonly params: Readonly<Record<string, string>>
}
export interface Verdict {
  readonly verdict: Answer
  readonly reasons: readonly Reason[]
  readonly effects: readonly Effect[]
  /** Files of the machine that say so, where the text alone does not (decide-with.ts). */
  readonly read?: readonly string[]
}

/** To judge an effect takes as long as to find it: steps of one. */
const JUDGED = 12

export const decide = (request: Request, compiled: Compiled): Verdict =>
  decideWithin(STEPS, request, compiled).verdict

/** With no more than so many steps, and what they were spent on: for whoever asks again and again (decide-with.ts). */
export function decideWithin(
  steps: number,
  request: Request,
  compiled: Compiled,
): { readonly verdict: Verdict; readonly spent: number } {
  const world = request.kind === 'shell' ? new World(request.environment, request.files, steps) : new World()
  const shell = new Shell(world, dispatch, stateOf(request))
  try {
    if (request.kind === 'call') runCall(shell, request)
    else if (request.kind === 'file') touchFiles(shell, request)
    else read(shell, request.text)
  } catch {
    // A stack that is used up, or a fault of ours: what was found stays found, and the rest is not understood (INVARIANT G1: total).
    world.limit ??= 'depth'
  }
  const spent = world.spent + world.effects.length * JUDGED
  return { verdict: answer(world, compiled, request), spent }
}

function stateOf(request: Request): State {
  const links = Object.entries(request.links ?? {}).map(([from, to]) => ({
    from: path(from),
    to: path(to),
    symbolic: true as const,
  }))
  const state = { ...freshState(path(request.cwd)), links }
  if (request.kind !== 'shell' || request.files === undefined) return state
  return {
    ...state,
    files: new Map(Object.entries(request.files).map(([name, held]) => [name, known(text(held))])),
  }
}

/** Limits of the walk: the text itself was read. */
const FOLLOWED: ReadonlySet<string> = new Set(['steps', 'commands', 'effects'])

/** Walks the text as far as it is read at all. */
function read(shell: Shell, source: string): void {
  const { world } = shell
  const { text, limit } = readable(source)
  if (limit !== undefined) world.limit = limit
  const tree = (all: string, span?: Span) => {
    const parsed = parse(all, span)
    if (parsed.isCut) world.limit ??= 'commands'
    return parsed
  }
  const { node, errors } = tree(text)
  if (errors > 0) world.say('syntax', [0, text.length])
  shell.run(node, FROM_OUTSIDE)
  // A text that begins in the middle of a line is no command to bash; the rest of the line may become one.
  const torn = errors > 0 ? /^\s*[|&;]+/.exec(text)?.[0].length : undefined
  if (torn !== undefined) shell.fork().run(tree(text.slice(torn), [torn, text.length]).node, FROM_OUTSIDE)
  // `db.users.drop()` without quotes is no command to bash either: read for what was meant.
  const called = errors > 0 ? text.replaceAll(/(?<=[\w.])\(([^()'\n]*)\)/g, "'($1)'") : text
  if (called !== text) shell.fork({ doubtful: true }).run(tree(called, [0, text.length]).node, FROM_OUTSIDE)
  // A carriage return is no separator to bash; to whoever else reads the text it may be one.
  if (text.includes('\r')) {
    const other = tree(text.replaceAll(/\r\n?/g, '\n'), [0, text.length])
    shell.fork({ doubtful: true }).run(other.node, FROM_OUTSIDE)
  }
  bareStatements(shell, text)
  if (world.limit !== undefined && FOLLOWED.has(world.limit)) lookBehind(shell, node, text)
}

function touchFiles(shell: Shell, { action, paths }: FileRequest): void {
  const verb = `path.${action}` as const
  for (const one of paths)
    for (const target of spellingsOf(one).flatMap((value) => shell.paths(value)))
      shell.emit(
        { verb, on: { kind: 'path', path: target }, recursive: action === 'delete' || action === 'move' },
        [0, 0],
      )
}

/** The agent's tools take blanks away at both ends and know a home; a name that has those blanks is meant as well. */
function spellingsOf(source: string): readonly Value[] {
  const trimmed = source.trim()
  const home = /^~(?=\/|$)/.test(trimmed) ? [HOME, trimmed.slice(1)] : [trimmed]
  const all: Value[] = trimmed === source ? [] : [[source]]
  return [...all, home.flat().filter((piece) => piece !== '')]
}

function answer(world: World, compiled: Compiled, request: Request): Verdict {
  const found = new Map<string, Found>()
  const cwd = path(request.cwd)
  const judge = (effect: Effect) => judgeEffect(effect, compiled, request.actor ?? 'agent', cwd)
  // The same thing again and again is judged once.
  const before = world.effects.length > MANY ? new Map<string, readonly Judged[]>() : undefined
  for (const [i, effect] of world.effects.entries()) {
    const key = before === undefined ? '' : keyOf(effect)
    const all = before?.get(key) ?? judge(effect)
    before?.set(key, all)
    for (const judged of all) add(found, judged, effect.span, i)
  }
  if (world.unclear.length > 0)
    for (const judged of judgeUnclear(world, compiled)) add(found, judged, judged.span ?? [0, 0])
  const reasons: Reason[] = [...found.values()]
  if (world.limit !== undefined)
    reasons.push({ rule: `limit.${world.limit}`, kind: 'limit', verdict: 'ask', effects: [], params: {} })
  const verdict = reasons.some((one) => one.verdict === 'deny')
    ? 'deny'
    : reasons.length > 0
      ? 'ask'
      : 'allow'
  reasons.sort((a, b) => Number(b.verdict === 'deny') - Number(a.verdict === 'deny'))
  return { verdict, reasons, effects: world.effects }
}

const MANY = 32

/** Equal for effects that differ in their place alone. */
const keyOf = ({ on, ...rest }: Effect) =>
  `${resourceKey(on)} ${JSON.stringify({ ...rest, span: undefined })}`

/** A reason that may still get effects. */
type Found = Reason & { readonly effects: number[] }

function add(found: Map<string, Found>, judged: Judged, span: Span, effect?: number): void {
  if (judged.verdict === 'allow') return
  const { rule, kind, verdict, params } = judged
  let key = `${rule} ${verdict}`
  for (const name in params) key += `\0${name}\0${params[name]}`
  const old = found.get(key)
  if (old === undefined)
    found.set(key, { rule, kind, verdict, params, span, effects: effect === undefined ? [] : [effect] })
  else if (effect !== undefined) old.effects.push(effect)
}
