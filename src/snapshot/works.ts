// The works of playbook backup/1.
import { afterAdopting, thenAdopting } from './adopt.ts'
import type { Works } from './work.ts'
import { workBackup } from './work-backup.ts'
import { workDrill } from './work-drill.ts'
import { workPrune } from './work-prune.ts'
import { workVerify } from './work-verify.ts'

export const WORKS: Works = {
  backup: thenAdopting(workBackup),
  verify: afterAdopting(workVerify),
  drill: afterAdopting(workDrill),
  prune: workPrune,
}
