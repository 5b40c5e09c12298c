// Orders given to the runner past the gate's own rules: with statements of the test's choice over what the gate has sealed.

import type { RunnerClient } from '../../src/app/runner-client.ts'
import { SekishoError } from '../../src/base/error.ts'
import { sha256 } from '../../src/base/hash.ts'
import { canonical, type Json } from '../../src/base/json.ts'
import type { Scene, Who } from './scene.ts'

export interface SignedText {
  readonly text: string
  readonly signature: string
}

/** An approval as the gate gives it out, signed and handed to nobody. */
export async function signedApproval(
  scene: Scene,
  person: Who,
  id: string,
  typed?: string,
): Promise<SignedText> {
  const asked = await scene.call<{ text: string }>(person, 'POST', `/changes/${id}/statement`, {
    type: 'approve',
    shown: sha256('card'),
    ...(typed === undefined ? {} : { typed }),
  })
  if (asked.status !== 200) throw new Error(asked.text)
  return { text: asked.body.text, signature: await scene.sign(person, asked.body.text) }
}

interface Row {
  readonly envelope: object
  readonly envelopeDigest: string
  readonly planDigest: string
  readonly plan: { readonly targets: readonly string[] }
  readonly authored?: { readonly signed: SignedText }
}

/** The code with which the runner itself refuses, or `taken`. The author's own statement goes along where there is one. */
export async function orderedDirectly(
  scene: Scene,
  id: string,
  statements: readonly SignedText[],
): Promise<string> {
  const [row] = await scene.sql('select document from change where id = $1', [id])
  if (row === undefined) throw new Error(`no change ${id}`)
  const { envelope, envelopeDigest, planDigest, plan, authored } = row['document'] as Row
  const bytes = Buffer.from(canonical(JSON.parse(JSON.stringify(envelope)) as Json))
  await scene.gate.runner.put('envelope', envelopeDigest as never, bytes)
  const order = {
    execution: `${id}/1`,
    change: id,
    plan: planDigest,
    envelope: envelopeDigest,
    statements: [...statements, ...(authored === undefined ? [] : [authored.signed])],
    fences: plan.targets.map((target) => ({ target, token: 1_000_000 })),
  }
  try {
    await scene.gate.runner.ask('run', order as unknown as Parameters<RunnerClient['ask']>[1] as never)
    return 'taken'
  } catch (error) {
    if (error instanceof SekishoError) return error.code
    throw error
  }
}
