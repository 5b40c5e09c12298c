// Rows of a database as objects of a language: what Django, Active Record, Eloquent and their like call a query, and which of its methods
// change what it finds.
import { deleting, eitherOf } from './clients.ts'
import { database, runShellText, sqlText } from './effects.ts'
import type { Action, Given } from './language.ts'
import { plain, textOf } from './value.ts'

/** A query: some word of the chain narrows it, or says that there is one. */
const QUERY =
  /\.(?:objects|all|where\w*|or[Ww]here\w*|find\w*|first\w*|last|take|filter\w*|exclude|get|order\w*|latest|oldest|limit|query|newQuery|table|unscoped|joins|in_batches|find_each|withTrashed|onlyTrashed|has)(?:\(\))?(?:\.|$)/
const NARROWED =
  /\.(?:where\w*|or[Ww]here\w*|find\w*|first\w*|last|take|filter\w*|exclude|get|limit|only\w*|has)(?:\(\))?(?:\.|$)/

const chainOf = ({ on }: Given): string => on.name ?? ''
const isQuery = (given: Given): boolean => QUERY.test(chainOf(given))
const isNarrowed = (given: Given): boolean => NARROWED.test(chainOf(given))
/** `User`, `Shop::User`: a class, and so all of its rows. */
const isModel = (given: Given): boolean => /^(?:[A-Z]\w*\.)*[A-Z]\w*$/.test(chainOf(given))

const when =
  (is: (given: Given) => boolean, action: Action): Action =>
  (reader, given) =>
    is(given) ? action(reader, given) : undefined

/** Rows are deleted by a method without words: with one it is something else of that name. */
export const deletingRows = when(
  (given) => given.all.length === 0 && isQuery(given),
  (reader, given) =>
    isNarrowed(given)
      ? database('db.delete', () => true)(reader, given)
      : database('db.truncate')(reader, given),
)
export const changingRows = when(isQuery, (reader, given) =>
  database('db.update', () => isNarrowed(given))(reader, given),
)
const emptying = when(
  (given) => given.all.length === 0 && (isQuery(given) || isModel(given)),
  database('db.truncate'),
)

/** `MongoClient().shop.users.drop()`, whatever the client is called here. */
const CLIENT = /(?:^|\.)(?:Async)?(?:IOMotor|Mongo)Client\(\)(?:\.|\[|$)/
export const droppingRows = when(
  (given) => given.all.length === 0 && CLIENT.test(chainOf(given)),
  database('db.drop'),
)

/** What stands in a queue of jobs, whatever keeps it. */
const JOBS = /(?:^|\.)Sidekiq\.(?:Queue|RetrySet|ScheduledSet|DeadSet|JobSet)\.new(?:\(\))?$/

type Row = readonly [string, Action]

/** Active Record, and queues of jobs. */
export const RUBY_RECORDS: readonly Row[] = [
  ['update update! update_attribute update_columns increment! decrement! toggle!', changingRows],
  ['update_all', (reader, given) => database('db.update', () => isNarrowed(given))(reader, given)],
  ['delete_by destroy_by', database('db.delete', () => true)],
  ['destroy destroy!', deletingRows],
  ['clear', when(({ on }) => JOBS.test(on.name ?? ''), database('db.truncate'))],
]

/** Eloquent and the builder of queries below it. */
export const PHP_RECORDS: readonly Row[] = [
  ['truncate', emptying],
  ['delete', eitherOf(deleting, deletingRows)],
  ['forceDelete', deletingRows],
  ['update increment decrement', changingRows],
  // Without words it begins a query of its own.
  [
    'query',
    (reader, given) =>
      given.all.length === 0 ? { name: `${chainOf(given)}.query()` } : sqlText(reader, given),
  ],
]
export const PHP_CALLS: readonly Row[] = [
  ['Schema.drop Schema.dropIfExists Schema.dropAllTables Schema.dropAllViews', database('db.drop')],
  [
    'DB.statement DB.unprepared DB.delete DB.update DB.insert DB.select DB.selectOne DB.affectingStatement',
    sqlText,
  ],
  [
    'Artisan.call Artisan.queue',
    ({ tell }, given) => {
      const command = plain(given.all[0])
      return command === undefined ? undefined : runShellText(tell, textOf(`artisan ${command}`))
    },
  ],
]
