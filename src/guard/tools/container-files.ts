// Files that go into a container or a pod, or come out of one; and files of this host that an engine writes or takes in.
import { type Grammar, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import { ROOT } from '../path.ts'
import { handOver } from '../reveal.ts'
import type { Call } from '../shell.ts'
import { fromFiles, NOTHING, type Stream } from '../stream.ts'
import { touch } from '../tool.ts'
import { after, concat, literal, prefix, split, type Value } from '../value.ts'
import { insideOf } from './container-run.ts'

/** `NAME:PATH`; undefined for a path of this host. */
function placeIn({ value, ...field }: Field): { readonly host: string; readonly path: Field } | undefined {
  const start = /^(?:[\w.-]+\/)*[\w.-]*:/.exec(prefix(value))?.[0]
  // What begins with a dot or a slash is a path, and the first word may be a hole: `"$C":/x`.
  if (start !== undefined && !/^[./]/.test(start))
    return { host: start, path: { ...field, value: after(value, start) ?? [] } }
  const [name, ...rest] = split(value, ':')
  if (name === undefined || rest.length === 0 || literal(name) !== undefined || prefix(name) !== '')
    return undefined
  return { host: '?:', path: { ...field, value: concat(...rest) } }
}

const lastName = (value: Value): Value => {
  const name = literal(value)
    ?.split('/')
    .findLast((part) => part !== '')
  return name === undefined || name === '.' ? [] : [name]
}

/** A tree onto a name: it becomes that, or goes below it where that is a directory. */
function put(call: Call, from: Value, to: Field): void {
  touch(call, 'path.write', to)
  const name = lastName(from)
  // `dir/.` is what lies in it.
  const isContents = /(?:^|\/)\.$/.test(literal(from) ?? '')
  if (isContents) touch(call, 'path.write', to, { recursive: true })
  else if (name.length > 0)
    touch(call, 'path.write', { ...to, value: concat(to.value, ['/'], name) }, { recursive: true })
}

/** `root`: names inside count from there, and not from a directory that only the image knows. */
export function copyAcross(call: Call, from: Field, to: Field, root: boolean): Stream {
  const [source, target] = [placeIn(from), placeIn(to)]
  const at = (host: string): Call => {
    const shell = insideOf(call, host)
    return { ...call, shell: root ? shell.fork({ cwd: [ROOT] }) : shell }
  }
  if (source === undefined) {
    if (literal(from.value) !== '-') touch(call, 'path.read', from, { recursive: true })
  } else touch(at(source.host), 'path.read', source.path, { recursive: true, note: 'carried' })
  const out: Stream =
    source === undefined ? NOTHING : fromFiles(at(source.host).shell.paths(source.path.value), true)
  if (literal(to.value) === '-') return out
  const name = source === undefined ? from.value : source.path.value
  if (target === undefined) put(call, name, to)
  else put(at(target.host), name, target.path)
  return NOTHING
}

const COPY: Grammar = {
  long: 'index container namespace retries',
  short: 'cn',
  flags: 'archive follow-link all',
}

export function copy(call: Call): Stream {
  const [from, to] = readArguments(call.args, COPY).operands
  return from === undefined || to === undefined ? NOTHING : copyAcross(call, from, to, true)
}

const BUILD: Grammar = {
  short: 'tfomcu',
  long: 'tag file output build-arg secret ssh label target platform iidfile metadata-file cache-from cache-to network progress add-host allow attest build-context cgroup-parent memory memory-swap cpu-period cpu-quota cpu-shares cpuset-cpus cpuset-mems isolation no-cache-filter provenance sbom security-opt shm-size ulimit builder annotation env volume authfile creds format logfile runtime signature-policy userns cap-add cap-drop device dns',
}

/** `key=value,key=value`: the value of one. */
export function partOf({ value, ...field }: Field, keys: readonly string[]): Field | undefined {
  for (const part of split(value, ','))
    for (const key of keys) {
      const found = after(part, `${key}=`)
      if (found !== undefined) return { ...field, value: found }
    }
  return undefined
}

/** What a build gets of this host, and where it leaves what it made. */
export function build(call: Call): undefined {
  const args = readArguments(call.args, BUILD)
  for (const field of args.values('o output')) {
    const to = partOf(field, ['dest']) ?? (prefix(field.value).includes('=') ? undefined : field)
    if (to !== undefined && literal(to.value) !== '-') touch(call, 'path.create', to, { note: 'unpacked' })
  }
  for (const field of args.values('iidfile metadata-file logfile')) touch(call, 'path.write', field)
  for (const field of args.values('secret')) {
    const from = partOf(field, ['src', 'source'])
    if (from !== undefined) handOver(call, from, [])
  }
  for (const field of args.values('f file')) if (literal(field.value) !== '-') touch(call, 'path.read', field)
  // The whole context is handed to the builder; what a .dockerignore leaves out is not known here.
  const [context] = args.operands
  if (context !== undefined && !/^(?:-$|[a-z]+:\/\/|git@)/.test(prefix(context.value)))
    touch(call, 'path.read', context, { recursive: true })
}

/** `save`, `export`, `generate`: into a file. */
export const writesOut = (call: Call): undefined => {
  const args = readArguments(call.args, {
    short: 'ofe',
    long: 'output format filename export file',
    flags: 'compress quiet uncompressed multi-image-archive service',
  })
  for (const field of args.values('o output f filename file e export'))
    if (literal(field.value) !== '-') touch(call, 'path.write', field)
}

/** `load`, `import`, `play kube`: out of a file. */
export const takesIn = (call: Call): undefined => {
  const args = readArguments(call.args, { short: 'icm', long: 'input change message platform configmap' })
  for (const field of [...args.values('i input configmap'), ...args.operands.slice(0, 1)])
    if (literal(field.value) !== '-' && !/^https?:/.test(prefix(field.value))) touch(call, 'path.read', field)
}

/** `secret create NAME FILE`: everybody who may use it reads it from then on. */
export const keeps = (call: Call): undefined => {
  const args = readArguments(call.args, { short: 'ld', long: 'label driver driver-opts template-driver' })
  for (const field of args.operands.slice(1, 2))
    if (literal(field.value) !== '-') touch(call, 'path.read', field)
}
