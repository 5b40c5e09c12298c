// What runs inside a container or a pod: another host, but with the directories of this one that the line mounts.
import { type Grammar, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { path } from '../path.ts'
import { environmentOf, handOver, showsEnvironment } from '../reveal.ts'
import type { Call, Shell } from '../shell.ts'
import type { Alias, State } from '../state.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import { literal, prefix, split, text, type Value } from '../value.ts'
import { programOfImage } from './package-programs.ts'

export function infra(
  call: Call,
  verb: 'destroy' | 'delete' | 'change' | 'prune' | 'scale-down' | 'drain' | 'expose' | 'apply',
  type: string,
  field?: Field,
  platform = 'docker',
): void {
  call.shell.emit(
    {
      verb: `infra.${verb}`,
      on: { kind: 'infra', platform, type, ...(field === undefined ? {} : { name: field.value }) },
      ...(verb === 'destroy' ? { reversible: 'no' as const } : {}),
    },
    field?.span ?? call.span,
  )
}

/** Without a field: everything that the manager runs. */
export function emitService(
  call: Call,
  manager: string,
  verb: 'stop' | 'restart' | 'reload' | 'disable' | 'mask',
  field?: Field,
): void {
  call.shell.emit(
    {
      verb: `service.${verb}`,
      on: {
        kind: 'service',
        manager,
        name: field?.value ?? [],
        ...(field === undefined ? { all: true } : {}),
      },
    },
    field?.span ?? call.span,
  )
}

/** Relative names inside are not those of this directory. */
const INSIDE = path('/.container')

/** A shell in there: another host. */
export const insideOf = ({ name, shell }: Call, host: string): Shell =>
  shell.fork({ host, via: [...shell.state.via, literal(name.value) ?? ''], cwd: [INSIDE] })

interface More {
  readonly links: readonly Alias[]
  readonly directory: Value
  /** What runs there already, with variables that were made for it. */
  readonly within: NonNullable<State['within']>
}

export function startInside(
  call: Call,
  host: string,
  words: readonly Field[],
  { links = [], directory, within }: Partial<More> = {},
): Stream {
  const [program, ...args] = words
  if (program === undefined) return FROM_PROGRAM
  const inside = insideOf(call, host)
  const child = inside.fork({
    ...(directory === undefined ? {} : { cwd: inside.paths(directory) }),
    ...(within === undefined ? {} : { within }),
    links: [...inside.state.links, ...links],
  })
  // What a text or an interpreter prints of them is not seen there.
  if (within !== undefined && showsEnvironment(words)) environmentOf({ ...call, shell: child })
  return child.start(program, args, call.stdin, call.span)
}

const RUN: Grammar = {
  style: 'posix',
  short: 'vewupmhlaec',
  long: 'volume env env-file workdir user publish memory hostname label attach name network net entrypoint mount device cap-add cap-drop security-opt pid ipc uts userns cgroupns restart log-driver log-opt add-host dns expose gpus runtime platform pull shm-size stop-signal stop-timeout sysctl tmpfs ulimit volumes-from cpus cpu-shares cidfile label-file link ip isolation group-add detach-keys health-cmd health-interval pod volume-driver namespace container index service exec-id pidfile',
}

/** `exec CONTAINER COMMAND`, `run IMAGE COMMAND`: what it may reach of this host, then what it does. */
export function runInside(call: Call, how: 'exec' | 'run'): Stream {
  const args = readArguments(call.args, RUN)
  const [target, ...words] = args.operands
  if (args.has('help')) return FROM_PROGRAM
  for (const field of args.values('cidfile pidfile')) touch(call, 'path.write', field)
  const isTrue = (name: string) =>
    args.options.some(
      (one) => one.name === name && (one.value === undefined || literal(one.value.value) !== 'false'),
    )
  if (isTrue('privileged')) infra(call, 'expose', 'privileged', target)
  const entry = args.value('entrypoint')
  const inner = entry === undefined ? words : [entry, ...words]
  for (const field of args.values('env-file label-file')) handOver(call, field, inner)
  // A container of compose gets the variables of its service, also one that is made for a single command.
  const within = target === undefined ? undefined : { platform: 'docker', name: target.value }
  if (how !== 'run')
    return startInside(call, `${name(target)}:`, inner, {
      ...directoryOf(args),
      ...(within === undefined ? {} : { within }),
    })
  const links: Alias[] = []
  for (const field of args.values('v volume')) mounted(call, split(field.value, ':'), field, links)
  for (const field of args.values('mount')) {
    const parts = split(field.value, ',')
    const pick = (...keys: readonly string[]) =>
      parts.flatMap((part) =>
        keys.flatMap((key) => (prefix(part).startsWith(`${key}=`) ? [cut(part, key.length + 1)] : [])),
      )[0]
    const from = pick('source', 'src')
    const to = pick('target', 'destination', 'dst')
    const isRead = parts.some((part) => /^(readonly|ro)(=true)?$/.test(prefix(part)))
    if (from !== undefined && to !== undefined && pick('type')?.[0] !== 'volume')
      mounted(call, [from, to, text(isRead ? 'ro' : 'rw')], field, links)
  }
  for (const field of args.values('cap-add'))
    if (
      /^(ALL|(CAP_)?SYS_(ADMIN|PTRACE|MODULE|RAWIO|BOOT)|(CAP_)?DAC_OVERRIDE)$/i.test(
        literal(field.value) ?? '',
      )
    )
      infra(call, 'expose', 'capability', field)
  for (const field of args.values('device')) infra(call, 'expose', 'device', field)
  for (const field of args.values('pid ipc uts userns'))
    if (literal(field.value) === 'host') infra(call, 'expose', 'namespace', field)
  for (const field of args.values('security-opt'))
    if (/unconfined|disable/.test(literal(field.value) ?? '')) infra(call, 'expose', 'confinement', field)
  const program = entry === undefined ? programOfImage(target, words) : undefined
  const started = program === undefined ? inner : [program, ...words]
  return startInside(call, `${name(target)}:`, started, { links, ...directoryOf(args) })
}

const name = (field: Field | undefined): string => (field === undefined ? '' : (literal(field.value) ?? '?'))
const cut = (value: Value, length: number): Value => {
  const first = value[0]
  return typeof first === 'string' && first.length > length
    ? [first.slice(length), ...value.slice(1)]
    : value.slice(1)
}

function directoryOf(args: ReturnType<typeof readArguments>): { readonly directory?: Value } {
  const given = args.value('w workdir')
  return given === undefined ? {} : { directory: given.value }
}

/** Directories whose contents are the host: who may write there is root of it. */
const HOST = new Set([
  '/',
  '/etc',
  '/root',
  '/boot',
  '/dev',
  '/proc',
  '/sys',
  '/usr',
  '/var',
  '/var/run',
  '/run',
  '/home',
  '/var/run/docker.sock',
  '/run/docker.sock',
  '/var/lib/docker',
  '/lib',
])

function mounted(call: Call, parts: readonly Value[], field: Field, links: Alias[]): void {
  const [from, to, mode] = parts
  if (from === undefined || to === undefined) return
  const plain = literal(from)
  // A name without a slash is a volume of the engine.
  if (plain !== undefined && !/[/.~]/.test(plain)) return
  const bare = plain === '/' ? plain : plain?.replace(/\/+$/, '')
  const isRead = mode !== undefined && /(^|,)ro(,|$)/.test(literal(mode) ?? '')
  if (bare !== undefined && HOST.has(bare)) infra(call, 'expose', isRead ? 'read' : 'host', field)
  if (isRead) touch(call, 'path.read', { ...field, value: from })
  for (const source of call.shell.paths(from))
    for (const target of call.shell.paths(to)) links.push({ from: target, to: source })
}
