// Who is at the keyboard: logins and tokens.
import { EVERYBODY } from '../grants.ts'
import type { Operations } from '../operation.ts'

export const LOGIN_OPERATIONS = {
  loginStart: {
    method: 'post',
    path: '/login/start',
    body: 'gate.loginStart',
    output: 'gate.loginChallenge',
    answer: 'The text to sign with `ssh-keygen -Y sign -n sekisho-login`; lives five minutes.',
    permission: 'open',
  },
  loginFinish: {
    method: 'post',
    path: '/login/finish',
    body: 'gate.loginFinish',
    output: 'gate.tokenIssued',
    answer: 'A bearer token of the person. It approves nothing.',
    permission: 'open',
  },
  logout: {
    method: 'post',
    path: '/logout',
    output: 'gate.loggedOut',
    answer: 'The token used is revoked.',
    permission: {
      'token.revoke': { roles: ['owner'], ownRoles: EVERYBODY, agent: 'own', timer: false },
    },
  },
  agentToken: {
    method: 'post',
    path: '/agents/token',
    body: 'gate.agentToken',
    output: 'gate.tokenIssued',
    answer: 'A token for an agent; issued to its sponsor or an owner, shown once.',
    // For oneself after a login, for one's own agent; an owner for any agent (rule token.other_person).
    permission: {
      'token.issue': { roles: ['owner'], ownRoles: EVERYBODY, agent: 'never', timer: false },
    },
  },
  who: {
    method: 'get',
    path: '/who',
    output: 'gate.who',
    answer: 'Whose token this is.',
    permission: 'anybody',
  },
} as const satisfies Operations
