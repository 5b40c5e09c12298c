// The order in which test files start: the longest first, so that none of them is left alone at the end.
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** Files of more than fifteen seconds on a quiet machine, about the longest first. Where this list is wrong a run is slower, and nothing else. */
const LONG: readonly string[] = [
  'tests/accept/take-over.test.ts',
  'tests/accept/store.test.ts',
  'tests/app/restore-rollback-database.test.ts',
  'tests/app/hard-ground.test.ts',
  'tests/crash/gate-kill.test.ts',
  'tests/app/backup-database-content.test.ts',
  'tests/app/backup-sqlite.test.ts',
  'tests/app/backup-database-limits.test.ts',
  'tests/accept/demo.test.ts',
  'tests/accept/s31-units.test.ts',
  'tests/accept/guide-backups.test.ts',
  'src/postgres/swap.test.ts',
  'tests/app/backup-database.test.ts',
  'tests/accept/gate-story.test.ts',
  'src/snapshot/directory/contract.test.ts',
  'tests/accept/forged.test.ts',
  'tests/app/backup-wrong.test.ts',
  'tests/crash/gate-revert.test.ts',
  'tests/app/up.test.ts',
  'tests/accept/newcomer-en.test.ts',
  'tests/crash/runner-kill.test.ts',
  'tests/crash/runner-doors.test.ts',
  'tests/accept/newcomer-ja.test.ts',
  'src/snapshot/directory/faults.test.ts',
  'tests/app/restore-rewritten.test.ts',
  'src/postgres/loss.test.ts',
  'src/snapshot/restic/engine.test.ts',
  'tests/accept/mutants.test.ts',
  'tests/app/concurrency.test.ts',
  'tests/accept/n09-revert.test.ts',
  'tests/accept/engine.test.ts',
  'tests/accept/x18-one-at-a-time.test.ts',
  'tests/app/backup-kill.test.ts',
  'tests/app/restore-rollback.test.ts',
  'tests/app/restore-damaged-database.test.ts',
  'tests/host/host.test.ts',
  'tests/host/scripts.test.ts',
  'tests/accept/far-copies.test.ts',
  'tests/accept/x25-ledger.test.ts',
  'tests/app/install.test.ts',
  'tests/app/restore-room.test.ts',
  'tests/app/restore-cancel.test.ts',
  'tests/accept/store-full.test.ts',
  'tests/app/backup-away.test.ts',
  'tests/app/guard-install.test.ts',
  'tests/app/bundle.test.ts',
  'tests/accept/s34-postcheck.test.ts',
  'tests/app/backup-power.test.ts',
  'tests/app/joined-rules.test.ts',
  'tests/guard/mutants.test.ts',
  'tests/app/restore-dropped.test.ts',
  'tests/accept/n08-effective.test.ts',
  'tests/host/faults.test.ts',
  'tests/app/backup-restic.test.ts',
  'tests/app/guard-explain.test.ts',
  'src/postgres/evil.test.ts',
  'src/snapshot/directory/damage.test.ts',
  'src/snapshot/directory/hands.test.ts',
  'tests/app/lost.test.ts',
  'tests/accept/sandbox.test.ts',
  'tests/app/guard-hook.test.ts',
  'tests/guard/properties.test.ts',
  'tests/app/backup-check.test.ts',
  'tests/guard/differential.test.ts',
  'tests/app/restore-absent.test.ts',
  'tests/app/restore-mix.test.ts',
  'tests/app/restic-kill.test.ts',
  'tests/accept/units.test.ts',
  'src/snapshot/directory/kill.test.ts',
  'tests/guard/limits.test.ts',
  'tests/crash/replace-files.test.ts',
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
