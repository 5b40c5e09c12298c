// What people are told, and what other programs tell.
import type { Context } from 'hono'
import { sourceOf, takeAlerts } from '../../app/alerts.ts'
import { endMaintenance, maintenanceShown, startMaintenance } from '../../app/maintenance.ts'
import { takeUpFindings } from '../../app/notice-findings.ts'
import { noticeShown, noticesShown, wholeNotice } from '../../app/notice-view.ts'
import { acknowledgeNotice, muteNotice, testNotice } from '../../app/notices.ts'
import { takePing } from '../../app/pings.ts'
import { SekishoError } from '../../base/error.ts'
import type { Clock } from '../../base/time.ts'
import type { NOTICE_OPERATIONS } from '../../contract/operations/notice.ts'
import { knocks } from '../admission.ts'
import type { Env, Handlers } from '../handler.ts'

/** Of one door: it counts who has come with a wrong secret how often. */
export function noticeHandlers(clock: Clock): Handlers<typeof NOTICE_OPERATIONS> {
  const strangers = knocks(clock)
  const known = async <T>(context: Context<Env>, take: () => T | Promise<T>): Promise<T> => {
    try {
      return await take()
    } catch (error) {
      if (error instanceof SekishoError && error.code === 'source.refused') await strangers.admit(context, '')
      throw error
    }
  }
  return {
    noticeList: ({ gate, actor, input: { limit } }) => noticesShown(gate, actor, limit),
    noticeShow: ({ gate, actor, input: { notice } }) => noticeShown(gate, actor, notice),
    noticeTest: async ({ gate, actor, input: { channels } }) =>
      wholeNotice(gate, await testNotice(gate, actor, channels)),
    noticeAcknowledge: async ({ gate, actor, input: { notice, reason } }) =>
      wholeNotice(gate, await acknowledgeNotice(gate, actor, notice, reason, takeUpFindings)),
    noticeMute: async ({ gate, actor, input: { notice, ...wish } }) =>
      wholeNotice(gate, await muteNotice(gate, actor, notice, wish)),
    maintenanceList: ({ gate, actor }) => maintenanceShown(gate, actor),
    maintenanceStart: ({ gate, actor, input: { name, ...wish } }) =>
      startMaintenance(gate, actor, name, wish),
    maintenanceEnd: ({ gate, actor, input: { name } }) => endMaintenance(gate, actor, name),
    pingTake: ({ gate, input: { source }, context }) =>
      known(context, () => takePing(gate, source, bearerOf(context))),
    alertTake: async ({ gate, input: { source, ...message }, context }) =>
      takeAlerts(gate, await known(context, () => sourceOf(gate, source, bearerOf(context))), message),
  }
}

const bearerOf = (context: Context<Env>) =>
  /^Bearer (\S{1,500})$/i.exec(context.req.header('authorization') ?? '')?.[1]
