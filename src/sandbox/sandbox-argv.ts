// The command line of the validation sandbox: a range-mapped user namespace, bubblewrap inside it, limits around the
// program. Values in, argv out; nothing here starts anything.

/** Which walls this machine can put up, strongest first. */
export type SandboxKind =
  /** Root: 65,536 own user ids; root inside is an ordinary id outside. */
  | 'mapped'
  /** Not root: one id only, so that owners and the `user` of a program are not checked. */
  | 'one-id'
  /** Root on a kernel without user namespaces: one id by setpriv; owners are not checked either. */
  | 'root-one-id'

/** How /proc is had inside: mounted there; after a fresh one outside (a host with parts of /proc covered); not at all. */
export type ProcKind = 'own' | 'fresh' | 'none'

export interface Sandbox {
  readonly kind: SandboxKind
  readonly proc: ProcKind
}

export type Mount =
  | {
      readonly kind: 'bind'
      readonly from: string
      readonly to: string
      readonly optional?: boolean
      /** What is written there is written outside. */
      readonly writable?: true
    }
  | { readonly kind: 'tmpfs'; readonly to: string; readonly sizeBytes?: number }
  | { readonly kind: 'directory'; readonly to: string }
  | { readonly kind: 'link'; readonly to: string; readonly target: string }

export interface Limits {
  readonly processes: number
  /** `soft` or `soft:hard` or `soft:` as prlimit takes it. */
  readonly files: string
  readonly fileBytes: number
  readonly memoryBytes: number
  readonly cpuSeconds: number
}
export const LIMITS: Limits = {
  processes: 64,
  files: '256',
  fileBytes: 33_554_432,
  memoryBytes: 1_073_741_824,
  cpuSeconds: 10,
}

export interface SandboxCommand {
  readonly sandbox: Sandbox
  readonly argv: readonly string[]
  readonly mounts: readonly Mount[]
  readonly hosts: string
  readonly nameSwitch: string
  readonly limits: Limits
  readonly baseUid: number
  /** The program is process 1 of its namespace: no second process stays around it. */
  readonly asPid1: boolean
  /** Our directory, where a directory above it is closed to the ids inside: it is shown to them at another place. */
  readonly closed?: string
  /** Programs inside speak to each other on 127.0.0.1, which a new network namespace has and holds down. */
  readonly loopback?: true
}

export const SECCOMP_DESCRIPTOR = 3
export const STATUS_DESCRIPTOR = 4
/** The single id inside where no range can be mapped. */
export const ONE_ID = 65_534

const NONLOCAL =
  'echo 1 >net/ipv4/ip_nonlocal_bind && { [ ! -d net/ipv6 ] || echo 1 >net/ipv6/ip_nonlocal_bind; }'
/** The only shell text: constants, so that nothing a change says is ever read by a shell. */
const SHELL: Readonly<Record<SandboxKind, string>> = {
  mapped: `cd /proc/sys && ${NONLOCAL} && echo 0 >user/max_user_namespaces && cd / && exec "$@"`,
  'one-id': `cd /proc/sys && ${NONLOCAL} && echo 0 >net/ipv4/ip_unprivileged_port_start && cd / && exec "$@"`,
  'root-one-id': `cd /proc/sys && ${NONLOCAL} && echo 0 >net/ipv4/ip_unprivileged_port_start && cd / && exec "$@"`,
}
/** Where /proc/sys is read-only the private limit of namespaces is left alone: the call filter refuses them anyway. */
const SHELL_WITHOUT_PROC: Readonly<Record<SandboxKind, string>> = {
  mapped: `cd /proc/sys && ${NONLOCAL}; cd / && exec "$@"`,
  'one-id': `cd /proc/sys && ${NONLOCAL}; echo 0 >net/ipv4/ip_unprivileged_port_start; cd / && exec "$@"`,
  'root-one-id': `cd /proc/sys && ${NONLOCAL}; echo 0 >net/ipv4/ip_unprivileged_port_start; cd / && exec "$@"`,
}
const LOOPBACK = 'ip link set lo up && '
const FRESH_PROC = 'mount -t proc proc /proc'
/** Where our files are seen from inside the user namespace when a closed directory stands above them. */
const BRIDGE = '/tmp'
const BRIDGED = `mount --bind "$1" ${BRIDGE}`

const ETC = [
  'passwd',
  'group',
  'ld.so.cache',
  'localtime',
  'services',
  'protocols',
  'alternatives',
  'ssl/openssl.cnf',
  'ssl/certs',
]
const SCRATCH = ['/dev/shm', '/tmp', '/run', '/var/log', '/var/lib/nginx', '/var/cache']
const CAPABILITIES = [
  'CAP_CHOWN',
  'CAP_FOWNER',
  'CAP_DAC_OVERRIDE',
  'CAP_NET_BIND_SERVICE',
  'CAP_SETUID',
  'CAP_SETGID',
]
const SCRATCH_BYTES = 67_108_864

/** The whole argv: namespaces, bubblewrap, limits, program. */
export function sandboxArgv(command: SandboxCommand): readonly string[] {
  const { kind, proc } = command.sandbox
  const bridged = command.closed === undefined ? command : throughBridge(command, command.closed)
  return [
    ...ownMounts(command),
    ...namespaces(kind, command.baseUid),
    'sh',
    '-c',
    (command.loopback === true ? LOOPBACK : '') + (proc === 'none' ? SHELL_WITHOUT_PROC[kind] : SHELL[kind]),
    'sh',
    ...bubblewrap(bridged),
    ...limits(command.limits),
    ...dropToOneId(kind),
    ...command.argv,
  ]
}

/** Mounts made by the real root, in a mount namespace that only this run has. */
function ownMounts({ sandbox, closed }: SandboxCommand): readonly string[] {
  const steps = [
    ...(sandbox.proc === 'fresh' ? [FRESH_PROC] : []),
    ...(closed === undefined ? [] : [BRIDGED]),
  ]
  if (steps.length === 0) return []
  const script = [...steps, 'shift', 'exec "$@"'].join(' && ')
  return ['unshare', '--mount', '--propagation', 'private', '--', 'sh', '-c', script, 'sh', closed ?? '']
}

function throughBridge(command: SandboxCommand, closed: string): SandboxCommand {
  const seen = (path: string) => (path.startsWith(`${closed}/`) ? BRIDGE + path.slice(closed.length) : path)
  return {
    ...command,
    hosts: seen(command.hosts),
    nameSwitch: seen(command.nameSwitch),
    mounts: command.mounts.map((mount) =>
      mount.kind === 'bind' ? { ...mount, from: seen(mount.from) } : mount,
    ),
  }
}

function namespaces(kind: SandboxKind, baseUid: number): readonly string[] {
  switch (kind) {
    case 'mapped': {
      const range = `0:${baseUid}:65536`
      const map = [`--map-users=${range}`, `--map-groups=${range}`]
      return ['unshare', '--user', ...map, '--setuid', '0', '--setgid', '0', '--net', '--']
    }
    case 'one-id':
      return ['unshare', '--user', '--map-root-user', '--net', '--']
    case 'root-one-id':
      return ['unshare', '--net', '--']
  }
}

function bubblewrap(command: SandboxCommand): readonly string[] {
  const { kind, proc } = command.sandbox
  const argv = ['bwrap', '--json-status-fd', String(STATUS_DESCRIPTOR)]
  if (command.asPid1) argv.push('--as-pid-1')
  argv.push('--die-with-parent', '--new-session', '--unshare-pid', '--unshare-ipc', '--unshare-uts')
  argv.push('--unshare-cgroup-try', '--hostname', 'sandbox')
  if (kind === 'one-id') argv.push('--unshare-user', '--uid', String(ONE_ID), '--gid', String(ONE_ID))
  else argv.push('--cap-drop', 'ALL', ...capabilities(kind).flatMap((name) => ['--cap-add', name]))
  if (kind === 'one-id' && proc !== 'none') argv.push('--disable-userns')
  argv.push('--clearenv', '--setenv', 'PATH', '/usr/sbin:/usr/bin', '--setenv', 'LC_ALL', 'C.UTF-8')
  argv.push('--ro-bind', '/usr', '/usr')
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) argv.push('--symlink', `usr/${name}`, `/${name}`)
  argv.push('--dir', '/etc', '--dir', '/etc/ssl', '--dir', '/var')
  for (const name of ETC) argv.push('--ro-bind-try', `/etc/${name}`, `/etc/${name}`)
  argv.push('--ro-bind', command.hosts, '/etc/hosts', '--ro-bind', command.nameSwitch, '/etc/nsswitch.conf')
  if (proc === 'none') argv.push('--tmpfs', '/proc')
  else argv.push('--proc', '/proc', '--ro-bind', '/dev/null', '/proc/cmdline')
  argv.push('--dev', '/dev')
  for (const path of SCRATCH) argv.push(...tmpfs(kind, path, SCRATCH_BYTES))
  argv.push('--remount-ro', '/dev')
  for (const mount of command.mounts) argv.push(...parents(mount.to), ...mountArgv(kind, mount))
  argv.push('--remount-ro', '/', '--chdir', '/', '--seccomp', String(SECCOMP_DESCRIPTOR), '--')
  return argv
}

function capabilities(kind: 'mapped' | 'root-one-id'): readonly string[] {
  return kind === 'mapped' ? CAPABILITIES : ['CAP_SETUID', 'CAP_SETGID', 'CAP_SETPCAP']
}

/** With one id by setpriv the scratch places belong to root and the program is not root: they are open to it. */
function tmpfs(kind: SandboxKind, path: string, sizeBytes: number): readonly string[] {
  const open = kind === 'root-one-id' || path === '/tmp' || path === '/dev/shm'
  return ['--perms', open ? '1777' : '0755', '--size', String(sizeBytes), '--tmpfs', path]
}

/** Parents that bubblewrap makes by itself are closed to everybody but root. */
function parents(path: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return parts.slice(1).flatMap((_, i) => ['--dir', `/${parts.slice(0, i + 1).join('/')}`])
}

function mountArgv(kind: SandboxKind, mount: Mount): readonly string[] {
  switch (mount.kind) {
    case 'bind':
      if (mount.writable) return ['--bind', mount.from, mount.to]
      return [mount.optional ? '--ro-bind-try' : '--ro-bind', mount.from, mount.to]
    case 'tmpfs':
      return tmpfs(kind, mount.to, mount.sizeBytes ?? SCRATCH_BYTES)
    case 'directory':
      return ['--perms', kind === 'root-one-id' ? '1777' : '0755', '--dir', mount.to]
    case 'link':
      return ['--symlink', mount.target, mount.to]
  }
}

function limits(limit: Limits): readonly string[] {
  return [
    'prlimit',
    `--nproc=${limit.processes}`,
    `--nofile=${limit.files}`,
    `--fsize=${limit.fileBytes}`,
    `--as=${limit.memoryBytes}`,
    `--cpu=${limit.cpuSeconds}`,
    '--core=0',
    '--',
  ]
}

function dropToOneId(kind: SandboxKind): readonly string[] {
  if (kind !== 'root-one-id') return []
  const id = String(ONE_ID)
  const drop = ['--clear-groups', '--inh-caps=-all', '--bounding-set=-all', '--no-new-privs', '--']
  return ['setpriv', '--reuid', id, '--regid', id, ...drop]
}
