// The right way instead of what was refused: a command of this release, an endpoint, or a person. Never a dead end (guard §10).
import type { Instead } from '../base/instead.ts'
import type { Reason } from './decide.ts'
import type { Compiled } from './policy.ts'

const INSTRUCTION = ['--instruction', '…'] as const

export function insteadOf(reasons: readonly Reason[], compiled: Compiled): Instead | undefined {
  const [first] = reasons
  if (first === undefined) return undefined
  const { rule, params } = first
  const { service, access, name } = params
  if (rule === 'protect.data') {
    const api = compiled.protect.find((row) => row.name === name && row.kind === 'data')?.api
    if (api !== undefined) return { kind: 'endpoint', ...api, ...(service === undefined ? {} : { service }) }
    return person(compiled)
  }
  if (rule === 'db.change' && service !== undefined) {
    const api = compiled.protect.find((row) => row.service === service && row.api !== undefined)?.api
    if (api !== undefined) return { kind: 'endpoint', ...api, service }
  }
  if (rule === 'protect.secret' && service !== undefined)
    return access === 'read'
      ? { kind: 'command', words: ['sekisho', 'secret', 'list', service] }
      : change('config', service, ['--set', 'KEY=VALUE'])
  if (rule === 'infra.reveal' && service !== undefined)
    return { kind: 'command', words: ['sekisho', 'secret', 'list', service] }
  if (rule === 'protect.config' && service !== undefined) {
    // The declared file, not what reached it: a directory above it cannot be edited.
    const file = compiled.protect.find((row) => row.name === name && row.kind === 'config')?.paths[0]
    return file === undefined ? person(compiled) : change('config', service, ['--edit', file])
  }
  // What the unit becomes is no verb on it: a file that is not declared is a person's.
  if (rule === 'service.unit' && params['verb'] === undefined) return person(compiled)
  if (rule.startsWith('service.') && service !== undefined) {
    const verb = params['verb'] ?? rule.slice('service.'.length)
    const known = ['restart', 'reload', 'start', 'stop'].includes(verb) ? verb : 'stop'
    return change('service', service, ['--verb', known])
  }
  if (rule.startsWith('debug.') && service !== undefined)
    return {
      kind: 'command',
      // What was printed is read where it was printed; a process that hangs is looked at through its health.
      words:
        rule === 'debug.server' && params['unit'] !== undefined
          ? ['journalctl', '-u', params['unit'], '-n', '200', '--no-pager']
          : ['sekisho', 'service', 'status', service],
    }
  const line = LINES[rule]
  return line === undefined ? person(compiled) : { kind: 'command', words: line }
}

const change = (pattern: string, service: string, more: readonly string[]): Instead => ({
  kind: 'command',
  words: ['sekisho', 'do', pattern, '--service', service, ...more, ...INSTRUCTION],
})

const person = ({ policy }: Compiled): Instead => ({
  kind: 'ask',
  ...(policy.ask === undefined ? {} : { name: policy.ask }),
})

/** What does the harmless half of it. Each is judged by a test: a rule never refuses its own advice. */
const LINES: Readonly<Record<string, readonly string[]>> = {
  'git.discard': ['git', 'stash', 'push'],
  // Never a stash: it takes live data away from the service that runs.
  'git.live-data': ['git', 'worktree', 'add', '../NAME', 'BRANCH'],
  'git.deployed-tree': [
    'sekisho',
    'do',
    'code',
    '--service',
    'SERVICE',
    '--commit',
    'COMMIT',
    ...INSTRUCTION,
  ],
  'git.clean': ['git', 'clean', '--dry-run'],
  'git.drop-stash': ['git', 'stash', 'list'],
  'git.force-push': ['git', 'push', 'origin', 'HEAD:refs/heads/NAME'],
  'git.delete-ref': ['git', 'branch', '--list'],
  'git.expire': ['git', 'reflog'],
  'infra.prune': ['docker', 'system', 'df'],
  'schedule.remove': ['crontab', '-l'],
  'self.approve': ['sekisho', 'change', 'list'],
  'self.policy': ['sekisho', 'config', 'show'],
  'self.guard': ['sekisho', 'doctor'],
}
