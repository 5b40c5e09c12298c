// What holds for longer than one change: standing statements, and the ledger.
import { CARES, EVERYBODY, READS, RULES } from '../grants.ts'
import type { Operations } from '../operation.ts'

export const LEDGER_OPERATIONS = {
  standingList: {
    method: 'get',
    path: '/standing',
    output: 'gate.standingList',
    answer: 'All, newest first.',
    permission: ['service.read'],
  },
  standingStatement: {
    method: 'post',
    path: '/standing/statement',
    body: 'gate.standingRequest',
    output: 'change.statementToSign',
    answer: 'The text an owner signs once.',
    permission: ['standing.sign'],
  },
  standingSign: {
    method: 'post',
    path: '/standing',
    body: 'gate.signedInput',
    output: 'gate.standingView',
    answer: 'In force.',
    permission: { 'standing.sign': { ...RULES, decides: true } },
  },
  standingRevokeStatement: {
    method: 'post',
    path: '/standing/revoke/statement',
    body: 'gate.standingRevoke',
    output: 'change.statementToSign',
    answer: 'The text to sign to revoke it.',
    permission: ['standing.revoke'],
  },
  standingRevoke: {
    method: 'post',
    path: '/standing/revoke',
    body: 'gate.signedInput',
    output: 'gate.standingView',
    answer: 'Revoked.',
    permission: { 'standing.revoke': CARES },
  },
  ledgerHead: {
    method: 'get',
    path: '/ledger',
    output: 'gate.ledgerHead',
    answer: 'Size, root, the latest signed checkpoint and the key that signs.',
    permission: { 'ledger.read': READS },
  },
  ledgerExport: {
    method: 'get',
    path: '/ledger/export',
    query: 'gate.exportQuery',
    output: { lines: 'application/x-ndjson' },
    answer: 'Entries and the blobs they name, with the checkpoint: docs/spec/ledger-v1.md.',
    // Whole, or nothing of it can be verified; and what servers and tools have said is not for agents (app/agents-see.ts).
    permission: { 'ledger.export': { roles: EVERYBODY, agent: 'never', timer: true } },
  },
  ledgerVerify: {
    method: 'post',
    path: '/ledger/verify',
    output: 'gate.ledgerVerdict',
    answer: 'The ledger of the store, read from its first entry.',
    permission: ['ledger.read'],
  },
  forkStatement: {
    method: 'post',
    path: '/ledger/fork/statement',
    output: 'change.statementToSign',
    answer: 'The text to sign so that the ledger goes on from its head as it is.',
    permission: ['fork.accept'],
  },
  forkAccept: {
    method: 'post',
    path: '/ledger/fork',
    body: 'gate.signedInput',
    output: 'gate.forkView',
    answer: 'Handed to the runner, which decides.',
    permission: { 'fork.accept': { ...RULES, decides: true } },
  },
  ledgerCheckpoint: {
    method: 'post',
    path: '/ledger/checkpoint',
    output: 'gate.checkpointView',
    answer: 'A checkpoint signed now by the runner.',
    permission: ['ledger.read'],
  },
} as const satisfies Operations
