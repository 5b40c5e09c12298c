// What a guard that works must answer on this machine: a few questions of every installation, and for each row of its policy one that is
// refused and one that is free. Made from the rules in force, so they name the real places.

import { shellWord } from '../base/shell-word.ts'
import type { GuardPolicy, ProtectRow } from './policy.ts'

export interface SelfVector {
  readonly tool: string
  readonly input: Readonly<Record<string, string>>
  readonly expect: 'deny' | 'free'
}

const bash = (command: string, expect: SelfVector['expect']): SelfVector => ({
  tool: 'Bash',
  input: { command },
  expect,
})

const EVERYWHERE: readonly SelfVector[] = [
  bash('shutdown -h now', 'deny'),
  bash('rm -rf /', 'deny'),
  bash("sh -c 'reboot'", 'deny'),
  bash('echo shutdown; grep -n reboot README.md', 'free'),
  bash('ls -la', 'free'),
  bash('git status && git diff', 'free'),
  bash('journalctl -n 20 --no-pager', 'free'),
]

/** A rule of these can be changed by the policy: then there is nothing to expect. */
export function selfVectors(policy: GuardPolicy): readonly SelfVector[] {
  const changed = policy.rules['host.shutdown'] !== undefined || policy.rules['fs.system'] !== undefined
  return [
    ...EVERYWHERE.filter(({ expect }) => expect === 'free' || !changed),
    ...policy.protect.flatMap((row) => ofRow(row)),
    ...policy.services.flatMap(({ units: [unit] }) =>
      unit === undefined || policy.rules['service.stop'] !== undefined
        ? []
        : [
            bash(`systemctl stop ${shellWord(unit)}`, 'deny'),
            bash(`systemctl status ${shellWord(unit)} --no-pager`, 'free'),
          ],
    ),
  ]
}

function ofRow({
  kind,
  paths: [first = ''],
  read,
  write,
  delete: remove,
  except,
}: ProtectRow): readonly SelfVector[] {
  const place = first.replace(/\/\*\*$/, '')
  if (/[*?[]/.test(place) || !place.startsWith('/') || except !== undefined) return []
  const quoted = shellWord(place)
  const inside = kind === 'data' ? `${place}/sekisho-self-test` : place
  return [
    ...(remove === 'deny' ? [bash(`rm -rf ${quoted}`, 'deny'), bash(`find ${quoted} -delete`, 'deny')] : []),
    ...(write === 'deny'
      ? [
          {
            tool: 'Edit',
            input: { file_path: inside, old_string: 'a', new_string: 'b' },
            expect: 'deny',
          } as const,
        ]
      : []),
    ...(read === 'deny'
      ? [
          { tool: 'Read', input: { file_path: inside }, expect: 'deny' } as const,
          bash(`cat ${quoted}`, 'deny'),
        ]
      : kind === 'data'
        ? [
            bash(`ls -l ${quoted}`, 'free'),
            { tool: 'Read', input: { file_path: inside }, expect: 'free' } as const,
          ]
        : []),
  ]
}
