// The systemd units of an installation: store, runner and gate, each with what it may do.
import { DEFAULT_PORT } from '../places.ts'

export interface UnitPlaces {
  readonly node: string
  readonly server: string
  readonly runner: string
  readonly data: string
  readonly policy: string
  readonly gateGroup: number
}

export const UNITS = ['sekisho-store.service', 'sekisho-runner.service', 'sekisho-gate.service'] as const
export type UnitName = (typeof UNITS)[number]

export function unitText(name: UnitName, places: UnitPlaces): string {
  const { node, server, runner, data, policy, gateGroup } = places
  switch (name) {
    case 'sekisho-store.service':
      return unit({
        description: 'Sekisho: store (PostgreSQL)',
        after: ['local-fs.target'],
        service: [
          'Type=notify',
          'NotifyAccess=all',
          `ExecStart=${node} ${server} store --data ${data}`,
          'TimeoutStartSec=180',
          'TimeoutStopSec=90',
          'KillMode=mixed',
          ...COMMON,
          'ProtectHome=yes',
          'ProtectKernelTunables=yes',
          'RestrictAddressFamilies=AF_UNIX',
        ],
      })
    case 'sekisho-runner.service':
      // What it may not do here its validators in their own sandbox could not do either (sandbox.md §2).
      return unit({
        description: 'Sekisho: runner',
        after: ['local-fs.target', 'sekisho-boot.service'],
        service: [
          'Type=exec',
          `ExecStart=${node} ${runner} --data ${data} --policy ${policy} --group ${gateGroup}`,
          `Environment=NODE_COMPILE_CACHE=${data}/cache/runner`,
          'TimeoutStopSec=90',
          'KillMode=mixed',
          'OOMScoreAdjust=-900',
          ...COMMON,
          'ProtectKernelLogs=yes',
          'ProtectControlGroups=yes',
        ],
      })
    case 'sekisho-gate.service':
      return unit({
        description: 'Sekisho: gate',
        after: ['sekisho-store.service', 'sekisho-runner.service', 'network.target'],
        wants: ['sekisho-store.service', 'sekisho-runner.service'],
        service: [
          'Type=exec',
          `ExecStart=${node} ${server} gate --data ${data}`,
          `ExecStartPost=-${node} --input-type=module -e "${ANSWERS}"`,
          `Environment=NODE_COMPILE_CACHE=${data}/cache/gate`,
          'User=sekisho',
          'Group=sekisho',
          'TimeoutStopSec=30',
          ...COMMON,
          'CapabilityBoundingSet=',
          'ProtectSystem=strict',
          `ReadWritePaths=${data}/cache/gate ${data}/gate ${data}/gate.json`,
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

/** `systemctl start` returns when the gate answers (or after 20 s; then the unit's own restart goes on): who types next finds it there. */
const ANSWERS = `for (let i = 0; i < 100; i++) { try { if ((await fetch('http://127.0.0.1:${DEFAULT_PORT}/healthz')).ok) break } catch {} await new Promise((next) => setTimeout(next, 200)) }`

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
