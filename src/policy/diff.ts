// What an edit of sekisho.yaml changes, as lines by path: people read this before they let it hold.
import type { GuardPolicy } from '../guard/policy.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { asWritten } from './as-written.ts'
import { ITSELF, type Written } from './as-written-values.ts'

export type PolicyDifference =
  | { readonly kind: 'added'; readonly path: string; readonly to: string }
  | { readonly kind: 'removed'; readonly path: string; readonly from: string }
  | { readonly kind: 'changed'; readonly path: string; readonly from: string; readonly to: string }

/** Both are compiled together. Without what the guard reads, what stands in the file for it alone is not compared. */
export interface Rulebook {
  readonly runner: CompiledPolicy
  readonly guard?: GuardPolicy
}

/**
 * In the order of paths, by the words of the file and its values. `before` is absent at the first apply. The version is no line of its own: it is what all lines give.
 */
export function diffPolicy(before: Rulebook | undefined, after: Rulebook): readonly PolicyDifference[] {
  const withGuard = before === undefined || before.guard !== undefined
  const old = before === undefined ? new Map<string, string>() : flatten(before, withGuard)
  const now = flatten(after, withGuard)
  const lines: PolicyDifference[] = []
  for (const path of [...new Set([...old.keys(), ...now.keys()])].sort()) {
    const from = old.get(path)
    const to = now.get(path)
    if (from === to) continue
    if (from === undefined && to !== undefined) lines.push({ kind: 'added', path, to })
    else if (to === undefined && from !== undefined) lines.push({ kind: 'removed', path, from })
    else if (from !== undefined && to !== undefined) lines.push({ kind: 'changed', path, from, to })
  }
  return lines
}

/** One line for a terminal: `+ people.ops2.roles = owner`, `~ services.mirai.health.status = 200 → 204`. */
export function differenceLine(one: PolicyDifference): string {
  switch (one.kind) {
    case 'added':
      return `+ ${one.path} = ${one.to}`
    case 'removed':
      return `- ${one.path} = ${one.from}`
    case 'changed':
      return `~ ${one.path} = ${one.from} → ${one.to}`
  }
}

function flatten({ runner, guard }: Rulebook, withGuard: boolean): Map<string, string> {
  const flat = new Map<string, string>()
  walk(asWritten(runner, withGuard ? guard : undefined), '')
  return flat

  function walk(value: Written, path: string): void {
    if (value === undefined) return
    if (isList(value)) {
      if (value.length > 0) flat.set(path, value.map(item).join(', '))
      return
    }
    if (typeof value !== 'object') {
      flat.set(path, String(value))
      return
    }
    for (const [key, one] of Object.entries(value))
      walk(one, key === ITSELF ? path : path === '' ? key : `${path}.${key}`)
  }
}

function isList(value: Written): value is readonly (string | number)[] {
  return Array.isArray(value)
}

/** Two words are not the same as one with a comma in it. */
function item(value: string | number): string {
  const text = String(value)
  return text === '' || text.includes(',') ? JSON.stringify(text) : text
}
