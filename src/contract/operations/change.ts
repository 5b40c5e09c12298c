// One change, from the wish to its record.
import { ASKING, CARES, CARING, DECIDES, DECIDING, PROPOSES, READS, WORKS } from '../grants.ts'
import type { Operations } from '../operation.ts'

const SIGNED = [
  'change.author',
  'change.approve',
  'change.reject',
  'change.waive',
  'change.keep',
  'change.continue',
] as const

export const CHANGE_OPERATIONS = {
  changeCreate: {
    method: 'post',
    path: '/changes',
    body: 'change.newChange',
    output: 'change.changeView',
    answer: 'The new change, planned.',
    permission: { 'change.create': PROPOSES },
    keyed: true,
  },
  changeList: {
    method: 'get',
    path: '/changes',
    query: 'change.changeQuery',
    output: 'change.changeList',
    answer: 'Newest first; `next` where there is more.',
    permission: ['change.read'],
  },
  recordSearch: {
    method: 'get',
    path: '/records',
    query: 'change.recordQuery',
    output: 'change.recordHits',
    answer: 'Lines of the records of changes that hold the text, newest entry first.',
    permission: ['record.read'],
  },
  changeShow: {
    method: 'get',
    path: '/changes/{id}',
    output: 'change.changeView',
    answer: 'The change.',
    permission: { 'change.read': READS },
    command: {
      words: 'change show',
      help: { ja: 'カードと、いまできること', en: 'the card, and what can be typed now' },
    },
  },
  changeCheck: {
    method: 'post',
    path: '/changes/{id}/check',
    output: 'change.changeView',
    answer: 'Every check is collected anew, without a trial.',
    // The sweeper looks again whether what was sealed still holds.
    permission: { 'change.check': { ...WORKS, timer: true } },
    keyed: true,
    command: {
      words: 'change check',
      help: { ja: '検査をやり直す', en: 'collect the checks anew' },
    },
  },
  changeTry: {
    method: 'post',
    path: '/changes/{id}/try',
    output: 'change.changeView',
    answer: 'Validation and trial in the shadow; the change with its checks.',
    permission: { 'change.try': WORKS },
    keyed: true,
    command: {
      words: 'change try',
      help: { ja: '隔離した場所で適用と取り消しを試す', en: 'try apply and undo in the shadow' },
    },
  },
  changeSeal: {
    method: 'post',
    path: '/changes/{id}/seal',
    output: 'change.changeView',
    answer: 'The envelope is made; with a standing statement the change starts.',
    permission: { 'change.seal': WORKS },
    keyed: true,
    command: {
      words: 'change seal',
      help: { ja: '封をして承認を求める', en: 'seal it and ask for approval' },
    },
  },
  changeRevise: {
    method: 'post',
    path: '/changes/{id}/revise',
    body: 'change.revision',
    output: 'change.changeView',
    answer: 'The next revision; what is not given is kept.',
    permission: { 'change.revise': WORKS },
    keyed: true,
  },
  changeRun: {
    method: 'post',
    path: '/changes/{id}/run',
    output: 'change.changeView',
    answer: 'Starts an approved change; revalidates first.',
    // Asks that what was approved be used; the runner looks at the approvals itself.
    permission: { 'change.run': { ...WORKS, timer: true } },
    keyed: true,
    command: {
      words: 'change run',
      help: { ja: '承認済みの変更を始める', en: 'start an approved change' },
      follows: { unless: 'no-wait' },
    },
  },
  changeAbort: {
    method: 'post',
    path: '/changes/{id}/abort',
    output: 'change.changeView',
    answer: 'Asks the runner to stop between actions and undo.',
    // The safe direction, and yet a person's: what is stopped half-way is not undone by who started it.
    permission: { 'change.abort': CARES },
    keyed: true,
    command: {
      words: 'change abort',
      help: { ja: '止めて元に戻す', en: 'stop it and undo' },
      follows: true,
    },
  },
  changeWithdraw: {
    method: 'post',
    path: '/changes/{id}/withdraw',
    output: 'change.changeView',
    answer: 'Ends a change that has not started.',
    permission: {
      'change.withdraw': {
        roles: DECIDING,
        ownRoles: ['requester', 'operator'],
        agent: 'own',
        timer: false,
      },
    },
    keyed: true,
    command: {
      words: 'change withdraw',
      help: { ja: '取り下げる', en: 'withdraw it' },
    },
  },
  changeRollback: {
    method: 'post',
    path: '/changes/{id}/rollback',
    body: 'change.rollbackWish',
    output: 'change.changeView',
    answer: 'After the end: a new change that restores what was there before.',
    permission: { 'change.rollback': { roles: ASKING, agent: 'any', timer: false } },
    keyed: true,
  },
  changeStatement: {
    method: 'post',
    path: '/changes/{id}/statement',
    body: 'change.statementRequest',
    output: 'change.statementToSign',
    answer:
      'The exact text to sign with `ssh-keygen -Y sign -n sekisho`: approve, reject, waive, keep, continue, and author for its author, an agent too. Lives 15 minutes.',
    permission: SIGNED,
  },
  changeDecision: {
    method: 'post',
    path: '/changes/{id}/decision',
    body: 'change.decisionInput',
    output: 'change.changeView',
    answer:
      'The signed statement is taken. The last approval starts the change when it is still valid (state executing), or voids it (state void, `moved`).',
    permission: {
      // Says who wrote the plan. Nobody but its author (rule statement.other_author).
      'change.author': { roles: ASKING, agent: 'own', timer: false },
      'change.approve': DECIDES,
      'change.reject': DECIDES,
      'change.waive': DECIDES,
      'change.keep': { ...DECIDES, roles: CARING },
      'change.continue': { ...DECIDES, roles: CARING },
    },
    keyed: true,
  },
  changeWait: {
    method: 'get',
    path: '/changes/{id}/wait',
    query: 'gate.waitQuery',
    output: 'change.changeView',
    answer: 'Answers when the state is reached or the time is over: look at `state`.',
    permission: ['change.read'],
  },
  changePlan: {
    method: 'get',
    path: '/changes/{id}/plan',
    output: { text: 'text/plain' },
    answer: 'Exactly what will be run, one line each.',
    permission: ['change.read'],
    command: {
      words: 'change plan',
      help: { ja: '実行される内容をそのまま', en: 'exactly what will be run' },
    },
  },
  changeDiff: {
    method: 'get',
    path: '/changes/{id}/diff',
    query: 'gate.openedQuery',
    output: { text: 'text/plain' },
    answer:
      'The text whose digest is sealed. With `opened`, the ledger keeps that the person was shown these sections.',
    permission: ['change.read'],
    command: {
      words: 'change diff',
      help: { ja: '承認の対象になる差分', en: 'the difference that is approved' },
    },
  },
  changeCard: {
    method: 'get',
    path: '/changes/{id}/card',
    query: 'gate.languageQuery',
    output: 'gate.cardText',
    answer: 'The card: 80 columns, no colours. Its SHA-256 is `shown` of an approval.',
    permission: ['change.read'],
  },
  changeEvidence: {
    method: 'get',
    path: '/changes/{id}/evidence/{digest}',
    output: 'gate.blobText',
    answer: 'A blob that the change names: evidence, plan, envelope, statement, card.',
    permission: ['change.read'],
  },
  changeEnvelope: {
    method: 'get',
    path: '/changes/{id}/envelope',
    output: 'gate.exportedEnvelope',
    answer: 'Envelope and plan as canonical text, for signing on another machine.',
    permission: ['change.read'],
  },
  changeLines: {
    method: 'get',
    path: '/changes/{id}/lines',
    query: 'gate.linesQuery',
    output: 'gate.journalLines',
    answer: 'Lines of the runner’s journal for the last execution.',
    permission: ['change.read'],
  },
  changeRecord: {
    method: 'get',
    path: '/changes/{id}/record',
    query: 'gate.languageQuery',
    output: 'gate.recordView',
    answer: 'The record, made from the ledger alone.',
    permission: { 'record.read': READS },
  },
  changeEvents: {
    method: 'get',
    path: '/changes/{id}/events',
    output: { events: 'gate.event' },
    answer: 'Server-sent events of one change; `id` for Last-Event-ID, `event` = kind, `data` = JSON.',
    permission: ['change.read'],
  },
} as const satisfies Operations
