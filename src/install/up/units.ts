// The systemd units of an installation: store, runner, gate and watch, each with what it may do.
import { dirname } from 'node:path'
import type { Language } from '../../words/words.ts'

export interface UnitPlaces {
  readonly node: string
  readonly server: string
  readonly runner: string
  readonly watch: string
  readonly data: string
  readonly policy: string
  readonly gateGroup: number
  /** What hooks left is taken from here, and pauses are written. */
  readonly guard: string
  /** Of what they say when they do not come up: who installed them reads it. */
  readonly language: Language
}

export const UNITS = [
  'sekisho-store.service',
  'sekisho-runner.service',
  'sekisho-gate.service',
  'sekisho-watch.service',
] as const
export type UnitName = (typeof UNITS)[number]

export function unitText(name: UnitName, places: UnitPlaces): string {
  const { node, server, runner, watch, data, policy, gateGroup, guard, language } = places
  switch (name) {
    case 'sekisho-store.service':
      return unit({
        description: 'Sekisho: store (PostgreSQL)',
        after: ['local-fs.target'],
        service: [
          'Type=notify',
          'NotifyAccess=all',
          `ExecStart=${node} ${server} store --data ${data} --lang ${language}`,
          'TimeoutStartSec=180',
          'User=sekisho-db',
          'Group=sekisho-db',
          'TimeoutStopSec=90',
          'KillMode=mixed',
          ...COMMON,
          'CapabilityBoundingSet=',
          'ProtectSystem=strict',
          `ReadWritePaths=${data}/pg`,
          'ProtectHome=yes',
          'PrivateTmp=yes',
          'PrivateDevices=yes',
          'ProtectKernelTunables=yes',
          'ProtectKernelLogs=yes',
          'ProtectControlGroups=yes',
          'RestrictAddressFamilies=AF_UNIX',
          'MemoryMax=2G',
          'TasksMax=256',
        ],
      })
    case 'sekisho-runner.service':
      return unit({
        description: 'Sekisho: runner',
        after: ['local-fs.target', 'sekisho-boot.service'],
        service: [
          'Type=exec',
          `ExecStart=${node} ${runner} --data ${data} --policy ${policy} --guard ${guard} --group ${gateGroup}`,
          `Environment=NODE_COMPILE_CACHE=${data}/cache/runner`,
          'TimeoutStopSec=90',
          'KillMode=mixed',
          'OOMScoreAdjust=-900',
          // Its work on databases and repositories may be large; the rest of the host keeps what it needs.
          'MemoryMax=60%',
          'TasksMax=1024',
          // A trial has a group of its own below this unit (sandbox/limit.ts): when it is ended for its memory, the runner goes on.
          'Delegate=memory pids',
          'DelegateSubgroup=runner',
          'OOMPolicy=continue',
          ...COMMON,
          // It sets this itself, too (runner/main.ts): accounts without rights pass through what it makes for them.
          'UMask=0022',
          ...RUNNER_LIMITS,
          // Its own code, which it never writes.
          `ReadOnlyPaths=-${dirname(dirname(runner))}`,
          // ProtectControlGroups leaves it its own part of the tree.
          'ReadWritePaths=-/sys/fs/cgroup/system.slice/sekisho-runner.service',
        ],
      })
    case 'sekisho-watch.service':
      return unit({
        description: 'Sekisho: watch',
        after: ['local-fs.target', 'network.target'],
        service: [
          'Type=notify',
          'NotifyAccess=all',
          `ExecStart=${node} --max-semi-space-size=2 ${watch} --data ${data} --policy ${policy}`,
          `Environment=NODE_COMPILE_CACHE=${data}/cache/watch`,
          'TimeoutStartSec=90',
          'User=sekisho-watch',
          'Group=sekisho-watch',
          // It looks at what it may not change: reads past the modes of files, and sees the processes of others.
          'AmbientCapabilities=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE',
          'CapabilityBoundingSet=CAP_DAC_READ_SEARCH CAP_SYS_PTRACE',
          'TimeoutStopSec=30',
          'KillMode=mixed',
          ...COMMON,
          'MemoryMax=768M',
          'TasksMax=128',
          'CPUWeight=50',
          'IOWeight=50',
          'ProtectSystem=strict',
          `ReadWritePaths=${data}/watch ${data}/cache/watch`,
          `ReadOnlyPaths=${data}/watch/outbox`,
          'PrivateTmp=yes',
          'PrivateDevices=yes',
          'ProtectKernelTunables=yes',
          'ProtectKernelModules=yes',
          'ProtectKernelLogs=yes',
          'ProtectControlGroups=yes',
          'ProtectClock=yes',
          // Not RestrictSUIDSGID: it refuses openat2, without which the sandbox of the owner's own checks does not start.
          'RestrictRealtime=yes',
          'SystemCallArchitectures=native',
          'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
          // With CAP_SYS_PTRACE it sees the processes of others; with these calls it could stop and change them.
          'SystemCallFilter=~@debug process_vm_readv process_vm_writev kcmp',
          'SystemCallErrorNumber=EPERM',
          // Names are what root has resolved, and no name server is asked (install/watch-names.ts).
          `BindReadOnlyPaths=-${dirname(policy)}/watch-hosts:/etc/hosts`,
          // What the rules declare is let through by `config apply` (install/watch-network.ts).
          'IPAddressDeny=any',
          'IPAddressAllow=localhost',
        ],
      })
    case 'sekisho-gate.service':
      return unit({
        description: 'Sekisho: gate',
        after: ['sekisho-store.service', 'sekisho-runner.service', 'network.target'],
        wants: ['sekisho-store.service', 'sekisho-runner.service', 'sekisho-watch.service'],
        service: [
          'Type=notify',
          'NotifyAccess=all',
          `ExecStart=${node} ${server} gate --data ${data} --lang ${language}`,
          'TimeoutStartSec=180',
          `Environment=NODE_COMPILE_CACHE=${data}/cache/gate`,
          'User=sekisho',
          'Group=sekisho',
          'TimeoutStopSec=30',
          ...COMMON,
          'MemoryMax=1G',
          'TasksMax=256',
          'CapabilityBoundingSet=',
          'ProtectSystem=strict',
          `ReadWritePaths=${data}/cache/gate ${data}/gate ${data}/gate.json -${guard}/spool -${guard}/paused ${data}/watch/spool ${data}/watch/outbox`,
          'ProtectHome=yes',
          'PrivateTmp=yes',
          'PrivateDevices=yes',
          'ProtectKernelTunables=yes',
          'ProtectKernelLogs=yes',
          'ProtectControlGroups=yes',
          'RestrictSUIDSGID=yes',
          'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6',
        ],
      })
  }
}

/**
 * What the runner never needs, and what its validators in their own sandbox can do without (a namespace of users brings them all powers
 * of their own inside it). Tried and not to be had: docs/design.md, "The units".
 */
const RUNNER_LIMITS = [
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'PrivateDevices=yes',
  'RestrictRealtime=yes',
  'RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK',
  'SystemCallArchitectures=native',
  `CapabilityBoundingSet=~${[
    'AUDIT_CONTROL',
    'AUDIT_READ',
    'BLOCK_SUSPEND',
    'BPF',
    'IPC_LOCK',
    'LEASE',
    'LINUX_IMMUTABLE',
    'MAC_ADMIN',
    'MAC_OVERRIDE',
    'MKNOD',
    'NET_BROADCAST',
    'NET_RAW',
    'PERFMON',
    'SYSLOG',
    'SYS_BOOT',
    'SYS_MODULE',
    'SYS_PACCT',
    'SYS_RAWIO',
    'SYS_TIME',
    'SYS_TTY_CONFIG',
    'WAKE_ALARM',
  ]
    .map((name) => `CAP_${name}`)
    .join(' ')}`,
]

const COMMON = [
  'Restart=always',
  'RestartSec=1',
  'UMask=0027',
  'LimitCORE=0',
  'NoNewPrivileges=yes',
  'LockPersonality=yes',
]

function unit(of: {
  readonly description: string
  readonly after: readonly string[]
  readonly wants?: readonly string[]
  readonly service: readonly string[]
}): string {
  return [
    '[Unit]',
    `Description=${of.description}`,
    `After=${of.after.join(' ')}`,
    ...(of.wants === undefined ? [] : [`Wants=${of.wants.join(' ')}`]),
    // A part that cannot start (no rights, no space) is tried for as long as it takes.
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    ...of.service,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n')
}
