// How strong the wall is on this machine, from what the runner reports of itself.
import type { CompiledPolicy } from '../plans/policy.ts'
import type { RunnerStatus } from '../seal/runner-status.ts'

/** Codes of words/change.ts and words/doctor.ts. */
export function wallCodes(
  runner: Pick<RunnerStatus, 'root' | 'untrusted'> | undefined,
  gateUid: number | undefined,
  { agents, rules }: Pick<CompiledPolicy, 'agents' | 'rules'>,
): readonly string[] {
  const codes: string[] = []
  const isSeparate = runner?.root === true && gateUid !== 0
  // Whoever can change the runner's code or rules can act as root through it.
  const isOpen = runner !== undefined && runner.untrusted.length > 0
  codes.push(!isSeparate ? 'wall.none' : isOpen ? 'wall.untrusted' : 'wall.runner')
  if (agents.length > 0 && rules.agentUser === 'shared') codes.push('wall.shared_user')
  codes.push('wall.no_witness')
  return codes
}
