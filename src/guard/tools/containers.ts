// Containers: docker and what speaks like it.
import { readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import type { Tool } from '../tool.ts'
import { literal } from '../value.ts'
import { compose } from './compose.ts'
import { build, copy, keeps, takesIn, writesOut } from './container-files.ts'
import { emitService, infra, runInside } from './container-run.ts'
import { inspect, inspectSecret, reveal } from './container-shows.ts'
import { KUBERNETES } from './kubernetes.ts'
import { MACHINES } from './machines.ts'

const GLOBALS = {
  style: 'posix',
  short: 'Hclna',
  long: 'host context config log-level tlscacert tlscert tlskey connection url identity root runroot storage-driver namespace address cgroup-manager',
} as const
const OBJECTS =
  'container containers image images volume volumes network networks system builder buildx stack service swarm node secret config plugin context manifest pod machine trust checkpoint kube task tasks play generate sandbox model'

type Does = (call: Call, words: readonly Field[], on: (names: string) => boolean) => Stream | undefined

const stop: Does = (call, words, on) => {
  if (on('a all') && words.length === 0) emitService(call, 'docker', 'stop')
  for (const field of words) emitService(call, 'docker', 'stop', field)
}

/** Two of these never ask. */
const asksNobody = ({ name }: Call) => /^(?:ctr|crictl)$/.test(literal(name.value) ?? '')

const remove: Does = (call, words, on) => {
  if (!on('f force v volumes a all') && !asksNobody(call)) return undefined
  infra(call, 'delete', 'container', words[0])
  if (on('a all') && words.length === 0) emitService(call, 'docker', 'stop')
  if (on('f force a all')) for (const field of words) emitService(call, 'docker', 'stop', field)
  return undefined
}

const forced =
  (type: string): Does =>
  (call, words, on) => {
    if (on('f force a all')) infra(call, 'delete', type, words[0])
    return undefined
  }
const gone =
  (verb: 'destroy' | 'delete', type: string): Does =>
  (call, words, on) => {
    if (words.length > 0 || on('a all all-inactive')) infra(call, verb, type, words[0])
    return undefined
  }
/** Without `-f` it asks by itself, and takes only what nothing uses. */
const prune =
  (type: string): Does =>
  (call, _words, on) => {
    if (on('volumes')) infra(call, 'destroy', 'volume')
    else if (on('f force a all')) infra(call, 'prune', type)
    return undefined
  }

/** The definition of what runs, as one that could be started again. */
const generate: Does = (call, words) => {
  writesOut(call)
  for (const field of words) reveal(call, 'docker', 'environment', field, true)
  return undefined
}

const scale: Does = (call, words) => {
  for (const field of words) {
    const plain = literal(field.value) ?? ''
    const [name, count] = plain.split('=')
    infra(call, 'scale-down', 'service', field)
    if (count === '0') emitService(call, 'docker', 'stop', { ...field, value: [name ?? ''] })
  }
  return undefined
}

/** One letter is enough for one of them. */
const LETTERS: Readonly<Record<string, string>> = { c: 'container', t: 'task', i: 'image' }

/** By object and verb; a verb alone is one of containers. */
const VERBS: Readonly<Record<string, Does>> = {
  'container rm': remove,
  'container remove': remove,
  'container delete': remove,
  'container stop': stop,
  'container kill': stop,
  'container pause': stop,
  'container restart': (call, words) => {
    for (const field of words) emitService(call, 'docker', 'restart', field)
    return undefined
  },
  'container prune': prune('container'),
  'container exec': (call) => runInside(call, 'exec'),
  'container run': (call) => runInside(call, 'run'),
  'container create': (call) => runInside(call, 'run'),
  'container cp': copy,
  'container inspect': inspect,
  'container export': writesOut,
  'container checkpoint': writesOut,
  'image save': writesOut,
  'image load': takesIn,
  'image import': takesIn,
  'image build': build,
  'builder build': build,
  'buildx build': build,
  'buildx b': build,
  'kube play': takesIn,
  'kube down': gone('destroy', 'pod'),
  'kube generate': generate,
  'task kill': stop,
  'task rm': remove,
  'task delete': remove,
  'task exec': (call) => runInside(call, 'exec'),
  'pod inspect': inspect,
  'service inspect': inspect,
  'secret inspect': inspectSecret,
  'secret create': keeps,
  'config create': keeps,
  'container update': (call, words, on) => {
    if (on('restart')) infra(call, 'change', 'restart policy', words[0])
    return undefined
  },
  'image rm': (call, words, on) => {
    if (asksNobody(call) || on('f force a all prune')) infra(call, 'delete', 'image', words[0])
    return undefined
  },
  'image remove': forced('image'),
  'image prune': prune('image'),
  'volume rm': gone('destroy', 'volume'),
  'volume remove': gone('destroy', 'volume'),
  'volume export': writesOut,
  'volume prune': (call, _words, on) => {
    infra(call, on('a all') ? 'destroy' : 'prune', 'volume')
    return undefined
  },
  'network rm': gone('delete', 'network'),
  'network remove': gone('delete', 'network'),
  'network disconnect': gone('delete', 'network'),
  'network prune': prune('network'),
  'system prune': prune('system'),
  'system reset': (call) => {
    infra(call, 'destroy', 'everything')
    return undefined
  },
  'builder prune': prune('build cache'),
  'buildx prune': prune('build cache'),
  'buildx rm': gone('delete', 'builder'),
  'stack rm': gone('destroy', 'stack'),
  'stack remove': gone('destroy', 'stack'),
  'stack down': gone('destroy', 'stack'),
  'service rm': (call, words) => {
    infra(call, 'delete', 'service', words[0])
    for (const field of words) emitService(call, 'docker', 'stop', field)
    return undefined
  },
  'service scale': scale,
  'service rollback': gone('delete', 'service version'),
  'service update': (call, words, on) => {
    if (on('force image rollback replicas')) infra(call, 'change', 'service', words[0])
    return undefined
  },
  'swarm init': (call, _words, on) => {
    // What the others agreed on is thrown away.
    if (on('force-new-cluster')) infra(call, 'change', 'swarm')
    return undefined
  },
  'swarm leave': (call) => {
    infra(call, 'destroy', 'swarm')
    return undefined
  },
  'node rm': gone('delete', 'node'),
  'node demote': gone('delete', 'node'),
  'node update': (call, words, on) => {
    if (on('availability')) infra(call, 'drain', 'node', words[0])
    return undefined
  },
  'secret rm': gone('delete', 'secret'),
  'config rm': gone('delete', 'config'),
  'plugin rm': gone('delete', 'plugin'),
  'plugin disable': gone('delete', 'plugin'),
  'context rm': gone('delete', 'context'),
  'trust revoke': gone('delete', 'trust'),
  'pod rm': (call, words) => {
    infra(call, 'delete', 'pod', words[0])
    return undefined
  },
  'play kube': (call, _words, on) => {
    if (!on('down')) return takesIn(call)
    infra(call, 'destroy', 'pod')
    return undefined
  },
  'generate kube': generate,
  'generate systemd': generate,
  'generate spec': generate,
  'pod stop': stop,
  'pod kill': stop,
  'checkpoint rm': gone('delete', 'checkpoint'),
  'sandbox rm': gone('delete', 'sandbox'),
  'model rm': gone('delete', 'model'),
  'pod prune': prune('pod'),
  'stack deploy': (call, words, on) => {
    if (on('prune')) infra(call, 'prune', 'stack', words[0])
    return undefined
  },
  'machine rm': gone('destroy', 'machine'),
  'machine stop': gone('delete', 'machine'),
}
const ALIASES: Readonly<Record<string, string>> = {
  rmi: 'image rm',
  rmp: 'pod rm',
  stopp: 'pod stop',
  rmpod: 'pod rm',
  inspectp: 'pod inspect',
  save: 'image save',
  load: 'image load',
  import: 'image import',
  build: 'image build',
  bud: 'image build',
  'image del': 'image rm',
}

const OPTIONS =
  'signal time timeout filter restart-policy availability image replicas detach-keys memory cpus update-delay restart stop-timeout'

function docker(call: Call): Stream {
  const top = readArguments(call.args, GLOBALS)
  if (top.has('help version')) return FROM_PROGRAM
  const [first, ...rest] = top.operands
  const given = first === undefined ? undefined : literal(first.value)
  if (given === undefined) return FROM_PROGRAM
  const word = literal(call.name.value) === 'ctr' ? (LETTERS[given] ?? given) : given
  if (word === 'compose') return compose({ ...call, args: rest })
  const [second, ...after] = rest
  const isObject = OBJECTS.split(' ').includes(word)
  const verb = isObject ? (second === undefined ? '' : (literal(second.value) ?? '')) : word
  const object = isObject ? singular(word) : 'container'
  const args = isObject ? after : rest
  const does = VERBS[`${object} ${verb}`] ?? VERBS[ALIASES[`${object} ${verb}`] ?? ALIASES[verb] ?? '']
  if (does === undefined) return FROM_PROGRAM
  const inner = { ...call, args }
  // What runs inside reads its own words: the first operand ends the options.
  if (/^(exec|run|create)$/.test(verb)) return does(inner, [], () => false) ?? FROM_PROGRAM
  const read = readArguments(args, { short: 'st', long: OPTIONS, flags: 'force all volumes help dry-run' })
  if (read.has('help dry-run')) return FROM_PROGRAM
  return does(inner, read.operands, (names) => read.has(names)) ?? FROM_PROGRAM
}

const singular = (word: string) =>
  word === 'images' || word === 'containers' || word === 'volumes' || word === 'networks' || word === 'tasks'
    ? word.slice(0, -1)
    : word

export const CONTAINERS: readonly Tool[] = [
  { names: 'docker podman nerdctl finch docker.io crictl buildah ctr', style: 'posix', act: docker },
  { names: 'docker-compose podman-compose', style: 'posix', act: compose },
  ...KUBERNETES,
  ...MACHINES,
]
