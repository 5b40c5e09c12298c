// What people are told, and what other programs tell.
import { CARES } from '../grants.ts'
import type { Operations } from '../operation.ts'

export const NOTICE_OPERATIONS = {
  noticeList: {
    method: 'get',
    path: '/notices',
    query: 'notice.noticeQuery',
    output: 'notice.noticeList',
    answer: 'Newest first, each with who was told when.',
    permission: ['status.read'],
  },
  noticeShow: {
    method: 'get',
    path: '/notices/{notice}',
    output: 'notice.noticeView',
    answer: 'One notice with every attempt to tell it.',
    permission: ['status.read'],
  },
  noticeTest: {
    method: 'post',
    path: '/notices/test',
    body: 'notice.noticeTest',
    output: 'notice.noticeView',
    answer: 'A notice that says that it is a test, to the named channels or to all; its attempts follow.',
    permission: { 'notice.test': CARES },
  },
  noticeAcknowledge: {
    method: 'post',
    path: '/notices/{notice}/acknowledge',
    body: 'notice.noticeAcknowledge',
    output: 'notice.noticeView',
    answer: 'It is told no further.',
    // Whoever acknowledges takes it on; no agent does.
    permission: { 'notice.acknowledge': CARES },
  },
  noticeMute: {
    method: 'post',
    path: '/notices/{notice}/mute',
    body: 'notice.noticeMute',
    output: 'notice.noticeView',
    answer: 'It is told again after that time, where it is open still.',
    permission: ['notice.acknowledge'],
  },
  maintenanceList: {
    method: 'get',
    path: '/maintenance',
    output: 'notice.maintenanceList',
    answer: 'The last maintenance of each service, as the runner keeps it.',
    permission: ['status.read'],
  },
  maintenanceStart: {
    method: 'post',
    path: '/services/{name}/maintenance',
    body: 'notice.maintenanceWish',
    output: 'notice.maintenanceView',
    answer: 'The service is under maintenance, and leaves it by itself.',
    // No agent begins one or makes it longer.
    permission: { 'maintenance.run': CARES },
  },
  maintenanceEnd: {
    method: 'post',
    path: '/services/{name}/maintenance/end',
    output: 'notice.maintenanceView',
    answer: 'The service is being turned back.',
    permission: ['maintenance.run'],
  },
  pingTake: {
    method: 'post',
    path: '/pings/{source}',
    output: 'notice.pingTaken',
    answer: 'The ping came. Its secret stands in the header `authorization: Bearer …`.',
    permission: 'open',
  },
  alertTake: {
    method: 'post',
    path: '/alerts/{source}',
    body: 'notice.alertMessage',
    output: 'notice.alertsTaken',
    answer:
      'Stored; what is known already is counted. The secret stands in the header `authorization: Bearer …`.',
    permission: 'open',
  },
} as const satisfies Operations
