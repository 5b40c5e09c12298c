// What concerns a service: what is declared, its backups, what is laid out of them, the routine checks.
import { backupsOf, orderBackup, pruningOf } from '../../app/backup.ts'
import {
  acknowledgeCheck,
  checkHistory,
  checkList,
  checkShown,
  muteCheck,
  unmuteCheck,
} from '../../app/checks.ts'
import { putBundle } from '../../app/put-bundle.ts'
import { routineCheck } from '../../app/routine.ts'
import { serviceShown, servicesOf } from '../../app/services.ts'
import { cancelStage, layOut, stageOf } from '../../app/stage.ts'
import type { SERVICE_OPERATIONS } from '../../contract/operations/service.ts'
import type { Handlers } from '../handler.ts'

export const SERVICE_HANDLERS: Handlers<typeof SERVICE_OPERATIONS> = {
  serviceList: async ({ gate, actor }) => ({ services: await servicesOf(gate, actor) }),
  serviceShow: ({ gate, actor, input: { name } }) => serviceShown(gate, actor, name),
  backups: ({ gate, actor, input: { name } }) => backupsOf(gate, actor, name),
  pruning: ({ gate, actor, input: { name } }) => pruningOf(gate, actor, name),
  backupOrder: ({ gate, actor, input: { name, ...order } }) => orderBackup(gate, actor, name, order),
  stageStart: ({ gate, actor, input: { name, ...wish } }) => layOut(gate, actor, name, wish),
  bundlePut: ({ gate, actor, input: { name, ...piece } }) => putBundle(gate, actor, name, piece),
  stageCancel: ({ gate, actor, input: { name } }) => cancelStage(gate, actor, name),
  stageShow: ({ gate, actor, input: { name, stage } }) => stageOf(gate, actor, name, stage),
  checkRun: ({ gate, actor, input: { check, service } }) => routineCheck(gate, actor, check, service),
  checkList: ({ gate, actor }) => checkList(gate, actor),
  checkShow: ({ gate, actor, input: { check } }) => checkShown(gate, actor, check),
  checkHistory: ({ gate, actor, input: { check, hours } }) =>
    checkHistory(gate, actor, check, (hours ?? 24) * 3_600_000),
  checkMute: ({ gate, actor, input: { check, minutes, reason } }) =>
    muteCheck(gate, actor, check, { forMs: minutes * 60_000, reason }),
  checkUnmute: ({ gate, actor, input: { check } }) => unmuteCheck(gate, actor, check),
  checkAcknowledge: ({ gate, actor, input: { check, reason } }) =>
    acknowledgeCheck(gate, actor, check, reason),
}
