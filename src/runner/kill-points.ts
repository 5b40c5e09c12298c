// Named places at which a test may kill the runner: before and after each line of the journal, and around each effect.
// The list is closed, so that a test can compare it with a trace of the system calls.
import { SNAPSHOT_POINTS } from '../snapshot/directory/layout.ts'
import { JOURNAL_KINDS } from './journal/line.ts'

/** Around the effects of actions and reverts. The file that has the place says the name. */
export const EFFECT_POINTS: readonly string[] = [
  'copies.file.after',
  'exec.started',
  'files.directory.after',
  'files.directory.before',
  'files.putBack.after',
  'files.putBack.before',
  'files.replace.after',
  'files.replace.before',
  'isolation.drop.after',
  'isolation.drop.before',
  'isolation.load.after',
  'isolation.load.before',
  'request.sent.after',
  'place.remove.before',
  'place.rename.after',
  'place.rename.before',
  'place.sync.after',
  'place.write.before',
  'place.written.after',
  'unit.call.after',
  'unit.call.before',
]

/** Around what changes places in a restore. */
export const PLACE_POINTS: readonly string[] = [
  'exchange.after',
  'exchange.before',
  'exchange.grew',
  'swap.after',
  'swap.before',
  'swap.looked',
  'swap.parted',
]

/** Around what a migration commits. */
export const MIGRATION_POINTS: readonly string[] = ['migrate.after', 'migrate.before']

/** Where each step of a stage of code begins, and when its record lies there and the journal does not name it yet. */
export const STAGE_POINTS: readonly string[] = [
  'building',
  'building_deployed',
  'cloning_database',
  'impact',
  'importing',
  'placing',
  'reading',
  'rehearsing',
  'saved',
  'testing',
  'testing_crossed',
  'testing_deployed',
].map((step) => `stage.${step}`)

export const KILL_POINTS: readonly string[] = [
  ...JOURNAL_KINDS.flatMap((kind) => [`journal.${kind}.before`, `journal.${kind}.after`]),
  ...EFFECT_POINTS,
  ...PLACE_POINTS,
  ...MIGRATION_POINTS,
  ...STAGE_POINTS,
  ...SNAPSHOT_POINTS,
]
