// Causes that are really there, on a real host: each is named and no other, two at once, and none where nothing is wrong.
import { beforeAll, expect, test } from 'vitest'
import type { IncidentView } from '../../src/contract/incident.ts'
import { describeWith } from '../host/describe.ts'
import { MIRAI_UNIT } from '../host/host.ts'
import { until } from '../until.ts'
import { type World, world } from '../world/world.ts'

const SERVICE = 'mirai-knowledge-system'
const FULL = '/backup'

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
    const view = await w.json<IncidentView>('ops1', [
      'incident',
      'open',
      '--service',
      SERVICE,
      '--because',
      'slow',
    ])
    expect(view.state, JSON.stringify(view)).toBe('monitoring')
    const closed = await w.sekisho('ops1', [
      'incident',
      'close',
      view.id,
      '--cause',
      'planted',
      '--without-soak',
      'a test',
    ])
    expect(closed.code, closed.stderr).toBe(0)
    return [...new Set(view.causes?.causes.map(({ kind }) => kind))].toSorted()
  }

  beforeAll(async () => {
    w = await world()
    const signed = await w.sekisho('ops1', [
      'standing',
      'sign',
      SERVICE,
      'restart',
      '--per-hour',
      '6',
      '--yes',
    ])
    expect(signed.code, signed.stderr).toBe(0)
  }, 240_000)

  test.each(
    [[], ['memory'], ['descriptors'], ['disk'], ['descriptors', 'disk']].map((names) => [names] as const),
  )(
    'S41 planted %j: these are named, and no others',
    async (names) => {
      for (const name of names) await plants[name]?.()
      expect(await kinds()).toEqual(names)
      if (names.includes('disk')) await heal()
    },
    180_000,
  )
})
