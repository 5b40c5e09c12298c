// What is told when a finding is opened, changes, ends, is acknowledged or muted: followers hear of it in the same transaction.
import type { CheckChange } from '../checks/check-change.ts'
import { type Act, plain } from './gate.ts'

export async function noticeCheckChange(step: Act, change: CheckChange): Promise<void> {
  await step.tell({ kind: 'check.changed', values: plain(change) })
}
