// What concerns a service: what is declared, its backups, what is laid out of them, the routine checks.
import { ASKING, CARES, PROPOSES, READS, WORKS } from '../grants.ts'
import type { Operations } from '../operation.ts'

export const SERVICE_OPERATIONS = {
  serviceList: {
    method: 'get',
    path: '/services',
    output: 'gate.serviceList',
    answer: 'Declared services.',
    permission: { 'service.read': READS },
  },
  serviceShow: {
    method: 'get',
    path: '/services/{name}',
    output: 'gate.serviceView',
    answer: 'One service with its health now.',
    permission: ['service.read'],
  },
  backups: {
    method: 'get',
    path: '/services/{name}/backups',
    output: 'backup.backupsView',
    answer: 'Each copy with what was really read of it, what is under way, what was measured.',
    permission: { 'backup.read': READS },
  },
  pruning: {
    method: 'get',
    path: '/services/{name}/backups/pruning',
    output: 'backup.pruningView',
    answer: 'What a prune would take away now, and why.',
    permission: ['backup.read'],
  },
  backupOrder: {
    method: 'post',
    path: '/services/{name}/backups',
    body: 'backup.backupRequest',
    output: 'backup.backupOrdered',
    answer: 'The runner has begun, or that work was under way.',
    permission: {
      // Only ever more copies, or a look at them. The runner asks for the owner's standing signature.
      'backup.run': { roles: ASKING, agent: 'any', timer: true },
      // Takes away what the rules let go (domain.md §7.8).
      'backup.prune': { ...CARES, timer: true },
    },
    keyed: true,
  },
  stageStart: {
    method: 'post',
    path: '/services/{name}/stages',
    body: 'backup.stageWish',
    output: 'backup.stageStarted',
    answer: 'The runner lays it out beside; nothing of the service is touched.',
    // The change that uses it passes the gate like any other.
    permission: { 'restore.stage': PROPOSES },
    keyed: true,
  },
  stageCancel: {
    method: 'post',
    path: '/services/{name}/stages/cancel',
    output: 'backup.stageCancelled',
    answer: 'What is being laid out ends, and all that was made for it is cleared away.',
    // Only what lies beside goes; whoever has begun it may begin it anew.
    permission: { 'restore.cancel': WORKS },
    keyed: true,
  },
  stageShow: {
    method: 'get',
    path: '/services/{name}/stages/{stage}',
    output: 'backup.stageView',
    answer: 'How far it is; ready, it can be named in a change of pattern `data`.',
    permission: ['backup.read'],
  },
  checkRun: {
    method: 'get',
    path: '/checks/{check}',
    query: 'check.checkQuery',
    output: 'check.checkView',
    answer: 'The items of the routine check, looked at now. `no_data` is no good sign.',
    permission: ['status.read'],
  },
} as const satisfies Operations
