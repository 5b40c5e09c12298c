// Names that people give to scripts and tasks, read as words: `db:reset`, `migrate-fresh`, `drop_tables`, `publishRelease`.

export type Meaning = 'destroy' | 'publish' | 'deploy' | undefined

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '))

/** These take away whatever they stand beside. */
const DESTROYS = set('wipe destroy purge nuke obliterate teardown truncate dropdb flushall flushdb flush')
/** These do where they stand beside something that holds data. */
const TAKES = set(
  'drop reset delete clear clean erase fresh recreate rollback refresh reinit restore overwrite down undo remove',
)
const HOLDS = set(
  'db database databases data schema schemas table tables prod production redis mongo postgres pg mysql sql volumes volume bucket buckets store storage migrate migration migrations collections index indices queue queues backups users cluster infra environment env',
)
/** Only in a word of their own kind: `migrate:reset` yes, `cache:clear` no. */
const HARMLESS = set(
  'cache caches test tests tmp temp build dist logs log node modules coverage ci mock mocks snapshot snapshots dry dryrun check status',
)
const GIVES = set('publish unpublish')

/** The words of a name: at signs, at changes to a capital. */
export function wordsOfName(name: string): readonly string[] {
  return name
    .slice(0, 120)
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '')
}

export function meaningOf(name: string): Meaning {
  const words = wordsOfName(name)
  if (words.some((word) => HARMLESS.has(word))) return undefined
  if (words.some((word) => DESTROYS.has(word))) return 'destroy'
  if (words.some((word) => TAKES.has(word)) && words.some((word) => HOLDS.has(word))) return 'destroy'
  if (words.length === 1 && words[0] === 'drop') return 'destroy'
  if (words.some((word) => GIVES.has(word))) return 'publish'
  return undefined
}
