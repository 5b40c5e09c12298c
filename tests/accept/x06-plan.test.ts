// A plan before it is applied: what would be run, exactly, and that planning and rehearsing have written nothing but their own scratch. strace sees every
// process of Sekisho; what those do that have files of their own is seen by what lies on the host afterwards.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { sha256 } from '../../src/base/hash.ts'
import type { ChangeView } from '../../src/contract/change.ts'
import { describeWith } from '../host/describe.ts'
import { CHECKOUT_IN_HOST, NODE_IN_HOST, SEKISHO } from '../host/host.ts'
import { ready, UP_UNIT, type World } from '../world/world.ts'
import {
  commitFiles,
  openVisits,
  pictured,
  problemsOf,
  SEEN_DOWN,
  SEEN_UP,
  SITE,
  seen,
  site,
  sql,
  VISITS,
  type VisitsWorld,
} from './visits.ts'
import type { Written } from './write-trace.ts'

const TRACE = '/run/sekisho-calls'
const CALLS = [
  'open,openat,openat2,creat,mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mknod,mknodat',
  'chmod,fchmod,fchmodat,fchmodat2,chown,fchown,lchown,fchownat,truncate,ftruncate,fallocate,utimensat',
  'setxattr,lsetxattr,fsetxattr,removexattr,lremovexattr,fremovexattr,mount,umount2,move_mount',
  'clone,clone3,fork,vfork,unshare,setns,chroot,pivot_root,chdir,fchdir',
].join(',')
/** Sekisho's own state, and what the kernel shows of processes, devices and limits. */
const SCRATCH = /^(\/var\/lib\/sekisho|\/tmp|\/run\/sekisho|\/dev|\/proc|\/limits)(\/|$)/
/** Where something of the host, of the service and of its people lies. */
const KEPT = '/etc /srv /usr /opt /root /backup /var/spool /var/www'

describeWith('host', 'a plan before it is applied', () => {
  let at: VisitsWorld
  let here: World

  beforeAll(async () => {
    at = await openVisits()
    here = at.here
    const { host } = here
    await host.ok(['systemctl', 'stop', UP_UNIT])
    await host.exec(['systemctl', 'reset-failed', UP_UNIT])
    const strace = [
      'strace',
      '-f',
      '--seccomp-bpf',
      '-y',
      '-qq',
      '--decode-pids=pidns',
      '-e',
      `trace=${CALLS}`,
    ]
    const unit = ['--property=UMask=0027', '--service-type=exec', '--property=KillMode=mixed']
    await host.ok(['systemd-run', `--unit=${UP_UNIT}`, ...unit, ...strace, '-o', TRACE, SEKISHO, 'up'])
    await ready(host)
  })
  afterAll(() => (at as VisitsWorld | undefined)?.close())

  const written = async (from: number): Promise<Written> => {
    const program = `${CHECKOUT_IN_HOST}/tests/accept/write-trace.ts`
    return JSON.parse(
      await here.host.ok([NODE_IN_HOST, program, TRACE, String(from)], { timeoutMs: 300_000 }),
    )
  }
  const outside = ({ paths }: Written) => paths.filter((path) => !SCRATCH.test(path))
  const newer = async () =>
    (
      await here.host.ok([
        'sh',
        '-c',
        `find ${KEPT} -xdev -newercm /run/planned ! -type d -print 2>/dev/null || true`,
      ])
    )
      .split('\n')
      .filter((path) => path !== '')
  /** Whatever a database could show of a write: shape, rows, roles, and how many rows anybody has written. */
  const database = async () => ({
    ...(await pictured(here.host)),
    roles: await here.host.ok([
      'sh',
      '-c',
      "setpriv --reuid=postgres --regid=postgres --init-groups pg_dumpall -g | grep -vE '^(--|.(un)?restrict )' | sha256sum",
    ]),
    touched: await sql(
      here.host,
      'SELECT sum(n_tup_ins) || $$ $$ || sum(n_tup_upd) || $$ $$ || sum(n_tup_del) FROM pg_stat_user_tables',
    ),
  })
  const repository = () =>
    here.host.ok(['sh', '-c', `git -C ${VISITS}/repository.git for-each-ref; readlink ${VISITS}/current`])
  const plan = (id: string) => at.must('ops1', ['change', 'plan', id])
  const digest = (text: string) => sha256(text).slice(0, 12)

  test('X06 the plan of files, code and SQL says argv, paths and digests exactly, and no system call of planning writes outside of its scratch', {
    timeout: 900_000,
  }, async () => {
    const { host } = here
    await commitFiles(host, seen(), 'feat: count visits')
    await host.put('/home/ops1/site', site('        add_header X-Seen yes;\n'), 0o644)
    await host.put('/home/ops1/0002_seen.up.sql', SEEN_UP, 0o644)
    await host.put('/home/ops1/0002_seen.down.sql', SEEN_DOWN, 0o644)
    const before = { database: await database(), repository: await repository() }
    const start = (await written(0)).lines
    await host.ok(['touch', '/run/planned'])

    const said = ['--service', 'visits', '--instruction', 'Show how often', '--notify', 'not_needed']
    const file = ['do', 'config', ...said, '--file', `${SITE}=/home/ops1/site`]
    const pair = ['--up', '/home/ops1/0002_seen.up.sql', '--down', '/home/ops1/0002_seen.down.sql']
    const limit = { timeoutMs: 300_000 }
    const config = await here.json<ChangeView>('ops1', file, limit)
    const schema = await here.json<ChangeView>('ops1', ['do', 'schema', ...said, ...pair], limit)
    const code = await at.propose()
    for (const view of [config, schema, code])
      expect([view.state, problemsOf(view)], JSON.stringify(view.checks)).toEqual(['awaiting_approval', []])

    // What would be run.
    expect(await plan(config.id)).toContain(SITE)
    expect(await plan(config.id)).toContain('systemctl --no-ask-password reload -- nginx.service')
    const inSql = await plan(schema.id)
    expect(inSql).toContain(`0002_seen.up.sql (${digest(SEEN_UP)})`)
    expect(inSql).toContain(`0002_seen.down.sql (${digest(SEEN_DOWN)})`)
    const inCode = await plan(code.id)
    expect(inCode).toContain(`0002_seen.up.sql (${digest(SEEN_UP)})`)
    expect(inCode).toContain('systemctl --no-ask-password')
    expect(inCode).toContain('node -e')
    expect(inCode).toContain(`${VISITS}/releases/`)
    for (const { id, diffDigest } of [config, schema, code]) {
      const diff = await at.must('ops1', ['change', 'diff', id])
      expect(sha256(diff)).toBe(diffDigest)
      if (id !== config.id) expect(diff).toContain(`+${SEEN_UP}`)
    }

    // What was written meanwhile. The release that the plan names, and the link to it, lie beside what runs, under the stage's own name.
    const [release = ''] = /\/srv\/visits\/releases\/[0-9a-f]{12}-[0-9a-f]{8}/.exec(inCode) ?? []
    const stage = release.slice(-8)
    expect(stage).toMatch(/^[0-9a-f]{8}$/)
    const isLaidOut = (path: string) =>
      path === release ||
      path.startsWith(`${release}/`) ||
      path.startsWith(`${VISITS}/.current.sekisho-${stage}`)
    const seenOf = await written(start)
    expect(outside(seenOf).filter((path) => !isLaidOut(path))).toEqual([])
    expect(outside(seenOf).filter(isLaidOut)).toContain(`${release}/store.js`)
    expect(
      [seenOf.paths.length > 100, seenOf.inRooms > 10],
      JSON.stringify([seenOf.processes, seenOf.inRooms]),
    ).toEqual([true, true])
    expect((await newer()).filter((path) => !isLaidOut(path))).toEqual([])
    expect({ database: await database(), repository: await repository() }).toEqual(before)

    // The same eyes see a change that is applied.
    await at.must('ops1', ['change', 'withdraw', code.id])
    await at.must('ops1', ['change', 'approve', config.id, '--yes'])
    const applied = await written(seenOf.lines)
    expect(outside(applied)).toContain(SITE)
    expect(await newer()).toContain(SITE)
    await at.must('ops1', ['change', 'approve', schema.id, '--yes'])
    expect((await database()).schema).not.toBe(before.database.schema)
  })
})
