// MongoDB's clients and tools.

import type { Arguments } from '../arguments.ts'
import { JAVASCRIPT } from '../code/javascript.ts'
import { readCode } from '../code/run.ts'
import type { Field } from '../fields.ts'
import { marked } from '../hole.ts'
import { readMongo } from '../mongo.ts'
import type { Call } from '../shell.ts'
import { FROM_PROGRAM, type Stream } from '../stream.ts'
import { type Tool, touch } from '../tool.ts'
import { literal, text, type Value } from '../value.ts'

function runMongo(call: Call, value: Value, field: Field): void {
  const { shell } = call
  if (value.length > 0 && value.every((piece) => typeof piece !== 'string')) {
    unclear(call, field)
    return
  }
  const source = marked(value)
  if (!shell.world.step(1 + (source.length >> 6))) return
  for (const one of readMongo(source))
    if (one.found === 'database')
      shell.emit(
        {
          verb: one.verb,
          on: {
            kind: 'database',
            engine: 'mongodb',
            ...(one.object === undefined ? {} : { object: one.object }),
            ...(one.bounded === undefined ? {} : { bounded: one.bounded }),
          },
          certainty: one.possible === true ? 'unknown' : 'exact',
        },
        field.span,
      )
  if (
    /\bshutdown(?:Server)?\b/.test(source.slice(0, 8_000)) &&
    readMongo(source).some((one) => one.found === 'database' && /shutdown/i.test(one.object ?? ''))
  )
    shell.emit(
      { verb: 'service.stop', on: { kind: 'service', manager: 'mongodb', name: text('mongod') } },
      field.span,
    )
  // The shell is Node: files and processes are within its reach.
  readCode(source, MONGO_LANGUAGE, call, field)
}

/** What collections do is read by their own reader. */
const MONGO_LANGUAGE = {
  ...JAVASCRIPT,
  name: 'mongosh',
  methods: new Map(
    [...JAVASCRIPT.methods].filter(
      ([name]) => !/delete|drop|update|flush|clear|query|execute|prepare|raw/i.test(name),
    ),
  ),
}

function unclear(call: Call, field: Field): void {
  call.shell.emit(
    { verb: 'db.unclear', on: { kind: 'database', engine: 'mongodb' }, certainty: 'unknown' },
    field.span,
  )
}

function runStream(call: Call, stream: Stream, field: Field): void {
  for (const value of stream.texts ?? []) runMongo(call, value, field)
  if (stream.texts === undefined && stream.origins.length > 0) unclear(call, field)
}

function mongosh(call: Call, args: Arguments): undefined {
  const texts = args.values('eval')
  for (const field of texts) runMongo(call, field.value, field)
  const files = [...args.operands, ...args.values('f file')].filter(
    ({ value }) => literal(value)?.endsWith('.js') === true || literal(value)?.endsWith('.mongodb') === true,
  )
  for (const field of files) {
    touch(call, 'path.read', field)
    runStream(call, call.shell.contents(call.shell.paths(field.value)), field)
  }
  if (texts.length === 0 && files.length === 0) runStream(call, call.stdin, call.name)
  return undefined
}

const CONNECTION =
  'uri host port username password authenticationDatabase authenticationMechanism db collection nsInclude nsExclude nsFrom nsTo ssl tlsCertificateKeyFile tlsCAFile config readPreference'

export const DOCUMENT_STORES: readonly Tool[] = [
  {
    names: 'mongosh mongo',
    short: 'upf',
    long: `${CONNECTION} eval file apiVersion awsAccessKeyId tlsCertificateKeyFilePassword sslPEMKeyFile sslCAFile`,
    flags: 'help version quiet nodb norc shell json tls ssl retryWrites verbose',
    harmless: 'help version',
    act: mongosh,
  },
  {
    names: 'mongorestore',
    short: 'hudcpj',
    long: `${CONNECTION} dir archive numParallelCollections numInsertionWorkersPerCollection`,
    flags: 'drop dryRun gzip oplogReplay objcheck verbose quiet help version',
    harmless: 'help version dryRun',
    platform: 'mongodb',
    does: [
      { do: 'db.drop', to: 'option:d db', when: 'drop', note: 'restore' },
      { do: 'db.update', to: 'option:d db', unless: 'drop', note: 'restore' },
    ],
  },
  {
    names: 'mongoimport',
    short: 'hudcpj',
    long: `${CONNECTION} file type fields fieldFile mode upsertFields`,
    flags: 'drop headerline jsonArray upsert ignoreBlanks stopOnError help version',
    harmless: 'help version',
    platform: 'mongodb',
    does: [
      { do: 'path.read', to: 'option:file' },
      { do: 'db.drop', to: 'option:c collection', when: 'drop' },
      { do: 'db.insert', to: 'option:c collection', unless: 'drop mode upsert upsertFields' },
      { do: 'db.update', to: 'option:c collection', when: 'mode upsert upsertFields' },
    ],
  },
  {
    names: 'mongodump mongoexport',
    short: 'hudcpo',
    long: `${CONNECTION} out archive query fields`,
    does: [{ do: 'path.write', to: 'option:o out archive' }],
    act: (_, args): Stream =>
      args.value('o out') === undefined
        ? { origins: [{ from: 'database', engine: 'mongodb' }, { from: 'program' }] }
        : FROM_PROGRAM,
  },
  {
    names: 'mongofiles',
    short: 'hudp',
    long: CONNECTION,
    platform: 'mongodb',
    style: 'gnu',
    act: (call, args) => {
      const verb = args.word(0)
      if (verb === 'delete' || verb === 'delete_id')
        call.shell.emit(
          { verb: 'db.delete', on: { kind: 'database', engine: 'mongodb', bounded: true } },
          call.span,
        )
      else if (verb === 'put') for (const field of args.operands.slice(1)) touch(call, 'path.read', field)
      return undefined
    },
  },
]
