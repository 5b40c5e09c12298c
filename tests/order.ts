// The order in which test files start: the longest first, so that none of them is left alone at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of more than fifteen seconds on a quiet machine, about the longest first. Where this list is wrong a run is slower, and nothing else. */
const LONG: readonly string[] = [
  'tests/app/restore-rollback.test.ts',
  'tests/app/backup-wrong.test.ts',
  'tests/crash/gate-kill.test.ts',
  'tests/app/backup-restic.test.ts',
  'tests/app/restore-damaged.test.ts',
  'tests/app/backup.test.ts',
  'tests/accept/gate-story.test.ts',
  'tests/app/restore-absent.test.ts',
  'tests/app/restore-cancel.test.ts',
  'tests/accept/guide-backups.test.ts',
  'tests/crash/gate-revert.test.ts',
  'tests/accept/newcomer-ja.test.ts',
  'tests/accept/newcomer-en.test.ts',
  'tests/accept/take-over.test.ts',
  'tests/accept/store.test.ts',
  'tests/accept/x25-ledger.test.ts',
  'tests/accept/forged.test.ts',
  'tests/app/up.test.ts',
  'src/runner/backup/directory/faults.test.ts',
  'tests/app/restic-kill.test.ts',
  'tests/app/backup-power.test.ts',
  'tests/accept/s31-units.test.ts',
  'tests/accept/mutants.test.ts',
  'tests/accept/x18-one-at-a-time.test.ts',
  'tests/accept/n02-envelope.test.ts',
  'tests/accept/n09-revert.test.ts',
  'tests/crash/runner-doors.test.ts',
  'tests/host/host.test.ts',
  'tests/accept/units.test.ts',
  'tests/accept/n08-effective.test.ts',
  'tests/crash/replace-files.test.ts',
  'tests/crash/disk-faults.test.ts',
  'tests/crash/runner-kill.test.ts',
  'tests/accept/engine.test.ts',
  'tests/accept/store-full.test.ts',
  'tests/app/concurrency.test.ts',
]

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = LONG.findIndex((path) => moduleId.endsWith(`/${path}`))
      return at === -1 ? LONG.length : at
    }
    // Files of the same rank keep the order that vitest gives them.
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b))
  }
}
