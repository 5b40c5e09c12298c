// Who is at the keyboard: logins and tokens.
import { agentLogin, finishLogin, isSignedByItsPerson, logout, startLogin } from '../../app/login.ts'
import type { Clock } from '../../base/time.ts'
import type { LOGIN_OPERATIONS } from '../../contract/operations/login.ts'
import { agentOf, personOf } from '../../plans/policy.ts'
import { knocks } from '../admission.ts'
import type { Handlers } from '../handler.ts'

/** All names that are nobody's, and all who did not sign, share what is left to them. */
const NOBODY = ''

/** Of one door: it counts who has knocked how often. */
export function loginHandlers(clock: Clock): Handlers<typeof LOGIN_OPERATIONS> {
  const starts = knocks(clock)
  const finishes = knocks(clock)
  return {
    loginStart: async ({ gate, input: { person }, context }) => {
      await starts.admit(context, personOf(gate.policy(), person as never) === undefined ? NOBODY : person)
      return startLogin(gate, person)
    },
    loginFinish: async ({ gate, input, context }) => {
      // Who has signed has shown who he is: whatever others try, he is let in.
      if (!isSignedByItsPerson(gate, input)) await finishes.admit(context, NOBODY)
      return finishLogin(gate, input)
    },
    logout: async ({ gate, actor, context }) => {
      await logout(gate, actor, context.req.header('authorization'))
      return { revoked: true }
    },
    agentToken: ({ gate, actor, input }) => agentLogin(gate, actor, input.agent),
    who: ({ gate, actor }) => {
      const policy = gate.policy()
      const person = personOf(policy, actor.id)
      const name = person?.name ?? agentOf(policy, actor.id)?.name ?? actor.id
      return { id: actor.id, name, kind: actor.kind, roles: [...(person?.roles ?? [])] }
    },
  }
}
