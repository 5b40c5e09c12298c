// Causes that are really there, on a real host: each is named and no other, two at once, and none where nothing is wrong.
import { beforeAll, expect, test } from 'vitest'
import type { ChangeView } from '../../src/contract/change.ts'
import type { IncidentView } from '../../src/contract/incident.ts'
import { onPostgres } from '../host/database.ts'
import { describeWith } from '../host/describe.ts'
import { goodSite, SITE } from '../host/faults.ts'
import { type Host, MIRAI_UNIT } from '../host/host.ts'
import { miraiPolicy } from '../host/mirai.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'
import { closedIncident, recovered } from './incident-walk.ts'

const SERVICE = 'mirai-knowledge-system'
const FULL = '/backup'
/** A file that is there while there is much to do. */
const BUSY = '/run/busy'
/** Sessions of the service's own account, until the server takes no more. */
const SESSIONS = `
import os, pwd, socket, struct
own = pwd.getpwnam('mirai'); os.setegid(own.pw_gid); os.seteuid(own.pw_uid)
held = []
while True:
    one = socket.socket(socket.AF_UNIX); one.connect('/var/run/postgresql/.s.PGSQL.5432')
    body = struct.pack('!I', 196608) + b'user\\0mirai\\0database\\0mirai\\0\\0'
    one.sendall(struct.pack('!I', len(body) + 4) + body)
    said = b''
    while b'FATAL' not in said and not said.endswith(b'Z\\0\\0\\0\\5I'):
        more = one.recv(65536)
        if not more: break
        said += more
    # The server says who it is before it says that it is full.
    if b'FATAL' in said: break
    held.append(one)
os.seteuid(0); os.setegid(0)
`

async function prepare(host: Host): Promise<void> {
  await onPostgres(host)
  const sql = 'alter system set max_connections = 30'
  await host.ok(['setpriv', '--reuid=postgres', '--regid=postgres', '--init-groups', 'psql', '-c', sql])
  await host.ok(['systemctl', 'restart', 'postgresql@*'])
  await host.ok(['systemctl', 'restart', MIRAI_UNIT])
}
/** Restarts of one service are counted over all signatures: this file needs more than the six an hour of the rules. */
const PER_HOUR = 12
const policy = async (host: Host) =>
  (await miraiPolicy(host))
    .replace('    logs:\n', '    databases: [ { name: mirai } ]\n    logs:\n')
    .replace(/^policy:\n/m, `policy:\n  standing: { per_hour: ${PER_HOUR} }\n`)

describeWith('host', 'S41 causes of an incident', () => {
  let w: World
  /** In the control group of the service: a restart of it ends this too. */
  const inUnit = async (program: string, limit = '') => {
    const group = `/sys/fs/cgroup$(systemctl show --value -p ControlGroup ${MIRAI_UNIT})/cgroup.procs`
    await w.host.ok(['rm', '-f', '/run/planted'])
    const script = `${limit} setsid python3 -c "$1" >/dev/null 2>&1 & echo $! > ${group}`
    await w.host.ok([
      'sh',
      '-c',
      script,
      'sh',
      `${program}; open('/run/planted', 'w').close(); import time; time.sleep(3600)`,
    ])
    await until('what is planted to be there', 30_000, async () =>
      (await w.host.exec(['test', '-e', '/run/planted'])).code === 0 ? true : undefined,
    )
  }
  const plants: Readonly<Record<string, () => Promise<unknown>>> = {
    memory: () => inUnit("held = bytearray(b'x') * (220 << 20)"),
    descriptors: () =>
      inUnit(
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64)); held = [open('/dev/null') for _ in range(58)]; import os; os.mknod('/run/planted')",
      ),
    database: () => inUnit(`exec(${JSON.stringify(SESSIONS)})`),
    disk: () =>
      w.host.ok([
        'sh',
        '-ec',
        `mkdir -p ${FULL} && mount -t tmpfs -o size=4m tmpfs ${FULL} && head -c 4100000 /dev/zero >${FULL}/filled`,
      ]),
  }
  const heal = () => w.host.exec(['umount', FULL])
  /** Opened, followed to its recovery and closed: the kinds of causes that were named. */
  async function kinds(): Promise<readonly string[]> {
    const view = await recovered(w, SERVICE, 'slow')
    await closedIncident(w, view, 'planted')
    return [...new Set(view.causes?.causes.map(({ kind }) => kind))].toSorted()
  }

  const sign = () =>
    w.json('ops1', ['standing', 'sign', SERVICE, 'restart', '--per-hour', String(PER_HOUR), '--yes'])

  beforeAll(async () => {
    w = await world({ prepare, policy })
    await sign()
  }, 240_000)

  test.each(
    [[], ['memory'], ['descriptors'], ['disk'], ['database'], ['descriptors', 'disk']].map(
      (names) => [names] as const,
    ),
  )(
    'S41 planted %j: these are named, and no others',
    async (names) => {
      for (const name of names) await plants[name]?.()
      expect(await kinds()).toEqual(names)
      if (names.includes('disk')) await heal()
    },
    180_000,
  )

  test('part of N12: a collector that does not answer holds nothing up: it is a gap, and the restart goes on', async () => {
    await sign()
    const slow = '/usr/local/sbin/ss'
    await w.host.put(slow, '#!/bin/sh\nexec sleep 60\n', 0o755)
    try {
      const open = ['incident', 'open', '--service', SERVICE, '--because', 'slow']
      const view = await w.json<IncidentView>('ops1', open)
      expect(view.state, JSON.stringify(view)).toBe('monitoring')
      const [before] = view.evidence
      expect(before).toMatchObject({ set: 'level1', gaps: [{ name: 'sockets' }] })
      expect(before?.milliseconds).toBeLessThan(20_000)
      expect(before?.items.map(({ name }) => name)).toContain('journal')
      expect(view.recoveries).toMatchObject([{ what: 'restart' }])
      const why = ['--cause', 'planted', '--without-soak', 'a test']
      for (const language of ['ja', 'en'] as const)
        expect((await w.sekisho('ops1', ['incident', 'report', view.id], { language })).stdout).toContain(
          'sockets',
        )
      expect((await w.sekisho('ops1', ['incident', 'close', view.id, ...why])).code).toBe(0)
    } finally {
      await w.host.ok(['rm', '-f', slow])
    }
  }, 180_000)

  test('S41 the last change is the cause: it is named with its measured way back, and one command takes it back', async () => {
    // Good when it was proven; it answers nobody once there is much to do.
    const site = await goodSite(w.host)
    const line = `    if (-f ${BUSY}) { return 503; }\n`
    const at = site.candidate.indexOf('\n', site.candidate.indexOf('server_name ')) + 1
    await w.host.put('/tmp/site', site.candidate.slice(0, at) + line + site.candidate.slice(at), 0o644)
    const made = await w.json<ChangeView>('ops1', [
      'do',
      'config',
      '--service',
      SERVICE,
      '--file',
      `${SITE}=/tmp/site`,
      '--instruction',
      'answer 503 when busy',
      '--impact',
      'busy users',
      '--risk',
      'none',
    ])
    const change = await w.json<ChangeView>('ops1', ['change', 'approve', made.id, '--yes'])
    expect(change.execution?.outcome, JSON.stringify(change)).toBe('kept')
    await sign()
    await w.host.ok(['touch', BUSY])

    const view = await w.json<IncidentView>('ops1', [
      'incident',
      'open',
      '--service',
      SERVICE,
      '--because',
      '503 for everybody',
    ])
    expect(view.suspects).toMatchObject([{ change: change.id, undoMs: expect.any(Number) }])
    let seen: IncidentView | undefined
    const followed = await until(
      () => `the restart to have changed nothing: ${JSON.stringify(seen)}`,
      180_000,
      async () => {
        const now = await w.json<IncidentView>('ops1', ['incident', 'next', view.id])
        seen = now
        return now.next.what === 'recovery' ? now : undefined
      },
    )
    expect([...new Set(followed.causes?.causes.map(({ kind }) => kind))]).toEqual(['change'])
    expect(followed.causes?.causes).toMatchObject([
      { code: 'change.before', values: { change: change.id, undoMs: expect.any(Number) } },
    ])
    expect(followed.next.type).toBe(`sekisho change rollback ${change.id}`)

    const [, ...typed] = followed.next.type?.split(' ') ?? []
    const back = await w.json<ChangeView>('ops1', typed)
    const done = await w.json<ChangeView>('ops1', ['change', 'approve', back.id, '--yes'])
    expect(done.execution?.outcome, JSON.stringify(done)).toBe('kept')
    const recovered = await until('health to be green', 120_000, async () => {
      const now = await w.json<IncidentView>('ops1', ['incident', 'next', view.id])
      return now.state === 'monitoring' ? now : undefined
    })
    expect(recovered.recoveries.at(-1)).toMatchObject({ change: back.id, what: 'rollback' })
    await w.host.ok(['rm', BUSY])
  }, 400_000)
})
