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
  bundlePut: {
    method: 'post',
    path: '/services/{name}/bundles',
    body: 'backup.bundlePiece',
    output: 'backup.bundleTaken',
    answer:
      'The runner has the piece; `had`: so many bytes of it, where the next piece begins; `stored`: the whole, and it has that digest.',
    permission: ['restore.stage'],
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
  checkList: {
    method: 'get',
    path: '/checks',
    output: 'check.checkList',
    answer: 'Each check with its stored state and the time of its last look, the worst first.',
    permission: ['status.read'],
  },
  checkRun: {
    method: 'get',
    path: '/checks/{check}',
    query: 'check.checkQuery',
    output: 'check.checkView',
    answer: 'The items of a routine check, or one check, looked at now. `no_data` is no good sign.',
    permission: ['status.read'],
  },
  checkShow: {
    method: 'get',
    path: '/checks/{check}/state',
    output: 'check.checkDetail',
    answer: 'One check with its stored state and its findings.',
    permission: ['status.read'],
  },
  checkHistory: {
    method: 'get',
    path: '/checks/{check}/history',
    query: 'check.historyQuery',
    output: 'check.checkHistory',
    answer: 'The states of one check over the last hours, in equal steps.',
    permission: ['status.read'],
  },
  checkMute: {
    method: 'post',
    path: '/checks/{check}/mute',
    body: 'check.muteRequest',
    output: 'check.muted',
    answer: 'Nobody is told of these checks until the time is over.',
    permission: { 'check.mute': CARES },
  },
  checkUnmute: {
    method: 'post',
    path: '/checks/{check}/unmute',
    output: 'check.muted',
    answer: 'They are told of again.',
    permission: ['check.mute'],
  },
  checkAcknowledge: {
    method: 'post',
    path: '/checks/{check}/acknowledge',
    body: 'check.acknowledgeRequest',
    output: 'check.checkLine',
    answer: 'Somebody has taken it up: no further notices, until it is worse.',
    permission: { 'check.acknowledge': CARES },
  },
} as const satisfies Operations
