// Alerts of other programs: who sends shows a secret, what is sent again is counted, and all of one source are one notice. What they say
// is text of others: it is shown, and nothing follows from it but that people are told.
import { sha256 } from '../base/hash.ts'
import { isServiceName } from '../base/id.ts'
import { canonical } from '../base/json.ts'
import type { AlertMessage } from '../contract/notice.ts'
import type { AlertSource } from '../notify/rules.ts'
import { type CompiledPolicy, serviceOf } from '../plans/policy.ts'
import { ALERT_TEXT } from '../words/notice.ts'
import { type AlertIn, firingOf, putAlerts } from './alert-store.ts'
import { act, type Gate } from './gate.ts'
import { raiseNotice, resolveNotice } from './notices.ts'
import { requireSecret } from './pings.ts'

const RED = /^(critical|page|red|error|emergency|alert|fatal|disaster)$/i
const MAX_VALUE = 1000
const MAX_PAIRS = 50

/** Throws source.refused. */
export function sourceOf(gate: Gate, name: string, secret: string | undefined): AlertSource {
  return requireSecret(gate.policy().notify?.alerts ?? [], name, secret)
}

/** Stores the alerts of one message and tells people where the source has none or some now. Returns how many of it fire. */
export async function takeAlerts(
  gate: Gate,
  source: AlertSource,
  message: AlertMessage,
): Promise<{ readonly taken: number; readonly firing: number }> {
  const policy = gate.policy()
  const { alerts: several } = message
  const alerts = once(
    several === undefined
      ? [fromGeneric(message, source, policy)]
      : fromAlertmanager(several, source, policy),
  )
  return act(gate, 'system', async (step) => {
    const before = await firingOf(step.tx, source.name)
    await putAlerts(step.tx, source.name, alerts, step.at)
    const now = await firingOf(step.tx, source.name)
    const topic = `alerts:${source.name}`
    if (now.count > 0)
      await raiseNotice(step, {
        kind: 'alert',
        topic,
        severity: now.isRed ? 'red' : 'warning',
        ...(source.service === undefined ? {} : { service: source.service }),
        subject: topic,
        text: ALERT_TEXT(source.name, now.count, now.titles),
      })
    else await resolveNotice(step, topic)
    // One entry where a source begins or ends; a flood is a count.
    if ((before.count === 0) !== (now.count === 0))
      await step.record(now.count > 0 ? 'alert.firing' : 'alert.resolved', topic, {
        source: source.name,
        count: now.count,
        titles: now.titles.map((one) => one.slice(0, 200)),
      })
    return { taken: alerts.length, firing: now.count }
  })
}

/** Of what stands twice in one message the last counts. */
function once(alerts: readonly AlertIn[]): readonly AlertIn[] {
  return [...new Map(alerts.map((one) => [one.fingerprint, one])).values()]
}

function fromAlertmanager(
  alerts: NonNullable<AlertMessage['alerts']>,
  source: AlertSource,
  policy: CompiledPolicy,
): readonly AlertIn[] {
  return alerts.map((one) => {
    const labels = short(one.labels)
    const annotations = short(one.annotations ?? {})
    const title = annotations['summary'] ?? labels['alertname'] ?? '-'
    return {
      fingerprint: one.fingerprint ?? sha256(canonical(labels)),
      status: one.status,
      severity: RED.test(labels['severity'] ?? '') ? 'red' : 'warning',
      ...declared(policy, source.service ?? labels['service']),
      title: title.slice(0, 300),
      labels,
      annotations,
    }
  })
}

function fromGeneric(one: AlertMessage, source: AlertSource, policy: CompiledPolicy): AlertIn {
  const { title = '-', severity = 'red', status = 'firing', id, service, text } = one
  return {
    fingerprint: id ?? sha256(title),
    status,
    severity: severity === 'warning' ? 'warning' : 'red',
    ...declared(policy, source.service ?? service),
    title,
    labels: {},
    annotations: text === undefined ? {} : { text: text.slice(0, MAX_VALUE) },
  }
}

/** A service that nobody declared is a word of the sender's and no service. */
function declared(policy: CompiledPolicy, name: string | undefined): { readonly service?: string } {
  return name !== undefined && isServiceName(name) && serviceOf(policy, name) !== undefined
    ? { service: name }
    : {}
}

function short(pairs: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(pairs)
      .slice(0, MAX_PAIRS)
      .map(([key, value]) => [key.slice(0, 200), value.slice(0, MAX_VALUE)]),
  )
}
