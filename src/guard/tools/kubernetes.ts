// Kubernetes and helm.
import { type Arguments, readArguments } from '../arguments.ts'
import type { Field } from '../fields.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { literal, prefix } from '../value.ts'
import { copyAcross } from './container-files.ts'
import { emitService, infra, startInside } from './container-run.ts'
import { reveal } from './container-shows.ts'
import { carryOut, speak } from './hosted.ts'
import { extracted, released, shown, viewed } from './kubernetes-shows.ts'

const LONG =
  'namespace context cluster user kubeconfig server token as as-group as-uid request-timeout selector filename output field-selector container kustomize v certificate-authority client-key client-certificate cache-dir profile log-file vmodule replicas current-replicas grace-period timeout cascade revision to-revision template raw patch type patch-file subresource from-literal from-file from-env-file overrides image env tail since since-time for to output-directory keys address accept-hosts port'
const KUBECTL = {
  short: 'nslfockvpL',
  long: LONG,
  flags: 'list resolve all all-namespaces force now wait dry-run ignore-not-found recursive prune help',
} as const

const YAML: Field = { value: ['-oyaml'], span: [0, 0], open: false }

/** Kinds that hold everything below them, or data. */
const HOLDING =
  /^(ns|namespaces?|pv|persistentvolumes?|pvc|persistentvolumeclaims?|crds?|customresourcedefinitions?|nodes?|no|sts|statefulsets?|project|projects)(\.[\w.-]+)?$/
const WORKLOADS =
  /^(po|pods?|deploy|deployments?|sts|statefulsets?|ds|daemonsets?|rs|replicasets?|svc|services?|ing|ingress(es)?)(\.[\w.-]+)?$/

/** `deployment/backend`, or `deployment backend`: kinds and names. */
function targets(fields: readonly Field[]): {
  readonly kinds: readonly string[]
  readonly names: readonly Field[]
} {
  const kinds: string[] = []
  const names: Field[] = []
  for (const [i, field] of fields.entries()) {
    const plain = literal(field.value)
    if (plain?.includes('/') === true) {
      kinds.push(plain.slice(0, plain.indexOf('/')))
      names.push({ ...field, value: [plain.slice(plain.indexOf('/') + 1)] })
    } else if (i === 0) kinds.push(...(plain ?? '').split(','))
    else names.push(field)
  }
  return { kinds: kinds.map((kind) => kind.toLowerCase()), names }
}

function isDry(args: Arguments): boolean {
  const dry = args.options.findLast(({ name }) => name === 'dry-run')
  if (dry === undefined) return false
  const value = dry.value === undefined ? 'client' : literal(dry.value.value)
  return value !== 'none' && value !== 'false'
}

/** `-f https://…`, `curl … | kubectl apply -f -`: what runs then is what somebody else says. */
const isFromAfar = ({ stdin }: Call, files: readonly Field[]): boolean =>
  files.some(({ value }) =>
    literal(value) === '-'
      ? stdin.origins.some(({ from }) => from === 'network')
      : /^https?:/.test(prefix(value)),
  )

/** A workload of a declared service is that service. */
function services(call: Call, verb: 'stop' | 'restart', fields: readonly Field[]): void {
  const { kinds, names } = targets(fields)
  if (kinds.some((kind) => WORKLOADS.test(kind)))
    for (const field of names) emitService(call, 'kubernetes', verb, field)
}

function kubectl(call: Call): Stream {
  const top = readArguments(call.args, { ...KUBECTL, style: 'posix' })
  if (top.has('help h version')) return FROM_PROGRAM
  const [first, ...rest] = top.operands
  const verb = first === undefined ? '' : (literal(first.value) ?? '')
  if (verb === 'exec' || verb === 'debug' || verb === 'rsh') {
    // Beside a pod it is a container more; on a node it is the host, with all its files.
    if (verb === 'debug' && rest.some(({ value }) => /^(?:node|nodes|no)\//.test(prefix(value))))
      infra(call, 'expose', 'debug node', rest[0], 'kubernetes')
    return inside({ ...call, args: rest })
  }
  const args = readArguments(rest, KUBECTL)
  if (args.has('help h')) return FROM_PROGRAM
  const { operands } = args
  // Also where nothing is changed a file is read, and printed as what it would become.
  for (const field of args.values('from-file from-env-file f filename'))
    touch(call, 'path.read', { ...field, value: afterEquals(field) })
  if (isDry(args)) return FROM_PROGRAM
  const emit = (verb: Parameters<typeof infra>[1], type: string, field?: Field) =>
    infra(call, verb, type, field, 'kubernetes')
  const sub = operands[0] === undefined ? '' : (literal(operands[0].value) ?? '')
  switch (verb) {
    case 'delete': {
      const { kinds } = targets(operands)
      emit(kinds.some((kind) => HOLDING.test(kind)) ? 'destroy' : 'delete', kinds.join(' '), operands[1])
      services(call, 'stop', operands)
      break
    }
    case 'drain':
    case 'cordon':
    case 'taint':
      emit('drain', 'node', operands[0])
      break
    case 'scale': {
      emit('scale-down', 'workload', operands[0])
      if (literal(args.value('replicas')?.value ?? []) === '0') services(call, 'stop', operands)
      break
    }
    case 'rollout':
      if (/^(restart|undo|pause)$/.test(sub)) {
        emit('change', `rollout ${sub}`, operands[1])
        services(
          call,
          sub === 'undo' ? 'restart' : sub === 'pause' ? 'restart' : 'restart',
          operands.slice(1),
        )
      }
      break
    case 'set':
      // `set env --list` only prints them; with `--resolve` those out of secrets as well.
      if (args.has('list')) {
        if (args.has('resolve')) reveal(call, 'kubernetes', 'environment', operands[1])
      } else if (operands.length > 0) emit('change', `set ${sub}`, operands[1])
      break
    case 'get':
      return shown(call, args, operands) ?? FROM_PROGRAM
    case 'extract':
      extracted(call, args, operands)
      break
    case 'replace':
      emit(args.has('force') ? 'delete' : 'change', 'replace')
      break
    case 'apply':
      if (isFromAfar(call, args.values('f filename'))) emit('apply', 'downloaded')
      if (args.has('prune')) emit('prune', 'apply')
      else if (args.has('force')) emit('delete', 'apply')
      if (sub === 'view-last-applied')
        return shown(call, readArguments([YAML, ...rest], KUBECTL), operands.slice(1)) ?? FROM_PROGRAM
      break
    case 'run': {
      if (args.has('privileged')) infra(call, 'expose', 'privileged', operands[0], 'kubernetes')
      const end = rest.findIndex(({ value }) => literal(value) === '--')
      if (end !== -1) return startInside(call, `${sub}:`, rest.slice(end + 1))
      break
    }
    case 'create':
      if (isFromAfar(call, args.values('f filename'))) emit('apply', 'downloaded')
      if (sub === 'token') reveal(call, 'kubernetes', 'token', operands[1])
      if (/^(?:cluster)?rolebindings?$/.test(sub)) emit('change', sub, operands[1])
      break
    case 'patch':
    case 'edit':
      if (operands.length > 0) emit('change', verb, operands[1])
      break
    case 'config':
      if (/^(delete-|unset)/.test(sub)) emit('change', 'config')
      if (sub === 'view') viewed(call, args)
      break
    case 'adm':
      if (/^(drain|cordon|prune)$/.test(sub)) emit('drain', 'node', operands[1])
      if (sub === 'policy' && /^(?:add|remove)-/.test(literal(operands[1]?.value ?? []) ?? ''))
        emit('change', 'rights')
      break
    case 'rollback':
      emit('change', verb, operands[0])
      break
    case 'certificate':
      if (/^(?:deny|approve)$/.test(sub)) emit('change', 'certificate')
      break
    case 'auth':
      if (sub === 'reconcile') emit('change', 'rights')
      break
    case 'node-shell':
    case 'node_shell':
      // A container with all of the node's files and processes.
      infra(call, 'expose', verb, operands[0], 'kubernetes')
      break
    case 'proxy':
    case 'port-forward':
      // Whoever reaches this machine reaches what is behind it.
      if (/(?:^|,)(?:0\.0\.0\.0|::)(?:,|$)/.test(literal(args.value('address')?.value ?? []) ?? ''))
        emit('expose', verb)
      break
    case 'cluster-info':
      for (const field of args.values('output-directory'))
        touch(call, 'path.create', field, { note: 'unpacked' })
      break
    case 'cp':
    case 'rsync': {
      const [from, to] = operands
      if (from !== undefined && to !== undefined) return copyAcross(call, from, to, false)
      break
    }
    default:
      // `kubectl PLUGIN …` speaks as other hosted tools do.
      if (!OWN.has(verb)) {
        const plugin = { names: 'kubectl', short: 'n' }
        const said = speak(call, plugin)
        if (said !== undefined && said.nouns.length > 0) carryOut(call, said, plugin)
      }
      break
  }
  return FROM_PROGRAM
}

/** Verbs of its own that change nothing here. */
const OWN = new Set(
  'create expose explain autoscale top proxy attach annotate label describe logs diff kustomize wait api-resources api-versions events completion options plugin port-forward version status login logout whoami project projects new-app new-project process start-build import-image tag adm policy'.split(
    ' ',
  ),
)

function afterEquals(field: Field): Field['value'] {
  const plain = literal(field.value)
  return plain?.includes('=') === true ? [plain.slice(plain.indexOf('=') + 1)] : field.value
}

/** `exec POD -- COMMAND`; in old spelling the command stands right after the pod. */
function inside(call: Call): Stream {
  const end = call.args.findIndex(({ value }) => literal(value) === '--')
  const args = readArguments(end === -1 ? call.args : call.args.slice(0, end), {
    ...KUBECTL,
    style: end === -1 ? 'posix' : 'gnu',
  })
  if (args.has('help')) return FROM_PROGRAM
  const pod = args.operands[0] === undefined ? '' : (literal(args.operands[0].value) ?? '?')
  // A container that is put beside has an environment of its own.
  const within = { platform: 'kubernetes', name: args.operands[0]?.value ?? [] }
  return startInside(
    call,
    `${pod}:`,
    end === -1 ? args.operands.slice(1) : call.args.slice(end + 1),
    args.has('image') ? {} : { within },
  )
}

const HELM = {
  short: 'nfod',
  long: 'namespace kube-context kubeconfig values set set-string set-file set-json version timeout output description history-max repo username password post-renderer kube-apiserver kube-as-user kube-token registry-config repository-cache repository-config burst-limit destination untardir output-dir keyring',
  flags:
    'dry-run untar force install atomic wait reset-values reuse-values help debug keep-history no-hooks cleanup-on-fail',
} as const

function helm(call: Call): Stream {
  const args = readArguments(call.args, HELM)
  if (args.has('help h') || isDry(args)) return FROM_PROGRAM
  const [verb, ...names] = args.operands
  const emit = (verb: Parameters<typeof infra>[1], type: string) => infra(call, verb, type, names[0], 'helm')
  for (const field of args.values('f values')) touch(call, 'path.read', field)
  for (const field of args.values('set-file'))
    touch(call, 'path.read', { ...field, value: afterEquals(field) })
  for (const field of args.values('d destination untardir output-dir'))
    touch(call, 'path.create', field, { note: 'unpacked' })
  switch (verb === undefined ? '' : (literal(verb.value) ?? '')) {
    case 'uninstall':
    case 'delete':
    case 'del':
    case 'un':
      emit('delete', 'release')
      for (const field of names) emitService(call, 'kubernetes', 'stop', field)
      break
    case 'get':
      released(call, names[0] === undefined ? '' : (literal(names[0].value) ?? ''), names.slice(1))
      break
    case 'secrets':
      if (/^(?:view|decrypt|dec)$/.test(literal(names[0]?.value ?? []) ?? ''))
        for (const field of names.slice(1)) reveal(call, 'kubernetes', 'values', field)
      break
    case 'rollback':
      emit('change', 'rollback')
      break
    case 'upgrade':
      if (args.has('force')) emit('delete', 'upgrade --force')
      break
    case 'plugin':
      // What lies there runs as soon as it is here.
      for (const { value, span } of names.slice(1))
        if (literal(names[0]?.value ?? []) === 'install' && /^https?:|^git[+@:]|^oci:/.test(prefix(value)))
          call.shell.emit({ verb: 'exec.downloaded', on: { kind: 'program', name: '' } }, span)
      break
    default:
      break
  }
  return FROM_PROGRAM
}

export const KUBERNETES: readonly Tool[] = [
  {
    names: 'kubectl oc k kubecolor microk8s.kubectl k3s-kubectl kubectl.exe',
    style: 'posix',
    harmless: 'help',
    act: kubectl,
  },
  { names: 'helm helm3', style: 'posix', act: helm },
  {
    names: 'k3s microk8s minikube-kubectl',
    style: 'posix',
    act: (call, args): Stream => {
      const [first, ...rest] = args.operands
      return first !== undefined && literal(first.value) === 'kubectl'
        ? kubectl({ ...call, args: rest })
        : FROM_PROGRAM
    },
  },
  {
    names: 'kubeadm kind',
    style: 'posix',
    act: (call, args): Stream => {
      const words = args.operands.map(({ value }) => literal(value) ?? '')
      if (readArguments(call.args, { flags: 'help dry-run force' }).has('help h dry-run')) return FROM_PROGRAM
      if (words[0] === 'reset' || (words[0] === 'delete' && /^clusters?$/.test(words[1] ?? '')))
        infra(call, 'destroy', 'cluster', undefined, 'kubernetes')
      return FROM_PROGRAM
    },
  },
]
