// The rules of logrotate: read anew at each of its runs.
import type { KindRow } from './kind.ts'

export const logrotate: KindRow = {
  name: { ja: 'logrotate', en: 'logrotate' },
  places: [/^\/etc\/logrotate\.conf$/, /^\/etc\/logrotate\.d\/[^/]+$/],
  activation: 'none',
  validator: {
    by: 'program',
    name: 'logrotate -d',
    program: 'logrotate',
    argv: ['logrotate', '--debug', '--state', '/tmp/status', '/etc/logrotate.conf'],
    reads: ['/etc/logrotate.conf', '/etc/logrotate.d'],
    fault: /^(?:error|warning): (?<path>[^\s:]+):(?:(?<line>\d+),? ?)?(?<text>.+)$/,
    // Logs and their directories are not in the sandbox.
    remark: /:\d+ (?:error verifying|verifying log file path failed)/,
    seen: /^reading config file (?<path>\S+)$/,
    exitDecides: false,
    readAlone: true,
  },
  shown: { by: 'place' },
  impact: 'none',
}
