// Solo mode in one table: every rule that asks for a second person, what holds where one person is alone, and what the runner checks
// of it (spine §11). Never silent: what one person decided alone is stamped 単独承認. Never for agents.
import type { PermissionName } from '../contract/operations.ts'

export interface SoloRow {
  readonly rule:
    | 'approve.tier1'
    | 'approve.tier2'
    | 'approve.agent_change'
    | 'approve.tier3'
    | 'reject.own'
    | 'waive'
    | 'continue.own'
    | 'keep.own'
    | 'policy.edit'
    | 'person.edit'
    | 'standing.sign'
    | 'fork.accept'
  /** The operation whose rule this is. */
  readonly operation: PermissionName
  /** `signature`: the one person's own. `signature_twice`: with the target typed, and a pause in between. `owner`: the owner of the file edits and applies. */
  readonly solo: 'signature' | 'signature_with_reason' | 'signature_twice' | 'owner'
  readonly runner:
    | 'one signature over the envelope, green trial in its own journal'
    | 'one signature over the check, with its reason'
    | 'one signature over the execution'
    | 'nothing: it ends what has not started'
    | 'the compiled policy is in a place that only its owner writes'
    | 'one signature of the owner over service, verb and limit'
    | 'one signature over size and root'
    | 'two signatures over the envelope, the second ten minutes after the runner had it'
}

export const SOLO: readonly SoloRow[] = [
  {
    rule: 'approve.tier1',
    operation: 'change.approve',
    solo: 'signature',
    runner: 'one signature over the envelope, green trial in its own journal',
  },
  {
    rule: 'approve.tier2',
    operation: 'change.approve',
    solo: 'signature',
    runner: 'one signature over the envelope, green trial in its own journal',
  },
  {
    rule: 'approve.agent_change',
    operation: 'change.approve',
    solo: 'signature',
    runner: 'one signature over the envelope, green trial in its own journal',
  },
  {
    rule: 'approve.tier3',
    operation: 'change.approve',
    solo: 'signature_twice',
    runner: 'two signatures over the envelope, the second ten minutes after the runner had it',
  },
  {
    rule: 'reject.own',
    operation: 'change.reject',
    solo: 'signature_with_reason',
    runner: 'nothing: it ends what has not started',
  },
  {
    rule: 'waive',
    operation: 'change.waive',
    solo: 'signature_with_reason',
    runner: 'one signature over the check, with its reason',
  },
  {
    rule: 'continue.own',
    operation: 'change.continue',
    solo: 'signature',
    runner: 'one signature over the execution',
  },
  {
    rule: 'keep.own',
    operation: 'change.keep',
    solo: 'signature',
    runner: 'one signature over the execution',
  },
  {
    rule: 'policy.edit',
    operation: 'config.apply',
    solo: 'owner',
    runner: 'the compiled policy is in a place that only its owner writes',
  },
  {
    rule: 'person.edit',
    operation: 'person.edit',
    solo: 'owner',
    runner: 'the compiled policy is in a place that only its owner writes',
  },
  {
    rule: 'standing.sign',
    operation: 'standing.sign',
    solo: 'signature',
    runner: 'one signature of the owner over service, verb and limit',
  },
  {
    rule: 'fork.accept',
    operation: 'fork.accept',
    solo: 'signature',
    runner: 'one signature over size and root',
  },
]

/** A way out of a state. `operation` is what a person does for it; absent for what gate or runner bring about by themselves. */
export interface WayOut<State extends string> {
  readonly to: State
  readonly operation?: PermissionName
}

/** A machine of states as solo mode looks at it. */
export interface SoloMachine<State extends string> {
  readonly states: readonly State[]
  readonly ends: readonly State[]
  readonly out: (state: State) => readonly WayOut<State>[]
}

/**
 * States from which one person, who may do what `allowed` says, cannot reach an end: over events of the machine itself and those the
 * person may type. Empty is the property that solo mode promises.
 */
export function deadEnds<State extends string>(
  machine: SoloMachine<State>,
  allowed: (operation: PermissionName, state: State) => boolean,
): readonly State[] {
  const open = new Set<State>(machine.ends)
  for (let grown = true; grown; ) {
    grown = false
    for (const state of machine.states) {
      if (open.has(state)) continue
      const out = machine
        .out(state)
        .some(({ to, operation }) => open.has(to) && (operation === undefined || allowed(operation, state)))
      if (out) {
        open.add(state)
        grown = true
      }
    }
  }
  return machine.states.filter((state) => !open.has(state))
}
