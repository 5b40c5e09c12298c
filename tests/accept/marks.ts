// A service with declared commands on a host with systemd, and what the tests of them have in common: its scripts, its rules, and a proposal from the command line.
import type { ChangeView } from '../../src/contract/change.ts'
import { limitTree } from '../host/limit-tree.ts'
import { operatorKey } from '../host/mirai.ts'
import { type World, world } from '../world/world.ts'

export const JOBS = '/srv/marks-jobs'
export const STATE = '/srv/marks-state'
/** Files that production has and no room: the command fails behind its effect, and the command and its way back take their time. */
export const BROKEN = '/srv/broken'
export const SLOW = '/srv/slow'
const SERVER = `import { createServer } from 'node:http'
createServer((request, response) => response.end(JSON.stringify({ status: 'ok' }))).listen(9300, '127.0.0.1')
`
const UNIT = `[Unit]
Description=Marks
[Service]
User=marks
WorkingDirectory=/srv/marks
ExecStart=/usr/bin/node server.mjs
[Install]
WantedBy=multi-user.target
`
export const MARK = `#!/bin/sh
[ ! -e ${SLOW} ] || sleep 1
echo "marked by $(id -un)" >>${STATE}/marks
[ ! -e ${BROKEN} ]
`
const UNMARK = `#!/bin/sh
[ ! -e ${SLOW} ] || sleep 1
sed -i '$d' ${STATE}/marks
`
const WANDER = `#!/bin/sh
echo here >>/srv/marks/notes
`
const COMMANDS = `      mark: { directory: ${JOBS}, argv: [./mark], back: [./unmark], writes: [${STATE}], within: 1m }
      half: { directory: ${JOBS}, argv: [./mark], back: ['/usr/bin/true'], writes: [${STATE}] }
      wander: { directory: ${JOBS}, argv: [./wander], back: ['/usr/bin/true'], writes: [${STATE}] }
      loose: { directory: /srv/marks/jobs, argv: [./mark], back: ['/usr/bin/true'] }
      forever: { directory: ${JOBS}, argv: [./mark], writes: [${STATE}] }
`

interface MarksOptions {
  /** So long a person has to keep it, and what was proven waits for nobody. */
  readonly keep?: string
}

export function marksWorld({ keep = '60s' }: MarksOptions = {}): Promise<World> {
  return world({
    binds: limitTree(),
    policy: async (host) => `lang: en
name: marks
services:
  marks:
    manager: { systemd: marks.service }
    health: { url: 'http://127.0.0.1:9300/health', json: { status: ok }, good: 1, of: 2, every: 100ms }
    commands:
${COMMANDS}people:
  ops1: { name: Hanako, keys: ['${await operatorKey(host)}'] }
agents:
  claude: { name: Claude, model: opus, sponsor: ops1 }
policy: { keep: ${keep}, standing: { per_hour: 100 } }
`,
    prepare: async (host) => {
      await host.ok(['mkdir', '-p', JOBS, STATE, '/srv/marks/jobs'])
      await host.put('/srv/marks/server.mjs', SERVER, 0o644)
      for (const [name, text] of [
        ['mark', MARK],
        ['unmark', UNMARK],
        ['wander', WANDER],
      ] as const)
        await host.put(`${JOBS}/${name}`, text, 0o755)
      await host.put(`${STATE}/marks`, 'first\n', 0o644)
      await host.put('/etc/systemd/system/marks.service', UNIT)
      await host.ok([
        'bash',
        '-ec',
        `useradd --system --no-create-home marks && chown -R marks:marks ${STATE} ${JOBS} /srv/marks
systemctl daemon-reload && systemctl enable -q --now marks`,
      ])
    },
  })
}

/** As the agent asks for it. */
export const markLine = (name: string, more: readonly string[] = []): readonly string[] => [
  ...`do command --service marks --run ${name} --instruction mark-it --notify not_needed --by ops1`.split(
    ' ',
  ),
  '--impact',
  'one mark more',
  '--risk',
  'none',
  ...more,
]

/** `here`: the world, once it is up. */
export function markSteps(here: () => World) {
  const show = (id: string) => here().json<ChangeView>('ops1', ['change', 'show', id])
  const propose = (name: string, more: readonly string[] = []) =>
    here().json<ChangeView>('claude', markLine(name, more), { timeoutMs: 120_000 })
  return {
    show,
    propose,
    /** Approved by its owner, to its end. */
    approved: async (name: string) => {
      const { id } = await propose(name)
      await here().json('ops1', ['change', 'approve', id, '--yes'])
      return show(id)
    },
    withdraw: (id: string) => here().sekisho('claude', ['change', 'withdraw', id]),
    card: async (id: string) =>
      (await here().sekisho('ops1', ['change', 'show', id])).stdout.replace(/\s+/g, ' '),
  }
}

export const ranOf = (one: ChangeView) => [one.state, one.execution?.outcome, one.class]

/** The lines of what the command writes. */
export const marksOf = async ({ host }: Pick<World, 'host'>): Promise<readonly string[]> =>
  (await host.read(`${STATE}/marks`)).toString().trim().split('\n')
