// Pings that must come in: who sends one shows a secret, and one that stays away becomes late, then down, which people are told.
import { SekishoError } from '../base/error.ts'
import { sameDigest, sha256 } from '../base/hash.ts'
import { type Instant, milliseconds } from '../base/time.ts'
import { countedAfterAbsence, type PingState, pingState } from '../notify/ping.ts'
import type { PingIn } from '../notify/rules.ts'
import { PING_TEXT } from '../words/notice.ts'
import { type Act, act, type Gate } from './gate.ts'
import { raiseNotice, resolveNotice } from './notices.ts'
import { addPing, forgetPing, listPings, pingCame, type StoredPing, setPing } from './ping-store.ts'
import { readSetting, writeSetting } from './store.ts'

/** When the pings were looked at last: a longer pause was an absence of the gate. */
const LOOKED = 'pings_looked_at'
const ABSENCE_MS = 60_000

/** One answer for a name that is none and a secret that is wrong: which names there are is nobody's business here. Throws source.refused. */
export function requireSecret<T extends { readonly name: string; readonly secret: string }>(
  sources: readonly T[],
  name: string,
  secret: string | undefined,
): T {
  const found = sources.find((one) => one.name === name)
  const expected = found?.secret ?? `sha256:${'0'.repeat(64)}`
  if (!sameDigest(`sha256:${sha256(secret ?? '')}`, expected) || found === undefined)
    throw new SekishoError('source.refused', { source: name.slice(0, 63) })
  return found
}

/** A ping came. Throws source.refused. */
export async function takePing(
  gate: Gate,
  name: string,
  secret: string | undefined,
): Promise<{ readonly name: string; readonly at: Instant }> {
  const rule = requireSecret(gate.policy().notify?.pingsIn ?? [], name, secret)
  return act(gate, 'system', async (step) => {
    await pingCame(step.tx, rule.name, step.at)
    return { name: rule.name, at: step.at }
  })
}

/** One look at all that must come in. */
export async function lookAtPings(gate: Gate): Promise<void> {
  const rules = gate.policy().notify?.pingsIn ?? []
  const known = await listPings(gate.db)
  if (rules.length === 0 && known.length === 0) return
  await act(gate, 'system', async (step) => {
    const last = await readSetting(step.tx, LOOKED)
    await writeSetting(step.tx, LOOKED, step.at)
    const absence =
      typeof last === 'string' && milliseconds(step.at) - milliseconds(last as Instant) > ABSENCE_MS
        ? { from: last as Instant, until: step.at }
        : undefined
    for (const rule of rules) {
      const seen = known.find(({ name }) => name === rule.name)
      if (seen === undefined) await addPing(step.tx, rule.name, step.at)
      else await lookAtOne(step, rule, seen, absence)
    }
    for (const { name } of known)
      if (!rules.some((one) => one.name === name)) {
        await forgetPing(step.tx, name)
        await resolveNotice(step, `ping:${name}`)
      }
  })
}

async function lookAtOne(
  step: Act,
  rule: PingIn,
  seen: StoredPing,
  absence: { readonly from: Instant; readonly until: Instant } | undefined,
): Promise<void> {
  const countedFrom = absence === undefined ? seen.countedFrom : countedAfterAbsence(rule, seen, absence)
  const state = pingState(rule, { ...seen, countedFrom }, step.at)
  const isSame = state === seen.state
  if (isSame && countedFrom === seen.countedFrom) return
  const since = isSame ? seen.since : step.at
  await setPing(step.tx, { name: rule.name, state, since, countedFrom })
  if (isSame) return
  await step.record('ping.state', `ping:${rule.name}`, { ping: rule.name, from: seen.state, to: state })
  await tell(step, rule, state, seen)
}

async function tell(step: Act, rule: PingIn, state: PingState, { lastAt }: StoredPing): Promise<void> {
  const topic = `ping:${rule.name}`
  if (state === 'good' || state === 'no_data') return resolveNotice(step, topic)
  await raiseNotice(step, {
    kind: 'ping',
    topic,
    severity: state === 'down' ? 'red' : 'warning',
    ...(rule.service === undefined ? {} : { service: rule.service }),
    subject: topic,
    text: PING_TEXT(rule.name, lastAt),
  })
}
