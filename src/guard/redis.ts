// Commands of Redis and its relatives: which of them only answer, which take away, which change the server.
import type { DatabaseVerb } from './sql/found.ts'

export interface RedisFound {
  readonly verb: DatabaseVerb
  readonly object?: string
  readonly bounded?: boolean
  /** The server ends. */
  readonly stops?: true
}

const set = (words: string): ReadonlySet<string> => new Set(words.split(' '))

const ALL_AWAY = set('FLUSHALL FLUSHDB')
const AWAY = set(
  'DEL UNLINK GETDEL HDEL HGETDEL SREM SPOP ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE ZPOPMIN ZPOPMAX BZPOPMIN BZPOPMAX LREM LTRIM LPOP RPOP BLPOP BRPOP LMPOP BLMPOP ZMPOP XDEL XTRIM MIGRATE JSON.DEL JSON.FORGET JSON.CLEAR TS.DEL CF.DEL TOPK.DEL VREM',
)
const SERVER = set(
  'SLAVEOF REPLICAOF FAILOVER SWAPDB RENAME RENAMENX MOVE RESTORE PFDEBUG PSYNC SYNC REPLCONF LOADMODULE',
)
const WRITES = set(
  'SET SETEX SETNX PSETEX MSET MSETNX GETSET APPEND SETRANGE SETBIT INCR INCRBY INCRBYFLOAT DECR DECRBY EXPIRE PEXPIRE EXPIREAT PEXPIREAT PERSIST HSET HMSET HSETNX HINCRBY HINCRBYFLOAT LPUSH RPUSH LPUSHX RPUSHX LINSERT LSET RPOPLPUSH BRPOPLPUSH LMOVE BLMOVE SADD SMOVE SINTERSTORE SUNIONSTORE SDIFFSTORE ZADD ZINCRBY ZRANGESTORE ZUNIONSTORE ZINTERSTORE ZDIFFSTORE XADD XGROUP XACK XCLAIM XAUTOCLAIM XSETID GEOADD GEORADIUS GEOSEARCHSTORE PFADD PFMERGE BITFIELD BITOP COPY JSON.SET JSON.MSET PUBLISH SPUBLISH SORT',
)
/** Of containers: these subcommands change the server. */
const SUBCOMMANDS: Readonly<Record<string, ReadonlySet<string>>> = {
  CONFIG: set('SET REWRITE RESETSTAT'),
  DEBUG: set(
    'SLEEP SEGFAULT PANIC RESTART CRASH-AND-RECOVER RELOAD LOADAOF FLUSHALL OOM CHANGE-REPL-ID SET-ACTIVE-EXPIRE JMAP',
  ),
  CLUSTER: set(
    'RESET FORGET MEET FAILOVER DELSLOTS DELSLOTSRANGE ADDSLOTS ADDSLOTSRANGE SETSLOT FLUSHSLOTS REPLICATE BUMPEPOCH SET-CONFIG-EPOCH SAVECONFIG',
  ),
  SCRIPT: set('FLUSH KILL'),
  FUNCTION: set('FLUSH DELETE LOAD RESTORE KILL'),
  CLIENT: set('KILL PAUSE NO-EVICT'),
  MODULE: set('LOAD LOADEX UNLOAD'),
  SENTINEL: set('FAILOVER RESET REMOVE MONITOR SET FLUSHCONFIG'),
  MEMORY: set('PURGE'),
  LATENCY: set('RESET'),
  SLOWLOG: set('RESET'),
}

export function readRedis(words: readonly (string | undefined)[]): RedisFound | undefined {
  const command = words[0]?.toUpperCase()
  if (command === undefined) return words.length === 0 ? undefined : { verb: 'db.unclear' }
  const second = words[1]?.toUpperCase()
  const object = words[1]
  const on = object === undefined ? {} : { object }
  if (ALL_AWAY.has(command)) {
    // The server refuses any other word after it.
    if (words.length > 2 || (second !== undefined && second !== 'ASYNC' && second !== 'SYNC'))
      return undefined
    return { verb: 'db.truncate', object: command.toLowerCase() }
  }
  if (command === 'SHUTDOWN')
    return second === 'ABORT' ? undefined : { verb: 'db.admin', object: 'shutdown', stops: true }
  if (command === 'EVAL' || command === 'EVAL_RO' || command === 'EVALSHA' || command === 'FCALL')
    return readScript(command, words[1])
  if (command === 'ACL')
    return second === 'SETUSER' || second === 'DELUSER' || second === 'LOAD' || second === 'SAVE'
      ? { verb: 'db.grant' }
      : undefined
  if (command === 'FT.DROPINDEX' || command === 'GRAPH.DELETE') return { verb: 'db.drop', ...on }
  if (AWAY.has(command)) return { verb: 'db.delete', bounded: true, ...on }
  if (SERVER.has(command)) return { verb: 'db.admin', object: command.toLowerCase() }
  const changes = SUBCOMMANDS[command]
  if (changes !== undefined) {
    if (command === 'DEBUG' && second === 'FLUSHALL') return { verb: 'db.truncate' }
    return second === undefined || changes.has(second)
      ? { verb: 'db.admin', object: command.toLowerCase() }
      : undefined
  }
  return WRITES.has(command) ? { verb: 'db.insert', ...on } : undefined
}

/** Lua inside of the server: the commands that it calls by a literal name. */
function readScript(command: string, source: string | undefined): RedisFound | undefined {
  if (command === 'EVAL_RO') return undefined
  if (source === undefined || command !== 'EVAL') return { verb: 'db.unclear' }
  let worst: RedisFound | undefined
  for (const match of source.matchAll(
    /redis\s*\.\s*p?call\s*\(\s*(?:(['"])([\w.]+)\1\s*(?:,\s*(['"])([\w:.*-]*)\3)?)?/gi,
  )) {
    if (match[2] === undefined) return { verb: 'db.unclear' }
    const one = readRedis(match[4] === undefined ? [match[2]] : [match[2], match[4]])
    if (one !== undefined && (worst === undefined || RANK.indexOf(one.verb) > RANK.indexOf(worst.verb)))
      worst = one
  }
  return worst
}
const RANK: readonly DatabaseVerb[] = [
  'db.unclear',
  'db.insert',
  'db.update',
  'db.delete',
  'db.admin',
  'db.truncate',
]
