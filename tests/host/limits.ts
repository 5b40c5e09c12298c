// A program in a host under the limits of the runner's own unit: without the powers that the runner does not have.
import { expect } from 'vitest'
import { unitText } from '../../src/install/up/units.ts'

const LIMITED =
  /^(NoNewPrivileges|LockPersonality|UMask|Protect\w+|Private\w+|Restrict\w+|SystemCall\w+|CapabilityBoundingSet|OOMScoreAdjust)=/

/** What stands before the program's own argv. */
export function underLimits(): readonly string[] {
  const none = {
    node: '',
    server: '',
    runner: '',
    watch: '',
    data: '',
    policy: '',
    gateGroup: 0,
    guard: '',
    language: 'en' as const,
  }
  const limits = unitText('sekisho-runner.service', none)
    .split('\n')
    .filter((line) => LIMITED.test(line))
  expect(limits.length).toBeGreaterThan(10)
  return ['systemd-run', '--wait', '--pipe', '--quiet', ...limits.flatMap((line) => ['-p', line])]
}
