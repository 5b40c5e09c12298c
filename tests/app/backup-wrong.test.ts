// Configurations that are wrong, each really made: the real command line says one sentence (what, why, what to do) in either language, ends with the
// right exit code, and nothing half-done is left.
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer as createSecure } from 'node:https'
import { createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { connectRunner } from '../../src/app/runner-client.ts'
import { ERRORS, type ErrorCode } from '../../src/base/error-codes.ts'
import type { ServiceName } from '../../src/base/id.ts'
import type { BackupsView } from '../../src/contract/backup.ts'
import { run } from '../../src/sys/process.ts'
import { BACKUP_DOCTOR_WORDS } from '../../src/words/doctor-backup.ts'
import { reader } from '../../src/words/errors.ts'
import { LANGUAGES } from '../../src/words/words.ts'
import { clusterPort, startPostgres, type TestCluster } from '../runner-fixtures/postgres.ts'
import { quickRepository } from '../runner-fixtures/quick-repository.ts'
import { BACKUPS, signBackups, withBackup } from './backup-story.ts'
import { openScene, type Scene } from './scene.ts'
import { isOneSentence, isSaidInBoth, sentence, tight } from './wrong-sentence.ts'
import { commandLine, freePort, ownNamespace, startSshd } from './wrong-world.ts'

const namespace = ownNamespace()
let scene: Scene
let typing: Awaited<ReturnType<typeof commandLine>>
let data: string
let to: string
let base = ''
let world: TestCluster
let ssh: Awaited<ReturnType<typeof startSshd>>
const PORT = clusterPort()
const undo: (() => unknown)[] = []
const ARTICLES = JSON.stringify([{ id: 'a1', title: 'one', tags: [] }])

beforeAll(async () => {
  world = await startPostgres({}, PORT)
  await world.sql('postgres', 'CREATE ROLE mirai LOGIN', 'CREATE DATABASE mirai OWNER mirai')
  await world.sql('mirai', 'CREATE TABLE articles (id int PRIMARY KEY)', 'INSERT INTO articles VALUES (1)')
  scene = await openScene({
    policy: 'policy: { standing: { per_hour: 1000 } }',
    runner: namespace.runner,
    engine: false,
  })
  typing = await commandLine(scene)
  data = join(scene.directory, 'world', 'data')
  to = join(scene.directory, 'copies')
  mkdirSync(data)
  mkdirSync(to)
  writeFileSync(join(data, 'articles.json'), ARTICLES)
  writeFileSync(join(data, 'users.json'), '[]')
  ssh = await startSshd(join(scene.directory, 'sshd'))
  await scene.rewritePolicy((yaml) => {
    base = yaml
    return withBackup(data, to)(yaml)
  })
  await secret('backup/far', 'password')
})
afterEach(async () => {
  for (const act of undo.splice(0).reverse()) await act()
  await rules()
})
afterAll(async () => {
  ssh?.stop()
  await typing?.close()
  await scene?.end()
  await world?.stop()
  namespace.end()
})

const rules = (edit: (yaml: string) => string = (yaml) => yaml) =>
  scene.rewritePolicy(() => edit(withBackup(data, to)(base)))
const copies = (more: string) =>
  rules((yaml) => yaml.replace(`{ name: local, to: ${to} }`, `{ name: local, to: ${to} }, ${more}`))
const far = (repository: string, credential = 'far') =>
  copies(`{ name: far, kind: restic, to: '${repository}', credential: ${credential} }`)
const target = (path: string) => rules((yaml) => yaml.replace(`to: ${to} `, `to: ${path} `))
const secret = (key: string, value: string | Buffer) =>
  connectRunner(join(scene.directory, 'data', 'run', 'admin.sock')).ask('secret', {
    service: 'app' as ServiceName,
    key,
    base64: Buffer.from(value).toString('base64'),
  })
const inside = (...argv: string[]) => namespace.inside(scene, ...argv)
const away = async (path: string) => {
  await inside('mv', path, `${path}.away`)
  undo.push(() => inside('mv', `${path}.away`, path))
}
const place = (name: string) => join(scene.directory, name)
const database = (name: string, more = '') =>
  rules((yaml) =>
    yaml
      .replace('    backup:', `    databases: [{ name: ${name}, port: ${PORT} }]\n    backup:`)
      .replace('timezone: UTC', `timezone: UTC${more}`),
  )

interface Wrong {
  readonly code: ErrorCode
  /** What the sentence must name. */
  readonly names?: () => string
  readonly work?: 'backup' | 'verify' | 'drill'
  /** The first copy is whole all the same. */
  readonly first?: true
  readonly make: () => Promise<unknown>
}

const WRONG: Readonly<Record<string, Wrong>> = {
  'the target is not there': {
    code: 'backup.target_missing',
    names: () => place('gone'),
    make: () => target(place('gone')),
  },
  'the target is a file': {
    code: 'backup.target_not_directory',
    names: () => place('file'),
    make: async () => {
      writeFileSync(place('file'), '')
      await target(place('file'))
    },
  },
  'the target lies below the data, by a link': {
    code: 'backup.inside_source',
    names: () => data,
    make: async () => {
      mkdirSync(join(data, 'below'))
      symlinkSync(join(data, 'below'), place('link'))
      undo.push(
        () => rmSync(join(data, 'below'), { recursive: true }),
        () => rmSync(place('link')),
      )
      await target(place('link'))
    },
  },
  "the target can be written to by the service's user": {
    code: 'runner.untrusted_path',
    names: () => place('open'),
    make: async () => {
      mkdirSync(place('open'))
      chmodSync(place('open'), 0o777)
      await target(place('open'))
    },
  },
  'there is no space in the target': {
    code: 'backup.no_space',
    names: () => place('small'),
    make: async () => {
      mkdirSync(place('small'))
      await inside('mount', '-t', 'tmpfs', '-o', 'size=1m', 'none', place('small'))
      undo.push(() => inside('umount', place('small')))
      await target(place('small'))
    },
  },
  'restic is not there': {
    code: 'backup.restic_missing',
    first: true,
    make: async () => {
      mkdirSync(place('no-restic'))
      await away('/usr/bin/restic')
      await far(place('no-restic'))
    },
  },
  'no password of the repository was handed over': {
    code: 'backup.credential_missing',
    names: () => 'backup/other',
    first: true,
    make: async () => {
      mkdirSync(place('no-password'))
      await far(place('no-password'), 'other')
    },
  },
  'the password of the repository is another one': {
    code: 'backup.repository_password',
    names: () => place('other-password'),
    first: true,
    make: async () => {
      await quickRepository(place('other-password'), 'of somebody else')
      await far(place('other-password'))
    },
  },
  'somebody else has files where the repository should be': {
    code: 'backup.repository_foreign',
    names: () => place('foreign'),
    first: true,
    make: async () => {
      mkdirSync(place('foreign'))
      writeFileSync(join(place('foreign'), 'holiday.jpg'), 'x')
      await far(place('foreign'))
      undo.push(() => expect(readdirSync(place('foreign'))).toEqual(['holiday.jpg']))
    },
  },
  'the repository holds what somebody else has written': {
    code: 'backup.repository_foreign',
    names: () => place('shared'),
    first: true,
    make: async () => {
      await quickRepository(place('shared'), 'password')
      await restic(place('shared'), 'password', [
        'backup',
        '--host',
        'other',
        '--tag',
        'home',
        join(data, 'articles.json'),
      ])
      await far(place('shared'))
    },
  },
  'nobody listens at the server': {
    code: 'backup.repository_unreachable',
    first: true,
    make: async () => far(`rest:http://127.0.0.1:${await freePort()}/app`),
  },
  'the host key is not the pinned one': {
    code: 'backup.repository_not_trusted',
    first: true,
    make: async () => {
      await knownHosts(readFileSync(join(scene.directory, 'sshd', 'other.pub'), 'utf8'))
      await far(sftp(), 'sftp')
    },
  },
  'the host key is known to nobody': {
    code: 'backup.repository_not_trusted',
    first: true,
    make: async () => {
      await knownHosts('')
      await far(sftp(), 'sftp')
    },
  },
  'the server does not take the key': {
    code: 'backup.repository_refused',
    first: true,
    make: async () => {
      await knownHosts(readFileSync(ssh.hostKey, 'utf8'))
      await secret('backup/sftp.key', readFileSync(join(scene.directory, 'sshd', 'other')))
      await far(sftp(), 'sftp')
    },
  },
  'the certificate is of another authority': {
    code: 'backup.repository_not_trusted',
    first: true,
    make: async () => {
      const port = await tlsServer('server')
      await tlsServer('other')
      await secret('backup/tls', 'password')
      await secret('backup/tls.ca', readFileSync(place('other.pem')))
      await far(`rest:https://127.0.0.1:${port}/app`, 'tls')
    },
  },
  'the server takes the connection and says nothing': {
    code: 'backup.repository_unreachable',
    first: true,
    make: async () => far(`rest:http://127.0.0.1:${await silentServer()}/app`),
  },
  'the SSH server takes the connection and says nothing': {
    code: 'backup.repository_unreachable',
    first: true,
    make: async () => {
      await knownHosts(readFileSync(ssh.hostKey, 'utf8'))
      await far(`sftp://root@127.0.0.1:${await silentServer()}/${place('over-sftp')}`, 'sftp')
    },
  },
  'the data directory is not there': {
    code: 'backup.source_missing',
    names: () => data,
    make: async () => {
      renameSync(data, `${data}.away`)
      undo.push(() => renameSync(`${data}.away`, data))
    },
  },
  'a data file has a name outside of the data': {
    code: 'backup.links_outside',
    make: async () => {
      const made = await run(['ln', join(data, 'articles.json'), place('second-name')])
      expect(made.code).toBe(0)
      undo.push(() => rmSync(place('second-name')))
    },
  },
  'the programs of PostgreSQL are not there': {
    code: 'backup.db_no_client',
    make: async () => {
      await inside('mount', '-t', 'tmpfs', 'none', '/usr/lib/postgresql')
      undo.push(() => inside('umount', '/usr/lib/postgresql'))
      await database('mirai')
    },
  },
  'the database server is stopped': {
    code: 'backup.db_unreachable',
    make: async () => {
      const port = PORT + 1
      await rules((yaml) =>
        yaml.replace('    backup:', `    databases: [{ name: mirai, port: ${port} }]\n    backup:`),
      )
    },
  },
  'the name of the database is unknown': {
    code: 'backup.db_unknown',
    names: () => 'mirai_prodcution',
    make: () => database('mirai_prodcution'),
  },
  "the server refuses the cluster's own account": {
    code: 'backup.db_refused',
    make: async () => {
      const hba = join(world.directory, 'data', 'pg_hba.conf')
      const pid = Number(readFileSync(join(world.directory, 'data', 'postmaster.pid'), 'utf8').split('\n')[0])
      const reload = () => process.kill(pid, 'SIGHUP')
      writeFileSync(hba, 'local all all reject\n')
      reload()
      undo.push(() => {
        writeFileSync(hba, 'local all all peer\n')
        reload()
      })
      await database('mirai')
    },
  },
  'the question of the drill is no SQL for this database': {
    code: 'backup.drill_query',
    work: 'drill',
    make: async () => {
      await database('mirai', ", drill: { query: 'select 1 from artcles' }")
      await typing.type('en', 'backup', 'run', '--service', 'app')
    },
  },
  'the question of the drill finds nothing': {
    code: 'backup.drill_query',
    work: 'drill',
    make: async () => {
      await database('mirai', ", drill: { query: 'select 1 from articles where id = 2' }")
      await typing.type('en', 'backup', 'run', '--service', 'app')
    },
  },
}

test('nobody has signed for it', async () => {
  await isRefused('backup.not_signed', { service: 'app', why: 'no statement' })
  await signBackups(scene)
})

test.each([
  ['backwards', 7_200_000],
  ['forwards', -7_200_000],
])('the clock jumps %s', async (_, by) => {
  const mark = join(scene.directory, 'data', 'runner', 'mark.json')
  await scene.stopRunner()
  const now = JSON.parse(readFileSync(mark, 'utf8')) as { at: number }
  writeFileSync(mark, JSON.stringify({ ...now, at: now.at + by }))
  await scene.restartRunner()
  await isRefused('runner.clock_unsound')
  const accepted = connectRunner(join(scene.directory, 'data', 'run', 'admin.sock'))
  await accepted.ask('clockAccept', { by: 'ops1' })
  expect((await typing.type('en', 'backup', 'run', '--service', 'app')).exit).toBe(0)
})

/** Refused before it is begun: nothing of it is in the journal. */
async function isRefused(code: ErrorCode, detail?: Readonly<Record<string, string>>): Promise<void> {
  const before = JSON.stringify({ ...(await view()), at: '' })
  const [ja, en] = [
    await typing.type('ja', 'backup', 'run', '--service', 'app'),
    await typing.type('en', 'backup', 'run', '--service', 'app'),
  ]
  for (const typed of [ja, en]) {
    expect(typed.exit, typed.err).toBe(ERRORS[code].exit)
    isOneSentence(typed.err)
  }
  const answer = await scene.call<{ values: Record<string, string> }>('ops1', 'POST', BACKUPS, {
    work: 'backup',
  })
  isSaidInBoth(code, detail ?? answer.body.values)
  expect(tight(ja.err)).toContain(tight(sentence(code, answer.body.values, 'ja').what))
  expect(tight(en.err)).toContain(tight(sentence(code, answer.body.values, 'en').what))
  expect(JSON.stringify({ ...(await view()), at: '' })).toBe(before)
}

test('a data file may not be read', { timeout: 60_000 }, async () => {
  const file = join(data, 'articles.json')
  chownSync(file, 65_534, 65_534)
  chmodSync(file, 0o600)
  namespace.weaken(true)
  await scene.restartRunner()
  undo.push(async () => {
    chownSync(file, 0, 0)
    namespace.weaken(false)
    await scene.restartRunner()
  })
  const before = dailyNow()
  const typed = await typing.type('ja', 'backup', 'run', '--service', 'app')
  const { failures } = await view()
  const failed = failures.at(-1)
  expect([typed.exit, failed?.why]).toEqual([ERRORS['file.no_permission'].exit, 'file.no_permission'])
  isOneSentence(typed.err)
  isSaidInBoth('file.no_permission', failed?.detail ?? {})
  expect(typed.err).toContain('articles.json')
  expect(dailyNow()).toEqual(before)
  nothingHalfDone(await view())
})

test('the copy lies on the disk of the data: it is made, and counts for nothing', async () => {
  const typed = await typing.type('ja', 'backup', 'run', '--service', 'app')
  expect(typed.exit, typed.err).toBe(0)
  expect(typed.out).toContain('写しがデータと同じディスクにしかありません')
  const { copies: known } = await view()
  expect(known[0]).toMatchObject({ place: 'same-disk', counts: false, level: 'content' })
  const words = BACKUP_DOCTOR_WORDS['doctor.backup_does_not_count']
  for (const language of LANGUAGES)
    expect(words?.[language](reader({ service: 'app', why: 'same_disk_only' }))).toMatchObject({
      why: expect.stringMatching(/copies/),
      next: expect.arrayContaining([expect.stringMatching(/^sekisho /)]),
    })
})

test('the rules name a file that is not there: the copy is made, and says what is wrong with it', async () => {
  await rules((yaml) => yaml.replace('invariants:', 'invariants:\n          artcles.json: { minRecords: 1 }'))
  for (const [language, words] of [
    ['ja', 'の中身が良くありません: data\n    artcles.json: ファイルがありません\n'],
    ['en', 'is not good: data\n    artcles.json: the file is not there\n'],
  ] as const) {
    const typed = await typing.type(language, 'backup', 'run', '--service', 'app')
    expect(typed.exit, typed.err).toBe(0)
    expect(typed.out).toContain(words)
    expect(typed.out).toContain('invariants')
  }
  expect((await view()).copies[0]).toMatchObject({ level: 'digest', state: 'sound' })
})

test('getfattr is not there: what the copies lack is said', async () => {
  await away('/usr/bin/getfattr')
  for (const [language, words] of [
    ['ja', '! 拡張属性と ACL は、写しに入っていません: local'],
    ['en', '! Extended attributes and ACLs are not in the copies of local'],
  ] as const) {
    const typed = await typing.type(language, 'backup', 'run', '--service', 'app')
    expect(typed.exit, typed.err).toBe(0)
    expect(typed.out).toContain(words)
    expect(typed.out).toContain('apt-get install attr acl')
  }
})

test.each(Object.entries(WRONG))('%s', { timeout: 180_000 }, async (_, wrong) => {
  const work = wrong.work ?? 'backup'
  await wrong.make()
  const before = await view()
  const daily = dailyNow()
  const typed = await typing.type('ja', 'backup', work === 'backup' ? 'run' : work, '--service', 'app')
  const now = await view()
  const [failed, ...more] = now.failures.slice(before.failures.length)
  expect(typed.exit, typed.err).toBe(ERRORS[wrong.code].exit)
  isOneSentence(typed.err)
  if (failed !== undefined) {
    expect([failed.why, more]).toEqual([wrong.code, []])
    isSaidInBoth(wrong.code, failed.detail)
    expect(tight(typed.err)).toContain(tight(sentence(failed.why, failed.detail, 'ja').what))
  }
  if (wrong.names !== undefined) expect(tight(typed.err)).toContain(tight(wrong.names()))
  // What `list` says of it afterwards is the same sentence.
  const listed = await typing.type('ja', 'backup', 'list', '--service', 'app')
  if (failed !== undefined) expect(listed.out).toContain(sentence(failed.why, failed.detail, 'ja').what)
  expect(dailyNow().length - daily.length).toBe(wrong.first === true ? 1 : 0)
  nothingHalfDone(now)
})

async function view(): Promise<BackupsView> {
  return (await scene.call<BackupsView>('ops1', 'GET', BACKUPS)).body
}
async function restic(repository: string, password: string, args: readonly string[]) {
  const file = place('password')
  writeFileSync(file, password)
  const made = await run(['restic', '-r', repository, '--password-file', file, '--no-cache', ...args], {
    timeoutMs: 60_000,
  })
  if (made.code !== 0) throw new Error(made.stderr)
}
const sftp = () => `sftp://root@127.0.0.1:${ssh.port}/${place('over-sftp')}`
async function knownHosts(line: string) {
  const [type = 'ssh-ed25519', key = 'AAAA'] = line.split(' ')
  await secret('backup/sftp', 'password')
  await secret('backup/sftp.key', readFileSync(ssh.key))
  await secret('backup/sftp.known_hosts', line === '' ? '# nobody' : `[127.0.0.1]:${ssh.port} ${type} ${key}`)
}
async function silentServer(): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer((socket) => void sockets.push(socket.on('error', () => {})))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as { port: number }).port
}

async function tlsServer(name: string): Promise<number> {
  const [key, cert] = [place(`${name}.key`), place(`${name}.pem`)]
  const made = await run([
    'openssl',
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=far',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
    '-keyout',
    key,
    '-out',
    cert,
  ])
  if (made.code !== 0) throw new Error(made.stderr)
  const server = createSecure({ key: readFileSync(key), cert: readFileSync(cert) }, (_, response) =>
    response.end(),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  undo.push(() => server.close())
  return (server.address() as { port: number }).port
}
const dailyNow = () => (existsSync(join(to, 'daily')) ? readdirSync(join(to, 'daily')) : [])

function nothingHalfDone(now: BackupsView): void {
  expect(now.running).toBeUndefined()
  for (const name of ['.partial', '.removing'])
    if (existsSync(join(to, name))) expect(readdirSync(join(to, name))).toEqual([])
  for (const name of ['drills', 'restic/run', 'restic/sekisho-secrets']) {
    const path = join(scene.directory, 'data', 'runner', name)
    if (existsSync(path)) expect(readdirSync(path), name).toEqual([])
  }
  // Every snapshot that has a name is whole and known.
  expect(new Set(dailyNow())).toEqual(
    new Set(now.copies.filter(({ copy }) => copy === 'local').map(({ backup }) => backup)),
  )
}
