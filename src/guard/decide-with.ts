// The answer with the machine in view: the links on the way to a path, and the scripts that a text starts. A view only strengthens
// (guard §6): what was refused without it is refused with it, and a script brings in what it changes or destroys; what it reads for itself
// it does not show to whoever started it.
import { decide, decideWithin, type Reason, type Verdict } from './decide.ts'
import { AS_SHELL, HOLDS_SCRIPTS } from './effect.ts'
import { literalPath, nameOf, type Path, path, resolve } from './path.ts'
import { type Compiled, compile } from './policy.ts'
import type { Request } from './request.ts'
import { text } from './value.ts'
import { STEPS } from './world.ts'

export interface View {
  /** The text of a small regular file; undefined where there is none. */
  readonly script: (path: string) => string | undefined
  /** What stands in a link; undefined where the path is none. */
  readonly link: (path: string) => string | undefined
}

/** Scripts in scripts. */
const ROUNDS = 8
const MOST = 24
/** Steps for all that is read, and those of them that are kept for the last looks. */
const ROOM = 2.5 * STEPS
const RESERVED = STEPS
/** Names of one text that are looked at. */
const LOOKED_AT = 256

export function decideWith(given: Request, policy: Compiled, view: View): Verdict {
  const { request, first, compiled } = behindLinks(given, policy, view)
  if (request.kind !== 'shell') return first
  const files = new Map<string, File>()
  let left = ROOM
  const asked = (kind: number, reserved: number) => {
    const shown = [...files].filter((one) => KINDS.indexOf(one[1].kind) <= kind)
    const held = Object.fromEntries(shown.map(([name, one]) => [name, one.held]))
    const steps = Math.min(STEPS, left - reserved)
    const { verdict: found, spent } = decideWithin(steps, { ...request, files: held }, compiled)
    left -= spent
    return found
  }
  // What starts is looked for with all in view; what each kind may do is judged of that kind.
  let verdict = first
  let last = first
  let read: readonly string[] = []
  const look = (found: Verdict, kind: number) => {
    const before = verdict
    verdict = strengthened(verdict, found, COUNTS[KINDS[kind] ?? 'program'])
    if (verdict !== before && (read.length === 0 || before.verdict !== verdict.verdict))
      read = [...files.keys()]
  }
  const present = () =>
    KINDS.flatMap((_, i) => ([...files.values()].some(({ kind }) => kind === KINDS[i]) ? i : []))
  for (let round = 0; round < ROUNDS && left > RESERVED && addScripts(files, last, view); round++) {
    last = asked(KINDS.length - 1, RESERVED)
    look(last, present().at(-1) ?? 0)
  }
  for (const kind of present().slice(0, -1)) if (left > 0) look(asked(kind, 0), kind)
  if (verdict === first) return first
  // Of what was read nobody says that it cannot be seen.
  const said = verdict.reasons.filter(({ rule }) => rule !== BY_NAME)
  return { ...verdict, reasons: verdict.verdict === 'deny' ? said : verdict.reasons, read }
}
const BY_NAME = 'script.destroy'

/** Commands that somebody wrote down, one after the other; those that a name stands for; a program in another language. */
const KINDS = ['shell', 'named', 'program'] as const
interface File {
  readonly held: string
  readonly kind: (typeof KINDS)[number]
}

/** The question with the links that its paths go through, the policy with those that its own go through, and the answer. */
function behindLinks(
  given: Request,
  policy: Compiled,
  { link }: View,
): { readonly request: Request; readonly first: Verdict; readonly compiled: Compiled } {
  const first = decide(given, policy)
  const machine: Machine = { link, seen: new Map(), found: new Map() }
  let isAbout = false
  for (const { on, host } of first.effects)
    if (on.kind === 'path' && host === undefined) {
      isAbout = true
      follow(namesOf(on.path), machine, 0)
    }
  const compiled = isAbout ? withRealNames(policy, machine) : policy
  if (machine.found.size === 0 && compiled === policy) return { request: given, first, compiled }
  const request = { ...given, links: Object.fromEntries(machine.found) }
  const again = decide(request, compiled)
  return { request, first: STRENGTH[again.verdict] < STRENGTH[first.verdict] ? first : again, compiled }
}

/** What is declared below a link (`current/data`) is protected where it really lies as well. */
function withRealNames(compiled: Compiled, { link, seen }: Machine): Compiled {
  const machine: Machine = { link, seen, found: new Map() }
  const protect = compiled.policy.protect.map((row) => {
    const more = row.paths.flatMap((one) => realNameOf(one, machine))
    return more.length === 0 ? row : { ...row, paths: [...row.paths, ...more] }
  })
  return machine.found.size === 0 ? compiled : compile({ ...compiled.policy, protect })
}

function realNameOf(source: string, machine: Machine): readonly string[] {
  const names = source.split('/').filter((name) => name !== '')
  const open = names.findIndex((name) => name.includes('*'))
  const told = open === -1 ? names : names.slice(0, open)
  const real = follow(told, machine, 0)
  return real.join('/') === told.join('/') ? [] : [`/${[...real, ...names.slice(told.length)].join('/')}`]
}

interface Machine {
  readonly link: View['link']
  /** What was asked already. */
  readonly seen: Map<string, string | undefined>
  /** Names of links with their ends. */
  readonly found: Map<string, string>
}

/** The names of a path that are told, from the root on. */
function namesOf({ segments, loose }: Path): readonly string[] {
  const names: string[] = []
  for (const segment of loose ? [] : segments) {
    const name = nameOf(segment)
    if (name === undefined) break
    names.push(name)
  }
  return names
}

/** Where a path ends that goes through these names. */
function follow(names: readonly string[], machine: Machine, depth: number): readonly string[] {
  let named = ''
  let real: readonly string[] = []
  for (const name of names) {
    named += `/${name}`
    const end = endOf([...real, name], machine, depth)
    if (end !== undefined) machine.found.set(named, `/${end.join('/')}`)
    real = end ?? [...real, name]
  }
  return real
}

/** Where a link leads, further links followed; undefined where it is none. */
function endOf(names: readonly string[], machine: Machine, depth: number): readonly string[] | undefined {
  const { seen, link } = machine
  const name = `/${names.join('/')}`
  if (!seen.has(name)) seen.set(name, seen.size >= LOOKED_AT || KERNEL.test(name) ? undefined : link(name))
  const target = seen.get(name)
  if (target === undefined || depth > DEPTH) return undefined
  return follow(namesOf(resolve(text(target), path(`/${names.slice(0, -1).join('/')}`))), machine, depth + 1)
}
/** Links behind links. */
const DEPTH = 8
/** Links there are of whoever looks. */
const KERNEL = /^\/(?:proc|dev|sys)(?:\/|$)/

/** True where something new came into view. */
function addScripts(files: Map<string, File>, { effects }: Verdict, { script }: View): boolean {
  let isNew = false
  for (const { verb, on, host, note } of effects) {
    if (verb !== 'path.exec' || on.kind !== 'path' || host !== undefined) continue
    const name = literalPath(on.path)
    if (name === undefined || files.has(name) || files.size === MOST) continue
    const held = script(name)
    const kind = held === undefined ? undefined : kindOf(name, held, note)
    if (held === undefined || kind === undefined) continue
    files.set(name, { held, kind })
    isNew = true
  }
  return isNew
}

/** What a file is to whoever starts it: its first line says so, its name, and then what runs it. */
function kindOf(name: string, held: string, note: string | undefined): File['kind'] | undefined {
  if (held.includes('\0')) return undefined
  if (note === HOLDS_SCRIPTS) return 'named'
  const line = held.slice(0, Math.max(0, held.indexOf('\n')))
  if (held.startsWith('#!')) return /\b(?:ba|da|z|k)?sh\b/.test(line) ? 'shell' : 'program'
  if (/\.(?:sh|bash)$/.test(name)) return 'shell'
  return note === AS_SHELL && !CODE.test(name) ? 'shell' : 'program'
}
/** Of a language that is read. */
const CODE = /\.(?:py|[cm]?[jt]s|rb|pl|php|lua|tcl|ps1)$/

const isMeant = ({ kind, params }: Reason): boolean =>
  (kind === 'forbidden' || kind === 'approval') && params['access'] !== 'read'
const isRefused = (reason: Reason): boolean => reason.verdict === 'deny' && isMeant(reason)
/**
 * What is typed as a script is done by who starts it. Targets and scripts of a project are asked about no more for what they tidy and build: of
 * 383 in three projects more than a quarter would be. What may not happen at all is refused there too; and in a program, but for the
 * statements that it gives to a database, which is its own as often as not.
 */
const COUNTS: Readonly<Record<File['kind'], (reason: Reason) => boolean>> = {
  shell: isMeant,
  named: isRefused,
  program: (reason) => isRefused(reason) && !reason.rule.startsWith('db.'),
}

/** With what a further look has found; what was found before stays, but for a doubt that is none any more. */
function strengthened(before: Verdict, found: Verdict, counts: (reason: Reason) => boolean): Verdict {
  const key = ({ rule, params, verdict }: Reason) => JSON.stringify([rule, params, verdict])
  const had = new Set(before.reasons.map(key))
  const seen = new Set(found.reasons.map(key))
  if (!found.reasons.some((one) => !had.has(key(one)) && counts(one))) return before
  const kept = before.reasons.filter((one) => !seen.has(key(one)) && one.kind !== 'unclear')
  const shift = kept.length === 0 ? 0 : before.effects.length
  const reasons = [
    ...found.reasons
      .filter((one) => had.has(key(one)) || counts(one))
      .map((one) => (shift === 0 ? one : { ...one, effects: one.effects.map((at) => at + shift) })),
    ...kept,
  ].sort((a, b) => Number(b.verdict === 'deny') - Number(a.verdict === 'deny'))
  const verdict = reasons[0]?.verdict ?? 'allow'
  // The answer never falls.
  if (STRENGTH[verdict] < STRENGTH[before.verdict]) return before
  return { verdict, reasons, effects: shift === 0 ? found.effects : [...before.effects, ...found.effects] }
}
const STRENGTH = { allow: 0, ask: 1, deny: 2 } as const
