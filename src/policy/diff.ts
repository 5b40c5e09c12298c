// What an edit of sekisho.yaml changes, as lines by path: people read this before they let it hold.
import { isObject } from '../base/json.ts'
import type { CompiledPolicy, Service } from '../plans/policy.ts'
import { codeAsWritten } from './code-as-written.ts'

export type PolicyDifference =
  | { readonly kind: 'added'; readonly path: string; readonly to: string }
  | { readonly kind: 'removed'; readonly path: string; readonly from: string }
  | { readonly kind: 'changed'; readonly path: string; readonly from: string; readonly to: string }

/** In the order of paths. `before` is absent at the first apply. The version is no line of its own: it is what all lines give. */
export function diffPolicy(
  before: CompiledPolicy | undefined,
  after: CompiledPolicy,
): readonly PolicyDifference[] {
  const old = before === undefined ? new Map<string, string>() : flatten(before)
  const now = flatten(after)
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

/** Where an agent works: says nothing where none is declared and nobody wrote it. */
const AGENT_USER = 'rules.agentUser'

function flatten(policy: CompiledPolicy): Map<string, string> {
  const { v: _v, version: _version, ...rest } = policy
  const hidden = policy.agents.length === 0 && policy.rules.agentUser === 'shared' ? AGENT_USER : undefined
  const flat = new Map<string, string>()
  walk(rest, '')
  if (hidden !== undefined) flat.delete(hidden)
  return flat

  function walk(value: unknown, path: string): void {
    if (Array.isArray(value)) {
      if (value.every((one) => typeof one !== 'object')) {
        if (value.length > 0) flat.set(path, value.join(', '))
        return
      }
      for (const [index, item] of value.entries()) walk(item, `${path}.${labelOf(item, index)}`)
      return
    }
    if (!isObject(value)) {
      flat.set(path, String(value))
      return
    }
    // Somebody without roles or keys is still somebody.
    const kind = path === '' ? undefined : kindOfEntry(value)
    if (kind !== undefined) flat.set(path, kind)
    // In a rule about records `id` is a rule, and no name of an entry.
    const entries = Object.entries(kind === 'service' ? serviceAsWritten(value) : value).filter(
      ([key]) => kind === undefined || !LABELS.includes(key),
    )
    for (const [key, one] of entries) walk(one, path === '' ? key : `${path}.${key}`)
  }
}

function serviceAsWritten(service: { readonly [key: string]: unknown }): Readonly<Record<string, unknown>> {
  const { code, ...rest } = service as Partial<Service>
  return { ...rest, ...(code === undefined ? {} : codeAsWritten(code)) }
}

/** What names an item of a list: its path goes by that, so that a new neighbour moves nothing. */
const LABELS: readonly string[] = ['id', 'path', 'fingerprint']

function labelOf(item: unknown, index: number): string {
  if (!isObject(item)) return String(index)
  const label =
    item['id'] ?? item['path'] ?? item['fingerprint'] ?? (isService(item) ? item['name'] : undefined)
  return typeof label === 'string' ? label : String(index)
}

function isService(item: { readonly [key: string]: unknown }): boolean {
  return 'files' in item && 'logs' in item
}

function kindOfEntry(item: { readonly [key: string]: unknown }): string | undefined {
  if (isService(item)) return 'service'
  if ('fingerprint' in item) return 'key'
  if ('path' in item && 'kind' in item) return 'file'
  if ('sponsor' in item) return 'agent'
  return 'roles' in item ? 'person' : undefined
}
