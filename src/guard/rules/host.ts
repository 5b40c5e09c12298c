// The machine: power, devices, schedules, history.
import type { Rules } from './rule.ts'

export const HOST_RULES: Rules = {
  'host.shutdown': { rule: 'host.shutdown', verdict: 'deny' },
  'host.reboot': { rule: 'host.shutdown', verdict: 'deny' },
  'device.overwrite': { rule: 'device.overwrite', verdict: 'deny' },
  'device.partition': { rule: 'device.partition', verdict: 'deny' },
  'device.format': { rule: 'device.format', verdict: 'ask' },
  'device.volume': { rule: 'device.volume', verdict: 'ask' },
  'schedule.remove': { rule: 'schedule.remove', verdict: 'deny' },
  'host.change': { rule: 'host.change', verdict: 'ask' },
  'host.fill': { rule: 'host.fill', verdict: 'ask' },
  'path.mount': { rule: 'host.mount', verdict: 'ask' },
  'net.configure': { rule: 'net.configure', verdict: 'ask' },
  'privilege.account': { rule: 'privilege.account', verdict: 'ask' },
  'privilege.remove': { rule: 'packages.remove', verdict: 'ask' },
  'privilege.publish': { rule: 'packages.publish', verdict: 'ask' },
  'history.destroy': { rule: 'history.destroy', verdict: 'ask' },
}
