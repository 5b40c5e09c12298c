// Stores of keys: Redis and its relatives, etcd, Consul, ZooKeeper, memcached's tools.

import { type Arguments } from '../arguments.ts'
import { judgeOrigins } from '../builtins.ts'
import type { Field } from '../fields.ts'
import { HOLE, marked } from '../hole.ts'
import { readRedis } from '../redis.ts'
import type { Call } from '../shell.ts'
import { type Tool, touch } from '../tool.ts'
import { literal, text } from '../value.ts'

function runRedis(call: Call, words: readonly (string | undefined)[], span = call.span): void {
  const found = readRedis(words)
  if (found === undefined) return
  const { verb, object, bounded, stops } = found
  call.shell.emit(
    {
      verb,
      on: {
        kind: 'database',
        engine: 'redis',
        ...(object === undefined ? {} : { object }),
        ...(bounded === undefined ? {} : { bounded }),
      },
    },
    span,
  )
  if (stops === true)
    call.shell.emit(
      { verb: 'service.stop', on: { kind: 'service', manager: 'redis', name: text('redis') } },
      span,
    )
}

/** Commands a line, as the interactive client reads them. */
function redisLines(call: Call, source: string, span = call.span): void {
  for (const line of source.split('\n').slice(0, 500)) {
    const words = line
      .match(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\S+/g)
      ?.map((word) => word.replace(/^(["'])(.*)\1$/s, '$2'))
    if (words !== undefined)
      runRedis(
        call,
        words.map((word) => (word.includes(HOLE) ? undefined : word)),
        span,
      )
  }
}

function redisAct(call: Call, args: Arguments): undefined {
  for (const field of args.values('rdb functions-rdb')) touch(call, 'path.write', field)
  const cluster = args.value('cluster')
  if (cluster !== undefined) {
    const what = literal(cluster.value)
    if (what === undefined || !/^(?:info|check|help|call|backup)$/.test(what))
      call.shell.emit(
        { verb: 'db.admin', on: { kind: 'database', engine: 'redis', object: `cluster ${what ?? ''}` } },
        call.span,
      )
    // `--cluster call HOST:PORT command`: on every node.
    if (what === 'call') runRedis(call, args.operands.slice(1).map(wordOf))
    return undefined
  }
  const script = args.value('eval')
  if (script !== undefined) {
    touch(call, 'path.read', script)
    const stream = call.shell.contents(call.shell.paths(script.value))
    for (const one of stream.texts ?? []) runRedis(call, ['EVAL', marked(one)], script.span)
    return undefined
  }
  if (args.operands.length > 0) {
    const words = args.operands.map(wordOf)
    // Somebody quoted the whole command as one word: the client refuses it, the author means it.
    if (words.length === 1 && words[0]?.includes(' ') === true) redisLines(call, words[0])
    else runRedis(call, words)
    return undefined
  }
  if (args.has('scan bigkeys hotkeys memkeys stat latency latency-history intrinsic-latency rdb'))
    return undefined
  const { texts, origins } = call.stdin
  for (const one of texts ?? []) redisLines(call, marked(one))
  judgeOrigins(call, { origins: origins.filter(({ from }) => from === 'network') }, call.name)
  if (texts === undefined && origins.length > 0)
    call.shell.emit({ verb: 'db.unclear', on: { kind: 'database', engine: 'redis' } }, call.span)
  return undefined
}

const wordOf = (field: Field): string | undefined => literal(field.value)

const store =
  (
    engine: string,
    verb: 'db.delete' | 'db.truncate' | 'db.admin' | 'db.grant' | 'db.insert' | 'db.drop',
    bounded?: boolean,
  ): NonNullable<Tool['act']> =>
  (call, args) => {
    const object = args.word(0)
    call.shell.emit(
      {
        verb,
        on: {
          kind: 'database',
          engine,
          ...(object === undefined ? {} : { object }),
          ...(bounded === undefined ? {} : { bounded }),
        },
      },
      call.span,
    )
    return undefined
  }

/** A prefix that is empty, or a range with no end, is everything. */
const etcdDelete: NonNullable<Tool['act']> = (call, args, tool) => {
  const key = args.word(0)
  const everything = args.has('prefix from-key') && (key === '' || key === '/' || key === '\0')
  return store('etcd', everything ? 'db.truncate' : 'db.delete', true)(call, args, tool)
}

const ETCD =
  'endpoints cacert cert key user password dial-timeout command-timeout discovery-srv write-out limit order sort-by rev lease range-end data-dir name initial-cluster'

export const KEY_STORES: readonly Tool[] = [
  {
    // `ldb --db=DIR VERB …`: the files of a store that is in nobody's hands.
    names: 'ldb rocksdb_ldb leveldbutil',
    long: 'db column_family path secondary_path env_uri fs_uri from to max_keys ttl_start ttl_end backup_dir backup_env_uri',
    act: (call, args) => {
      const verb = args.word(0) ?? ''
      const all = /^(?:destroy|drop_column_family|deleterange|single_delete|delete|restore)$/.test(verb)
      for (const field of args.values('db'))
        touch(
          call,
          all
            ? 'path.delete'
            : /^(?:put|batchput|load|repair|compact|reduce_levels|ingest_extern_sst|create_column_family|trim|change_compaction_style)$/.test(
                  verb,
                )
              ? 'path.write'
              : 'path.list',
          field,
          { recursive: true },
        )
      return undefined
    },
  },
  {
    names: 'redis-cli valkey-cli keydb-cli dragonfly-cli iredis',
    short: 'hptsauriIndDX',
    long: 'user pass sni cacert cacertdir cert key tls-ciphers rdb functions-rdb pipe-timeout cluster eval pattern quoted-pattern count lru-test intrinsic-latency memkeys-samples keystats-samples cursor show-pushes tls-ciphersuites',
    flags:
      'help version raw no-raw csv json scan bigkeys hotkeys memkeys stat latency latency-history pipe askpass tls insecure no-auth-warning verbose',
    style: 'posix',
    harmless: 'help version v',
    act: redisAct,
  },
  {
    names: 'etcdctl etcdutl',
    long: ETCD,
    short: 'w',
    harmless: 'help version h',
    sub: {
      'del rm rmdir': { long: ETCD, flags: 'prefix from-key prev-kv', act: etcdDelete },
      'put set mk update mkdir': { long: ETCD, act: store('etcd', 'db.insert') },
      'defrag compaction compact move-leader migrate': { long: ETCD, act: store('etcd', 'db.admin') },
      lease: { long: ETCD, sub: { revoke: { act: store('etcd', 'db.delete', true) } } },
      member: {
        long: ETCD,
        sub: { 'remove add update promote': { long: ETCD, act: store('etcd', 'db.admin') } },
      },
      snapshot: {
        long: ETCD,
        sub: {
          restore: { long: ETCD, act: store('etcd', 'db.admin') },
          save: { long: ETCD, does: [{ do: 'path.write', to: 'first' }] },
        },
      },
      'auth user role': {
        long: ETCD,
        sub: { 'list get status': {}, '*': { long: ETCD, act: store('etcd', 'db.grant') } },
      },
    },
  },
  {
    names: 'consul',
    long: 'http-addr token token-file ca-file client-cert client-key datacenter namespace partition cas modify-index flags',
    harmless: 'help version h',
    sub: {
      kv: {
        sub: {
          delete: {
            style: 'words',
            long: 'http-addr token token-file datacenter namespace partition modify-index',
            act: (call, args, tool) => {
              const key = args.word(0)
              const everything = args.has('recurse') && (key === undefined || key === '' || key === '/')
              return store('consul', everything ? 'db.truncate' : 'db.delete', true)(call, args, tool)
            },
          },
          put: { act: store('consul', 'db.insert') },
          import: { act: store('consul', 'db.insert') },
        },
      },
      snapshot: { sub: { restore: { act: store('consul', 'db.admin') } } },
      'leave force-leave': { act: store('consul', 'db.admin') },
      operator: {
        style: 'words',
        sub: {
          raft: {
            style: 'words',
            sub: { 'remove-peer transfer-leader': { act: store('consul', 'db.admin') } },
          },
        },
      },
      acl: {
        sub: {
          'token policy role auth-method binding-rule': {
            sub: { 'list read': {}, '*': { act: store('consul', 'db.grant') } },
          },
          bootstrap: { act: store('consul', 'db.grant') },
        },
      },
    },
  },
  { names: 'memcflush', long: 'servers', act: store('memcached', 'db.truncate') },
  { names: 'memcrm memdelete', long: 'servers', act: store('memcached', 'db.delete', true) },
  {
    names: 'zkCli.sh zkcli zookeeper-shell zookeeper-shell.sh',
    act: (call, args) => {
      const words = args.operands.map(wordOf)
      const at = words.findIndex(
        (word) => word !== undefined && /^(?:delete|deleteall|rmr|set|create)$/.test(word),
      )
      const verb = words[at]
      if (verb === undefined) return undefined
      const away = verb.startsWith('delete') || verb === 'rmr'
      const key = words[at + 1]
      const everything = away && verb !== 'delete' && key === '/'
      call.shell.emit(
        {
          verb: everything ? 'db.truncate' : away ? 'db.delete' : 'db.insert',
          on: { kind: 'database', engine: 'zookeeper', bounded: true },
        },
        call.span,
      )
      return undefined
    },
  },
]
