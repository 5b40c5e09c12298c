// One proof of a plan: what must be seen before a change keeps itself. Green is seen, red is seen to be wrong, anything else is not proven.

import type { IncidentId } from '../../base/id.ts'
import type { JsonObject } from '../../base/json.ts'
import { declared } from '../../host/file-facts.ts'
import { readHealth } from '../../host/health.ts'
import { writesFiles } from '../../plans/actions.ts'
import { type Health, serviceOf } from '../../plans/policy.ts'
import type { Proof } from '../../plans/proofs.ts'
import { actsOf } from '../act/kinds.ts'
import { proveAnswers } from './answers.ts'
import { green, notProven, type Progress, type ProofContext, type Proven, red } from './context.ts'
import { proveDeployed } from './deployed.ts'
import { proveNginx } from './nginx.ts'
import { proveReadBack } from './read-back.ts'
import { proveRestored } from './restored.ts'
import { proveRunning } from './running.ts'
import { proveSchema } from './schema.ts'
import { countedBy } from './unanswered.ts'
import { proveUnit } from './unit.ts'

export async function prove(proof: Proof, c: ProofContext, progress: Progress): Promise<Proven> {
  const proven = await look(proof, c, progress)
  return { ...proven, facts: { ...proven.facts, ...(await countedBy(proof, c)) } }
}

async function look(proof: Proof, c: ProofContext, progress: Progress): Promise<Proven> {
  switch (proof.kind) {
    case 'files':
      return proveFiles(c)
    case 'nginx':
      return c.systemctl ? proveNginx(proof, c, progress) : notProven('no_systemd', { unit: proof.unit })
    case 'unit':
      return proveUnit(proof, c, progress)
    case 'running':
      return proveRunning(proof, c, progress)
    case 'answers':
      return proveAnswers(proof, c, progress)
    case 'health':
      return proveHealth(serviceOf(c.policy, c.plan.service)?.health, c)
    case 'probe':
      return proveHealth(declared(c.policy, proof.path)?.probe, c)
    case 'restored':
      return proveRestored(proof, c)
    case 'schema':
      return proveSchema(proof, c)
    case 'deployed':
      return proveDeployed(proof, c)
    case 'readBack':
      return proveReadBack(c)
    case 'connected':
      return proveConnected(proof.incident, c)
  }
}

/** Seen in the kernel, not only in the record. */
async function proveConnected(incident: IncidentId, { isolation }: ProofContext): Promise<Proven> {
  if (isolation === undefined) return notProven('no_data', { incident })
  const stands = await isolation.incident()
  const table = await isolation.table()
  const facts = { incident, table }
  if (table === 'unknown') return notProven('no_data', facts)
  return stands === undefined && table === 'absent' ? green(facts) : red('still_isolated', facts)
}

/** Bytes, owner and mode of every file of the plan. */
async function proveFiles(c: ProofContext): Promise<Proven> {
  const seen: JsonObject[] = []
  for (const { action } of c.plan.actions) {
    if (!writesFiles(action)) continue
    const { found, detail } = await actsOf(action).probe(action, c, {
      boot: c.clock.boot(),
      uptime: c.before.uptime,
    })
    seen.push(detail)
    if (found !== 'applied') return red('files_differ', { found, ...detail })
  }
  return green({ actions: seen })
}

async function proveHealth(spec: Health | undefined, c: ProofContext): Promise<Proven> {
  if (spec === undefined) return notProven('no_probe', {})
  const { verdict, attempts } = await readHealth(spec, c)
  const good = attempts.filter((one) => one.ok).length
  const failure = attempts.find((one) => !one.ok)
  const facts: JsonObject = {
    url: spec.url,
    good,
    needed: spec.good,
    of: spec.of,
    made: attempts.length,
    slowestMs: Math.max(0, ...attempts.map((one) => one.milliseconds)),
    ...(failure?.why === undefined ? {} : { failed: failure.why }),
    ...(failure?.status === undefined ? {} : { status: failure.status }),
  }
  if (verdict === 'no_data') return notProven('no_data', facts)
  if (c.signal.aborted) return notProven('aborted', facts)
  return verdict === 'green' ? green(facts) : red('health', facts)
}
