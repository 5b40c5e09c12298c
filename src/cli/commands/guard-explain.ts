// `sekisho guard explain -- COMMAND`: the verdict, and what it would reach on this host now: files, services, what depends on them, what
// could be undone, and the change that does it properly. Looks with the rights of whoever asks, in a child that is ended after two
// seconds; nothing is run and nothing is recorded.
import { ENTRY_LIMIT, measureReach, type Reach } from '../../app/reach.ts'
import { EXIT, type ExitCode } from '../../base/error-codes.ts'
import { isObject } from '../../base/json.ts'
import { instant } from '../../base/time.ts'
import { type Effect, PERHAPS } from '../../guard/effect.ts'
import { insteadOf } from '../../guard/instead.ts'
import { literalPath, type Path, showPath } from '../../guard/path.ts'
import type { Compiled } from '../../guard/policy.ts'
import { show } from '../../guard/value.ts'
import { run as runProgram } from '../../sys/process.ts'
import { insteadLine } from '../../words/guard.ts'
import { EXPLAIN_WORDS, VERB_JOINER } from '../../words/guard-explain.ts'
import { visibleLine } from '../../words/layout.ts'
import { localTime } from '../../words/local-time.ts'
import { type Call, flag } from '../command.ts'
import { zoneHere } from '../show.ts'
import { showVerdict } from '../show-verdict.ts'
import { judged, policyOf } from './guard.ts'

const CHILD_MS = 2000
/** The child tells what it has before it is ended. */
const LOOK_MS = 1500
const MOST = 8

interface PathFact {
  readonly path: string
  readonly verbs: readonly string[]
  readonly undo: Effect['reversible']
  /** Absent: not counted in time. */
  readonly blast?: Reach
  readonly tracked?: number
}
interface UnitFact {
  readonly unit: string
  readonly verbs: readonly string[]
  readonly state?: string
  readonly neededBy: readonly string[]
}

export async function run(call: Call): Promise<ExitCode> {
  if (flag(call, 'look')) return await look(call)
  const { terminal } = call
  const compiled = await policyOf(call)
  const { verdict, text } = judged(call, compiled)
  const [pathsFound, unitsFound] = await Promise.all([
    pathFacts(call, verdict.effects),
    unitFacts(verdict.effects, compiled),
  ])
  const { paths } = pathsFound
  const { units } = unitsFound
  const more = pathsFound.more + unitsFound.more
  const service = verdict.reasons.map(({ params }) => params['service']).find((one) => one !== undefined)
  const open = service === undefined ? [] : await openChanges(call, service)
  const instead = insteadOf(verdict.reasons, compiled)
  if (terminal.json) {
    terminal.answer({
      verdict: verdict.verdict,
      reasons: verdict.reasons,
      paths,
      units,
      ...(more === 0 ? {} : { more }),
      ...(open === undefined ? {} : { open }),
      ...(instead === undefined ? {} : { instead, line: insteadLine(instead, terminal.language) }),
    })
    return EXIT.done
  }
  const words = EXPLAIN_WORDS[terminal.language]
  const lines = [
    showVerdict(verdict, text, compiled, terminal),
    '',
    ...paths.flatMap((one) => pathLines(one, call)),
    ...units.flatMap(({ unit, verbs, state, neededBy }) => [
      `${verbsIn(verbs, call)}  ${terminal.paint('strong', words.unit(unit, state ?? words.unknownState))}`,
      ...(neededBy.length === 0 ? [] : [`    ${words.needs(neededBy.join(' '))}`]),
    ]),
    ...(more === 0 ? [] : [words.more(more)]),
    ...(service === undefined
      ? []
      : [
          open === undefined
            ? words.openUnknown
            : open.length === 0
              ? words.noOpen
              : words.open(open.join(' ')),
        ]),
    ...(paths.length + units.length === 0 ? [words.nowhere] : []),
    ...(paths.some(({ undo, blast }) => undo !== 'yes' && (blast?.files ?? 0) > 0)
      ? [words.backups(service)]
      : []),
  ]
  terminal.say(lines.join('\n'))
  return EXIT.done
}

function pathLines({ path, verbs, undo, blast, tracked }: PathFact, call: Call): readonly string[] {
  const { terminal } = call
  const words = EXPLAIN_WORDS[terminal.language]
  const when = (ms: number) => localTime(instant(Math.floor(ms)), zoneHere(), terminal.language)
  const head = `${verbsIn(verbs, call)}  ${terminal.paint('strong', visibleLine(path))}`
  if (blast === undefined) return [head, `    ${words.unseen}`]
  if (blast.files + blast.directories === 0)
    return [
      head,
      `    ${blast.isWhole ? words.nothing : blast.isClosed === true ? words.closed : words.unseen}`,
    ]
  const { files, directories, bytes, isWhole, newest, oldest, outside, shared } = blast
  const figure = (count: number) => count.toLocaleString('en-US')
  return [
    head,
    `    ${words.files(figure(files), figure(directories), size(bytes), isWhole)}`,
    ...(blast.isClosed === true ? [`    ${words.closed}`] : []),
    ...(newest === undefined || oldest === undefined
      ? []
      : [`    ${words.ages(when(oldest), when(newest))}`]),
    ...(files === 0
      ? []
      : [
          `    ${tracked === undefined ? words.noGit : tracked === 0 ? words.untracked : words.tracked(tracked, Math.min(files, blast.examples.length))}`,
        ]),
    ...(outside === 0 ? [] : [`    ${words.outside(outside)}`]),
    ...(shared === 0 ? [] : [`    ${words.shared(shared)}`]),
    `    ${terminal.paint(undo === 'yes' ? 'dim' : 'look', words.undo[undo])}`,
  ]
}

function verbsIn(verbs: readonly string[], { terminal }: Call): string {
  const words = EXPLAIN_WORDS[terminal.language].verbs
  return verbs.map((verb) => words[verb] ?? verb).join(terminal.pick(VERB_JOINER))
}

function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let at = 0
  while (value >= 1024 && at < units.length - 1) {
    value /= 1024
    at++
  }
  return `${at === 0 ? value : value.toFixed(1)} ${units[at] ?? ''}`
}

interface Wanted {
  readonly path: Path
  readonly recursive: boolean
}

/** Of what changes: reading harms nothing that is there. */
async function pathFacts(
  call: Call,
  effects: readonly Effect[],
): Promise<{ readonly paths: readonly PathFact[]; readonly more: number }> {
  const beyond = new Set<string>()
  const wanted = new Map<string, Wanted & { readonly verbs: Set<string>; undo: Effect['reversible'] }>()
  for (const { verb, on, recursive, reversible, host, note } of effects) {
    if (on.kind !== 'path' || host !== undefined || note === PERHAPS || /\.(read|list|exec)$/.test(verb))
      continue
    // What is moved takes along what is in it.
    const isDeep = recursive === true || verb === 'path.move'
    const key = `${showPath(on.path)} ${isDeep}`
    const known = wanted.get(key)
    if (known === undefined && wanted.size === MOST) {
      beyond.add(key)
      continue
    }
    const one = known ?? {
      path: on.path,
      recursive: isDeep,
      verbs: new Set<string>(),
      undo: reversible,
    }
    one.verbs.add(verb.slice('path.'.length))
    if (reversible === 'no' || one.undo === 'no') one.undo = 'no'
    wanted.set(key, one)
  }
  const all = [...wanted.values()]
  const reaches = all.length === 0 ? [] : await lookInChild(call, all)
  const paths = await Promise.all(
    all.map(async ({ path, verbs, undo }, i) => {
      const blast = reaches[i]
      const tracked = blast === undefined || blast.files === 0 ? undefined : await trackedOf(path, blast)
      return {
        path: showPath(path),
        verbs: [...verbs],
        undo,
        ...(blast === undefined ? {} : { blast }),
        ...(tracked === undefined ? {} : { tracked }),
      }
    }),
  )
  return { paths, more: beyond.size }
}

async function lookInChild(call: Call, wanted: readonly Wanted[]): Promise<readonly (Reach | undefined)[]> {
  const [, script = ''] = process.argv
  const input = JSON.stringify(wanted.map(({ path, recursive }) => ({ path, recursive })))
  const { stdout } = await runProgram([process.execPath, script, 'guard', 'explain', '--look', '-'], {
    input,
    // Sources take longer to start than a bundle; the looking itself ends by itself.
    timeoutMs: script.endsWith('.ts') ? 4 * CHILD_MS : CHILD_MS,
    env: { NODE_COMPILE_CACHE: call.environment['NODE_COMPILE_CACHE'] ?? '' },
    maxOutput: 16 * 1_048_576,
  })
  // A line each, as far as it came.
  return stdout.split('\n').map((line) => {
    try {
      const value: unknown = JSON.parse(line)
      return isObject(value) ? (value as unknown as Reach) : undefined // Written by ourselves a moment ago.
    } catch {
      return undefined
    }
  })
}

/** In the child. */
async function look(call: Call): Promise<ExitCode> {
  const wanted = JSON.parse((await call.stdin()).toString('utf8')) as readonly Wanted[] // Written by our parent.
  const until = performance.now() + LOOK_MS
  const limits = { entries: ENTRY_LIMIT, isOver: () => performance.now() > until }
  for (const { path, recursive } of wanted)
    call.terminal.streams.out(`${JSON.stringify(await measureReach(path, recursive, limits))}\n`)
  return EXIT.done
}

/** How many of the files git has; undefined outside of a repository. No hook and no helper of the repository is started. */
async function trackedOf(path: Path, { examples }: Reach): Promise<number | undefined> {
  const [first] = examples
  if (first === undefined) return undefined
  const from = literalPath(path) === first ? first : first.slice(0, first.lastIndexOf('/') + 1)
  const git = [
    'git',
    '-C',
    from.slice(0, from.lastIndexOf('/') + 1),
    '-c',
    'core.fsmonitor=false',
    '-c',
    'core.hooksPath=/dev/null',
  ]
  const top = await runProgram([...git, 'rev-parse', '--show-toplevel'], { timeoutMs: CHILD_MS })
  if (top.code !== 0) return undefined
  const listed = await runProgram([...git, 'ls-files', '-z', '--full-name', '--', ':/'], {
    timeoutMs: CHILD_MS,
    maxOutput: 32 * 1_048_576,
  })
  if (listed.code !== 0) return undefined
  const root = top.stdout.trimEnd()
  const tracked = new Set(listed.stdout.split('\0').map((name) => `${root}/${name}`))
  return examples.filter((one) => tracked.has(one)).length
}

async function unitFacts(
  effects: readonly Effect[],
  { policy }: Compiled,
): Promise<{ readonly units: readonly UnitFact[]; readonly more: number }> {
  const beyond = new Set<string>()
  const verbs = new Map<string, Set<string>>()
  for (const { verb, on, host } of effects) {
    if (on.kind !== 'service' || host !== undefined || !verb.startsWith('service.')) continue
    const name = show(on.name)
    const declared = policy.services.find((one) => one.name === name || one.units.includes(name))
    // A container or a process of another manager is no unit of this machine.
    if (declared === undefined && on.manager !== 'systemd' && on.manager !== 'init') continue
    const unit = declared?.units[0] ?? (name.includes('.') ? name : `${name}.service`)
    const known = verbs.get(unit)
    if (known === undefined && verbs.size >= MOST) beyond.add(unit)
    else verbs.set(unit, (known ?? new Set()).add(verb.slice('service.'.length)))
  }
  const units = await Promise.all(
    [...verbs].map(async ([unit, of]) => {
      const shown = await runProgram(
        ['systemctl', 'show', unit, '--property=ActiveState,SubState,RequiredBy,BoundBy,WantedBy,ConsistsOf'],
        { timeoutMs: CHILD_MS },
      )
      const read = new Map(
        shown.stdout
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
      )
      const active = read.get('ActiveState')
      const needed = ['RequiredBy', 'BoundBy', 'ConsistsOf', 'WantedBy'].flatMap((key) =>
        (read.get(key) ?? '').split(' '),
      )
      return {
        unit,
        verbs: [...of],
        ...(shown.code !== 0 || active === undefined
          ? {}
          : { state: `${active} (${read.get('SubState') ?? '?'})` }),
        neededBy: [...new Set(needed.filter((one) => one !== ''))],
      }
    }),
  )
  return { units, more: beyond.size }
}

/** Undefined where nobody is logged in, or no gate answers. */
async function openChanges(call: Call, service: string): Promise<readonly string[] | undefined> {
  try {
    const { changes } = await call.loggedIn().call('changeList', { service, open: 'true' })
    return changes.map(({ id }) => id)
  } catch {
    return undefined // Said as not known.
  }
}
