// The language of MongoDB's shell, read for what it does to collections: chains of calls that begin with `db`, and helpers of the cluster.
import { lex, type Syntax, type Token } from './code/lex.ts'
import type { DatabaseVerb, Found } from './sql/found.ts'

const SYNTAX: Syntax = { comments: ['//'], block: ['/*', '*/'], regex: true, ticks: 'string', dollar: true }

type Does = DatabaseVerb | 'filtered delete' | 'filtered update'

const METHODS: Readonly<Record<string, Does>> = {
  drop: 'db.drop',
  dropdatabase: 'db.drop',
  deletemany: 'filtered delete',
  remove: 'filtered delete',
  deleteone: 'db.delete',
  findoneanddelete: 'db.delete',
  findandremove: 'db.delete',
  updatemany: 'filtered update',
  update: 'db.update',
  updateone: 'db.update',
  replaceone: 'db.update',
  findoneandupdate: 'db.update',
  findoneandreplace: 'db.update',
  findandmodify: 'db.update',
  bulkwrite: 'db.update',
  insert: 'db.insert',
  insertone: 'db.insert',
  insertmany: 'db.insert',
  save: 'db.update',
  renamecollection: 'db.alter',
  dropindex: 'db.alter',
  dropindexes: 'db.alter',
  createindex: 'db.insert',
  createcollection: 'db.insert',
  converttocapped: 'db.alter',
  dropuser: 'db.grant',
  dropallusers: 'db.grant',
  droprole: 'db.grant',
  dropallroles: 'db.grant',
  createuser: 'db.grant',
  updateuser: 'db.grant',
  changeuserpassword: 'db.grant',
  grantrolestouser: 'db.grant',
  revokerolesfromuser: 'db.grant',
  shutdownserver: 'db.admin',
  fsynclock: 'db.admin',
  killop: 'db.admin',
  setprofilinglevel: 'db.admin',
  repairdatabase: 'db.admin',
  resync: 'db.admin',
  logout: 'db.read',
}
/** Of `rs` and `sh`. */
const CLUSTER = new Set([
  'initiate',
  'reconfig',
  'add',
  'addarb',
  'remove',
  'stepdown',
  'freeze',
  'addshard',
  'enablesharding',
  'shardcollection',
  'movechunk',
  'splitat',
  'stopbalancer',
  'disablebalancing',
  'removeshard',
  'removeshardtag',
  'reshardcollection',
])
/** Of `db.runCommand({ … })`: the first key is the command. */
const COMMANDS: Readonly<Record<string, Does>> = {
  drop: 'db.drop',
  dropdatabase: 'db.drop',
  delete: 'db.delete',
  update: 'db.update',
  insert: 'db.insert',
  shutdown: 'db.admin',
  renamecollection: 'db.alter',
  collmod: 'db.alter',
  dropindexes: 'db.alter',
  killop: 'db.admin',
  killallsessions: 'db.admin',
  fsync: 'db.admin',
  compact: 'db.admin',
  setparameter: 'db.admin',
  replsetreconfig: 'db.admin',
  replsetstepdown: 'db.admin',
  removeshard: 'db.admin',
  createuser: 'db.grant',
  dropuser: 'db.grant',
  dropallusersfromdatabase: 'db.grant',
}

export function readMongo(source: string): readonly Found[] {
  const tokens = lex(source, SYNTAX)
  const all: Found[] = []
  const tell = (verb: DatabaseVerb, more: object = {}): void => {
    if (all.length < 256) all.push({ found: 'database', verb, ...more })
  }
  /** The chain that the next call belongs to: what it began with, and the last name before the method. */
  let root = ''
  let object = ''
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i] as Token
    const before = tokens[i - 1]?.text
    const isMember = before === '.' || before === '?.' || (before === '[' && token.kind === 'string')
    const word = token.kind === 'name' ? token.text : token.kind === 'string' ? textOf(token) : ''
    if (word === '') continue
    if (!isMember && token.kind === 'name') {
      root = word.toLowerCase()
      object = ''
      if (tokens[i + 1]?.text === '(' && root === 'load') tell('db.unclear', { possible: true })
      continue
    }
    if (!isMember) continue
    const call =
      tokens[i + 1]?.text === '('
        ? i + 1
        : tokens[i + 1]?.text === ']' && tokens[i + 2]?.text === '('
          ? i + 2
          : -1
    if (call === -1) {
      object = word
      continue
    }
    const name = word.toLowerCase()
    if ((root === 'rs' || root === 'sh') && CLUSTER.has(name)) tell('db.admin', { object: `${root}.${word}` })
    else if (name === 'getcollection' || name === 'getsiblingdb') object = textOf(tokens[call + 1])
    else if (name === 'runcommand' || name === 'admincommand') {
      const key = tokens[call + 1]?.text === '{' ? tokens[call + 2] : tokens[call + 1]
      const command = key === undefined ? '' : (key.kind === 'string' ? textOf(key) : key.text).toLowerCase()
      const does = Object.hasOwn(COMMANDS, command) ? COMMANDS[command] : undefined
      // `deletes: [{ q: {} }]`: everything.
      if (does === 'db.delete')
        tell(does, { object: textOf(tokens[call + 4]), bounded: !isEmptyQuery(tokens, call) })
      else if (does !== undefined) tell(does as DatabaseVerb, { object: command })
    } else if (name === 'aggregate') {
      const end = closing(tokens, call)
      const writes = tokens
        .slice(call, end)
        .some(
          (one) =>
            one.text === '$out' ||
            one.text === '$merge' ||
            textOf(one) === '$out' ||
            textOf(one) === '$merge',
        )
      if (writes) tell('db.update', { object, bounded: false })
    } else if (Object.hasOwn(METHODS, name) && isDatabase(root, name)) {
      const does = METHODS[name] as Does
      if (does === 'filtered delete' || does === 'filtered update')
        tell(does === 'filtered delete' ? 'db.delete' : 'db.update', {
          object,
          bounded: !isEverything(tokens, call),
        })
      else if (does === 'db.delete') tell(does, { object, bounded: true })
      else if (does === 'db.admin') tell(does, { object: name })
      else tell(does, object === '' ? {} : { object })
    }
  }
  return all
}

/** `db.x.drop()`, and what was taken from `db` under another name; arrays and sets have methods of their own. */
const isDatabase = (root: string, method: string): boolean =>
  root === 'db' ||
  (method !== 'remove' &&
    method !== 'update' &&
    method !== 'insert' &&
    method !== 'save' &&
    method !== 'drop') ||
  /^(?:coll|collection|c|col|conn|database)/.test(root)

const textOf = (token: Token | undefined): string =>
  (token?.parts ?? []).filter((one) => typeof one === 'string').join('') ||
  (token?.kind === 'name' ? token.text : '')

function closing(tokens: readonly Token[], from: number): number {
  let depth = 0
  for (let i = from; i < tokens.length; i++) {
    const { text, kind } = tokens[i] as Token
    if (kind !== 'sign') continue
    if (text === '(' || text === '[' || text === '{') depth++
    else if ((text === ')' || text === ']' || text === '}') && --depth === 0) return i
  }
  return tokens.length
}

/** No filter, `{}`, or one that every document meets. */
function isEverything(tokens: readonly Token[], call: number): boolean {
  const filter = tokens
    .slice(call + 1, closing(tokens, call))
    .map((token) => (token.kind === 'string' ? textOf(token) : token.text))
  if (filter.length === 0 || filter[0] === ',' || filter[0] === 'null' || filter[0] === 'undefined')
    return true
  const flat = filter.join('')
  return (
    flat.startsWith('{}') ||
    /^\{_id:\{\$(?:exists:true|ne:null|gte?:(?:0|MinKey\(?\)?))\}\}/.test(flat) ||
    /^\{\$(?:where:(?:true|1|"?return true"?)|expr:true)\}/.test(flat)
  )
}

function isEmptyQuery(tokens: readonly Token[], call: number): boolean {
  const end = closing(tokens, call)
  for (let i = call; i + 3 < end; i++)
    if (
      tokens[i]?.text === 'q' &&
      tokens[i + 1]?.text === ':' &&
      tokens[i + 2]?.text === '{' &&
      tokens[i + 3]?.text === '}'
    )
      return true
  return false
}
