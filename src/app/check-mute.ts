// A mute of checks begins and ends in a transaction: nobody is told of what it names, and it is shown as ever.
import { isMuted } from '../checks/mute.ts'
import { familyOf } from '../checks/result.ts'
import type { CompiledPolicy } from '../plans/policy.ts'
import { type Mute, removeMute, saveMute } from './check-store.ts'
import { openBook, tell } from './check-take.ts'
import type { Act } from './gate.ts'

export async function applyMute(step: Act, policy: CompiledPolicy, mute: Mute): Promise<void> {
  const { pattern, until, by, reason } = mute
  const book = await openBook(step, policy)
  await saveMute(step.tx, mute)
  await step.record('check.mute', pattern, { pattern, until, reason })
  const mutes = [...book.mutes.filter((one) => one.pattern !== pattern), mute]
  for (const finding of book.findings.values()) {
    if (!isMuted(finding.check, pattern)) continue
    const definition = book.definitions.get(familyOf(finding.check)) ?? { item: '' }
    await tell(step, { mutes }, definition, finding, 'muted', finding.state, { by, reason })
  }
}

/** False where nothing is muted so. */
export async function liftMute(
  step: Act,
  policy: CompiledPolicy,
  pattern: string,
  by: Mute['by'],
): Promise<boolean> {
  const book = await openBook(step, policy)
  const mute = book.mutes.find((one) => one.pattern === pattern)
  if (mute === undefined) return false
  await removeMute(step.tx, pattern)
  await step.record('check.mute_ended', pattern, { pattern, until: step.at })
  const mutes = book.mutes.filter((one) => one !== mute)
  for (const finding of book.findings.values()) {
    if (!isMuted(finding.check, pattern)) continue
    const definition = book.definitions.get(familyOf(finding.check)) ?? { item: '' }
    await tell(step, { mutes }, definition, finding, 'unmuted', finding.state, { by })
  }
  return true
}
