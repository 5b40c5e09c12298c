// Impact as computed facts, and where the author's explanation leaves one of them out.

import { isObject } from '../base/json.ts'
import { placesOf } from '../plans/actions.ts'
import { type Plan, replacedFiles } from '../plans/plan.ts'
import type { ImpactFacts } from '../seal/protocol.ts'
import type { Change, Impact } from './change.ts'

/** Computed from the plan and the facts that were read. Nothing of it comes from the author. */
export function impactOf(
  plan: Plan,
  facts: readonly ImpactFacts[],
  stopTimeoutMs: Readonly<Record<string, number>>,
): Impact {
  const units = plan.actions.flatMap(({ action }) => (action.kind === 'unit' ? [action] : []))
  const restarted = units.filter(({ verb }) => verb === 'restart' || verb === 'start')
  const stopped = units.filter(({ verb }) => verb === 'stop')
  const longest = Math.max(0, ...[...restarted, ...stopped].map(({ unit }) => stopTimeoutMs[unit] ?? 0))
  return {
    files: plan.actions.flatMap(({ action }) => placesOf(action, 'declared')),
    units: unique([...units.map(({ unit }) => unit), ...facts.flatMap((one) => one.units)]),
    serverNames: unique(facts.flatMap((one) => one.serverNames)),
    listeners: unique(facts.flatMap((one) => one.listeners)),
    downtime: stopped.length > 0 ? 'stop' : restarted.length > 0 ? 'restart' : 'none',
    ...(longest === 0 ? {} : { stopTimeoutMs: longest }),
  }
}

/** With what the trial's nginx listened on and served: a new name or port is listed before it is live. */
export function impactAfterTrial(
  impact: Impact,
  checks: readonly { readonly check: string; readonly facts: Readonly<Record<string, unknown>> }[],
): Impact {
  const facts = checks.find(({ check }) => check === 'validation')?.facts ?? {}
  const names = Array.isArray(facts['serverNames']) ? facts['serverNames'] : []
  const sockets = Array.isArray(facts['listeners']) ? facts['listeners'] : []
  const listeners = sockets.flatMap((one) => {
    if (!isObject(one)) return []
    const { address, port } = one
    return typeof port === 'number' ? [`${String(address ?? '*')}:${port}`] : []
  })
  return {
    ...impact,
    serverNames: unique([...impact.serverNames, ...names.filter((one) => typeof one === 'string')]),
    listeners: unique([...impact.listeners, ...listeners]),
  }
}

const unique = (values: readonly string[]): readonly string[] => [...new Set(values)].sort()

export interface Disagreement {
  readonly code:
    | 'disagreement.server_name'
    | 'disagreement.unit'
    | 'disagreement.file'
    | 'disagreement.downtime'
    | 'disagreement.no_downtime'
    | 'disagreement.since'
    | 'disagreement.concerns'
  readonly detail: { readonly value: string }
}

const SAYS_RESTART = /再起動|停止|止ま|断|ダウンタイム|restart|stop|downtime|interrupt|outage|unavailable/i
const SAYS_NO_DOWNTIME =
  /(停止|再起動|断|ダウンタイム)(は|も)?(あり|起こり|起き|し)?(ません|ない|なし)|無停止|no (downtime|restart|interruption|outage)|without (downtime|restart|interruption)/i

/** `mirai.example.jp` belongs to the service `mirai-knowledge-system`: an explanation that names the service names it too. */
function isOwnName(name: string, service: string): boolean {
  const label = name.split('.')[0] ?? ''
  return label !== '' && service.split(/[-_.]/).includes(label)
}

/** Files that were changed since the change that is rolled back: that work is lost too and must be named. */
export function writtenSince({
  plan,
  leftThen = {},
}: Pick<Change, 'plan' | 'leftThen'>): readonly Disagreement[] {
  const files = replacedFiles(plan)
  return files
    .filter(({ path, before }) => {
      const left = leftThen[path]
      return left !== undefined && (before.kind !== 'file' || before.digest !== left)
    })
    .map(({ path }) => ({ code: 'disagreement.since', detail: { value: path } }))
}

/**
 * Computed facts that the explanation leaves out or contradicts. Where a file serves several names, each must be named: the one that is left out
 * is often the one that breaks. A single name, unit or file need not be named.
 */
export function disagreements(
  impact: Impact,
  explanation: { readonly impact: string; readonly risk: string } | undefined,
  service = '',
): readonly Disagreement[] {
  if (explanation === undefined) return []
  const said = `${explanation.impact}\n${explanation.risk}`.normalize('NFKC').toLowerCase()
  const mentions = (value: string) => said.includes(value.normalize('NFKC').toLowerCase())
  const found: Disagreement[] = []
  const several = (
    code: Disagreement['code'],
    values: readonly string[],
    short: (value: string) => string = (value) => value,
    isMeant: (value: string) => boolean = () => false,
  ) => {
    if (values.length < 2) return
    for (const value of values)
      if (!isMeant(value) && !mentions(value) && !mentions(short(value)))
        found.push({ code, detail: { value } })
  }
  const names = impact.serverNames.filter((one) => one !== '_' && one !== 'localhost')
  several('disagreement.server_name', names, undefined, (name) => isOwnName(name, service))
  several('disagreement.unit', impact.units, (unit) => unit.replace(/\.service$/, ''))
  several('disagreement.file', impact.files, (path) => path.slice(path.lastIndexOf('/') + 1))
  if (impact.downtime !== 'none' && SAYS_NO_DOWNTIME.test(said))
    found.push({ code: 'disagreement.no_downtime', detail: { value: impact.downtime } })
  else if (impact.downtime !== 'none' && !SAYS_RESTART.test(said))
    found.push({ code: 'disagreement.downtime', detail: { value: impact.downtime } })
  return found
}
