// The kind of a change, by its pattern and what it is about.
import { PATTERNS } from '../plans/patterns.ts'
import { type CompiledPolicy, declaredFile, serviceOf } from '../plans/policy.ts'
import { configKind } from '../playbook/config.ts'
import type { Change } from './change.ts'

/** `nginx`, `dotenv`, `restart`, `directory`, `code`, `sql` …: what the title of the card names. */
export function kindOf(change: Change, policy: CompiledPolicy): string {
  if (PATTERNS[change.pattern].wish === 'verb') return change.wishes.verb ?? 'restart'
  if (change.pattern === 'isolation') return 'reconnect'
  if (change.pattern === 'request' || change.pattern === 'command')
    return change.takesBack === undefined ? change.pattern : 'rollback'
  if (change.pattern === 'schema') return 'sql'
  if (change.pattern !== 'config' && change.takesBack !== undefined) return 'rollback'
  if (change.pattern === 'code') return 'code'
  if (change.pattern === 'data') {
    const kinds = new Set(
      change.plan?.actions.flatMap(({ action }) =>
        action.kind === 'exchange' ? [action.of] : action.kind === 'renameDatabase' ? ['database'] : [],
      ),
    )
    return kinds.size > 1 ? 'several' : ([...kinds][0] ?? 'several')
  }
  const service = serviceOf(policy, change.service)
  const paths = [
    ...change.wishes.files.map(({ path }) => path),
    ...change.wishes.env.flatMap(({ path }) => (path === undefined ? [] : [path])),
  ]
  return service === undefined || paths.length === 0 ? 'dotenv' : configKind(service, paths)
}

/** Of several kinds, which: each may tell on the card what a mistake in it can do. */
export function kindsOf(change: Change, policy: CompiledPolicy): { kinds?: string[] } {
  const service = serviceOf(policy, change.service)
  if (change.pattern !== 'config' || service === undefined) return {}
  const kinds = new Set(change.wishes.files.flatMap(({ path }) => declaredFile(service, path)?.kind ?? []))
  return kinds.size < 2 ? {} : { kinds: [...kinds] }
}
